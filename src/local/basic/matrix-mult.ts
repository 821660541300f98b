import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, toShape } from '../../core/base/shape.js';
import { isSparseArray, type SparseArray } from '../../core/sparse/csr-array.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { AxisMatrix } from '../parts/axis-matrix.js';
import { MapOperator } from '../parts/map-operator.js';
import { SparseMap } from '../parts/sparse-map.js';

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
 * `[n, ...otherdims]`. Cost: one matrix product, `2nm·∏otherdims` flops. Memory: A. Of a sparse
 * array: two flops for each entry and column; the adjoint needs the transpose, which its first call
 * makes.
 *
 * @example new MatrixMult([[1, 2, 3], [4, 5, 6]], { otherdims: 2 })
 */
export class MatrixMult extends MapOperator {
  constructor(A: OperatorData | SparseArray, options?: MatrixMultOptions) {
    const { dtype, otherdims } = withDefaults('MatrixMult', options, DEFAULTS);
    const others = otherdims === undefined ? [] : toShape(otherdims, 'otherdims');
    if (isSparseArray(A)) {
      const rows = dtype === undefined ? A.toCsr() : A.toCsr().astype(dtype);
      const [n, m] = rows.shape;
      super(
        { dims: [m, ...others], dimsd: [n, ...others], dtype: rows.dtype, holdsData: true },
        new SparseMap(rows, others),
        (k) => new SparseMap(rows, [...others, k]),
      );
      return;
    }
    const matrix = DeviceConstants.from(A, dtype);
    if (matrix.shape.length !== 2)
      throw new ShapeError(
        `MatrixMult: expected a matrix, received an array of shape ${formatShape(matrix.shape)}`,
      );
    const [n, m] = matrix.shape as readonly [number, number];
    const dims = [m, ...others];
    super(
      { dims, dimsd: [n, ...others], dtype: matrix.dtype, holdsData: true },
      new AxisMatrix(matrix, dims, 0),
      (k) => new AxisMatrix(matrix, [...dims, k], 0),
    );
  }
}
