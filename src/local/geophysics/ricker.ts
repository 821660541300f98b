import type { NumberList } from '../../core/array/number-list.js';
import { ArgumentError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';
import { symmetricWavelet, type Wavelet, type Window } from './wavelet.js';

/**
 * Ricker wavelet `(1 − 2a) exp(−a)`, `a = (π f₀ t)²`, with peak frequency f₀ in Hz. `t` is the time
 * axis: it starts at 0 and has equal steps in seconds. If its length is even, the last time is
 * dropped. The wavelet is symmetric with `2·len − 1` samples. Source: N. Ricker, Geophysics 18
 * (1953).
 */
export function ricker(t: NumberList, f0 = 10, taper?: Window): Wavelet {
  if (!Number.isFinite(f0))
    throw new ArgumentError(`ricker: expected a peak frequency in Hz, received ${textOf(f0)}`);
  return symmetricWavelet(
    'ricker',
    t,
    (time) => {
      const a = (Math.PI * f0 * time) ** 2;
      return (1 - 2 * a) * Math.exp(-a);
    },
    taper,
  );
}
