import { binary, unary } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { isScalar, type Scalar } from '../../core/base/complex.js';
import { isInteger } from '../../core/base/dtype.js';
import { checkLimit, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { type Shape, sameShape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { type ArrayLike, type ArrayOf, arraysOf, castAlike, elementwise } from '../operands.js';
import { binaryFunction, unaryFunction } from './universal.js';

/** `x == y`, of dtype bool. NaN is equal to nothing. */
export const equal = binaryFunction('equal');

/** `x != y`, of dtype bool */
export const notEqual = binaryFunction('notEqual');

/** `x < y`, of dtype bool. Real arrays. */
export const less = binaryFunction('less');

/** `x ≤ y`, of dtype bool. Real arrays. */
export const lessEqual = binaryFunction('lessEqual');

/** `x > y`, of dtype bool. Real arrays. */
export const greater = binaryFunction('greater');

/** `x ≥ y`, of dtype bool. Real arrays. */
export const greaterEqual = binaryFunction('greaterEqual');

/** Whether a part is NaN, of dtype bool */
export const isnan = unaryFunction('isnan');

/** Whether a part is ∞ or −∞, of dtype bool */
export const isinf = unaryFunction('isinf');

/** Whether all parts are finite, of dtype bool */
export const isfinite = unaryFunction('isfinite');

/** Whether the sign is negative, also of −0, of dtype bool. Real arrays. */
export const signbit = unaryFunction('signbit');

/** Options of {@link isClose} and {@link allClose}. */
export interface CloseOptions {
  /** The relative tolerance, of |y|. @default 1e-5 */
  readonly rtol?: number;
  /** The absolute tolerance. @default 1e-8 */
  readonly atol?: number;
  /** Whether NaN is close to NaN. @default false */
  readonly equalNan?: boolean;
}
const DEFAULTS = { rtol: 1e-5, atol: 1e-8, equalNan: false } satisfies Defaults<CloseOptions>;

const isNaNOf = (x: NDArray | Scalar): NDArray | number =>
  isScalar(x) ? Number(typeof x === 'number' && Number.isNaN(x)) : unary('isnan', x);
const absOf = (x: NDArray | Scalar): NDArray | number =>
  isScalar(x) ? (typeof x === 'number' ? Math.abs(x) : Math.hypot(x.re, x.im)) : unary('abs', x);

/** `x − y` as floats, because differences of int32 may wrap around. */
function difference(x: NDArray | Scalar, y: NDArray | Scalar): NDArray {
  const areWhole = [x, y].every((z) => isScalar(z) || isInteger(z.dtype));
  const asFloats = (z: NDArray | Scalar) => (isScalar(z) || !areWhole ? z : z.astype(z.backend.defaultDType));
  return binary('subtract', asFloats(x), asFloats(y));
}

function closeness(name: string, x: ArrayLike, y: ArrayLike, options: CloseOptions | undefined): EitherArray {
  const { rtol, atol, equalNan } = withDefaults(name, options, DEFAULTS);
  checkLimit(name, { rtol, atol });
  return elementwise(name, [x, y], undefined, (_, a, b) => {
    const bound = absOf(castAlike(b, a));
    const allowed = isScalar(bound)
      ? atol + rtol * bound
      : binary('add', binary('multiply', bound, rtol), atol);
    const near = binary('lessEqual', unary('abs', difference(a, b)), allowed);
    // An infinite y allows everything, a finite x too
    const finite = isScalar(bound) ? Number(Number.isFinite(bound)) : unary('isfinite', bound);
    const close = binary('maximum', binary('multiply', near, finite), binary('equal', a, b));
    return equalNan ? binary('maximum', close, binary('multiply', isNaNOf(a), isNaNOf(b))) : close;
  });
}

/**
 * Whether `|x − y| ≤ atol + rtol·|y|`, of dtype bool. Infinities are close to themselves. Not
 * symmetric in x and y.
 */
export const isClose = <X extends ArrayLike, Y extends ArrayLike>(
  x: X,
  y: Y,
  options?: CloseOptions,
): ArrayOf<X | Y> => closeness('isClose', x, y, options) as ArrayOf<X | Y>;

/** Whether all elements are true, on all ranks. One reduction if the array is distributed. */
function isAllTrue(x: EitherArray): boolean {
  if (!isDistributed(x)) return x.all();
  const flag = Float64Array.of(Number(x.local.all()));
  x.comm.allreduce(flag, 'min');
  return flag[0] === 1;
}

/**
 * Whether {@link isClose} is true for all elements. The same on all ranks. One reduction if an
 * array is distributed.
 */
export const allClose = (x: ArrayLike, y: ArrayLike, options?: CloseOptions): boolean =>
  tidy(() => isAllTrue(closeness('allClose', x, y, options)));

/**
 * Whether both have the same shape and elements. The same on all ranks. One reduction if an array
 * is distributed.
 */
export const arrayEqual = (x: ArrayLike, y: ArrayLike): boolean =>
  tidy(() => {
    const arrays = arraysOf('arrayEqual', [x, y]);
    const [a, b] = arrays.map((z) => (isScalar(z) ? [] : z.space.shape)) as [Shape, Shape];
    return sameShape(a, b) && isAllTrue(equal(arrays[0] as ArrayLike, arrays[1] as ArrayLike));
  });
