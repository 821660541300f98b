import { ArgumentError } from '../core/errors.js';
import { checkFrequencies, symmetricWavelet, type Wavelet, type Window } from './wavelet.js';

/**
 * Klauder wavelet, the autocorrelation of a linear sweep from `f[0]` to `f[1]` Hz: `sin(π k t (T − |t|)) cos(2π f₀ t) / (π k t)` of peak 1, with k = (f[1] − f[0])/T, f₀ the mean and T the
 * sweep's length, here the largest time, so that the wavelet is 0 at its ends. Time axis as for {@link ricker}.
 */
export function klauder(t: ArrayLike<number>, f: readonly [number, number] = [5, 20], taper?: Window): Wavelet {
  checkFrequencies('klauder', f, 2);
  const times = Array.from(t);
  if (times.length % 2 === 0) times.pop();
  const T = times.at(-1) ?? 0;
  if (!(T > 0)) throw new ArgumentError('klauder: expected at least three times, from 0 on');
  const k = (f[1] - f[0]) / T;
  const f0 = (f[0] + f[1]) / 2;
  return symmetricWavelet(
    'klauder',
    t,
    (time) => {
      if (time === 0) return 1;
      const a = Math.PI * k * time;
      return (Math.sin(a * (T - Math.abs(time))) * Math.cos(2 * Math.PI * f0 * time)) / (a * T);
    },
    taper,
  );
}
