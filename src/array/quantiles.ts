import { type NumberList, numberList } from '../core/array/number-list.js';
import {
  QUANTILE_METHODS,
  type QuantileMethod,
  type Quantiles,
  quantileDType,
  quantilesOfLines,
  sortable,
} from '../core/array/quantiles.js';
import { checkOrdered, REDUCTION_DEFAULTS, type ReductionOptions } from '../core/array/shared-reductions.js';
import { isBoolean } from '../core/base/dtype.js';
import { ArgumentError } from '../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../core/base/options.js';
import { product } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import { checkReducible, dropAxes, layoutWithout } from '../core/distributed/reductions.js';
import { quantilesOverRanks } from '../core/distributed/selection.js';
import type { ArrayLike } from './operands.js';
import { asNumber, type Left, overAxes, type Reduced, reduction } from './reduction.js';

export type { QuantileMethod };

/** Options of {@link quantile} and its like. */
export interface QuantileOptions extends ReductionOptions {
  /**
   * What a quantile between two numbers is: on the line between them, one of them, or their mean.
   * The nearest of two at the same distance is that at an even position. @default 'linear'
   */
  readonly method?: QuantileMethod;
}
const QUANTILE_DEFAULTS = { ...REDUCTION_DEFAULTS, method: 'linear' } satisfies Defaults<QuantileOptions>;

/** The most that a rank may receive when lines move, in shares of an even split. */
const MOST_SHARE = 1.5;

/** The longest axis that is not reduced, if its parts are near enough to equal ones. */
function axisToSplit(x: DistributedArray, axes: readonly number[]): number | undefined {
  const { size } = x.comm;
  return x.globalShape
    .map((n, k) => ({ n, k }))
    .filter(({ n, k }) => !axes.includes(k) && Math.ceil(n / size) * size <= MOST_SHARE * n)
    .reduce<{ n: number; k: number } | undefined>((best, a) => (best && best.n >= a.n ? best : a), undefined)
    ?.k;
}

/** Quantiles of lines that no rank shares with others. `layout` is that of one quantile. */
function ofWholeLines(
  x: DistributedArray,
  axes: readonly number[],
  quantiles: Quantiles,
  layout: Layout,
  mayOverwrite: boolean,
): DistributedArray {
  const shape = [quantiles.fractions.length, ...layout.globalShape];
  const space = x.space.withLayout(layout.withShape(shape) as Layout);
  if (product(space.localShape) > 0)
    return space.wrap(quantilesOfLines(x.local, axes, quantiles, mayOverwrite));
  const count = product(axes.map((k) => x.globalShape[k] as number));
  return space.withDType(quantileDType(x.dtype, x.backend, quantiles, count)).empty();
}

/** Quantiles over axes, which stay with length 1, after an axis for the quantiles. */
function quantilesOver(
  name: string,
  x: EitherArray,
  axes: readonly number[],
  quantiles: Quantiles,
): EitherArray {
  checkOrdered(name, x);
  if (!isDistributed(x)) return quantilesOfLines(x, axes, quantiles);
  checkReducible(name, x);
  const own = layoutWithout(x, axes);
  if (own) return ofWholeLines(x, axes, quantiles, own, false);
  const axis = axisToSplit(x, axes);
  if (axis !== undefined) {
    const moved = x.redistribute(axis);
    return ofWholeLines(moved, axes, quantiles, layoutWithout(moved, axes) as Layout, true);
  }
  const numbers = isBoolean(x.dtype) ? x.astype(sortable(x.dtype)) : x;
  const whole = quantilesOverRanks(numbers, axes, quantiles);
  return x.space.withLayout(Layout.replicated(whole.shape, x.comm.size)).wrap(whole);
}

/** The numbers q, of which `most` stands for the largest number of a line, as fractions. */
function fractionsOf(name: string, q: number | NumberList, most: number): number[] {
  const list = typeof q === 'number' ? [q] : numberList(name, 'q', q);
  return Array.from(list, (value) => {
    if (!(value >= 0 && value <= most))
      throw new ArgumentError(`${name}: expected q from 0 to ${most}, received ${textOf(value)}`);
    return value / most;
  });
}

/** A function of an array and of the numbers q: one, or several, which get a new first axis. */
export type QuantileFunction = <
  X extends ArrayLike,
  Q extends number | NumberList,
  const O extends QuantileOptions = QuantileOptions,
>(
  x: X,
  q: Q,
  options?: O,
) => Q extends number ? Reduced<X, O, number> : Left<X>;

const quantileFunction = (name: string, most: number, skipsNaN: boolean): QuantileFunction =>
  ((x: ArrayLike, q: number | NumberList, options?: QuantileOptions) => {
    const given = withDefaults(name, options, QUANTILE_DEFAULTS);
    const method = checkOneOf('method', given.method, QUANTILE_METHODS);
    const quantiles = { fractions: fractionsOf(name, q, most), method, skipsNaN };
    const compute = (from: EitherArray, axes: readonly number[]): EitherArray =>
      quantilesOver(name, from, axes, quantiles);
    return typeof q === 'number'
      ? overAxes(name, x, given, (from, axes) => dropAxes(compute(from, axes), [0]), asNumber)
      : overAxes(name, x, given, compute);
  }) as QuantileFunction;

/**
 * Quantiles over axes, for q from 0 to 1: what a share q of the numbers is at most. A list of q
 * gives a new first axis. NaN if one is NaN, or of no numbers. Real arrays; of int32 and bool the
 * methods `linear` and `midpoint` give floats, the others int32.
 *
 * Nothing is sent if no reduced axis is split. Otherwise the array is moved to a split along the
 * longest other axis, one message between each two ranks whose parts intersect, unless there is
 * none with about equal parts. Then nothing moves, and the ranks count: at most 64 reductions of
 * one number for each line and q (float32 and int32: 32), and two more. Peak memory: the sorted
 * lines, and two lines more.
 */
export const quantile = quantileFunction('quantile', 1, false);
/** As {@link quantile}, for q from 0 to 100. */
export const percentile = quantileFunction('percentile', 100, false);
/** As {@link quantile}, without NaN; NaN if all are NaN. */
export const nanquantile = quantileFunction('nanquantile', 1, true);
/** As {@link percentile}, without NaN; NaN if all are NaN. */
export const nanpercentile = quantileFunction('nanpercentile', 100, true);

const medianFunction = (name: string, skipsNaN: boolean) =>
  reduction<number, ReductionOptions>(
    name,
    REDUCTION_DEFAULTS,
    (x, axes) =>
      dropAxes(quantilesOver(name, x, axes, { fractions: [0.5], method: 'linear', skipsNaN }), [0]),
    asNumber,
  );

/**
 * The median over axes: the mean of the two numbers in the middle if their count is even. NaN and
 * communication as those of {@link quantile}, for one q.
 */
export const median = medianFunction('median', false);
/** As {@link median}, without NaN; NaN if all are NaN. */
export const nanmedian = medianFunction('nanmedian', true);
