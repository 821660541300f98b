import { NumericalError } from '../../../core/base/errors.js';

/** A small matrix of complex numbers, stored by columns. Real numbers have zero imaginary parts. */
export interface ColumnMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export const columnMatrix = (rows: number, columns: number): ColumnMatrix => ({
  rows,
  columns,
  re: new Float64Array(rows * columns),
  im: new Float64Array(rows * columns),
});

/**
 * One-sided Jacobi: rotates the columns of A in place until they are orthogonal. It rotates the
 * columns of V, which must start as the identity, in the same way. Then `A = A' Vᴴ`, and the norms
 * of the columns of A' are the singular values.
 *
 * Cost: about ten sweeps of 4 m n² operations. Accurate to a few roundings of the largest singular
 * value. For well-scaled columns small values are accurate in the relative sense. Source: Demmel
 * and Veselić, "Jacobi's method is more accurate than QR", 1992; Golub and Van Loan, "Matrix
 * computations", section 8.6.3.
 *
 * @throws {@link NumericalError} for NaN or infinite elements.
 */
export function orthogonalizeColumns(a: ColumnMatrix, v: ColumnMatrix): void {
  const { rows: m, columns: n } = a;
  const eps = 2 ** -52;
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        // α = ‖a_p‖², β = ‖a_q‖², γ = a_pᴴ a_q
        let [alpha, beta, gr, gi] = [0, 0, 0, 0];
        for (let i = 0; i < m; i++) {
          const [pr, pi] = [a.re[p * m + i] as number, a.im[p * m + i] as number];
          const [qr, qi] = [a.re[q * m + i] as number, a.im[q * m + i] as number];
          alpha += pr * pr + pi * pi;
          beta += qr * qr + qi * qi;
          gr += pr * qr + pi * qi;
          gi += pr * qi - pi * qr;
        }
        const gamma = Math.hypot(gr, gi);
        if (!Number.isFinite(alpha + beta + gamma))
          throw new NumericalError('singular values: expected finite elements');
        if (gamma <= eps * Math.sqrt(alpha * beta)) continue;
        rotated = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t);
        rotate(a, p, q, c, c * t, gr / gamma, gi / gamma);
        rotate(v, p, q, c, c * t, gr / gamma, gi / gamma);
      }
    }
    if (!rotated) return;
  }
}

/** Columns p, q ← `c p − s e^{−iφ} q`, `s p + c e^{−iφ} q`, with e^{iφ} the phase of pᴴq. */
function rotate(
  { rows: m, re, im }: ColumnMatrix,
  p: number,
  q: number,
  c: number,
  s: number,
  er: number,
  ei: number,
): void {
  for (let i = 0; i < m; i++) {
    const [pr, pi] = [re[p * m + i] as number, im[p * m + i] as number];
    const [qr0, qi0] = [re[q * m + i] as number, im[q * m + i] as number];
    const qr = qr0 * er + qi0 * ei;
    const qi = qi0 * er - qr0 * ei;
    re[p * m + i] = c * pr - s * qr;
    im[p * m + i] = c * pi - s * qi;
    re[q * m + i] = s * pr + c * qr;
    im[q * m + i] = s * pi + c * qi;
  }
}

/** The norm of a column. */
export function columnNorm({ rows: m, re, im }: ColumnMatrix, k: number): number {
  let sum = 0;
  for (let i = 0; i < m; i++) sum += (re[k * m + i] as number) ** 2 + (im[k * m + i] as number) ** 2;
  return Math.sqrt(sum);
}
