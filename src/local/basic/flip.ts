import type { DType } from '../../core/base/dtype.js';
import { checkOptions } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { axisPieces, RearrangingOperator } from '../parts/rearranging-operator.js';

export interface FlipOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

/**
 * Reverses an axis: `y[i] = x[n − 1 − i]`; its own adjoint. Shapes: `dims` to `dims`. Cost: one
 * copy. No work array.
 *
 * @example new Flip([3, 4])
 */
export class Flip extends RearrangingOperator {
  constructor(dims: number | Shape, options: FlipOptions = {}) {
    checkOptions('Flip', options, ['axis', 'dtype']);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(options.axis ?? -1, shape.length);
    const n = shape[axis] as number;
    super(
      { dims: shape, dtype: options.dtype ?? 'float64' },
      axisPieces(shape, shape, axis, [{ from: n - 1, to: 0, count: n, step: -1 }]),
    );
  }
}
