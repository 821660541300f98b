import { type NDArray, NDArraySpace } from '../core/array/ndarray.js';
import { complexOf, type DType, isComplex } from '../core/base/dtype.js';
import { ArgumentError } from '../core/base/errors.js';
import { withDefaults } from '../core/base/options.js';
import { product, type Shape, sameShape } from '../core/base/shape.js';
import { LinearOperator, SPACE_DEFAULTS, type SpaceOptions } from '../core/operator/linear-operator.js';
import type { Elements } from '../core/ports/backend.js';
import { resolveBackend } from '../core/ports/defaults.js';
import type { Space } from '../core/vector/vector.js';
import { vectorIn } from '../core/vector/vector.js';

/**
 * An operator on the arrays of one rank, or anything that behaves like one: a product, an adjoint,
 * …
 */
export type AnyLocalOperator = LinearOperator<NDArray, NDArray>;

/**
 * An operator on the arrays of one rank: `dims` to `dimsd` in their natural shape, flat to flat. A
 * subclass calls `super({ dims, dimsd, dtype })` and gives `forward` and `adjoint`, which return
 * their result or fill their second argument; both have the dtype that it works in.
 */
export abstract class LocalOperator extends LinearOperator<NDArray, NDArray> {
  /**
   * Arrays of shape `dims`. A backend that lacks the operator's dtype gives its own default if the
   * operator holds no data.
   */
  override domain(options?: SpaceOptions): NDArraySpace {
    const given = withDefaults(`${this.name}.domain`, options, SPACE_DEFAULTS);
    const backend = resolveBackend(given.backend);
    let dtype = given.dtype ?? this.dtype;
    if (given.dtype === undefined && !this.holdsData && !backend.dtypes.includes(dtype)) {
      dtype = isComplex(dtype) ? complexOf(backend.defaultDType) : backend.defaultDType;
    }
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
  /** Arrays of one rank only. */
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

/** `size` elements of an array from its element `start` on, as kernels take them. */
export const part = (x: NDArray, start: number, size: number): Elements => ({
  storage: x.storage,
  offset: x.offset + start,
  size,
});
