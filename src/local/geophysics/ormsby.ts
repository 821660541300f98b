import { checkFrequencies, symmetricWavelet, type Wavelet, type Window } from './wavelet.js';

/**
 * Ormsby wavelet with peak 1. Its spectrum is a trapezoid with corners `f` (low cut, low pass, high
 * pass, high cut, in Hz). With `s(g) = (π g)² sinc²(g t)`, the wavelet is `(s(f₃) − s(f₂))/(π f₃ −
 * π f₂) − (s(f₁) − s(f₀))/(π f₁ − π f₀)`. The time axis is that of {@link ricker}. Source: H. Ryan,
 * CSEG Recorder 19 (1994).
 */
export function ormsby(
  t: ArrayLike<number>,
  f: readonly [number, number, number, number] = [5, 10, 45, 50],
  taper?: Window,
): Wavelet {
  checkFrequencies('ormsby', f, 4);
  const s = (g: number, time: number): number =>
    time === 0 ? (Math.PI * g) ** 2 : (Math.sin(Math.PI * g * time) / time) ** 2;
  const slope = (a: number, b: number, time: number): number =>
    (s(b, time) - s(a, time)) / (Math.PI * (b - a));
  const value = (time: number): number => slope(f[2], f[3], time) - slope(f[0], f[1], time);
  const peak = value(0);
  return symmetricWavelet('ormsby', t, (time) => value(time) / peak, taper);
}
