import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, product, type Shape, toShape } from '../../core/base/shape.js';
import type { MatMul, Trans } from '../../core/ports/backend.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { LocalOperator } from '../local-operator.js';

/** Options of {@link MatrixMult}. */
export interface MatrixMultOptions {
  /**
   * Further axes of the model `[m, ...otherdims]`. Every column of the model is multiplied by the
   * matrix.
   * @default none
   */
  readonly otherdims?: number | Shape;
  /** @default the matrix's; float64 for lists of numbers */
  readonly dtype?: DType;
}

const DEFAULTS = { otherdims: undefined, dtype: undefined } satisfies Defaults<MatrixMultOptions>;

/**
 * Product with a matrix A of shape `[n, m]`: `y = A x`. Shapes: `[m, ...otherdims]` to
 * `[n, ...otherdims]`. Cost: one matrix product, `2nm·∏otherdims` flops. Memory: A.
 *
 * @example new MatrixMult([[1, 2, 3], [4, 5, 6]], { otherdims: 2 })
 */
export class MatrixMult extends LocalOperator {
  readonly #matrix: DeviceConstants;
  readonly #rows: number;
  readonly #columns: number;
  readonly #forward: MatMul;
  readonly #adjoint: MatMul;
  constructor(A: OperatorData, options?: MatrixMultOptions) {
    const { dtype, otherdims } = withDefaults('MatrixMult', options, DEFAULTS);
    const matrix = DeviceConstants.from(A, dtype);
    if (matrix.shape.length !== 2)
      throw new ShapeError(
        `MatrixMult: expected a matrix, received an array of shape ${formatShape(matrix.shape)}`,
      );
    const [n, m] = matrix.shape as readonly [number, number];
    const others = otherdims === undefined ? [] : toShape(otherdims, 'otherdims');
    super({ dims: [m, ...others], dimsd: [n, ...others], dtype: matrix.dtype, holdsData: true });
    this.#matrix = matrix;
    this.#rows = n;
    this.#columns = m;
    const width = product(others);
    const call = (rows: number, inner: number, transA: Trans): MatMul => ({
      m: rows,
      n: width,
      k: inner,
      transA,
      transB: 'n',
      lda: m,
      ldb: width,
      ldc: width,
      batch: 1,
      strideA: 0,
      strideB: 0,
      strideC: 0,
      alpha: 1,
      beta: 0,
    });
    this.#forward = call(n, m, 'n');
    this.#adjoint = call(m, n, 'c');
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (this.#columns === 0) y.fill(0);
    else if (y.size > 0) y.backend.matmul(this.#matrix.with(x), x, y, this.#forward);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (this.#rows === 0) x.fill(0);
    else if (x.size > 0) x.backend.matmul(this.#matrix.with(y), y, x, this.#adjoint);
  }
}
