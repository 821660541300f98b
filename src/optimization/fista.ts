import type { LinearOperator } from '../core/linear-operator.js';
import type { Vector } from '../core/vector.js';
import {
  describeShrinkage,
  finishShrinkage,
  type ShrinkageOptions,
  type ShrinkageResult,
  type ShrinkageStartOptions,
  type ShrinkageState,
  type ShrinkageStep,
  shrink,
  startShrinkage,
} from './shrinkage.js';
import { solving, stepping } from './solver.js';

export type FistaOptions<M extends Vector<M>> = ShrinkageOptions<M>;
export interface FistaState<M extends Vector<M>, D extends Vector<D>> extends ShrinkageState<M, D> {
  /** The extrapolated solution. */
  readonly z: M;
  /** Its residual `y − A z`. */
  readonly s: D;
  /** Nesterov's sequence: 1, (1 + √5)/2, … */
  t: number;
}
export type FistaStep<M extends Vector<M>, D extends Vector<D>> = ShrinkageStep<FistaState<M, D>>;
export type FistaResult<M> = ShrinkageResult<M>;

/** Allocates all vectors and evaluates the start. Disposing all vectors but x is the caller's. */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: ShrinkageStartOptions<M> = {},
): FistaState<M, D> {
  const state = startShrinkage('fista', A, y, options);
  return { ...state, z: state.x.copy(), s: state.r.copy(), t: 1 };
}

/** One iteration: one forward, one adjoint, two reductions; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<M extends Vector<M>, D extends Vector<D>>(state: FistaState<M, D>): void {
  const { A, alpha, x, z, g, y, r, s, t } = state;
  A.rmatvec(s, g).axpby(1, z, alpha);
  shrink(state);
  if (state.reason !== undefined) g.assign(x);
  state.t = 0.5 * (1 + Math.sqrt(1 + 4 * t * t));
  const w = (t - 1) / state.t;
  x.axpby(1, g, -1);
  z.axpby(1, g, 0).axpby(w, x, 1);
  // the residual of z follows from those of both solutions: A is linear
  s.axpby(-w, r, 0);
  A.matvec(g, r).axpby(1, y, -1);
  s.axpby(1 + w, r, 1);
  finishShrinkage('fista', state, 'after');
}

const solver = <M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: FistaOptions<M> = {}) =>
  describeShrinkage('fista', options, (own) => init(A, y, own), step<M, D>);

/**
 * Fast iterative shrinkage-thresholding: minimises `‖y − A x‖² + ε‖Sᴴx‖₁` (soft thresholds; hard ones stand for the number of nonzeros, half ones for `‖·‖½`)
 * with a cost that falls like 1/k² where that of {@link ista} falls like 1/k.
 *
 * `z = x`, `t = 1`; then over and over `x = S thresh(Sᴴ(z + α Aᴴ(y − A z)), ½ εα dₖ)`, `t' = (1 + √(1 + 4t²))/2`, `z = x + (t − 1)/t' (x − x before)`.
 * `y − A z` is taken from the residuals of both solutions, so that an iteration needs one application where the textbook has two.
 *
 * The cost of an iteration is `½‖y − A x‖² + ε‖x‖₁` *after* it. It stops when `‖x − x before‖ ≤ tol`, or after `niter` iterations.
 * Memory: x, z, g (and the coefficients c with a transform) like the model; y, r, s like the data. An iteration costs one forward, one adjoint, the transform and back, and two
 * reductions (percentile forms: up to 130 more), and allocates no vector.
 * Errors: as for {@link ista}.
 * Source: Beck and Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear inverse problems", 2009.
 */
export const fista = Object.assign(solving(solver), { init, step, steps: stepping(solver) });
