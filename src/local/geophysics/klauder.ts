import type { NDArray } from '../../core/array/ndarray.js';
import type { NumberList } from '../../core/array/number-list.js';
import { ArgumentError } from '../../core/base/errors.js';
import { frequenciesOf, symmetricWavelet, type Wavelet, type Window } from './wavelet.js';

/**
 * Klauder wavelet with peak 1: the autocorrelation of a linear sweep. The sweep goes between the
 * two frequencies `f`, f₀ and f₁ in Hz, over the wavelet's time axis from −T to T, where T is the
 * largest time: `cos(2π (g t + k t²/2))`. g is the mean of the two frequencies and `k = (f₁ −
 * f₀)/2T`. The sweep has the samples of the axis. The time axis is that of {@link ricker}. Cost:
 * `len²` products.
 */
export function klauder(
  t: NumberList,
  f: readonly [number, number] | NDArray = [5, 20],
  taper?: Window,
): Wavelet {
  const [first, last] = frequenciesOf('klauder', f, 2);
  const { t: axis, center } = symmetricWavelet('klauder', t, () => 1);
  const T = axis.at(-1) ?? 0;
  if (!(T > 0)) throw new ArgumentError('klauder: expected at least three times, from 0 on');
  const [f0, k] = [(first + last) / 2, (last - first) / (2 * T)];
  const sweep = axis.map((time) => Math.cos(2 * Math.PI * (f0 * time + (k / 2) * time * time)));
  const correlations = Float64Array.from({ length: center + 1 }, (_, lag) => {
    let sum = 0;
    for (let i = lag; i < sweep.length; i++) sum += (sweep[i] as number) * (sweep[i - lag] as number);
    return sum;
  });
  const energy = correlations[0] as number;
  return symmetricWavelet(
    'klauder',
    t,
    (_, sample) => (correlations[Math.abs(sample)] as number) / energy,
    taper,
  );
}
