import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, stridesOf, toAxes, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { LocalOperator } from '../local-operator.js';

/** Options of {@link Transpose}. */
export interface TransposeOptions {
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'float64' } satisfies Defaults<TransposeOptions>;

/**
 * Permutes the axes: axis k of the data is axis `axes[k]` of the model. Shapes: `dims` to
 * `dims[axes]`. Cost: one copy. No work array.
 *
 * @example new Transpose([2, 3, 4], [2, 0, 1])
 */
export class Transpose extends LocalOperator {
  /** Strides of the model's memory along the axes of the data. */
  readonly #walk: readonly number[];
  readonly #strides: readonly number[];
  constructor(dims: number | Shape, axes: readonly number[], options?: TransposeOptions) {
    const { dtype } = withDefaults('Transpose', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const order = toAxes(axes, shape.length);
    if (order.length !== shape.length)
      throw new ShapeError(`Transpose: expected an order of ${shape.length} axes, received ${textOf(axes)}`);
    super({ dims: shape, dimsd: order.map((k) => shape[k] as number), dtype });
    const strides = stridesOf(shape);
    this.#walk = order.map((k) => strides[k] as number);
    this.#strides = stridesOf(this.dimsd);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (y.size === 0) return;
    y.backend.stridedCopy(
      this.dimsd,
      { elements: x, start: 0, strides: this.#walk },
      { elements: y, start: 0, strides: this.#strides },
      'set',
    );
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size === 0) return;
    x.backend.stridedCopy(
      this.dimsd,
      { elements: y, start: 0, strides: this.#strides },
      { elements: x, start: 0, strides: this.#walk },
      'set',
    );
  }
}
