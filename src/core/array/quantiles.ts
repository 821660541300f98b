import { type DType, hostArray, isBoolean, isFloat } from '../base/dtype.js';
import { product } from '../base/shape.js';
import type { Backend } from '../ports/backend.js';
import { where } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { gatherAxes } from './reductions.js';

/** What a quantile between two numbers of a line is. */
export const QUANTILE_METHODS = ['linear', 'lower', 'higher', 'midpoint', 'nearest'] as const;
/** One of {@link QUANTILE_METHODS}. */
export type QuantileMethod = (typeof QUANTILE_METHODS)[number];

/** The quantiles of each line. */
export interface Quantiles {
  /** From 0, the smallest number of a line, to 1, the largest. */
  readonly fractions: readonly number[];
  readonly method: QuantileMethod;
  /** Whether NaN is left out. Otherwise the quantiles of a line with NaN are NaN. */
  readonly skipsNaN: boolean;
}

/** A place in a sorted line: at `index`, or by `weight` of the way to the next number. */
export interface Place {
  readonly index: number;
  readonly weight: number;
}

/** The place of a quantile among `count` numbers. */
export function placeOf(method: QuantileMethod, count: number, fraction: number): Place {
  const at = Math.max(0, count - 1) * fraction;
  const index = Math.floor(at);
  const weight = at - index;
  const rounded = weight > 0.5 || (weight === 0.5 && index % 2 === 1) ? index + 1 : index;
  switch (method) {
    case 'linear':
      return { index, weight };
    case 'midpoint':
      return { index, weight: weight > 0 ? 0.5 : 0 };
    case 'lower':
      return { index, weight: 0 };
    case 'higher':
      return { index: Math.ceil(at), weight: 0 };
    case 'nearest':
      return { index: rounded, weight: 0 };
  }
}

/** The numbers of an array that can be sorted: those of bool as int32. */
export const sortable = (dtype: DType): DType => (isBoolean(dtype) ? 'int32' : dtype);

/** The dtype of quantiles: those between two integers are floats, and so is NaN, of no numbers. */
export function quantileDType(dtype: DType, backend: Backend, { method }: Quantiles, count: number): DType {
  const isBetween = method === 'linear' || method === 'midpoint';
  return isFloat(dtype) || !(isBetween || count === 0) ? sortable(dtype) : backend.defaultDType;
}

/** Numbers by `weight` of the way from one array to another, also between infinities. */
export function between(lower: NDArray, upper: NDArray, weight: number | NDArray): NDArray {
  const rest = typeof weight === 'number' ? 1 - weight : weight.multiply(-1).addInPlace(1);
  const mean = lower.multiply(rest).addInPlace(upper.multiply(weight));
  return where(lower.equal(upper), lower, mean);
}

/** The lines over `axes`, sorted: `[outer, n, inner]`. */
function sortedLines(x: NDArray, axes: readonly number[], mayOverwrite: boolean): NDArray {
  const numbers = isBoolean(x.dtype) ? x.astype('int32') : x;
  const { from, extents } = gatherAxes(numbers, axes);
  const y = mayOverwrite || from !== x ? from : from.space.empty();
  y.backend.sort(from, extents, y);
  return y.reshape(extents);
}

/** How many numbers each sorted line has that are not NaN. Undefined if none is NaN. Waits. */
function countsOf(lines: NDArray): readonly number[] | undefined {
  const n = lines.shape[1] as number;
  if (
    !isFloat(lines.dtype) ||
    !lines
      .slice(null, n - 1)
      .isnan()
      .any()
  )
    return undefined;
  return Array.from(lines.isnan().sum(1).toHost(), (missing) => n - missing);
}

/** A quantile of sorted lines of different counts: `[outer, inner]`. */
function ofDifferentCounts(
  lines: NDArray,
  method: QuantileMethod,
  fraction: number,
  counts: readonly number[],
): NDArray {
  const [outer, n, inner] = lines.shape as [number, number, number];
  const places = counts.map((count) => placeOf(method, count, fraction));
  const at = (step: 0 | 1): NDArray =>
    lines
      .take(
        places.map(({ index, weight }, line) => {
          const first = Math.floor(line / inner) * n * inner + (line % inner);
          return first + (index + (weight > 0 ? step : 0)) * inner;
        }),
      )
      .reshape([outer, inner]);
  if (places.every(({ weight }) => weight === 0)) return at(0);
  const weights = hostArray(lines.dtype, places.length);
  weights.set(places.map(({ weight }) => weight));
  return between(at(0), at(1), lines.space.withShape([outer, inner]).upload(weights));
}

/**
 * The quantiles of the lines over `axes`: an array with an axis for the quantiles, then the axes of
 * x, of which those in `axes` have length 1. Of no numbers they are NaN.
 * @param mayOverwrite whether the lines may be sorted in the memory of x
 */
export function quantilesOfLines(
  x: NDArray,
  axes: readonly number[],
  quantiles: Quantiles,
  mayOverwrite = false,
): NDArray {
  const { fractions, method, skipsNaN } = quantiles;
  const shape = x.shape.map((m, k) => (axes.includes(k) ? 1 : m));
  const n = product(axes.map((k) => x.shape[k] as number));
  const dtype = quantileDType(x.dtype, x.backend, quantiles, n);
  const result = x.space.withShape([fractions.length, ...shape], dtype).empty();
  if (result.size === 0) return result;
  if (n === 0) return result.fill(Number.NaN);
  const lines = sortedLines(x, axes, mayOverwrite);
  const row = (index: number): NDArray => lines.slice(null, index);
  const asResult = (y: NDArray): NDArray => (y.dtype === dtype ? y : y.astype(dtype));
  const counts = skipsNaN ? countsOf(lines) : undefined;
  const hasNaN = !skipsNaN && isFloat(dtype) ? row(n - 1).isnan() : undefined;
  const quantile = (fraction: number): NDArray => {
    if (counts) return ofDifferentCounts(lines, method, fraction, counts);
    const { index, weight } = placeOf(method, n, fraction);
    const lower = asResult(row(index));
    return weight === 0 ? lower : between(lower, asResult(row(index + 1)), weight);
  };
  fractions.forEach((fraction, k) => {
    const y = quantile(fraction);
    result.set([k], (hasNaN ? where(hasNaN, Number.NaN, y) : y).reshape(shape));
  });
  return result;
}
