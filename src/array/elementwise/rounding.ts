import { binary, unary, unaryInPlace, where } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { isComplex, isInteger } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';
import { type ArrayLike, type ArrayOf, elementwise, type UniversalOptions } from '../operands.js';
import { ofParts } from './complex-parts.js';
import { unaryFunction } from './universal.js';

/** The largest whole number ≤ x. Real arrays. */
export const floor = unaryFunction('floor');

/** The smallest whole number ≥ x. Real arrays. */
export const ceil = unaryFunction('ceil');

/** The whole number next to x towards 0. Real arrays. */
export const trunc = unaryFunction('trunc');

/** The nearest whole number, halves to even. Real arrays. */
export const rint = unaryFunction('rint');

function roundReal(x: NDArray, decimals: number): NDArray {
  const factor = 10 ** Math.abs(decimals);
  if (decimals === 0) return unary('rint', x);
  const [to, from] = decimals > 0 ? (['multiply', 'divide'] as const) : (['divide', 'multiply'] as const);
  if (!isInteger(x.dtype)) {
    const y = unaryInPlace('rint', binary(to, x, factor));
    return from === 'divide' ? y.divideInPlace(factor) : y.multiplyInPlace(factor);
  }
  if (decimals > 0) return x.copy();
  return unary('rint', binary(to, x, factor))
    .multiplyInPlace(factor)
    .astype(x.dtype);
}

/**
 * x rounded to `decimals` places, halves to even. Negative places round to tens, hundreds … The
 * parts of complex numbers are rounded each.
 */
export function round<X extends ArrayLike>(x: X, decimals = 0, options?: UniversalOptions): ArrayOf<X> {
  if (!Number.isInteger(decimals) || Math.abs(decimals) > 300)
    throw new ArgumentError(`round: expected a whole number of decimals, received ${textOf(decimals)}`);
  return elementwise('round', [x], options, (_, part) => {
    const values = part as NDArray;
    if (!isComplex(values.dtype)) return roundReal(values, decimals);
    const rounded = ofParts(values, (p) => roundReal(p, decimals));
    // A product with an infinite part is NaN
    return where(unary('isfinite', values), rounded, values);
  }) as ArrayOf<X>;
}
