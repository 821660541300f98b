import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import type { Vector, VectorPair } from '../core/vector.js';
import { type Istop, istopOf } from './cg.js';
import { type Coefficients, nextCoefficients, stepLength } from './cg-single-reduction.js';
import {
  allocateCgls,
  CGLS_START_OPTIONS,
  type CglsNorms,
  type CglsStartOptions,
  type CglsState,
  cglsNorms,
  gradient,
  limitCgls,
  measure,
  placeCgls,
} from './cgls.js';
import { checkCount, copyInto, type Loop, type RunOptions, type SolverStep, settle, solving, stepping } from './solver.js';

export interface CglsSingleReductionStartOptions<M extends Vector<M>> extends CglsStartOptions<M> {
  /** Every so many iterations r and `A p` are computed anew, which takes away the rounding that their recurrences gather; 0: never. @default 50 */
  readonly replace?: number;
}

export interface CglsSingleReductionOptions<M extends Vector<M>> extends CglsSingleReductionStartOptions<M>, RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

export interface CglsSingleReductionState<M extends Vector<M>, D extends Vector<D>> extends CglsState<M, D>, Coefficients {
  readonly replace: number;
  /** A copy of the data, where residuals are replaced. */
  readonly y: D | undefined;
  /** `A M s` */
  readonly w: D;
}

export interface CglsSingleReductionStep<M extends Vector<M>, D extends Vector<D>>
  extends SolverStep<CglsSingleReductionState<M, D>>,
    Readonly<CglsNorms> {}

const NAME = 'cglsSingleReduction';
const START_OPTIONS = [...CGLS_START_OPTIONS, 'replace'] as const;

/** s and z, `w ← A z`, all norms in one reduction, and the next coefficients. */
function evaluate<M extends Vector<M>, D extends Vector<D>>(state: CglsSingleReductionState<M, D>): void {
  const { A, s, z, w, damp } = state;
  gradient(state);
  A.matvec(z ?? s, w);
  const more: VectorPair[] = [[w, w]];
  if (damp !== 0) more.push([z ?? s, z ?? s]);
  const { gamma, others } = measure(state, more);
  const [ww = 0, zz = 0] = others;
  nextCoefficients(state, gamma, ww + (damp === 0 ? 0 : damp * damp * zz));
}

const settleNorms = <M extends Vector<M>, D extends Vector<D>>(state: CglsSingleReductionState<M, D>): void =>
  settle(NAME, state, state.cost, state.r1norm, [state.r2norm, state.gamma, state.alpha]);

/** Allocates all vectors and evaluates the start: one adjoint, two forwards (one from zero), one reduction. Disposing all vectors but x is the caller's. */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: CglsSingleReductionStartOptions<M> = {},
): CglsSingleReductionState<M, D> {
  checkOptions(`${NAME}.init`, options, START_OPTIONS);
  const { replace = 50 } = options;
  checkCount(NAME, { replace });
  const start = allocateCgls(NAME, A, y, options);
  const { space } = start.r;
  const copy = replace > 0 ? copyInto(space, y) : undefined;
  const state = { ...start, scratch: ['z'], replace, y: copy, w: space.empty(), alpha: 0, beta: 0 };
  const reference = placeCgls(state, y, options.x0);
  evaluate(state);
  limitCgls(state, reference);
  settleNorms(state);
  return state;
}

/** One iteration: one forward, one adjoint, one reduction; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<M extends Vector<M>, D extends Vector<D>>(state: CglsSingleReductionState<M, D>): void {
  const { A, x, y, r, s, z, w, p, q, beta, replace } = state;
  const alpha = stepLength(state);
  p.axpby(1, z ?? s, beta);
  q.axpby(1, w, beta);
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  if (y && state.iteration % replace === 0) {
    A.matvec(x, r).axpby(1, y, -1);
    A.matvec(p, q);
  }
  evaluate(state);
  settleNorms(state);
}

const solver = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: CglsSingleReductionOptions<M> = {},
): Loop<CglsSingleReductionState<M, D>, CglsSingleReductionStartOptions<M>, Readonly<CglsNorms>, Readonly<CglsNorms> & Istop> => ({
  name: NAME,
  options,
  own: START_OPTIONS,
  start: (own) => init(A, y, own),
  step,
  report: cglsNorms,
  result: (state, reason) => ({ ...istopOf(state, reason), ...cglsNorms(state) }),
});

/**
 * Conjugate gradients for least squares with one reduction an iteration: minimises `‖y − A x‖² + ε²‖x‖²`, with the iterates of {@link cgls} but for rounding.
 *
 * `r = y − A x`, `s = Aᴴr − ε²x`, `z = M s`, `w = A z`, `γ = sᴴz`, `α = γ / (‖w‖² + ε²‖z‖²)`, `β = 0`; then over and over `p = z + β p`, `q = w + β q`, `x += α p`, `r −= α q`,
 * s, z and w from r, all norms together, `β = γ'/γ`, `α = γ' / (‖w‖² + ε²‖z‖² − βγ'/α)`.
 *
 * α takes γ for `sᴴp` and has the curvature from a difference, as {@link cgls}, which measures both, does not: past convergence, where γ is rounding, steps may lead away. Let
 * `tol` or `rtol` end a run whose number of iterations is large.
 *
 * It stops as {@link cgls} does. Every `replace` iterations r and q are computed from x and p, for two applications.
 * Memory: x, s, p (and z with a preconditioner) like the model; r, w, q, and a copy of y where residuals are replaced, like the data. An iteration costs one forward, one adjoint, one
 * application of M and one reduction, and allocates no vector. With a mask every colour solves its own problem, for one reduction more.
 * Errors: as for {@link cgls}.
 * Source: Chronopoulos and Gear, "s-step iterative methods for symmetric linear systems", 1989, applied to the normal equations; van der Vorst and Ye, "Residual replacement strategies
 * for Krylov subspace iterative methods", 2000.
 */
export const cglsSingleReduction = Object.assign(solving(solver), { init, step, steps: stepping(solver) });
