import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, stridesOf, toAxes, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { RearrangingOperator } from '../parts/rearranging-operator.js';

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
export class Transpose extends RearrangingOperator {
  constructor(dims: number | Shape, axes: readonly number[], options?: TransposeOptions) {
    const { dtype } = withDefaults('Transpose', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const order = toAxes(axes, shape.length);
    if (order.length !== shape.length)
      throw new ShapeError(`Transpose: expected an order of ${shape.length} axes, received ${textOf(axes)}`);
    const dimsd = order.map((k) => shape[k] as number);
    const strides = stridesOf(shape);
    const model = { start: 0, strides: order.map((k) => strides[k] as number) };
    super({ dims: shape, dimsd, dtype }, [
      { shape: dimsd, model, data: { start: 0, strides: stridesOf(dimsd) } },
    ]);
  }
}
