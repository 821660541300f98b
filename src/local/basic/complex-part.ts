import { type NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { complexOf, type DType, isComplex, isInteger, realOf } from '../../core/base/dtype.js';
import { DTypeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import type { Space } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { LocalOperator } from '../local-operator.js';

/** Options of {@link Real} and {@link Imag}. */
export interface ComplexPartOptions {
  /**
   * The dtype of the model. With a real dtype the operator accepts real vectors only.
   * @default 'complex128'
   */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'complex128' } satisfies Defaults<ComplexPartOptions>;

/**
 * The common base of Real and Imag: real data of a complex model. The adjoint is the adjoint with
 * respect to the real part of inner products.
 */
export abstract class ComplexPart extends LocalOperator {
  constructor(owner: string, dims: number | Shape, options: ComplexPartOptions) {
    const { dtype } = withDefaults(owner, options, DEFAULTS);
    super({ dims: toShape(dims, 'dims'), dtype, complexLinear: false });
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    const space = super.rangeOf(x);
    return space.withDType(realOf(space.dtype));
  }
  /** The data may be real or complex. The model is complex if the operator is. */
  override domainOf(y: Space<NDArray>): NDArraySpace {
    const space = super.domainOf(y);
    return space.withDType(isComplex(this.dtype) ? complexOf(space.dtype) : space.dtype);
  }
  /** Refuses complex models of a real operator, which would not have the adjoint. */
  protected override inputDType(dtype: DType): DType {
    if (isComplex(dtype) && !isComplex(this.dtype))
      throw new DTypeError(
        `${this.name} is an operator of real vectors, received ${dtype}: leave its dtype out, or give ` +
          `'${complexOf(this.dtype)}'`,
      );
    return super.inputDType(dtype);
  }
  protected override adjointInputDType(dtype: DType): DType {
    return isInteger(dtype) ? realOf(this.dtype) : dtype;
  }
}

/** Computes `x ← Re(y)` for x of any dtype. */
export function assignReal(y: NDArray, x: NDArray): void {
  if (y.dtype === x.dtype && !isComplex(x.dtype)) x.backend.copy(y, x);
  else if (!isComplex(y.dtype)) x.backend.cast(y, x);
  else if (!isComplex(x.dtype)) x.backend.unary('real', y, x);
  else {
    withWorkspace(NDArraySpace.of(y.shape, realOf(y.dtype), y.backend), (work) => {
      y.backend.unary('real', y, work);
      x.backend.cast(work, x);
    });
  }
}
