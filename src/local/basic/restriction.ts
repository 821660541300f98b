import { type DType, hostArray, placeDType } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { around, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { OperatorData } from '../device-constants.js';
import { hostNumbers } from '../parts/host-numbers.js';
import { IndexedOperator } from '../parts/indexed-operator.js';
import { IndexedRows, type Places } from '../parts/indexed-rows.js';

/** Options of {@link Restriction}. */
export interface RestrictionOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { axis: -1, dtype: 'float64' } satisfies Defaults<RestrictionOptions>;

/**
 * Selects samples of an axis: `y[k] = x[iava[k]]`. The indices may be in any order and may repeat;
 * negative indices count from the end. The adjoint writes the samples to their places and sums
 * repeated ones. Shapes: `[…, n, …]` to `[…, len(iava), …]`. Cost: one read and write of the
 * samples. Memory: the indices.
 *
 * @example new Restriction([3, 6], [0, 2, -1])
 */
export class Restriction extends IndexedOperator {
  constructor(dims: number | Shape, iava: OperatorData, options?: RestrictionOptions) {
    const given = withDefaults('Restriction', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const [outer, n, inner] = around(shape, axis);
    const { values } = hostNumbers('Restriction', 'iava', iava, 1);
    const bad = values.find((i) => !Number.isInteger(i) || i < -n || i >= n);
    if (bad !== undefined)
      throw new ArgumentError(
        `Restriction: expected indices between ${-n} and ${n - 1} for axis ${axis}, received ${textOf(bad)}`,
      );
    const places = hostArray(placeDType(n), values.length);
    values.forEach((i, k) => {
      places[k] = i < 0 ? i + n : i;
    });
    const source = {
      rows: places.length,
      columns: n,
      width: 1,
      fill: (start: number, count: number, index: Places) => index.set(places.subarray(start, start + count)),
    };
    super(
      { dims: shape, dimsd: shape.with(axis, places.length), dtype: given.dtype },
      'gather',
      new IndexedRows(source, { outer, inner }),
    );
  }
}
