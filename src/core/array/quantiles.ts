import { type DType, hostArray, isBoolean, isFloat } from '../base/dtype.js';
import { product } from '../base/shape.js';
import type { Backend } from '../ports/backend.js';
import { asDType } from './casting.js';
import { where } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { gatherAxes } from './reductions.js';

/** A place in a sorted line: at `index`, or by `weight` of the way to the next number. */
export interface Place {
  readonly index: number;
  readonly weight: number;
}

/** A real place among n numbers. */
const placeAt = (at: number, n: number): Place => {
  const index = Math.floor(at);
  if (!(index >= 0)) return { index: 0, weight: 0 };
  return index >= n - 1 ? { index: Math.max(0, n - 1), weight: 0 } : { index, weight: at - index };
};

/** A place by the parameters α and β of Hyndman and Fan. */
const continuous =
  (alpha: number, beta: number) =>
  (n: number, q: number): Place =>
    placeAt(n * q + (alpha + q * (1 - alpha - beta)) - 1, n);

/**
 * The place of quantile q of n numbers: NumPy's methods, those of R. J. Hyndman and Y. Fan, Sample
 * quantiles in statistical packages (1996), and roundings of 'linear'.
 */
const PLACES = {
  linear: (n, q) => placeAt(Math.max(0, n - 1) * q, n),
  lower: (n, q) => placeAt(Math.floor(Math.max(0, n - 1) * q), n),
  higher: (n, q) => placeAt(Math.ceil(Math.max(0, n - 1) * q), n),
  midpoint: (n, q) => {
    const { index, weight } = placeAt(Math.max(0, n - 1) * q, n);
    return { index, weight: weight > 0 ? 0.5 : 0 };
  },
  nearest: (n, q) => {
    const { index, weight } = placeAt(Math.max(0, n - 1) * q, n);
    return placeAt(weight > 0.5 || (weight === 0.5 && index % 2 === 1) ? index + 1 : index, n);
  },
  inverted_cdf: (n, q) => placeAt(Math.ceil(n * q) - 1, n),
  averaged_inverted_cdf: (n, q) => {
    const { index } = placeAt(Math.ceil(n * q) - 1, n);
    return { index, weight: Number.isInteger(n * q) && q > 0 && index < n - 1 ? 0.5 : 0 };
  },
  closest_observation: (n, q) => {
    const at = n * q - 1.5;
    const index = Math.floor(at);
    // At the middle of two numbers, the one with an even place, counted from 1
    return placeAt(at === index && Math.abs(index % 2) === 1 ? index : index + 1, n);
  },
  interpolated_inverted_cdf: continuous(0, 1),
  hazen: continuous(0.5, 0.5),
  weibull: continuous(0, 0),
  median_unbiased: continuous(1 / 3, 1 / 3),
  normal_unbiased: continuous(3 / 8, 3 / 8),
} satisfies Readonly<Record<string, (n: number, q: number) => Place>>;

/** What a quantile between two numbers of a line is. */
export type QuantileMethod = keyof typeof PLACES;
/** All of {@link QuantileMethod}. */
export const QUANTILE_METHODS = Object.keys(PLACES) as readonly QuantileMethod[];
/** The methods whose results are numbers of the line. */
const EXACT: readonly QuantileMethod[] = [
  'lower',
  'higher',
  'nearest',
  'inverted_cdf',
  'closest_observation',
];

/** The quantiles of each line. */
export interface Quantiles {
  /** From 0, the smallest number of a line, to 1, the largest. */
  readonly fractions: readonly number[];
  readonly method: QuantileMethod;
  /** Whether NaN is left out. Otherwise the quantiles of a line with NaN are NaN. */
  readonly skipsNaN: boolean;
}

/** The place of a quantile among `count` numbers. */
export const placeOf = (method: QuantileMethod, count: number, fraction: number): Place =>
  PLACES[method](count, fraction);

/** The numbers of an array that can be sorted: those of bool as int32. */
export const sortable = (dtype: DType): DType => (isBoolean(dtype) ? 'int32' : dtype);

/** The dtype of quantiles: those between two integers are floats, and so is NaN, of no numbers. */
export function quantileDType(dtype: DType, backend: Backend, { method }: Quantiles, count: number): DType {
  const isBetween = !EXACT.includes(method);
  return isFloat(dtype) || !(isBetween || count === 0) ? sortable(dtype) : backend.defaultDType;
}

/** Numbers by `weight` of the way from one array to another, also between infinities. */
export function between(lower: NDArray, upper: NDArray, weight: number | NDArray): NDArray {
  const rest = typeof weight === 'number' ? 1 - weight : weight.multiply(-1).addInPlace(1);
  const mean = lower.multiply(rest).addInPlace(upper.multiply(weight));
  return where(lower.equal(upper), lower, mean);
}

/** The lines over `axes`, sorted at least at `places`: `[outer, n, inner]`. */
function sortedLines(
  x: NDArray,
  axes: readonly number[],
  mayOverwrite: boolean,
  places: readonly number[] | undefined,
): NDArray {
  const numbers = isBoolean(x.dtype) ? x.astype('int32') : x;
  const { from, extents } = gatherAxes(numbers, axes);
  const y = mayOverwrite || from !== x ? from : from.space.empty();
  y.backend.sort(from, extents, y, places);
  return y.reshape(extents);
}

/** The places in lines of n numbers that decide quantiles, and the last one if `findsNaN`. */
function placesIn(n: number, { fractions, method }: Quantiles, findsNaN: boolean): number[] {
  const places = new Set(findsNaN ? [n - 1] : []);
  for (const fraction of fractions) {
    const { index, weight } = placeOf(method, n, fraction);
    places.add(index);
    if (weight > 0) places.add(index + 1);
  }
  return [...places].sort((a, b) => a - b);
}

/** How many numbers each line has that are not NaN. */
const countsOf = (lines: NDArray): readonly number[] =>
  Array.from(lines.isnan().sum(1).toHost(), (missing) => (lines.shape[1] as number) - missing);

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

/** The quantiles of one line: its numbers are read, which costs less than kernels on a number. */
function ofOneLine(line: NDArray, { fractions, method }: Quantiles, hasNumbersOnly: boolean): NDArray {
  const n = line.size;
  const numbers = line.reshape([n]);
  const at = (index: number): number => numbers.get(index) as number;
  const isUnknown = !hasNumbersOnly && Number.isNaN(at(n - 1));
  const values = fractions.map((fraction) => {
    const { index, weight } = placeOf(method, n, fraction);
    if (isUnknown) return Number.NaN;
    const lower = at(index);
    const upper = weight > 0 ? at(index + 1) : lower;
    return lower === upper ? lower : lower * (1 - weight) + upper * weight;
  });
  return line.space.withShape([values.length], 'float64').upload(Float64Array.from(values));
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
  const hasNumbersOnly = !isFloat(x.dtype) || (skipsNaN && !x.isnan().any());
  // Lines with NaN have other places each
  const places = skipsNaN && !hasNumbersOnly ? undefined : placesIn(n, quantiles, !hasNumbersOnly);
  const lines = sortedLines(x, axes, mayOverwrite, places);
  if (places && lines.size === n && dtype === 'float64')
    return ofOneLine(lines, quantiles, hasNumbersOnly).reshape(result.shape);
  const row = (index: number): NDArray => lines.slice(null, index);
  const asResult = (y: NDArray): NDArray => asDType(y, dtype);
  const counts = places ? undefined : countsOf(lines);
  const hasNaN = hasNumbersOnly || skipsNaN ? undefined : row(n - 1).isnan();
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
