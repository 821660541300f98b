/**
 * The rotation `[c s; s −c]` that maps (a, b) to (r, 0). Source: Golub and Van Loan, "Matrix
 * computations", 2013, section 5.1.8.
 */
export function rotation(a: number, b: number): readonly [c: number, s: number, r: number] {
  const r = Math.hypot(a, b);
  return r === 0 ? [1, 0, 0] : [a / r, b / r, r];
}

/** 1/v, or 0 if v is 0: the recurrence has then ended. */
export const inverse = (v: number): number => (v > 0 ? 1 / v : 0);
