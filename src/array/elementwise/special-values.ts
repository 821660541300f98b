import { asArray, binary, unary, where } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { isScalar } from '../../core/base/complex.js';
import { isComplex, isFloat, isSingle } from '../../core/base/dtype.js';
import { DTypeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type ArrayLike, type ArrayOf, castAlike, elementwise, type UniversalOptions } from '../operands.js';
import { ofParts } from './complex-parts.js';
import { functionOfTwo, unaryFunction } from './universal.js';

/** The modified Bessel function of order 0 of real arrays */
export const i0 = unaryFunction('i0');

/** 0 for x < 0, 1 for x > 0, `y` for x = 0; NaN stays NaN */
export const heaviside = functionOfTwo('heaviside', (x, y) => {
  const from = castAlike(asArray(x, y), y);
  for (const z of [from, y])
    if (isScalar(z) ? typeof z !== 'number' : isComplex(z.dtype))
      throw new DTypeError('heaviside is not defined for complex numbers: take real() or imag() first');
  // 0 or 1 as a float, or NaN
  const side = binary('maximum', unary('sign', binary('divide', from, 1)), 0);
  return where(binary('equal', from, 0), y, side);
});

/** Options of {@link nanToNum}. */
export interface NanToNumOptions extends UniversalOptions {
  /** What NaN becomes. @default 0 */
  readonly nan?: number;
  /** What ∞ becomes. @default the largest finite number of the dtype */
  readonly posinf?: number;
  /** What −∞ becomes. @default the least finite number of the dtype */
  readonly neginf?: number;
}
const DEFAULTS = {
  nan: 0,
  posinf: undefined,
  neginf: undefined,
  out: undefined,
  where: undefined,
  dtype: undefined,
} satisfies Defaults<NanToNumOptions>;

/** The largest number in single precision. */
const MOST_SINGLE = (2 - 2 ** -23) * 2 ** 127;

/** x with numbers in place of NaN and infinities, in the parts of complex numbers too */
export function nanToNum<X extends ArrayLike>(x: X, options?: NanToNumOptions): ArrayOf<X> {
  const { nan, posinf, neginf, ...rest } = withDefaults('nanToNum', options, DEFAULTS);
  return elementwise('nanToNum', [x], rest, (_, part) => {
    const values = part as NDArray;
    if (!isFloat(values.dtype)) return values.copy();
    const most = isSingle(values.dtype) ? MOST_SINGLE : Number.MAX_VALUE;
    const replaced = (p: NDArray): NDArray =>
      where(
        unary('isnan', p),
        nan,
        where(
          binary('equal', p, Number.POSITIVE_INFINITY),
          posinf ?? most,
          where(binary('equal', p, Number.NEGATIVE_INFINITY), neginf ?? -most, p),
        ),
      );
    return isComplex(values.dtype) ? ofParts(values, replaced) : replaced(values);
  }) as ArrayOf<X>;
}
