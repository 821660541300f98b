import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { axisPieces, RearrangingOperator } from '../parts/rearranging-operator.js';

/** Options of {@link Flip}. */
export interface FlipOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { axis: -1, dtype: 'float64' } satisfies Defaults<FlipOptions>;

/**
 * Reverses an axis: `y[i] = x[n − 1 − i]`. It is its own adjoint. Shapes: `dims` to `dims`. Cost:
 * one copy. No work array.
 *
 * @example new Flip([3, 4])
 */
export class Flip extends RearrangingOperator {
  constructor(dims: number | Shape, options?: FlipOptions) {
    const given = withDefaults('Flip', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const n = shape[axis] as number;
    super(
      { dims: shape, dtype: given.dtype },
      axisPieces(shape, shape, axis, [{ from: n - 1, to: 0, count: n, step: -1 }]),
    );
  }
}
