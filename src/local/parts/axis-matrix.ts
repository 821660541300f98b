import type { NDArray } from '../../core/array/ndarray.js';
import { around, type Shape } from '../../core/base/shape.js';
import type { MatMul, Trans } from '../../core/ports/backend.js';
import type { DeviceConstants } from '../device-constants.js';

/**
 * A dense matrix along one axis: `y[o, :, j] = A x[o, :, j]`. A has the shape `[rows, n]`, or
 * `[outer, rows, n]` with one matrix for each array before the axis. It is converted to the dtype
 * of the vectors. Cost: one batched matrix product.
 */
export class AxisMatrix {
  readonly #matrix: DeviceConstants;
  readonly #forward: MatMul;
  readonly #adjoint: MatMul;
  constructor(matrix: DeviceConstants, shape: Shape, axis: number) {
    this.#matrix = matrix;
    const [outer, n, inner] = around(shape, axis);
    const rows = matrix.shape.at(-2) as number;
    const strideA = matrix.shape.length === 3 ? rows * n : 0;
    const call = (m: number, k: number, transA: Trans): MatMul => ({
      m,
      n: inner,
      k,
      transA,
      transB: 'n',
      lda: n,
      ldb: inner,
      ldc: inner,
      batch: outer,
      strideA,
      strideB: k * inner,
      strideC: m * inner,
      alpha: 1,
      beta: 0,
    });
    this.#forward = call(rows, n, 'n');
    this.#adjoint = call(n, rows, 'c');
  }
  /** Fills y. */
  forward(x: NDArray, y: NDArray): void {
    this.#apply(x, y, this.#forward);
  }
  /** Fills x. */
  adjoint(y: NDArray, x: NDArray): void {
    this.#apply(y, x, this.#adjoint);
  }
  #apply(from: NDArray, to: NDArray, call: MatMul): void {
    if (from.size === 0) to.fill(0);
    else if (to.size > 0) to.backend.matmul(this.#matrix.on(to.backend, to.dtype), from, to, call);
  }
}
