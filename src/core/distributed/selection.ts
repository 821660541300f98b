import { where } from '../array/elementwise.js';
import type { NDArray } from '../array/ndarray.js';
import { between, type Place, placeOf, type Quantiles, quantileDType } from '../array/quantiles.js';
import { withOnes } from '../array/reductions.js';
import { hostArray, isFloat } from '../base/dtype.js';
import { orderedKeys } from '../base/ordered-keys.js';
import { tidy } from '../base/scope.js';
import { product } from '../base/shape.js';
import type { DistributedArray } from './distributed-array.js';
import { boxWithout, placed, reduceLocal } from './reductions.js';

/**
 * The quantiles of the lines over `axes` of an array that is split along one of them, on every
 * rank, in the form of `quantilesOfLines`. No numbers move: bisection counts those of each rank
 * that are at most the middle. At most 64 reductions of one number for each line and quantile
 * (float32 and int32: 32), one before of floats, and one after for the next larger numbers.
 */
export function quantilesOverRanks(
  x: DistributedArray,
  axes: readonly number[],
  quantiles: Quantiles,
): NDArray {
  const { fractions, method, skipsNaN } = quantiles;
  const { comm, local, dtype, backend } = x;
  const ones = withOnes(x.globalShape, axes);
  const lines = product(ones);
  const n = product(axes.map((k) => x.globalShape[k] as number));
  const box = boxWithout(x, axes);
  const keys = orderedKeys(dtype);
  const [least, most] = keys.range;

  /** Reduces arrays with a number for each line, computed by each rank of its part. */
  const reduced = (op: 'sum' | 'min', identity: number, parts: readonly (() => NDArray)[]): Float64Array => {
    const all = new Float64Array(parts.length * lines);
    parts.forEach((part, k) => {
      all.set(
        tidy(() => placed(part(), box, ones, identity).toHost()),
        k * lines,
      );
    });
    comm.allreduce(all, op);
    return all;
  };
  /** Those of the numbers for each line that belong to this rank's part. */
  const partOf = (values: Float64Array, k: number): NDArray => {
    const host = hostArray(dtype, lines);
    host.set(values.subarray(k * lines, (k + 1) * lines));
    const ranges = box.start.map((s, a): [number, number] => [s, s + (box.shape[a] as number)]);
    return local.space
      .withShape(ones)
      .upload(host)
      .slice(...ranges);
  };

  const present = isFloat(dtype)
    ? reduced('sum', 0, [() => reduceLocal('sum', local.isnan().equal(0), axes)])
    : new Float64Array(lines).fill(n);
  const places: readonly Place[] = fractions.flatMap((fraction) =>
    Array.from(present, (count) => placeOf(method, count, fraction)),
  );
  const low = new BigInt64Array(places.length).fill(least);
  const high = new BigInt64Array(places.length).fill(most);
  /** How many numbers are at most `high`. */
  const atMost = Float64Array.from(places, (_, t) => present[t % lines] as number);
  while (low.some((key, t) => key < (high[t] as bigint))) {
    const middle = low.map((key, t) => (key + (high[t] as bigint)) >> 1n);
    const bounds = Float64Array.from(middle, keys.value);
    const counts = reduced(
      'sum',
      0,
      fractions.map((_, k) => () => reduceLocal('sum', local.lessEqual(partOf(bounds, k)), axes)),
    );
    places.forEach(({ index }, t) => {
      if ((low[t] as bigint) >= (high[t] as bigint)) return;
      if ((counts[t] as number) > index) {
        high[t] = middle[t] as bigint;
        atMost[t] = counts[t] as number;
      } else low[t] = (middle[t] as bigint) + 1n;
    });
  }

  const lower = Float64Array.from(low, keys.value);
  const upper = lower.slice();
  const hasOtherNext = places.map(({ index, weight }, t) => weight > 0 && (atMost[t] as number) < index + 2);
  if (hasOtherNext.some(Boolean)) {
    const largest = keys.value(most);
    const next = reduced(
      'min',
      largest,
      fractions.map(
        (_, k) => () => reduceLocal('min', where(local.greater(partOf(lower, k)), local, largest), axes),
      ),
    );
    hasOtherNext.forEach((isOther, t) => {
      if (isOther) upper[t] = next[t] as number;
    });
  }
  const result = quantileDType(dtype, backend, quantiles, n);
  places.forEach((_, t) => {
    const count = present[t % lines] as number;
    if (count === 0 || (!skipsNaN && count < n)) lower[t] = Number.NaN;
  });
  const uploaded = (values: Iterable<number>): NDArray => {
    const host = hostArray(result, places.length);
    host.set([...values]);
    return local.space.withShape([fractions.length, ...ones], result).upload(host);
  };
  const weights = places.map(({ weight }) => weight);
  return weights.some((weight) => weight > 0)
    ? between(uploaded(lower), uploaded(upper), uploaded(weights))
    : uploaded(lower);
}
