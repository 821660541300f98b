import { floatsOf } from '../core/array/casting.js';
import { REDUCTIONS, withoutNaN } from '../core/array/reductions.js';
import {
  checkNotEmpty,
  checkOrdered,
  divisorOf,
  type InitialOptions,
  MASKED_DEFAULTS,
  type MaskedOptions,
  MOMENT_DEFAULTS,
  type MomentOptions,
  REDUCTION_DEFAULTS,
  type ReductionOptions,
  TOTAL_DEFAULTS,
  type TotalOptions,
} from '../core/array/shared-reductions.js';
import type { Scalar } from '../core/base/complex.js';
import { isBoolean, realOf } from '../core/base/dtype.js';
import { DTypeError, PartitionError, ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, sameShape } from '../core/base/shape.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import { DISTRIBUTED_REDUCTIONS } from '../core/distributed/methods/distributed-reductions.js';
import { asIntegers, checkReducible, maskedParts, reduceOver } from '../core/distributed/reductions.js';
import { add, divide, multiply, subtract } from './elementwise/arithmetic.js';
import { where } from './elementwise/choosing.js';
import { isnan, notEqual } from './elementwise/comparisons.js';
import { exp, log, sqrt } from './elementwise/exponents.js';
import { mean, prod, sum } from './methods.js';
import { type ArrayLike, arrayOf, onParts } from './operands.js';
import { asNumber, asScalar, type Reduction, reduction } from './reduction.js';

/** The largest or smallest numbers over axes, which stay with length 1. */
function extremeOver(name: string, op: 'max' | 'min', x: EitherArray, axes: readonly number[]): EitherArray {
  checkOrdered(name, x);
  checkNotEmpty(name, x.space, axes);
  return reduceOver(name, op, x, axes);
}

/** `max − min` over axes. Real arrays. Two reductions if a reduced axis is split. */
export const ptp = reduction<number, ReductionOptions>(
  'ptp',
  REDUCTION_DEFAULTS,
  (x, axes) => {
    if (isBoolean(x.dtype)) throw new DTypeError('ptp is not defined for bool: cast to int32 first');
    return subtract(extremeOver('ptp', 'max', x, axes), extremeOver('ptp', 'min', x, axes));
  },
  asNumber,
);

/** Whether the elements are not 0, of dtype bool. */
export const flagsOf = (x: EitherArray): EitherArray => (isBoolean(x.dtype) ? x : notEqual(x, 0));

/**
 * How many numbers over axes are not 0, int32. Communication as that of `sum` over axes.
 */
export const countNonzero = reduction<number, ReductionOptions>(
  'countNonzero',
  REDUCTION_DEFAULTS,
  (x, axes) => asIntegers(reduceOver('countNonzero', 'sum', flagsOf(x), axes)),
  asNumber,
);

/** x with a number in place of NaN. Integers have none. */
const filled = (x: EitherArray, value: number): EitherArray => onParts(x, (part) => withoutNaN(part, value));
/** How many elements over axes are not NaN. */
const presentOver = (name: string, x: EitherArray, axes: readonly number[]): EitherArray =>
  reduceOver(name, 'sum', isnan(x).equal(0), axes);

/** A total with a number in place of NaN, which does not change it. */
const nanTotal = (name: string, total: Reduction<Scalar, TotalOptions>, value: number) =>
  ((x: ArrayLike, options?: TotalOptions) => {
    const given = withDefaults(name, options, TOTAL_DEFAULTS);
    return tidy(() => total(filled(arrayOf(name, x), value), given));
  }) as Reduction<Scalar, TotalOptions>;
/** As `sum`, without NaN. */
export const nansum = nanTotal('nansum', sum, 0);
/** As `prod`, without NaN. */
export const nanprod = nanTotal('nanprod', prod, 1);

const nanExtreme = (name: 'nanmax' | 'nanmin') =>
  ((x: ArrayLike, options?: InitialOptions) =>
    tidy(() => {
      const from = arrayOf(name, x);
      return isDistributed(from)
        ? DISTRIBUTED_REDUCTIONS[name](from, options, undefined)
        : REDUCTIONS[name](from, options, undefined);
    })) as Reduction<number, InitialOptions>;
/** As `max`, without NaN; NaN if all are NaN. */
export const nanmax = nanExtreme('nanmax');
/** As `min`, without NaN; NaN if all are NaN. */
export const nanmin = nanExtreme('nanmin');

const nanmeanOver = (name: string, x: EitherArray, axes: readonly number[]): EitherArray => {
  const total = reduceOver(name, 'sum', filled(floatsOf(x), 0), axes);
  return divide(total, presentOver(name, x, axes).astype(realOf(total.dtype)));
};

/** x as floats, with NaN where a mask is false. */
function masked(name: string, x: EitherArray, mask: unknown): EitherArray {
  if (mask === undefined) return floatsOf(x);
  const [y, flags] = maskedParts(name, floatsOf(x), mask);
  return where(flags, y, Number.NaN);
}

/** As `mean`, without NaN. */
export const nanmean = reduction<Scalar, MaskedOptions>(
  'nanmean',
  MASKED_DEFAULTS,
  (x, axes, options) => nanmeanOver('nanmean', masked('nanmean', x, options.where), axes),
  asScalar,
);

const nanMoment = (name: string, finish: (variance: EitherArray) => EitherArray) =>
  reduction<number, MomentOptions>(
    name,
    MOMENT_DEFAULTS,
    (x, axes, { ddof, where: mask }) => {
      divisorOf(name, 0, ddof);
      const from = masked(name, x, mask);
      const deviations = filled(subtract(from, nanmeanOver(name, from, axes)), 0);
      const squares = reduceOver(name, 'sumSquares', deviations, axes);
      const count = presentOver(name, from, axes).astype(squares.dtype);
      // NaN if no element is left for the divisor
      return finish(where(count.greater(ddof), divide(squares, subtract(count, ddof)), Number.NaN));
    },
    asNumber,
  );
/** As `var`, without NaN. */
export const nanvar = nanMoment('nanvar', (variance) => variance);
/** As `std`, without NaN. */
export const nanstd = nanMoment('nanstd', (variance) => sqrt(variance));

/**
 * `log Σ eˣ` over axes, without overflow. Real arrays. Two reductions if a reduced axis is split.
 */
export const logsumexp = reduction<number, ReductionOptions>(
  'logsumexp',
  REDUCTION_DEFAULTS,
  (x, axes) => {
    const from = floatsOf(x);
    const top = extremeOver('logsumexp', 'max', from, axes);
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
const AVERAGE_DEFAULTS = { ...REDUCTION_DEFAULTS, weights: undefined } satisfies Defaults<AverageOptions>;

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
 * The weighted mean over axes: `Σ w·x / Σ w`, NaN or infinite if the weights add up to 0. One
 * reduction if a reduced axis is split, two if the weights are distributed.
 */
export const average = reduction<Scalar, AverageOptions>(
  'average',
  AVERAGE_DEFAULTS,
  (x, axes, { weights }) => {
    checkReducible('average', x);
    if (weights === undefined) return mean(x, { axis: axes, keepdims: true });
    const w = floatsOf(weightsFor(x, axes, arrayOf('average', weights)));
    const weighted = reduceOver('average', 'sum', multiply(floatsOf(x), w), axes);
    return divide(weighted, reduceOver('average', 'sum', w, axes));
  },
  asScalar,
);
