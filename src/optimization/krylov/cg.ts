import { checkNonNegativeIfGiven, type Defaults, withDefaults } from '../../core/base/options.js';
import { assignFrom } from '../../core/distributed/fill-into.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector, VectorPair } from '../../core/vector/vector.js';
import { squareSpace } from '../linear-system.js';
import { type Limits, needsReference, squaredLimit } from '../parts/scaling.js';
import {
  defineSolver,
  makeMemoryUsage,
  makeSolve,
  makeSteps,
  type RunOptions,
  type SolverCall,
  type SolverResult,
  type SolverStep,
} from '../solver.js';
import {
  finishSquared,
  initialState,
  isSolved,
  PLAIN_START,
  resetState,
  type SolverProgress,
  type StopReason,
} from '../solver-state.js';

export interface CgStartOptions<V extends Vector<V>> {
  /** The start. It is copied, not changed. @default zeros */
  readonly x0?: V | undefined;
  /**
   * Stops when the *squared* norm of the residual is at most this. @default 1e-4, at most 1e-4 ‖y‖²
   */
  readonly tol?: number;
  /** Stops also when `‖y − A x‖ ≤ rtol ‖y‖`. @default 0 */
  readonly rtol?: number;
  /**
   * A preconditioner: a Hermitian positive definite approximation of the inverse of A. @default the
   * identity
   */
  readonly M?: LinearOperator<V, V> | undefined;
}

/** Options of {@link cg}. */
export interface CgOptions<V extends Vector<V>> extends CgStartOptions<V>, RunOptions {}

/** The data that one iteration needs from the iteration before. A checkpoint writes them. */
export interface CgState<V extends Vector<V>> extends SolverProgress {
  readonly A: LinearOperator<V, V>;
  readonly M: LinearOperator<V, V> | undefined;
  /** The limits as given in the options. */
  readonly limits: Limits;
  /** The limit of `‖y − A x‖²`. */
  tol: number;
  readonly x: V;
  /** The residual `y − A x`. */
  readonly r: V;
  /** `M r`, if there is a preconditioner. */
  readonly z: V | undefined;
  /** The search direction. */
  readonly p: V;
  /** `A p` */
  readonly q: V;
  /** `‖y − A x‖²` */
  rr: number;
  /** `rᴴ M r` */
  rz: number;
}

/** A step of {@link cg}. */
export type CgStep<V extends Vector<V>> = SolverStep<CgState<V>>;

/** The reason as a number: 1 if the tolerance was met, otherwise 2. */
export interface Istop {
  readonly istop: 1 | 2;
}
/** `cost` is `‖y − A x‖` at the start and after each iteration. */
export interface CgResult<V> extends SolverResult<V>, Istop {}

const NAME = 'cg';

export const CG_DEFAULTS = { x0: undefined, tol: undefined, rtol: 0, M: undefined } satisfies Defaults<
  CgStartOptions<never>
>;

/**
 * Allocates all vectors and evaluates the start: one application (none if x starts from zero), one
 * of M, and one reduction. The caller must dispose all vectors of the state other than x, the
 * result.
 */
function init<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options?: CgStartOptions<V>,
  start = PLAIN_START,
): CgState<V> {
  const given = withDefaults(`${NAME}.init`, options, CG_DEFAULTS);
  const { x0, tol, rtol, M } = given;
  checkNonNegativeIfGiven(NAME, { tol, rtol });
  const model = squareSpace(NAME, A, y, given, 'cgls');
  const scratch = { q: model.empty(), z: M && model.empty() };
  const state: CgState<V> = {
    ...initialState(A, model.empty(), start.dots, scratch),
    M,
    tol: 0,
    limits: { tol, rtol, unit: start.unit },
    r: model.empty(),
    p: model.empty(),
    rr: 0,
    rz: 0,
  };
  restartCg(state, y, x0);
  return state;
}

/**
 * Restarts a state from x0 (from zero without x0) with another right-hand side, in its existing
 * vectors.
 */
export function restartCg<V extends Vector<V>>(state: CgState<V>, y: V, x0: V | undefined): void {
  const { A, M, x, r, z, p, q, limits, dots } = state;
  resetState(state, x0);
  assignFrom(r, y);
  if (x0) r.axpby(-1, A.matvec(x, q), 1);
  if (M && z) M.matvec(r, z);
  p.assign(z ?? r);
  const pairs: VectorPair[] = [
    [r, r],
    [r, p],
  ];
  if (x0 && needsReference(limits)) pairs.push([y, y]);
  const [rr = 0, rz = 0, yy = rr] = dots.rdots(...pairs);
  state.tol = squaredLimit(limits, yy);
  Object.assign(state, { rr, rz });
  finishSquared(NAME, state, Math.sqrt(rr), rr, [rz]);
}

/**
 * One iteration: one application, two reductions. Allocates no vector. Ranks that have a reason to
 * stop keep their x.
 */
function step<V extends Vector<V>>(state: CgState<V>): void {
  const { A, M, x, r, z, p, q, rz, dots } = state;
  A.matvec(p, q);
  // The slope is rᴴz up to rounding
  const [curvature = 0, slope = 0] = dots.rdots([p, q], [r, p]);
  if (curvature === 0 || rz === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? slope / curvature : 0;
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  if (M && z) {
    M.matvec(r, z);
    [state.rr = 0, state.rz = 0] = dots.rdots([r, r], [r, z]);
  } else {
    [state.rr = 0] = dots.rdots([r, r]);
    state.rz = state.rr;
  }
  p.axpby(1, z ?? r, moves ? state.rz / rz : 0);
  state.iteration++;
  finishSquared(NAME, state, Math.sqrt(state.rr), state.rr, [curvature, state.rz]);
}

/** The additional result of all variants of CG and CGLS. */
export const istopOf = (_state: SolverProgress, reason: StopReason): Istop => ({
  istop: isSolved(reason) ? 1 : 2,
});

const call = <V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options: CgOptions<V> = {},
): SolverCall<CgState<V>, CgStartOptions<V>, object, Istop> => ({
  name: NAME,
  options,
  defaults: CG_DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  step,
  result: istopOf,
});

/**
 * Conjugate gradients: solves `A x = y` for a Hermitian positive definite A and vectors of any
 * kind.
 *
 * `r = y − A x`, `p = z = M r`. Each iteration computes `q = A p`, `α = rᴴp / pᴴq`, `x += α p`,
 * `r −= α q`, `z = M r`, `p = z + (rᴴz / rᴴz before) p`.
 *
 * It stops when `‖r‖²`, a squared norm, is at most `tol` (by default 1e-4, at most 1e-4 ‖y‖²), when
 * `‖r‖ ≤ rtol ‖y‖`, or after `niter` iterations.
 *
 * Memory: x, r, p, q, and z with a preconditioner. An iteration costs one application of A, one of
 * M and two reductions, and allocates no vector. With a mask each colour solves its own problem.
 * All colours continue until the last one has finished, and an iteration costs one more reduction.
 *
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if vectors do not fit,
 * {@link NumericalError} with the iteration for NaN or overflow, on every rank alike.
 *
 * Source: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952;
 * Saad, "Iterative methods for sparse linear systems", 2003, section 9.2.
 */
export const cg = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
