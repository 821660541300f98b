import type { NDArray } from '../core/array/ndarray.js';
import { overOf, type ReductionOptions } from '../core/array/shared-reductions.js';
import type { Scalar } from '../core/base/complex.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import type { EitherArray } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { dropAxes, intoArray } from '../core/distributed/reductions.js';
import { type ArrayLike, arrayOf } from './operands.js';

/** What is left if axes are reduced: of all axes of a distributed array, an array of one rank. */
export type Left<X> = Extract<X, DistributedArray> extends never ? NDArray : EitherArray;

/**
 * The result of a reduction: a `T` for all elements, otherwise an array without the reduced axes.
 */
export type Reduced<X, O, T> = O extends
  | { axis: number | readonly number[] }
  | { keepdims: true }
  | {
      out: EitherArray;
    }
  ? Left<X>
  : T;

/** A function of an array and of its axes. */
export type Reduction<T, Options> = <X extends ArrayLike, const O extends Options = Options>(
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
    const over = given as Required<ReductionOptions>;
    return overAxes(name, x, over, (from, axes) => compute(from, axes, given), scalar);
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
  options: Required<ReductionOptions>,
  compute: (x: EitherArray, axes: readonly number[]) => EitherArray,
  scalar?: (value: Scalar) => T,
): EitherArray | T {
  return tidy(() => {
    const from = arrayOf(name, x);
    const over = overOf(name, from.space, options);
    const axes = over.axes ?? from.space.shape.map((_, k) => k);
    const y = compute(from, axes);
    const dropped = scalar ? axes : axes.map((k) => k + 1);
    const left = over.keepdims ? y : dropAxes(y, dropped);
    if (options.out !== undefined) return intoArray(name, options.out, left);
    return over.keepdims || over.axes || !scalar ? left : scalar((left as NDArray).get());
  });
}

export const asNumber = (value: Scalar): number => value as number;
export const asScalar = (value: Scalar): Scalar => value;
