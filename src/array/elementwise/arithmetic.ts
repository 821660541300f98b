import { asArray, clip as clipLocal } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { isScalar, type Scalar } from '../../core/base/complex.js';
import { cumprod, cumsum, max, min, prod, sum } from '../methods.js';
import { type ArrayLike, type ArrayOf, elementwise, type UniversalOptions } from '../operands.js';
import { accumulateAs, associative, binaryFunction, reduceAs, unaryFunction } from './universal.js';

/** `x + y`. The sum of bool is a logical or. */
export const add = associative('add', binaryFunction('add'), {
  reduce: reduceAs('add', sum),
  accumulate: accumulateAs('add', cumsum),
});

/** `x − y`. bool is refused. */
export const subtract = binaryFunction('subtract');

/** `x · y`. The product of bool is a logical and. */
export const multiply = associative('multiply', binaryFunction('multiply'), {
  reduce: reduceAs('multiply', prod),
  accumulate: accumulateAs('multiply', cumprod),
});

/** `x / y`. Integers give floats. */
export const divide = binaryFunction('divide');

/** The largest whole number ≤ x / y. Real arrays; integers divided by 0 give 0. */
export const floorDivide = binaryFunction('floorDivide');

/** `x − y · floorDivide(x, y)`: the remainder has the sign of y. Integers divided by 0 give 0. */
export const remainder = binaryFunction('remainder');

/** As {@link remainder}. */
export const mod = remainder;

/** The remainder of a division that rounds to zero: it has the sign of x. */
export const fmod = binaryFunction('fmod');

/** `−x`. bool is refused. */
export const negative = unaryFunction('negative');

/** The modulus. Complex arrays give real ones. */
export const abs = unaryFunction('abs');

/** −1, 0 or 1; NaN for NaN. Complex: x / |x|. */
export const sign = unaryFunction('sign');

/** The larger number of each pair; NaN if one is NaN. Real arrays. */
export const maximum = associative('maximum', binaryFunction('maximum'), {
  reduce: reduceAs('maximum', max),
});

/** The smaller number of each pair; NaN if one is NaN. Real arrays. */
export const minimum = associative('minimum', binaryFunction('minimum'), {
  reduce: reduceAs('minimum', min),
});

/** The larger number of each pair. A NaN counts only beside another one. */
export const fmax = associative('fmax', binaryFunction('fmax'));

/** The smaller number of each pair. A NaN counts only beside another one. */
export const fmin = associative('fmin', binaryFunction('fmin'));

/** The modulus of x with the sign of y, also of zeros. Real arrays. */
export const copysign = binaryFunction('copysign');

/** The greatest common divisor of int32 arrays, ≥ 0; 0 for two zeros */
export const gcd = associative('gcd', binaryFunction('gcd'), { identity: () => 0 });

/** The least common multiple of int32 arrays, ≥ 0 */
export const lcm = associative('lcm', binaryFunction('lcm'));

/**
 * The numbers within `[low, high]`; those beyond become the bound. Null is no bound. NaN stays NaN.
 */
export const clip = <X extends ArrayLike, L extends ArrayLike | null, H extends ArrayLike | null>(
  x: X,
  low: L,
  high: H,
  options?: UniversalOptions,
): ArrayOf<X | L | H> => {
  const bounds = [low, high].filter((bound) => bound !== null);
  return elementwise('clip', [x, ...bounds], options, (_, part, ...parts) => {
    const from = parts.reduce<NDArray | Scalar>(
      (y, bound) => (isScalar(bound) ? y : asArray(y, bound)),
      part,
    );
    const [least, most] = [low === null ? null : parts[0], high === null ? null : parts.at(-1)];
    return clipLocal(from as NDArray, least ?? null, most ?? null);
  }) as ArrayOf<X | L | H>;
};
