import type { NDArray } from '../core/array/ndarray.js';
import type { Scalar } from '../core/base/complex.js';
import { INDEX_DTYPE, isFloat } from '../core/base/dtype.js';
import { ArgumentError, NumericalError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { product, toAxes } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { dropAxes } from '../core/distributed/reductions.js';
import { onAllRanks } from '../core/ports/agreement.js';
import { type ArrayLike, arrayOf } from './operands.js';

/** Options of reductions. */
export interface ReductionOptions {
  /** One axis or several; negative ones count from the end. @default all */
  readonly axis?: number | readonly number[] | null | undefined;
  /** Whether reduced axes stay, with length 1. @default false */
  readonly keepdims?: boolean;
}
export const DEFAULTS = { axis: undefined, keepdims: false } satisfies Defaults<ReductionOptions>;

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
export const asScalar = (value: Scalar): Scalar => value;

/** The number of elements that each element of a reduction's result stands for. */
export const countOver = (x: EitherArray, axes: readonly number[]): number =>
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
