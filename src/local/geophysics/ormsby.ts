import type { NDArray } from '../../core/array/ndarray.js';
import type { NumberList } from '../../core/array/number-list.js';
import { frequenciesOf, symmetricWavelet, type Wavelet, type Window } from './wavelet.js';

/**
 * Ormsby wavelet with peak 1. Its spectrum is a trapezoid with corners `f`, f₀ … f₃: low cut, low
 * pass, high pass, high cut, in Hz. With `s(g) = (π g)² sinc²(g t)`, the wavelet is `(s(f₃) −
 * s(f₂))/(π f₃ − π f₂) − (s(f₁) − s(f₀))/(π f₁ − π f₀)`. The time axis is that of {@link ricker}.
 * Source: H. Ryan, CSEG Recorder 19 (1994).
 */
export function ormsby(
  t: NumberList,
  f: readonly [number, number, number, number] | NDArray = [5, 10, 45, 50],
  taper?: Window,
): Wavelet {
  const [a, b, c, d] = frequenciesOf('ormsby', f, 4);
  const s = (g: number, time: number): number =>
    time === 0 ? (Math.PI * g) ** 2 : (Math.sin(Math.PI * g * time) / time) ** 2;
  const slope = (from: number, to: number, time: number): number =>
    (s(to, time) - s(from, time)) / (Math.PI * (to - from));
  const value = (time: number): number => slope(c, d, time) - slope(a, b, time);
  const peak = value(0);
  return symmetricWavelet('ormsby', t, (time) => value(time) / peak, taper);
}
