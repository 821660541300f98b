import { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { around, formatShape, type Shape, sameShape, toAxis, toShape } from '../../core/base/shape.js';
import type { Direction } from '../../core/operator/linear-operator.js';
import type { IndexTable } from '../../core/ports/backend.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { LocalOperator } from '../local-operator.js';

/** Options of {@link Diagonal}. */
export interface DiagonalOptions {
  /**
   * Shape of model and data; `axis` is the axis along which `diag` varies.
   * @default the shape of diag
   */
  readonly dims?: number | Shape;
  /** @default -1 */
  readonly axis?: number;
  /** @default that of diag; float64 for lists of numbers */
  readonly dtype?: DType;
}

const DEFAULTS = { dims: undefined, axis: -1, dtype: undefined } satisfies Defaults<DiagonalOptions>;

/**
 * Multiplication by a diagonal: `y = d ⊙ x`. With `dims`, d is repeated along all axes but one. The
 * adjoint multiplies by conj(d). Shapes: `dims` to `dims`. Cost: one read and one write of the
 * array, and one read of d. Memory: d.
 *
 * @example new Diagonal([1, 2, 3], { dims: [3, 4], axis: 0 })
 */
export class Diagonal extends LocalOperator {
  readonly #diagonal: DeviceConstants;
  readonly #axis: number;
  /** The rows 0, 1, … of the axis, for a diagonal that is repeated. */
  readonly #rows: DeviceConstants | undefined;
  /** The rows of a matrix of several vectors. */
  #columnRows: DeviceConstants | undefined;
  constructor(diag: OperatorData, options?: DiagonalOptions) {
    const given = withDefaults('Diagonal', options, DEFAULTS);
    const diagonal = DeviceConstants.from(diag, given.dtype);
    const dims = given.dims === undefined ? diagonal.shape : toShape(given.dims, 'dims');
    const axis = toAxis(given.axis, dims.length);
    const n = dims[axis] as number;
    const whole = sameShape(diagonal.shape, dims);
    if (!whole && (diagonal.shape.length !== 1 || diagonal.size !== n)) {
      throw new ShapeError(
        `Diagonal: expected diag of shape ${formatShape(dims)}, or of ${n} numbers for axis ${axis}, ` +
          `received shape ${formatShape(diagonal.shape)}`,
      );
    }
    super({ dims, dtype: diagonal.dtype, holdsData: true });
    this.#diagonal = diagonal;
    this.#axis = axis;
    this.#rows = whole ? undefined : DeviceConstants.indices(n);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (y.size === 0) return;
    if (this.#rows) this.#stretched(this.#rows, x, y, false, around(this.dims, this.#axis));
    else y.backend.binary('multiply', this.#diagonal.with(x), x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size === 0) return;
    if (this.#rows) this.#stretched(this.#rows, y, x, true, around(this.dims, this.#axis));
    else x.backend.binary('multiplyConj', this.#diagonal.with(y), y, x);
  }
  protected override onColumns(direction: Direction, X: NDArray, dtype: DType): NDArray {
    const Y = NDArray.empty(X.shape, { dtype, backend: X.backend });
    const [outer, n, inner] = this.#rows ? around(this.dims, this.#axis) : [1, this.shape[0], 1];
    this.#columnRows ??= this.#rows ?? DeviceConstants.indices(n);
    if (Y.size > 0)
      this.#stretched(this.#columnRows, X, Y, direction === 'adjoint', [
        outer,
        n,
        inner * (X.shape[1] as number),
      ]);
    return Y;
  }
  #stretched(
    rows: DeviceConstants,
    x: NDArray,
    y: NDArray,
    conjugate: boolean,
    [outer, n, inner]: readonly [outer: number, n: number, inner: number],
  ): void {
    const table: IndexTable = {
      outer,
      nx: n,
      ny: n,
      inner,
      width: 1,
      index: rows.on(y.backend),
      // real weights are valid for complex vectors without a conversion
      weights: this.#diagonal.on(y.backend, this.#diagonal.dtype, conjugate),
    };
    y.backend.gather(x, y, table);
  }
}
