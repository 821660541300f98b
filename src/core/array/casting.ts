import { isScalar, type Scalar } from '../base/complex.js';
import { canHold, type DType, isFloat } from '../base/dtype.js';
import { DTypeError } from '../base/errors.js';
import type { Backend } from '../ports/backend.js';

/** An array of any kind that can be cast. */
export interface Castable<X> {
  readonly dtype: DType;
  readonly backend: Backend;
  astype(dtype: DType): X;
}

/** Casts an operand to the dtype of the computation, if one was given. */
export function castTo<X extends Castable<X> | Scalar>(name: string, x: X, dtype: DType | undefined): X {
  if (dtype === undefined || isScalar(x) || x.dtype === dtype) return x;
  if (!canHold(dtype, x.dtype))
    throw new DTypeError(
      `${name}: dtype ${dtype} does not hold ${x.dtype}: cast the operand with astype() first`,
    );
  return x.astype(dtype) as X;
}

/** The array in a dtype: itself if it has it. */
export const asDType = <X extends Castable<X>>(x: X, dtype: DType): X =>
  x.dtype === dtype ? x : x.astype(dtype);

/** An array of floats with the same numbers. */
export const floatsOf = <X extends Castable<X>>(x: X): X =>
  isFloat(x.dtype) ? x : x.astype(x.backend.defaultDType);
