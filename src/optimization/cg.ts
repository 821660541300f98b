import { ShapeError } from '../core/errors.js';
import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { rdots, seenIn, type Vector } from '../core/vector.js';
import { openWorkspaces } from '../core/workspace.js';
import {
  checkCount,
  checkNonNegative,
  runToEnd,
  type SolverProgress,
  type StopReason,
  settle,
  solverSpaces,
  startVector,
} from './solver.js';

export interface CgStartOptions<V> {
  /** Where to start; it is copied, not changed. @default zeros */
  readonly x0?: V | undefined;
  /** Stops when the *squared* norm of the residual is at most this. @default 1e-4 */
  readonly tol?: number;
}

export interface CgOptions<V> extends CgStartOptions<V> {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

/** All that one iteration needs of the one before: what a checkpoint writes. */
export interface CgState<V extends Vector<V>> extends SolverProgress {
  readonly A: LinearOperator<V, V>;
  /** The solution so far. */
  readonly x: V;
  /** The residual `y − A x`. */
  readonly r: V;
  /** The search direction. */
  readonly p: V;
  /** `A p` */
  readonly q: V;
  /** `‖y − A x‖²` */
  rr: number;
}

/** What an iteration has found. `x` is live: the next step changes it. */
export interface CgStep<V> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: V;
  /** `‖y − A x‖` */
  readonly cost: number;
}

export interface CgResult<V> {
  readonly x: V;
  readonly iterations: number;
  readonly reason: StopReason;
  /** 1 where the tolerance was met, 2 otherwise. */
  readonly istop: 1 | 2;
  /** `‖y − A x‖` at the start and after every iteration. */
  readonly cost: number[];
}

const START_OPTIONS = ['x0', 'tol'] as const;

/** Allocates all vectors and evaluates the start: one application (none from zero) and one reduction. Disposing `r, p, q` is the caller's. */
function init<V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgStartOptions<V> = {}): CgState<V> {
  checkOptions('cg.init', options, START_OPTIONS);
  const { x0, tol = 1e-4 } = options;
  checkNonNegative('cg', 'tol', tol);
  const { model, data } = solverSpaces('cg', A, y, x0);
  if (!model.equals(data))
    throw new ShapeError(`cg: expected an operator from a space to itself, received one from ${model} to ${data}: use cgls`);
  const x = startVector(model, x0);
  const r = model.empty().assign(seenIn(y, model));
  const q = model.empty();
  if (x0) r.axpby(-1, A.matvec(x, q), 1);
  const p = model.empty().assign(r);
  const state: CgState<V> = { A, tol, x, r, p, q, iteration: 0, reason: undefined, finished: false, rr: r.rdot(r) };
  settle('cg', state, state.rr, [], A.comm, x.reducer);
  return state;
}

/** One iteration: one application, two reductions; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<V extends Vector<V>>(state: CgState<V>): void {
  const { A, x, r, p, q, rr } = state;
  A.matvec(p, q);
  const [curvature = 0] = rdots([p, q]);
  if (curvature === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? rr / curvature : 0;
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  const [next = 0] = rdots([r, r]);
  p.axpby(1, r, moves ? next / rr : 0);
  state.rr = next;
  state.iteration++;
  settle('cg', state, next, [curvature], A.comm, x.reducer);
}

function* iterate<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  niter: number,
  options: CgStartOptions<V>,
): Generator<CgStep<V>, CgResult<V>, void> {
  const closeWorkspaces = openWorkspaces();
  let state: CgState<V> | undefined;
  try {
    state = init(A, y, options);
    const { x } = state;
    const history = [Math.sqrt(state.rr)];
    yield { iteration: 0, x, cost: Math.sqrt(state.rr) };
    while (!state.finished && state.iteration < niter) {
      step(state);
      const cost = Math.sqrt(state.rr);
      history.push(cost);
      yield { iteration: state.iteration, x, cost };
    }
    const { iteration: iterations, reason = 'iteration limit reached' } = state;
    return { x, iterations, reason, istop: reason === 'tolerance reached' || reason === 'solved exactly' ? 1 : 2, cost: history };
  } finally {
    closeWorkspaces();
    for (const work of state ? [state.r, state.p, state.q] : []) work.dispose();
  }
}

/** The iterations one by one, the start first: the caller owns the loop. Leaving it releases all vectors but x. Returns the result at its end. */
function steps<V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgOptions<V> = {}): Generator<CgStep<V>, CgResult<V>, void> {
  checkOptions('cg', options, [...START_OPTIONS, 'niter']);
  const { niter = 10, ...start } = options;
  return iterate(A, y, checkCount('cg', 'niter', niter), start);
}

/**
 * Conjugate gradients: solves `A x = y` for a Hermitian positive definite A and vectors of any kind.
 *
 * `r = p = y − A x`; then over and over `q = A p`, `α = ‖r‖² / pᴴq`, `x += α p`, `r −= α q`, `p = r + (‖r‖² / ‖r before‖²) p`.
 *
 * It stops when `‖r‖²`, a squared norm, is at most `tol`, or after `niter` iterations.
 * Memory: x, r, p, q. An iteration costs one application of A and two reductions, and allocates no vector.
 * With a mask every colour solves its own problem, all go on until the last is done, and an iteration costs one reduction more.
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} where vectors do not fit, {@link NumericalError} with the iteration for NaN or overflow,
 * on every rank alike.
 * Source: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952.
 */
export const cg = Object.assign(
  <V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgOptions<V> = {}): CgResult<V> => runToEnd(steps(A, y, options)),
  { init, step, steps },
);
