import { ARRAY_DEFAULTS, type ArrayOptions } from '../../core/array/creation.js';
import { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { checkDType } from '../../core/base/dtype.js';
import { withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { resolveBackend } from '../../core/ports/defaults.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';

/** As {@link NDArray.empty}. */
export const empty = NDArray.empty;
/** As {@link NDArray.zeros}. */
export const zeros = NDArray.zeros;
/** As {@link NDArray.ones}. */
export const ones = NDArray.ones;
/** As {@link NDArray.full}. */
export const full = NDArray.full;

/** A new array of the shape and, if x is distributed, the layout of x. */
function emptyAs<X extends ArrayLike>(name: string, x: X, options: ArrayOptions | undefined): ArrayOf<X> {
  const { dtype, backend } = withDefaults(name, options, ARRAY_DEFAULTS);
  return tidy(() => {
    const { space } = arrayOf(name, x);
    const to = space.withDType(dtype === undefined ? space.dtype : checkDType(dtype));
    return (backend === undefined ? to : to.withBackend(resolveBackend(backend))).empty();
  }) as ArrayOf<X>;
}

/** As {@link zerosLike}, with unspecified elements. Nothing is sent. */
export const emptyLike = <X extends ArrayLike>(x: X, options?: ArrayOptions): ArrayOf<X> =>
  emptyAs('emptyLike', x, options);

/**
 * Zeros in the shape, the layout and the dtype of x, on its backend; options change the last two.
 * Nothing is sent.
 */
export const zerosLike = <X extends ArrayLike>(x: X, options?: ArrayOptions): ArrayOf<X> =>
  emptyAs('zerosLike', x, options).fill(0) as ArrayOf<X>;

/** As {@link zerosLike}, of ones. Nothing is sent. */
export const onesLike = <X extends ArrayLike>(x: X, options?: ArrayOptions): ArrayOf<X> =>
  emptyAs('onesLike', x, options).fill(1) as ArrayOf<X>;

/**
 * As {@link zerosLike}, of one value. Nothing is sent.
 * @throws {@link DTypeError} if the value does not fit into the dtype: a complex value needs a
 *   complex one
 */
export const fullLike = <X extends ArrayLike>(x: X, value: Scalar, options?: ArrayOptions): ArrayOf<X> =>
  emptyAs('fullLike', x, options).fill(value) as ArrayOf<X>;
