import { checkNotEmpty, checkOrdered } from '../core/array/reductions.js';
import type { Scalar } from '../core/base/complex.js';
import { type DType, isInteger } from '../core/base/dtype.js';
import type { Defaults } from '../core/base/options.js';
import { product } from '../core/base/shape.js';
import { reduceOver } from '../core/distributed/reductions.js';
import { castTo } from './operands.js';
import {
  asIntegers,
  asNumber,
  asScalar,
  countOver,
  DEFAULTS,
  type ReductionOptions,
  reduction,
} from './reduction.js';

/** Options of sums and products. */
export interface TotalOptions extends ReductionOptions {
  /** The dtype in which is computed. @default that of the array; int32 for bool */
  readonly dtype?: DType | undefined;
}
export const TOTAL_DEFAULTS = { ...DEFAULTS, dtype: undefined } satisfies Defaults<TotalOptions>;

const sumOrProduct = (op: 'sum' | 'prod') =>
  reduction<Scalar, TotalOptions>(
    op,
    TOTAL_DEFAULTS,
    (x, axes, { dtype }) => {
      const from = castTo(op, x, dtype);
      const y = reduceOver(op, op, from, axes);
      return isInteger(from.dtype) ? asIntegers(op, y) : y;
    },
    asScalar,
  );

/**
 * The sum over axes. Of int32 and bool it is int32, and exact. One reduction if a reduced axis is
 * split; of distributed integers, also two exchanges of objects.
 */
export const sum = sumOrProduct('sum');
/** The product over axes. Integers and communication as those of {@link sum}. */
export const prod = sumOrProduct('prod');

const extreme = (op: 'max' | 'min') =>
  reduction<number, ReductionOptions>(
    op,
    DEFAULTS,
    (x, axes) => {
      checkOrdered(op, x);
      if (product(x.space.shape.filter((_, k) => !axes.includes(k))) > 0)
        checkNotEmpty(op, x.space, countOver(x, axes));
      return reduceOver(op, op, x, axes);
    },
    asNumber,
  );

/**
 * The largest number over axes; NaN if one is NaN. Real arrays. One reduction if a reduced axis is
 * split.
 */
export const max = extreme('max');
/**
 * The smallest number over axes; NaN if one is NaN. Real arrays. One reduction if a reduced axis is
 * split.
 */
export const min = extreme('min');
