import { isLocalArray } from '../core/array/elementwise.js';
import { type NumberList, numberList } from '../core/array/number-list.js';
import { ArgumentError } from '../core/base/errors.js';
import { checkList, type Defaults, isListOf, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';

/** The values of the first and the last colour of a colour map. */
export type ValueRange = readonly [low: number, high: number];

/** Options of {@link colorRange}. */
export interface ColorRangeOptions {
  /** The range is `[−a, a]`, for diverging colour maps. @default false */
  readonly symmetric?: boolean;
  /** Percentage of the values that may lie outside, half at each end. @default 0 */
  readonly clip?: number;
}

const DEFAULTS = { symmetric: false, clip: 0 } satisfies Defaults<ColorRangeOptions>;

/**
 * One colour range for several panels: from the smallest to the largest finite value of all arrays.
 * Without finite values it is `[0, 1]`.
 */
export function colorRange(
  arrays: NumberList | readonly NumberList[],
  options?: ColorRangeOptions,
): ValueRange {
  const { symmetric, clip } = withDefaults('colorRange', options, DEFAULTS);
  if (typeof clip !== 'number' || !(clip >= 0 && clip < 100))
    throw new ArgumentError(`expected clip in percent, from 0 to below 100, received ${textOf(clip)}`);
  const isArray = isLocalArray(arrays) || ArrayBuffer.isView(arrays);
  if (!isArray) checkList('colorRange', 'numbers, or of arrays of them', arrays);
  const isList = isArray || typeof arrays[0] === 'number' || arrays.length === 0;
  const list = (isList ? [arrays] : arrays) as readonly NumberList[];
  const parts = list.map((a) =>
    Float64Array.from(numberList('colorRange', 'the values', a)).filter(Number.isFinite),
  );
  const values = new Float64Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(symmetric ? part.map(Math.abs) : part, at);
    at += part.length;
  }
  if (values.length === 0) return symmetric ? [-1, 1] : [0, 1];
  values.sort();
  const quantile = (q: number): number => values[Math.round(q * (values.length - 1))] as number;
  if (symmetric) {
    const a = quantile(1 - clip / 100);
    return widen(-a, a);
  }
  return widen(quantile(clip / 200), quantile(1 - clip / 200));
}

/**
 * Checks that `range` is two different finite numbers.
 *
 * @throws {@link ArgumentError} if it is not
 */
export function checkRange(name: string, range: unknown): void {
  if (isListOf(range, Number.isFinite) && range.length === 2 && range[0] !== range[1]) return;
  throw new ArgumentError(`expected ${name} to be two different finite numbers, received ${textOf(range)}`);
}

/** The finite number nearest to `value`. */
export const within = (value: number): number =>
  Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);

/** A range that is not empty: `[low, high]`, widened if both are equal. */
function widen(low: number, high: number): ValueRange {
  if (low < high) return [low, high];
  const half = low === 0 ? 1 : Math.abs(low) / 2;
  return [within(low - half), within(high + half)];
}

/**
 * The smallest and the largest finite value of all lists, of those that are `usable`. Undefined if
 * there is none.
 */
export function finiteEnds(
  lists: readonly ArrayLike<number>[],
  usable: (value: number) => boolean = () => true,
): ValueRange | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of lists)
    for (let k = 0; k < values.length; k++) {
      const value = values[k] as number;
      if (!Number.isFinite(value) || !usable(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : undefined;
}

/** The range of colours for values between two ends, as {@link colorRange} gives it. */
export function rangeOf(ends: ValueRange | undefined, symmetric = false): ValueRange {
  if (!ends) return symmetric ? [-1, 1] : [0, 1];
  if (!symmetric) return widen(...ends);
  const a = Math.max(...ends.map(Math.abs));
  return widen(-a, a);
}
