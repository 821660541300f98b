import { floatsOf } from '../../core/array/casting.js';
import { asArray, binary } from '../../core/array/elementwise.js';
import { castAlike } from '../operands.js';
import { associative, binaryFunction, functionOfTwo, unaryFunction } from './universal.js';

/** `eˣ` */
export const exp = unaryFunction('exp');

/** `2ˣ` */
export const exp2 = unaryFunction('exp2');

/** `eˣ − 1`, accurate for small x */
export const expm1 = unaryFunction('expm1');

/** The natural logarithm; NaN for x < 0. Complex: principal branch, −π < Im ≤ π. */
export const log = unaryFunction('log');

/** The logarithm to base 2 */
export const log2 = unaryFunction('log2');

/** The logarithm to base 10 */
export const log10 = unaryFunction('log10');

/** `log(1 + x)`, accurate for small x */
export const log1p = unaryFunction('log1p');

/** `log(eˣ + eʸ)` of real arrays, without overflow */
export const logaddexp = associative('logaddexp', binaryFunction('logaddexp'), {
  identity: () => -Infinity,
  prepare: floatsOf,
});

/** `log₂(2ˣ + 2ʸ)` of real arrays, without overflow */
export const logaddexp2 = functionOfTwo('logaddexp2', (x, y) => {
  const inNats = (a: typeof x, b: typeof x) => binary('multiply', castAlike(asArray(a, b), b), Math.LN2);
  return binary('logaddexp', inNats(x, y), inNats(y, x)).divideInPlace(Math.LN2);
});

/** The square root; NaN for x < 0. Complex: principal branch, Re ≥ 0. */
export const sqrt = unaryFunction('sqrt');

/** The real cube root of real arrays */
export const cbrt = unaryFunction('cbrt');

/** `x²`. Integers stay integers. */
export const square = unaryFunction('square');

/** `1 / x`. Integers give floats. */
export const reciprocal = unaryFunction('reciprocal');

/**
 * `xʸ`. Integers to powers ≥ 0 stay integers. Negative powers of integers in an array are refused;
 * of distributed integers the ranks agree on it, in one reduction.
 */
export const power = binaryFunction('power');
