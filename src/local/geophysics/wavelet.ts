import { isLocalArray } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { type NumberList, numberList } from '../../core/array/number-list.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkFunction, checkList } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';

/** A wavelet, the time of each of its samples, and the index of its centre. */
export interface Wavelet {
  readonly wavelet: Float64Array;
  /** The times of the samples, in seconds. */
  readonly t: Float64Array;
  /** The index of the middle sample, at t = 0. */
  readonly center: number;
}

/** Weights of a window of n samples, such as `(n) => cosinetaper(n, (n + 1) / 2)`. */
export type Window = (n: number) => NumberList;

/**
 * A symmetric wavelet from a function of the time and of the sample index counted from the middle.
 * It is multiplied by `taper`. `t` is the time axis: it starts at 0 and has equal steps in seconds.
 * If its length is even, the last time is dropped. The wavelet has `2·len − 1` samples.
 *
 * @throws {@link ArgumentError} if the times are not finite or do not start at 0, or if `taper`
 *   returns another number of weights
 */
export function symmetricWavelet(
  owner: string,
  t: NumberList,
  value: (time: number, sample: number) => number,
  taper?: Window,
): Wavelet {
  const times = Array.from(numberList(owner, 'the times', t));
  if (!times.every(Number.isFinite) || times[0] !== 0)
    throw new ArgumentError(`${owner}: expected times from 0 on, the wavelet is mirrored at 0`);
  if (times.length % 2 === 0) times.pop();
  const center = times.length - 1;
  const axis = Float64Array.from(
    { length: 2 * center + 1 },
    (_, i) => Math.sign(i - center) * (times[Math.abs(i - center)] as number),
  );
  const wavelet = axis.map((time, i) => value(time, i - center));
  if (!taper) return { wavelet, t: axis, center };
  checkFunction(owner, 'taper', taper);
  const window = numberList(owner, 'the weights of taper', taper(axis.length));
  if (window.length !== axis.length)
    throw new ArgumentError(
      `${owner}: expected taper to give ${axis.length} weights, received ${window.length}`,
    );
  return { wavelet: wavelet.map((v, i) => v * (window[i] as number)), t: axis, center };
}

/**
 * The `count` frequencies in Hz of a list or an array.
 *
 * @throws {@link ArgumentError} unless they are finite and increasing
 */
export function frequenciesOf<F extends readonly number[]>(
  owner: string,
  given: F | NDArray,
  count: number,
): F {
  const isArray = isLocalArray(given);
  if (!isArray) checkList(owner, 'frequencies', given);
  const frequencies = (isArray ? Array.from(numberList(owner, 'frequencies', given)) : given) as F;
  const ordered = frequencies.every(
    (f, k) => Number.isFinite(f) && (k === 0 || f > (frequencies[k - 1] as number)),
  );
  if (frequencies.length !== count || !ordered)
    throw new ArgumentError(
      `${owner}: expected ${count === 1 ? 'a frequency' : `${count} increasing frequencies`} in Hz, ` +
        `received ${textOf(frequencies)}`,
    );
  return frequencies;
}
