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

export type IstaOptions<M extends Vector<M>> = ShrinkageOptions<M>;
export type IstaState<M extends Vector<M>, D extends Vector<D>> = ShrinkageState<M, D>;
export type IstaStep<M extends Vector<M>, D extends Vector<D>> = ShrinkageStep<IstaState<M, D>>;
export type IstaResult<M> = ShrinkageResult<M>;

/** Allocates all vectors and evaluates the start. Disposing all vectors but x is the caller's. */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: ShrinkageStartOptions<M> = {},
): IstaState<M, D> {
  return startShrinkage('ista', A, y, options);
}

/** One iteration: one forward, one adjoint, two reductions; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<M extends Vector<M>, D extends Vector<D>>(state: IstaState<M, D>): void {
  const { A, alpha, x, g, y, r } = state;
  A.rmatvec(r, g).axpby(1, x, alpha);
  shrink(state);
  if (state.reason !== undefined) g.assign(x);
  x.axpby(1, g, -1);
  A.matvec(g, r).axpby(1, y, -1);
  finishShrinkage('ista', state, 'before');
}

const solver = <M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: IstaOptions<M> = {}) =>
  describeShrinkage('ista', options, (own) => init(A, y, own), step<M, D>);

/**
 * Iterative shrinkage-thresholding: minimises `‖y − A x‖² + ε‖Sᴴx‖₁` (soft thresholds; hard ones stand for the number of nonzeros, half ones for `‖·‖½`).
 *
 * `r = y − A x`; then over and over `x = S thresh(Sᴴ(x + α Aᴴ r), ½ εα dₖ)` with the threshold's decay dₖ, and `r = y − A x`.
 *
 * The cost of an iteration is `½‖r‖² + ε‖x‖₁` with the residual *before* it. It stops when `‖x − x before‖ ≤ tol`, or after `niter` iterations.
 * Memory: x, g (and the coefficients c with a transform) like the model; y, r like the data. An iteration costs one forward, one adjoint, the transform and back, and two
 * reductions (percentile forms: up to 130 more), and allocates no vector.
 * Errors: {@link ArgumentError}, {@link ShapeError}, {@link DTypeError}, {@link PartitionError} where something does not fit, {@link NumericalError} with the iteration for
 * NaN or overflow and, with `monitorres`, for a residual that grows; on every rank alike.
 * Source: Daubechies, Defrise and De Mol, "An iterative thresholding algorithm for linear inverse problems with a sparsity constraint", 2004.
 */
export const ista = Object.assign(solving(solver), { init, step, steps: stepping(solver) });
