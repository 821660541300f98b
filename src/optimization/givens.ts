import { type DType, realOf } from '../core/dtype.js';

/** The rotation `[c s; s −c]` that takes (a, b) to (r, 0). Source: Golub and Van Loan, "Matrix computations", 2013, section 5.1.8. */
export function rotation(a: number, b: number): readonly [c: number, s: number, r: number] {
  const r = Math.hypot(a, b);
  return r === 0 ? [1, 0, 0] : [a / r, b / r, r];
}

/** 1/v, or 0 where a recurrence has come to its end. */
export const inverse = (v: number): number => (v > 0 ? 1 / v : 0);

/** The distance from 1 to the next number of a dtype's precision. */
export const epsilonOf = (dtype: DType): number => (realOf(dtype) === 'float32' ? 2 ** -23 : Number.EPSILON);
