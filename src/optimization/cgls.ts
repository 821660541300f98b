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

export interface CglsStartOptions<M> {
  /** Where to start; it is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** Damping ε of `‖y − A x‖² + ε²‖x‖²`. @default 0 */
  readonly damp?: number;
  /** Stops when the *squared* norm of the gradient `Aᴴr − ε²x` is at most this. @default 1e-4 */
  readonly tol?: number;
}

export interface CglsOptions<M> extends CglsStartOptions<M> {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

/** All that one iteration needs of the one before: what a checkpoint writes. */
export interface CglsState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly damp: number;
  /** The solution so far. */
  readonly x: M;
  /** The residual `y − A x`. */
  readonly r: D;
  /** The negative gradient `Aᴴr − ε²x`. */
  readonly s: M;
  /** The search direction. */
  readonly p: M;
  /** `A p` */
  readonly q: D;
  /** `‖y − A x‖` */
  cost: number;
  /** `‖Aᴴr − ε²x‖²`, squared as PyLops-MPI gives it. */
  r1norm: number;
  /** `√(‖y − A x‖² + ε²‖x‖²)` */
  r2norm: number;
}

/** What an iteration has found. `x` is live: the next step changes it. */
export interface CglsStep<M> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: M;
  /** `‖y − A x‖` */
  readonly cost: number;
  /** `‖Aᴴr − ε²x‖²` */
  readonly r1norm: number;
  /** `√(‖y − A x‖² + ε²‖x‖²)` */
  readonly r2norm: number;
}

export interface CglsResult<M> {
  readonly x: M;
  readonly iterations: number;
  readonly reason: StopReason;
  /** 1 where the tolerance was met, 2 otherwise. */
  readonly istop: 1 | 2;
  /** `‖y − A x‖` at the start and after every iteration. */
  readonly cost: number[];
  /** The last `‖Aᴴr − ε²x‖²` */
  readonly r1norm: number;
  /** The last `√(‖y − A x‖² + ε²‖x‖²)` */
  readonly r2norm: number;
}

const START_OPTIONS = ['x0', 'damp', 'tol'] as const;

/** `s ← Aᴴr − ε²x` and the three norms, in one reduction. */
function measure<M extends Vector<M>, D extends Vector<D>>(state: CglsState<M, D>): void {
  const { A, x, r, s, damp } = state;
  A.rmatvec(r, s);
  if (damp !== 0) s.axpby(-damp * damp, x, 1);
  const [ss = 0, rr = 0, xx = 0] = damp === 0 ? rdots([s, s], [r, r]) : rdots([s, s], [r, r], [x, x]);
  state.cost = Math.sqrt(rr);
  state.r1norm = ss;
  state.r2norm = Math.sqrt(rr + damp * damp * xx);
}

/** Allocates all vectors and evaluates the start: one forward, one adjoint, one reduction. Disposing `r, s, p, q` is the caller's. */
function init<M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: CglsStartOptions<M> = {}): CglsState<M, D> {
  checkOptions('cgls.init', options, START_OPTIONS);
  const { x0, damp = 0, tol = 1e-4 } = options;
  checkNonNegative('cgls', 'damp', damp);
  checkNonNegative('cgls', 'tol', tol);
  const { model, data } = solverSpaces('cgls', A, y, x0);
  const x = startVector(model, x0);
  const r = data.empty().assign(seenIn(y, data));
  const q = data.empty();
  if (x0) r.axpby(-1, A.matvec(x, q), 1);
  const [s, p] = [model.empty(), model.empty()];
  const state: CglsState<M, D> = {
    A,
    damp,
    tol,
    x,
    r,
    s,
    p,
    q,
    iteration: 0,
    reason: undefined,
    finished: false,
    cost: 0,
    r1norm: 0,
    r2norm: 0,
  };
  measure(state);
  p.assign(s);
  settle('cgls', state, state.r1norm, [state.r2norm], A.comm, x.reducer);
  return state;
}

/** One iteration: one forward, one adjoint, two reductions; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<M extends Vector<M>, D extends Vector<D>>(state: CglsState<M, D>): void {
  const { A, x, r, s, p, q, damp } = state;
  const gamma = state.r1norm;
  A.matvec(p, q);
  const [qq = 0, pp = 0] = damp === 0 ? rdots([q, q]) : rdots([q, q], [p, p]);
  const curvature = qq + damp * damp * pp;
  if (curvature === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? gamma / curvature : 0;
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  measure(state);
  p.axpby(1, s, moves ? state.r1norm / gamma : 0);
  state.iteration++;
  settle('cgls', state, state.r1norm, [state.r2norm, curvature], A.comm, x.reducer);
}

function* iterate<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  niter: number,
  options: CglsStartOptions<M>,
): Generator<CglsStep<M>, CglsResult<M>, void> {
  const closeWorkspaces = openWorkspaces();
  let state: CglsState<M, D> | undefined;
  try {
    state = init(A, y, options);
    const { x } = state;
    const history = [state.cost];
    yield { iteration: 0, x, cost: state.cost, r1norm: state.r1norm, r2norm: state.r2norm };
    while (!state.finished && state.iteration < niter) {
      step(state);
      history.push(state.cost);
      yield { iteration: state.iteration, x, cost: state.cost, r1norm: state.r1norm, r2norm: state.r2norm };
    }
    const { iteration: iterations, reason = 'iteration limit reached', r1norm, r2norm } = state;
    const istop = reason === 'tolerance reached' || reason === 'solved exactly' ? 1 : 2;
    return { x, iterations, reason, istop, cost: history, r1norm, r2norm };
  } finally {
    closeWorkspaces();
    for (const work of state ? [state.r, state.s, state.p, state.q] : []) work.dispose();
  }
}

/** The iterations one by one, the start first: the caller owns the loop. Leaving it releases all vectors but x. Returns the result at its end. */
function steps<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: CglsOptions<M> = {},
): Generator<CglsStep<M>, CglsResult<M>, void> {
  checkOptions('cgls', options, [...START_OPTIONS, 'niter']);
  const { niter = 10, ...start } = options;
  return iterate(A, y, checkCount('cgls', 'niter', niter), start);
}

/**
 * Conjugate gradients for least squares: minimises `‖y − A x‖² + ε²‖x‖²` for vectors of any kind.
 *
 * `r = y − A x`, `s = p = Aᴴr − ε²x`, `γ = ‖s‖²`; then over and over
 * `q = A p`, `α = γ / (‖q‖² + ε²‖p‖²)`, `x += α p`, `r −= α q`, `s = Aᴴr − ε²x`, `p = s + (‖s‖²/γ) p`, `γ = ‖s‖²`.
 *
 * It stops when γ, a squared norm, is at most `tol`, or after `niter` iterations.
 * Memory: x, s, p like the model; r, q like the data. An iteration costs one forward, one adjoint and two reductions, and allocates no vector.
 * With a mask every colour solves its own problem, all go on until the last is done, and an iteration costs one reduction more.
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} where vectors do not fit, {@link NumericalError} with the iteration for NaN or overflow,
 * on every rank alike.
 * Source: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952; Paige and Saunders, "LSQR", 1982, section 7.1.
 */
export const cgls = Object.assign(
  <M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: CglsOptions<M> = {}): CglsResult<M> =>
    runToEnd(steps(A, y, options)),
  { init, step, steps },
);
