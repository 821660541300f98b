import { NumericalError } from '../../core/base/errors.js';
import type { AnyOperator } from '../../core/operator/linear-operator.js';
import type { InnerProducts } from '../../core/vector/inner-products.js';
import type { AnyVector, VectorPair } from '../../core/vector/vector.js';
import { withWorkspaces } from '../../core/vector/workspace.js';
import { refuseMask } from './checks.js';

/** The term `wₖ ‖bₖ − Aₖ x‖²`. */
export interface LeastSquaresTerm {
  /** The operator; the identity if undefined. */
  readonly A?: AnyOperator | undefined;
  /** A vector in the range of A on the space of x. */
  readonly b: AnyVector;
  readonly weight: number;
}

export interface InnerOptions {
  /** Most iterations. */
  readonly niter: number;
  /** The limit of the squared norm of the gradient, `‖Σ wₖ Aₖᴴ rₖ‖²`. */
  readonly tol: number;
}

/**
 * Minimises `Σ wₖ ‖bₖ − Aₖ x‖²` from x, in place: CGLS on the stack of the terms, for terms of any
 * vector kinds.
 *
 * Memory: workspaces s, p like x, and r, q like every b. An iteration costs a forward and an
 * adjoint of every A and two reductions.
 *
 * @returns `‖bₖ − Aₖ x‖²` of every term, as the recurrence computes it
 * @throws {@link PartitionError} if a mask splits the ranks of an operator, {@link NumericalError}
 *   if the gradient is not finite; on every rank alike.
 */
export function innerLeastSquares(
  x: AnyVector,
  terms: readonly LeastSquaresTerm[],
  { niter, tol }: InnerOptions,
  dots: InnerProducts,
): number[] {
  for (const { A } of terms) refuseMask('least squares inside of a prox', A?.comm, x);
  const withOperator = terms.filter((term) => term.A);
  const spaces = [
    x.space,
    x.space,
    ...terms.map(({ b }) => b.space),
    ...withOperator.map(({ b }) => b.space),
  ];
  return withWorkspaces(spaces, (works) => {
    const [s, p, ...rest] = works as [AnyVector, AnyVector, ...AnyVector[]];
    const residuals = rest.slice(0, terms.length);
    const images = rest.slice(terms.length);
    // The image of p under the identity is p
    const rows = terms.map((term, k) => ({
      ...term,
      r: residuals[k] as AnyVector,
      q: term.A ? (images[withOperator.indexOf(term)] as AnyVector) : p,
    }));

    for (const { A, b, r } of rows) {
      if (A) A.matvec(x, r);
      else r.assign(x);
      r.axpby(1, b, -1);
    }
    const norms: number[] = terms.map(() => 0);
    const measures: VectorPair[] = [[s, s], ...rows.map(({ r }): VectorPair => [r, r])];
    const gradient = (): number => {
      rows.forEach(({ A, r, weight }, k) => {
        if (!A) s.axpby(weight, r, k === 0 ? 0 : 1);
        else if (k > 0) A.rmatvecAdd(r, s, weight);
        else {
          A.rmatvec(r, s);
          if (weight !== 1) s.scale(weight);
        }
      });
      const [ss = 0, ...rr] = dots.rdots(...measures);
      rr.forEach((value, k) => {
        norms[k] = value;
      });
      return ss;
    };

    const lineSearch: VectorPair[] = [[s, p], ...rows.map(({ q }): VectorPair => [q, q])];
    let gamma = gradient();
    if (!Number.isFinite(gamma))
      throw new NumericalError(
        `least squares inside of a prox: the norm of the gradient is ${gamma}: look for NaN, infinity ` +
          'or overflow in the data',
      );
    p.assign(s);
    for (let k = 0; k < niter && gamma > tol; k++) {
      for (const { A, q } of rows) A?.matvec(p, q);
      const [slope = 0, ...squares] = dots.rdots(...lineSearch);
      const curvature = rows.reduce((sum, { weight }, i) => sum + weight * (squares[i] as number), 0);
      if (!(curvature > 0)) break;
      // The slope is computed although it is γ up to rounding: if γ is only rounding, errors would
      // grow without bound
      const alpha = slope / curvature;
      x.axpby(alpha, p, 1);
      for (const { r, q } of rows) r.axpby(-alpha, q, 1);
      const next = gradient();
      p.axpby(1, s, next / gamma);
      gamma = next;
    }
    return norms;
  });
}
