import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { axisPieces, RearrangingOperator } from '../parts/rearranging-operator.js';

/** Options of {@link Symmetrize}. */
export interface SymmetrizeOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { axis: -1, dtype: 'float64' } satisfies Defaults<SymmetrizeOptions>;

/**
 * Extends an axis symmetrically before its first sample: `y = x[n−1], …, x[1], x[0], …, x[n−1]`.
 * Shapes: `[…, n, …]` to `[…, 2n − 1, …]`. Cost: one copy. No work array.
 *
 * @example new Symmetrize([3, 4])
 */
export class Symmetrize extends RearrangingOperator {
  constructor(dims: number | Shape, options?: SymmetrizeOptions) {
    const given = withDefaults('Symmetrize', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const n = shape[axis] as number;
    if (n === 0) throw new ShapeError('Symmetrize: expected at least one sample on the axis, received none');
    const dimsd = shape.with(axis, 2 * n - 1);
    super(
      { dims: shape, dimsd, dtype: given.dtype },
      axisPieces(shape, dimsd, axis, [
        { from: 0, to: n - 1, count: n },
        { from: n - 1, to: 0, count: n - 1, step: -1, adds: 'model' },
      ]),
    );
  }
}
