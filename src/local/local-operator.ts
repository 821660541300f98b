import { type NDArray, NDArraySpace } from '../core/array/ndarray.js';
import type { DType } from '../core/base/dtype.js';
import { ArgumentError } from '../core/base/errors.js';
import { product, type Shape, sameShape } from '../core/base/shape.js';
import { LinearOperator, naturalSpace, type SpaceOptions } from '../core/operator/linear-operator.js';
import type { Elements } from '../core/ports/backend.js';
import type { Space } from '../core/vector/vector.js';
import { vectorIn } from '../core/vector/vector.js';

/**
 * An operator on the arrays of one rank, or a combination of such operators: a product, an adjoint,
 * ….
 */
export type AnyLocalOperator = LinearOperator<NDArray, NDArray>;

/**
 * An operator on the arrays of one rank. It maps arrays of shape `dims` to arrays of shape `dimsd`,
 * and flat arrays to flat arrays. A subclass calls `super({ dims, dimsd, dtype })` and implements
 * `forward` and `adjoint`. These return their result or fill their second argument. Both arguments
 * have the dtype in which the operator works.
 */
export abstract class LocalOperator extends LinearOperator<NDArray, NDArray> {
  /**
   * The space of arrays of shape `dims`. If the backend lacks the operator's dtype and the operator
   * holds no data, the dtype is the backend's default.
   */
  override domain(options?: SpaceOptions): NDArraySpace {
    const { dtype, backend } = naturalSpace(this, options);
    return NDArraySpace.of(this.dims, dtype, backend);
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    return this.#image(x, this.dims, this.dimsd, () => this.inputDType(x.dtype));
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    return this.#image(y, this.dimsd, this.dims, () => this.adjointInputDType(y.dtype));
  }
  #image(space: Space<NDArray>, from: Shape, to: Shape, dtype: () => DType): NDArraySpace {
    this.checkShape(space, from);
    return NDArraySpace.of(sameShape(space.shape, from) ? to : [product(to)], dtype(), space.backend);
  }
  /** Accepts arrays of one rank only. */
  protected override checkShape(space: Space<unknown>, dims: Shape): void {
    if (!(space instanceof NDArraySpace)) {
      throw new ArgumentError(
        `${this.name}: expected an NDArray, received ${vectorIn(space)}: distributed arrays want the ` +
          `operator's MPI counterpart, or MPILinearOperator.wrap() and MPIBlockDiag`,
      );
    }
    super.checkShape(space, dims);
  }
}

/** `size` elements of an array from element `start` on, in the form that kernels accept. */
export const part = (x: NDArray, start: number, size: number): Elements => ({
  storage: x.storage,
  offset: x.offset + start,
  size,
});
