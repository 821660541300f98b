import type { DType } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { axisPieces, RearrangingOperator } from '../parts/rearranging-operator.js';

/** Options of {@link roll}. */
export interface RollOptions {
  /** @default -1 */
  readonly axis?: number;
  /** The shift in samples, towards larger indices. @default 1 */
  readonly shift?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { axis: -1, shift: 1, dtype: 'float64' } satisfies Defaults<RollOptions>;

/**
 * Cyclic shift along an axis: `y[(i + shift) mod n] = x[i]`, like np.roll. Shapes: `dims` to
 * `dims`. Cost: one copy. No work array.
 *
 * @example new Roll([3, 4], { shift: 2 })
 */
export class Roll extends RearrangingOperator {
  constructor(dims: number | Shape, options?: RollOptions) {
    const given = withDefaults('Roll', options, DEFAULTS);
    const { shift, dtype } = given;
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    if (!Number.isSafeInteger(shift))
      throw new ArgumentError(
        `Roll: expected shift to be a whole number of samples, received ${textOf(shift)}`,
      );
    const n = shape[axis] as number;
    const s = n === 0 ? 0 : ((shift % n) + n) % n;
    super(
      { dims: shape, dtype },
      axisPieces(shape, shape, axis, [
        { from: 0, to: s, count: n - s },
        { from: n - s, to: 0, count: s },
      ]),
    );
  }
}
