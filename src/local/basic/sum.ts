import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { around, type Shape, stridesOf, toAxis, toShape } from '../../core/base/shape.js';
import { LocalOperator } from '../local-operator.js';

/** Options of {@link Sum}. */
export interface SumOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { axis: -1, dtype: 'float64' } satisfies Defaults<SumOptions>;

/**
 * Sum over an axis: `y = Σᵢ x[…, i, …]`. The adjoint repeats the data along the axis. Shapes:
 * `dims` to `dims` without the axis, or to `[1]` if it is the only axis. Cost: one read. No work
 * array.
 *
 * @example new Sum([3, 4], { axis: 0 })
 */
export class Sum extends LocalOperator {
  readonly #axis: number;
  /** The strides of the data as if it had the axis; the stride of that axis is 0. */
  readonly #repeated: readonly number[];
  constructor(dims: number | Shape, options?: SumOptions) {
    const given = withDefaults('Sum', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    super({
      dims: shape,
      dimsd: shape.length === 1 ? [1] : shape.toSpliced(axis, 1),
      dtype: given.dtype,
    });
    this.#axis = axis;
    this.#repeated = stridesOf(shape.with(axis, 1)).with(axis, 0);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (x.size === 0) y.fill(0);
    else y.backend.reduceAxis('sum', x, around(this.dims, this.#axis), y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size === 0) return;
    x.backend.stridedCopy(
      this.dims,
      { elements: y, start: 0, strides: this.#repeated },
      { elements: x, start: 0, strides: stridesOf(this.dims) },
      'set',
    );
  }
}
