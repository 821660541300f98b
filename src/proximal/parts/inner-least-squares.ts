import { NumericalError } from '../../core/base/errors.js';
import type { AnyOperator } from '../../core/operator/linear-operator.js';
import type { InnerProducts } from '../../core/vector/inner-products.js';
import type { AnyVector, VectorPair } from '../../core/vector/vector.js';
import { withWorkspaces } from '../../core/vector/workspace.js';
import { refuseMask } from './checks.js';

const NAME = 'least squares inside of a prox';

/** The term `wₖ ‖bₖ − Aₖ x‖²`. */
export interface LeastSquaresTerm {
  /** The operator; the identity if undefined. */
  readonly A?: AnyOperator | undefined;
  /** A vector in the range of A on the space of x. */
  readonly b: AnyVector;
  readonly weight: number;
}

/** Throws {@link PartitionError} if a mask splits the ranks of an operator. */
function checkTerms(x: AnyVector, terms: readonly LeastSquaresTerm[]): void {
  for (const { A } of terms) refuseMask(NAME, A?.comm, x);
}

/** Returns a squared norm of a gradient. Throws {@link NumericalError} if it is not finite. */
function checkedGradient(squared: number): number {
  if (Number.isFinite(squared)) return squared;
  throw new NumericalError(
    `${NAME}: the norm of the gradient is ${squared}: look for NaN, infinity or overflow in the data`,
  );
}

/** `into ← Σ wₖ Aₖᴴ vₖ` */
function sumAdjoints(
  into: AnyVector,
  terms: readonly LeastSquaresTerm[],
  vectors: readonly AnyVector[],
): void {
  terms.forEach(({ A, weight }, k) => {
    const v = vectors[k] as AnyVector;
    if (!A) into.axpby(weight, v, k === 0 ? 0 : 1);
    else if (k > 0) A.rmatvecAdd(v, into, weight);
    else {
      A.rmatvec(v, into);
      if (weight !== 1) into.scale(weight);
    }
  });
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
  checkTerms(x, terms);
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
      sumAdjoints(s, terms, residuals);
      const [ss = 0, ...rr] = dots.rdots(...measures);
      rr.forEach((value, k) => {
        norms[k] = value;
      });
      return ss;
    };

    const lineSearch: VectorPair[] = [[s, p], ...rows.map(({ q }): VectorPair => [q, q])];
    let gamma = checkedGradient(gradient());
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

/**
 * Minimises `Σ wₖ ‖bₖ − Aₖ x‖²` from x, in place: CG on the normal equations
 * `Σ wₖ AₖᴴAₖ x = Σ wₖ Aₖᴴ bₖ`.
 *
 * Memory: workspaces r, p, q like x, and one like the b of every operator. An iteration costs a
 * forward and an adjoint of every A and two reductions. Errors: those of {@link innerLeastSquares}.
 */
export function innerNormalEquations(
  x: AnyVector,
  terms: readonly LeastSquaresTerm[],
  { niter, tol }: InnerOptions,
  dots: InnerProducts,
): void {
  checkTerms(x, terms);
  const withOperator = terms.filter((term) => term.A);
  const spaces = [x.space, x.space, x.space, ...withOperator.map(({ b }) => b.space)];
  withWorkspaces(spaces, (works) => {
    const [r, p, q, ...images] = works as [AnyVector, AnyVector, AnyVector, ...AnyVector[]];
    /** The images of v under all operators. */
    const imagesOf = (v: AnyVector): AnyVector[] =>
      terms.map((term) => term.A?.matvec(v, images[withOperator.indexOf(term)]) ?? v);
    const residuals = imagesOf(x).map((image, k) => {
      const { A, b } = terms[k] as LeastSquaresTerm;
      return A ? image.axpby(1, b, -1) : b;
    });
    sumAdjoints(r, terms, residuals);
    for (const { A, weight } of terms) if (!A) r.axpby(-weight, x, 1);
    let rr = checkedGradient(dots.rdot(r, r));
    p.assign(r);
    for (let k = 0; k < niter && rr > tol; k++) {
      sumAdjoints(q, terms, imagesOf(p));
      const [slope = 0, curvature = 0] = dots.rdots([r, p], [p, q]);
      if (!(curvature > 0)) break;
      const alpha = slope / curvature;
      x.axpby(alpha, p, 1);
      r.axpby(-alpha, q, 1);
      const next = dots.rdot(r, r);
      p.axpby(1, r, next / rr);
      rr = next;
    }
  });
}
