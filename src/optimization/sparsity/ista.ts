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

/** Options of {@link ista}. */
export type IstaOptions<M extends Vector<M>> = ShrinkageOptions<M>;
/** The state of {@link ista}. */
export type IstaState<M extends Vector<M>, D extends Vector<D>> = ShrinkageState<M, D>;
/** A step of {@link ista}. */
export type IstaStep<M extends Vector<M>, D extends Vector<D>> = ShrinkageStep<IstaState<M, D>>;
/** The result of {@link ista}. */
export type IstaResult<M> = ShrinkageResult<M>;

const NAME = 'ista';

/**
 * Allocates all vectors and evaluates the start. The caller must dispose all vectors of the state
 * other than x, the result.
 */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: ShrinkageStartOptions<M>,
  start = PLAIN_START,
): IstaState<M, D> {
  return startShrinkage(NAME, A, y, options, start);
}

/**
 * One iteration: one forward, one adjoint, two reductions. Allocates no vector. Ranks that have a
 * reason to stop keep their x.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: IstaState<M, D>): void {
  const { x, g, y, r, v, A } = state;
  if (v) {
    finishShrinkage(NAME, state, 'before', descend(state, v));
    return;
  }
  propose(state, x, r);
  x.axpby(1, g, -1);
  A.matvec(g, r).axpby(1, y, -1);
  finishShrinkage(NAME, state, 'before', measure(state));
}

/**
 * Takes a step with an estimated α. While `½‖y − A ·‖²` is not majorised, α is reduced and the step
 * repeated. One reduction; each failed try costs two more forwards and one more adjoint.
 */
function descend<M extends Vector<M>, D extends Vector<D>>(state: IstaState<M, D>, v: D): StepNorms {
  const { A, x, g, y, r } = state;
  for (let tries = 0; ; tries++) {
    propose(state, x, r);
    x.axpby(1, g, -1);
    A.matvec(g, v).axpby(1, y, -1);
    const norms = majorised(state, v, x, r.axpby(1, v, -1), tries);
    if (norms) {
      r.assign(v);
      return norms;
    }
    A.matvec(x.axpby(1, g, -1), r).axpby(1, y, -1);
  }
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: IstaOptions<M> = {},
) => shrinkageCall(NAME, y, options, (data, own, start) => init(A, data, own, start), step<M, D>);

/**
 * Iterative shrinkage-thresholding: minimises `‖y − A x‖² + ε‖Sᴴx‖₁`. Hard thresholds replace the
 * L1 norm by the number of nonzeros, half thresholds by `‖·‖½`.
 *
 * `r = y − A x`. Each iteration computes `x = S thresh(Sᴴ(x + α Aᴴ r), ½ εα dₖ)` with the decay dₖ
 * of the threshold, and `r = y − A x`.
 *
 * The cost of an iteration is `½‖r‖² + ε‖x‖₁` with the residual *before* it. It stops when
 * `‖x − x before‖ ≤ tol`, when the cost is below `rtol` times the first one or below `rtol1 ‖y‖`,
 * or after `niter` iterations. Without `alpha` the step is `1/‖A‖²` by a
 * power iteration, which may miss a direction. α is therefore reduced if a step d has
 * `‖A d‖² > ‖d‖²/α`, which costs two forwards and an adjoint.
 *
 * Memory: x, g (and the coefficients c with a transform) like the model; y, r, and without `alpha`
 * one more, like the data. An iteration costs one forward, one adjoint, the transform and its
 * inverse, and two reductions (percentile forms: up to 130 more), and allocates no vector.
 *
 * Errors: {@link ArgumentError}, {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if
 * an argument does not fit, {@link NumericalError} with the iteration for NaN, overflow, a misfit
 * of 100 times the cost of the start (`alpha` is too large) and, with `monitorres`, for a residual
 * that grows; on every rank alike.
 *
 * Source: Daubechies, Defrise and De Mol, "An iterative thresholding algorithm for linear inverse
 * problems with a sparsity constraint", 2004.
 */
export const ista = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
