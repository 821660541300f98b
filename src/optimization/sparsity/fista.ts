import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector } from '../../core/vector/vector.js';
import { defineSolver, makeMemoryUsage, makeSolve, makeSteps } from '../solver.js';
import { PLAIN_START } from '../solver-state.js';
import {
  finishShrinkage,
  majorised,
  measure,
  propose,
  type ShrinkageOptions,
  type ShrinkageResult,
  type ShrinkageStartOptions,
  type ShrinkageState,
  type ShrinkageStep,
  type StepNorms,
  shrinkageCall,
  startShrinkage,
} from './parts/shrinkage.js';

/** Options of {@link fista}. */
export type FistaOptions<M extends Vector<M>> = ShrinkageOptions<M>;
/** The state of {@link fista}. */
export interface FistaState<M extends Vector<M>, D extends Vector<D>> extends ShrinkageState<M, D> {
  /** The extrapolated solution. */
  readonly z: M;
  /** Its residual `y − A z`. */
  readonly s: D;
  /** The sequence of Nesterov: 1, (1 + √5)/2, … */
  t: number;
}
/** A step of {@link fista}. */
export type FistaStep<M extends Vector<M>, D extends Vector<D>> = ShrinkageStep<FistaState<M, D>>;
/** The result of {@link fista}. */
export type FistaResult<M> = ShrinkageResult<M>;

const NAME = 'fista';

/**
 * Allocates all vectors and evaluates the start. The caller must dispose all vectors of the state
 * other than x, the result.
 */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: ShrinkageStartOptions<M>,
  start = PLAIN_START,
): FistaState<M, D> {
  const state = startShrinkage(NAME, A, y, options, start);
  return Object.assign(state, { z: state.x.copy(), s: state.r.copy(), t: 1 });
}

/**
 * One iteration: one forward, one adjoint, two reductions. Allocates no vector. Ranks that have a
 * reason to stop keep their x.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: FistaState<M, D>): void {
  const { A, x, z, g, y, r, s, v, t } = state;
  const norms = v ? descend(state, v) : undefined;
  if (!norms) {
    propose(state, z, s);
    x.axpby(1, g, -1);
  }
  state.t = 0.5 * (1 + Math.sqrt(1 + 4 * t * t));
  const w = (t - 1) / state.t;
  z.axpby(1, g, 0).axpby(w, x, 1);
  // A is linear, so the residual of z follows from those of both solutions
  s.axpby(-w, r, 0);
  if (v) r.assign(v);
  else A.matvec(g, r).axpby(1, y, -1);
  s.axpby(1 + w, r, 1);
  finishShrinkage(NAME, state, 'after', norms ?? measure(state));
}

/**
 * Takes a step with an estimated α. While `½‖y − A ·‖²` is not majorised, α is reduced and the step
 * repeated. One reduction; each failed try costs two more forwards and one more adjoint. Leaves the
 * new solution in g, its residual in v, and `g − x` in x.
 */
function descend<M extends Vector<M>, D extends Vector<D>>(state: FistaState<M, D>, v: D): StepNorms {
  const { A, x, z, g, y, s } = state;
  for (let tries = 0; ; tries++) {
    propose(state, z, s);
    x.axpby(1, g, -1);
    A.matvec(g, v).axpby(1, y, -1);
    const norms = majorised(state, v, z.axpby(1, g, -1), s.axpby(1, v, -1), tries);
    if (norms) return norms;
    x.axpby(1, g, -1);
    A.matvec(z.axpby(1, g, -1), s).axpby(1, y, -1);
  }
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: FistaOptions<M> = {},
) => shrinkageCall(NAME, y, options, (data, own, start) => init(A, data, own, start), step<M, D>);

/**
 * Fast iterative shrinkage-thresholding: minimises `‖y − A x‖² + ε‖Sᴴx‖₁`. Hard thresholds replace
 * the L1 norm by the number of nonzeros, half thresholds by `‖·‖½`. The cost decreases like 1/k²,
 * that of {@link ista} like 1/k.
 *
 * `z = x`, `t = 1`. Each iteration computes `x = S thresh(Sᴴ(z + α Aᴴ(y − A z)), ½ εα dₖ)`,
 * `t' = (1 + √(1 + 4t²))/2`, `z = x + (t − 1)/t' (x − x before)`. `y − A z` is computed from the
 * residuals of both solutions. An iteration therefore needs one application, the textbook version
 * two.
 *
 * The cost of an iteration is `½‖y − A x‖² + ε‖x‖₁` *after* it. It stops when
 * `‖x − x before‖ ≤ tol`, when the cost is below `rtol` times the first one or below `rtol1 ‖y‖`,
 * or after `niter` iterations. The step without `alpha` is that of {@link ista}.
 *
 * Memory: x, z, g (and the coefficients c with a transform) like the model; y, r, s, and without
 * `alpha` one more, like the data. An iteration costs one forward, one adjoint, the transform and
 * its inverse, and two reductions (percentile forms: up to 130 more), and allocates no vector.
 *
 * Errors: as for {@link ista}.
 *
 * Source: Beck and Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear inverse
 * problems", 2009.
 */
export const fista = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
