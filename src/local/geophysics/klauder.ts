import { ArgumentError } from '../../core/base/errors.js';
import { checkFrequencies, symmetricWavelet, type Wavelet, type Window } from './wavelet.js';

/**
 * Klauder wavelet with peak 1: the autocorrelation of a linear sweep. The sweep goes from `f[0]` to
 * `f[1]` Hz over the wavelet's time axis from −T to T, where T is the largest time:
 * `cos(2π (f₀ t + k t²/2))`. f₀ is the mean of the two frequencies and `k = (f[1] − f[0])/2T`. The
 * sweep has the samples of the axis. The time axis is that of {@link ricker}. Cost: `len²`
 * products.
 */
export function klauder(
  t: ArrayLike<number>,
  f: readonly [number, number] = [5, 20],
  taper?: Window,
): Wavelet {
  checkFrequencies('klauder', f, 2);
  const { t: axis, center } = symmetricWavelet('klauder', t, () => 1);
  const T = axis.at(-1) ?? 0;
  if (!(T > 0)) throw new ArgumentError('klauder: expected at least three times, from 0 on');
  const [f0, k] = [(f[0] + f[1]) / 2, (f[1] - f[0]) / (2 * T)];
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
