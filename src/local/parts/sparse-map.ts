import type { NDArray } from '../../core/array/ndarray.js';
import { product, type Shape } from '../../core/base/shape.js';
import type { CsrArray } from '../../core/sparse/csr-array.js';
import type { LinearMap } from './map-operator.js';

/**
 * The product of a sparse matrix with arrays of further axes, on the backend of the vectors. The
 * adjoint needs the transpose, which the first call makes.
 */
export class SparseMap implements LinearMap {
  readonly #matrix: CsrArray;
  readonly #inner: number;

  /** @param others the further axes of the vectors */
  constructor(matrix: CsrArray, others: Shape) {
    this.#matrix = matrix;
    this.#inner = product(others);
  }
  /** Fills y. */
  forward(x: NDArray, y: NDArray): void {
    this.#on(y).timesInto(x, y, this.#inner);
  }
  /** Fills x. */
  adjoint(y: NDArray, x: NDArray): void {
    this.#on(x).adjoint().timesInto(y, x, this.#inner);
  }
  #on({ backend }: NDArray): CsrArray {
    return this.#matrix.to(backend);
  }
}
