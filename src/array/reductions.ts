import type { NDArray } from '../core/array/ndarray.js';
import { checkNotEmpty, checkOrdered } from '../core/array/reductions.js';
import type { Scalar } from '../core/base/complex.js';
import { type DType, INDEX_DTYPE, isBoolean, isComplex, isFloat, isInteger } from '../core/base/dtype.js';
import { ArgumentError, NumericalError, PartitionError, ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, product, sameShape, toAxes } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { dropAxes, reduceOver } from '../core/distributed/reductions.js';
import { onAllRanks } from '../core/ports/agreement.js';
import { abs, add, divide, multiply, subtract } from './elementwise/arithmetic.js';
import { where } from './elementwise/choosing.js';
import { isnan, notEqual } from './elementwise/comparisons.js';
import { exp, log, sqrt } from './elementwise/exponents.js';
import { type ArrayLike, arrayOf, castTo } from './operands.js';

/** Options of reductions. */
export interface ReductionOptions {
  /** One axis or several; negative ones count from the end. @default all */
  readonly axis?: number | readonly number[] | null | undefined;
  /** Whether reduced axes stay, with length 1. @default false */
  readonly keepdims?: boolean;
}
/** Options of sums and products. */
export interface TotalOptions extends ReductionOptions {
  /** The dtype in which is computed. @default that of the array; int32 for bool */
  readonly dtype?: DType | undefined;
}
/** Options of variances. */
export interface MomentOptions extends ReductionOptions {
  /** The divisor is `n − ddof`. @default 0 */
  readonly ddof?: number;
}
export const DEFAULTS = { axis: undefined, keepdims: false } satisfies Defaults<ReductionOptions>;
const TOTAL_DEFAULTS = { ...DEFAULTS, dtype: undefined } satisfies Defaults<TotalOptions>;
const MOMENT_DEFAULTS = { ...DEFAULTS, ddof: 0 } satisfies Defaults<MomentOptions>;

/** What is left if axes are reduced: of all axes of a distributed array, an array of one rank. */
export type Left<X> = Extract<X, DistributedArray> extends never ? NDArray : EitherArray;

/**
 * The result of a reduction: a `T` for all elements, otherwise an array without the reduced axes.
 */
export type Reduced<X, O, T> = O extends { axis: number | readonly number[] } | { keepdims: true }
  ? Left<X>
  : T;

type Reduction<T, Options> = <X extends ArrayLike, const O extends Options = Options>(
  x: X,
  options?: O,
) => Reduced<X, O, T>;

/**
 * A reduction as a function of an array and of its axes, which the result has with length 1.
 * @param scalar the number of the only element
 */
export function reduction<T, Options extends ReductionOptions>(
  name: string,
  defaults: Defaults<Options>,
  compute: (x: EitherArray, axes: readonly number[], options: Required<Options>) => EitherArray,
  scalar: (value: Scalar) => T,
): Reduction<T, Options> {
  return ((x: ArrayLike, options?: Options) => {
    const known: Defaults<ReductionOptions> = defaults;
    const given = withDefaults(name, options as ReductionOptions | undefined, known) as Required<Options>;
    const { axis, keepdims } = given as Required<ReductionOptions>;
    return overAxes(name, x, { axis, keepdims }, (from, axes) => compute(from, axes, given), scalar);
  }) as Reduction<T, Options>;
}

/**
 * Computes over the axes of a reduction, which the result has with length 1, and drops them.
 * @param scalar the number of the only element; undefined for results with one axis before those of
 *   x, which are arrays
 */
export function overAxes<T>(
  name: string,
  x: ArrayLike,
  { axis, keepdims }: ReductionOptions,
  compute: (x: EitherArray, axes: readonly number[]) => EitherArray,
  scalar?: (value: Scalar) => T,
): EitherArray | T {
  if (typeof keepdims !== 'boolean')
    throw new ArgumentError(`${name}: expected keepdims to be true or false, received ${textOf(keepdims)}`);
  return tidy(() => {
    const from = arrayOf(name, x);
    const axes = toAxes(axis ?? undefined, from.space.shape.length, 'axis');
    const y = compute(from, axes);
    if (keepdims) return y;
    if (!scalar)
      return dropAxes(
        y,
        axes.map((k) => k + 1),
      );
    const left = dropAxes(y, axes);
    return axis === null || axis === undefined ? scalar((left as NDArray).get()) : left;
  });
}

export const asNumber = (value: Scalar): number => value as number;
const asScalar = (value: Scalar): Scalar => value;
const asBoolean = (value: Scalar): boolean => value !== 0;

/** The number of elements that each element of a reduction's result stands for. */
const countOver = (x: EitherArray, axes: readonly number[]): number =>
  product(axes.map((k) => x.space.shape[k] as number));

/** An array of floats with the same numbers. */
export const floatsOf = (x: EitherArray): EitherArray =>
  isFloat(x.dtype) ? x : x.astype(x.backend.defaultDType);

/** The largest int32. */
export const MOST = 2 ** 31 - 1;

/**
 * Whole numbers as int32. The ranks agree that they fit, in one exchange of objects.
 * @throws {@link NumericalError} if one does not
 */
export function asIntegers(name: string, x: EitherArray): EitherArray {
  if (x.dtype === INDEX_DTYPE) return x;
  const cast = (part: NDArray): NDArray => {
    if (part.size > 0 && (part.backend.reduce('maxAbs', part) as number) > MOST)
      throw new NumericalError(
        `${name}: a result does not fit into int32: compute it in float64, by dtype or astype()`,
      );
    return part.astype(INDEX_DTYPE);
  };
  return isDistributed(x) ? x.space.wrap(onAllRanks(x.comm, () => cast(x.local))) : cast(x);
}

const sumOrProduct = (op: 'sum' | 'prod') =>
  reduction<Scalar, TotalOptions>(
    op,
    TOTAL_DEFAULTS,
    (x, axes, { dtype }) => {
      const from = castTo(op, x, dtype);
      const y = reduceOver(op, op, from, axes);
      return isInteger(from.dtype) ? asIntegers(op, y) : y;
    },
    asScalar,
  );

/**
 * The sum over axes. Of int32 and bool it is int32, and exact. One reduction if a reduced axis is
 * split; of distributed integers, also two exchanges of objects.
 */
export const sum = sumOrProduct('sum');
/** The product over axes. Integers and communication as those of {@link sum}. */
export const prod = sumOrProduct('prod');

const extreme = (op: 'max' | 'min') =>
  reduction<number, ReductionOptions>(
    op,
    DEFAULTS,
    (x, axes) => {
      checkOrdered(op, x);
      if (product(x.space.shape.filter((_, k) => !axes.includes(k))) > 0)
        checkNotEmpty(op, x.space, countOver(x, axes));
      return reduceOver(op, op, x, axes);
    },
    asNumber,
  );

/**
 * The largest number over axes; NaN if one is NaN. Real arrays. One reduction if a reduced axis is
 * split.
 */
export const max = extreme('max');
/**
 * The smallest number over axes; NaN if one is NaN. Real arrays. One reduction if a reduced axis is
 * split.
 */
export const min = extreme('min');

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
    const weighted = reduceOver('average', 'sum', floatsOf(multiply(x, w)), axes);
    return divide(weighted, reduceOver('average', 'sum', floatsOf(w), axes));
  },
  asScalar,
);
