import type { Scalar } from '../core/base/complex.js';
import { type DType, isBoolean, isComplex, isFloat } from '../core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../core/base/errors.js';
import type { Defaults } from '../core/base/options.js';
import { formatShape, sameShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import { reduceOver } from '../core/distributed/reductions.js';
import { abs, add, divide, multiply, subtract } from './elementwise/arithmetic.js';
import { where } from './elementwise/choosing.js';
import { isnan, notEqual } from './elementwise/comparisons.js';
import { exp, log, sqrt } from './elementwise/exponents.js';
import { type ArrayLike, arrayOf } from './operands.js';
import {
  asIntegers,
  asNumber,
  asScalar,
  countOver,
  DEFAULTS,
  floatsOf,
  type ReductionOptions,
  reduction,
} from './reduction.js';
import { max, min, prod, sum, TOTAL_DEFAULTS, type TotalOptions } from './totals.js';

/** Options of variances. */
export interface MomentOptions extends ReductionOptions {
  /** The divisor is `n − ddof`. @default 0 */
  readonly ddof?: number;
}
const MOMENT_DEFAULTS = { ...DEFAULTS, ddof: 0 } satisfies Defaults<MomentOptions>;

const asBoolean = (value: Scalar): boolean => value !== 0;

/** `max − min` over axes. Real arrays. Two reductions if a reduced axis is split. */
export const ptp = reduction<number, ReductionOptions>(
  'ptp',
  DEFAULTS,
  (x, axes) => subtract(max(x, { axis: axes, keepdims: true }), min(x, { axis: axes, keepdims: true })),
  asNumber,
);

const meanOver = (x: EitherArray, axes: readonly number[]): EitherArray =>
  divide(reduceOver('mean', 'sum', floatsOf(x), axes), countOver(x, axes));

/** The mean over axes, a float. NaN for no elements. One reduction if a reduced axis is split. */
export const mean = reduction<Scalar, ReductionOptions>('mean', DEFAULTS, meanOver, asScalar);

const varianceOver = (
  x: EitherArray,
  axes: readonly number[],
  { ddof }: Required<MomentOptions>,
): EitherArray => {
  if (!Number.isFinite(ddof))
    throw new ArgumentError(`expected ddof to be a number, received ${textOf(ddof)}`);
  const from = floatsOf(x);
  const squares = reduceOver('var', 'sumSquares', subtract(from, meanOver(from, axes)), axes);
  return divide(squares, countOver(x, axes) - ddof);
};

/** `Σ |x − mean|² / (n − ddof)` over axes. Two reductions if a reduced axis is split. */
const variance = reduction<number, MomentOptions>('var', MOMENT_DEFAULTS, varianceOver, asNumber);

export { variance as var };
/** The square root of the variance over axes. Two reductions if a reduced axis is split. */
export const std = reduction<number, MomentOptions>(
  'std',
  MOMENT_DEFAULTS,
  (x, axes, options) => sqrt(varianceOver(x, axes, options)),
  asNumber,
);

/** Whether the elements are not 0, of dtype bool. */
export const flagsOf = (x: EitherArray): EitherArray => (isBoolean(x.dtype) ? x : notEqual(x, 0));

/**
 * Whether any number over axes is not 0. NaN is not 0. One reduction if a reduced axis is split.
 */
export const any = reduction<boolean, ReductionOptions>(
  'any',
  DEFAULTS,
  (x, axes) => reduceOver('any', 'max', flagsOf(x), axes),
  asBoolean,
);
/** Whether all numbers over axes are not 0. Communication as that of {@link any}. */
export const all = reduction<boolean, ReductionOptions>(
  'all',
  DEFAULTS,
  (x, axes) => reduceOver('all', 'min', flagsOf(x), axes),
  asBoolean,
);
/** How many numbers over axes are not 0, int32. Communication as that of {@link sum}. */
export const countNonzero = reduction<number, ReductionOptions>(
  'countNonzero',
  DEFAULTS,
  (x, axes) => asIntegers('countNonzero', reduceOver('countNonzero', 'sum', flagsOf(x), axes)),
  asNumber,
);

/** x with a number in place of NaN. Integers have none. */
export const filled = (x: EitherArray, value: number): EitherArray =>
  isFloat(x.dtype) ? where(isnan(x), value, x) : x;
/** How many elements over axes are not NaN. */
const presentOver = (name: string, x: EitherArray, axes: readonly number[]): EitherArray =>
  reduceOver(name, 'sum', isnan(x).equal(0), axes);

const nanSum = (op: 'sum' | 'prod') =>
  reduction<Scalar, TotalOptions>(
    `nan${op}`,
    TOTAL_DEFAULTS,
    (x, axes, { dtype }) => {
      const compute = op === 'sum' ? sum : prod;
      return compute(filled(x, op === 'sum' ? 0 : 1), { axis: axes, keepdims: true, dtype });
    },
    asScalar,
  );
/** As {@link sum}, without NaN. */
export const nansum = nanSum('sum');
/** As {@link prod}, without NaN. */
export const nanprod = nanSum('prod');

const nanExtreme = (op: 'max' | 'min', bound: number) =>
  reduction<number, ReductionOptions>(
    `nan${op}`,
    DEFAULTS,
    (x, axes) => {
      const compute = op === 'max' ? max : min;
      const y = compute(filled(x, bound), { axis: axes, keepdims: true });
      return isFloat(x.dtype) ? where(presentOver(`nan${op}`, x, axes), y, Number.NaN) : y;
    },
    asNumber,
  );
/** As {@link max}, without NaN; NaN if all are NaN. */
export const nanmax = nanExtreme('max', Number.NEGATIVE_INFINITY);
/** As {@link min}, without NaN; NaN if all are NaN. */
export const nanmin = nanExtreme('min', Number.POSITIVE_INFINITY);

const nanmeanOver = (x: EitherArray, axes: readonly number[]): EitherArray => {
  const total = reduceOver('nanmean', 'sum', filled(floatsOf(x), 0), axes);
  return divide(total, presentOver('nanmean', x, axes).astype(realDType(total)));
};
const realDType = (x: EitherArray): DType => (isComplex(x.dtype) ? abs(x).dtype : x.dtype);

/** As {@link mean}, without NaN. */
export const nanmean = reduction<Scalar, ReductionOptions>('nanmean', DEFAULTS, nanmeanOver, asScalar);

const nanvarOver = (
  x: EitherArray,
  axes: readonly number[],
  { ddof }: Required<MomentOptions>,
): EitherArray => {
  const from = floatsOf(x);
  const deviations = filled(subtract(from, nanmeanOver(from, axes)), 0);
  const squares = reduceOver('nanvar', 'sumSquares', deviations, axes);
  const count = presentOver('nanvar', x, axes).astype(squares.dtype);
  // NaN if no element is left for the divisor
  return where(count.greater(ddof), divide(squares, subtract(count, ddof)), Number.NaN);
};
/** As `var`, without NaN. */
export const nanvar = reduction<number, MomentOptions>('nanvar', MOMENT_DEFAULTS, nanvarOver, asNumber);
/** As {@link std}, without NaN. */
export const nanstd = reduction<number, MomentOptions>(
  'nanstd',
  MOMENT_DEFAULTS,
  (x, axes, options) => sqrt(nanvarOver(x, axes, options)),
  asNumber,
);

/**
 * `log Σ eˣ` over axes, without overflow. Real arrays. Two reductions if a reduced axis is split.
 */
export const logsumexp = reduction<number, ReductionOptions>(
  'logsumexp',
  DEFAULTS,
  (x, axes) => {
    const from = floatsOf(x);
    const top = max(from, { axis: axes, keepdims: true });
    const shift = where(top.isfinite(), top, 0);
    return add(log(reduceOver('logsumexp', 'sum', exp(subtract(from, shift)), axes)), shift);
  },
  asNumber,
);

/** Options of {@link average}. */
export interface AverageOptions extends ReductionOptions {
  /**
   * The weights: of the shape of the array, or one for each position along `axis`. @default equal
   */
  readonly weights?: ArrayLike | undefined;
}
const AVERAGE_DEFAULTS = { ...DEFAULTS, weights: undefined } satisfies Defaults<AverageOptions>;

/** Weights with as many axes as x, along which they are stretched to its shape. */
function weightsFor(x: EitherArray, axes: readonly number[], weights: EitherArray): EitherArray {
  const { shape } = x.space;
  if (sameShape(weights.space.shape, shape)) return weights;
  const [axis] = axes;
  if (axes.length !== 1 || !sameShape(weights.space.shape, [shape[axis as number] as number]))
    throw new ShapeError(
      `average: expected weights of shape ${formatShape(shape)}, or one for each position along an axis, ` +
        `received ${formatShape(weights.space.shape)}`,
    );
  if (isDistributed(weights))
    throw new PartitionError('average: weights along an axis are whole on each rank: pass an NDArray');
  return weights.reshape(shape.map((n, k) => (k === axis ? n : 1)));
}

/**
 * The weighted mean over axes: `Σ w·x / Σ w`. One reduction if a reduced axis is split, two if the
 * weights are distributed.
 */
export const average = reduction<Scalar, AverageOptions>(
  'average',
  AVERAGE_DEFAULTS,
  (x, axes, { weights }) => {
    if (weights === undefined) return meanOver(x, axes);
    const w = weightsFor(x, axes, arrayOf('average', weights));
    const weighted = reduceOver('average', 'sum', multiply(floatsOf(x), floatsOf(w)), axes);
    return divide(weighted, reduceOver('average', 'sum', floatsOf(w), axes));
  },
  asScalar,
);
