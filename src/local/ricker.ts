import { ArgumentError } from '../core/errors.js';

export interface Wavelet {
  readonly wavelet: Float64Array;
  /** Its time axis, in seconds. */
  readonly t: Float64Array;
  /** The index of its middle, at t = 0. */
  readonly center: number;
}

/**
 * Ricker wavelet `(1 − 2a) exp(−a)`, `a = (π f₀ t)²`, of peak frequency f₀ in Hz. `t` is its time axis from 0 on, in seconds and in equal steps; the
 * wavelet is symmetric with `2·len − 1` samples. An even number of times loses its last one. Source: N. Ricker, Geophysics 18 (1953).
 */
export function ricker(t: ArrayLike<number>, f0 = 10): Wavelet {
  const times = Array.from(t);
  if (!times.every(Number.isFinite) || times[0] !== 0)
    throw new ArgumentError('ricker: expected times from 0 on, the wavelet is mirrored at 0');
  if (!Number.isFinite(f0)) throw new ArgumentError(`ricker: expected a peak frequency in Hz, received ${f0}`);
  if (times.length % 2 === 0) times.pop();
  const center = times.length - 1;
  const axis = Float64Array.from({ length: 2 * center + 1 }, (_, i) => Math.sign(i - center) * (times[Math.abs(i - center)] as number));
  const wavelet = axis.map((time) => {
    const a = (Math.PI * f0 * time) ** 2;
    return (1 - 2 * a) * Math.exp(-a);
  });
  return { wavelet, t: axis, center };
}
