import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { rdots, seenIn, type Vector, type VectorPair } from '../core/vector.js';
import {
  begin,
  checkNonNegative,
  checkPreconditioner,
  drive,
  isSolved,
  RUN_OPTIONS,
  type RunOptions,
  runToEnd,
  type SolverProgress,
  type StopReason,
  settle,
  solverSpaces,
  startVector,
} from './solver.js';

export interface CglsStartOptions<M extends Vector<M>> {
  /** Where to start; it is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** Damping ε of `‖y − A x‖² + ε²‖x‖²`. @default 0 */
  readonly damp?: number;
  /** Stops when the *squared* norm of the gradient `Aᴴr − ε²x` is at most this. @default 1e-4 */
  readonly tol?: number;
  /** Stops also when the norm of the gradient is at most `rtol ‖Aᴴy‖`, for one adjoint more where there is an x0. @default 0 */
  readonly rtol?: number;
  /** A preconditioner: a Hermitian positive definite approximation of the inverse of `AᴴA + ε²`. @default the identity */
  readonly M?: LinearOperator<M, M> | undefined;
}

export interface CglsOptions<M extends Vector<M>> extends CglsStartOptions<M>, RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

/** All that one iteration needs of the one before: what a checkpoint writes. */
export interface CglsState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly M: LinearOperator<M, M> | undefined;
  readonly damp: number;
  /** Compared with the squared norm of the gradient. */
  readonly tol: number;
  readonly x: M;
  /** The residual `y − A x`. */
  readonly r: D;
  /** The negative gradient `Aᴴr − ε²x`. */
  readonly s: M;
  /** `M s`, where there is a preconditioner. */
  readonly z: M | undefined;
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
  /** `sᴴ M s` */
  gamma: number;
}

/** What an iteration has found. `x` is live: the next step changes it. */
export interface CglsStep<M extends Vector<M>, D extends Vector<D>> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: M;
  /** `‖y − A x‖` */
  readonly cost: number;
  /** `‖Aᴴr − ε²x‖²` */
  readonly r1norm: number;
  /** `√(‖y − A x‖² + ε²‖x‖²)` */
  readonly r2norm: number;
  readonly state: CglsState<M, D>;
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

export const CGLS_START_OPTIONS = ['x0', 'damp', 'tol', 'rtol', 'M'] as const;

/** `s ← Aᴴr − ε²x`, `z ← M s` and their norms, in one reduction. */
function measure<M extends Vector<M>, D extends Vector<D>>(state: CglsState<M, D>): void {
  const { A, M, x, r, s, z, damp } = state;
  A.rmatvec(r, s);
  if (damp !== 0) s.axpby(-damp * damp, x, 1);
  if (M && z) M.matvec(s, z);
  const pairs: VectorPair[] = [
    [s, s],
    [r, r],
  ];
  if (damp !== 0) pairs.push([x, x]);
  if (z) pairs.push([s, z]);
  const norms = rdots(...pairs);
  const [ss = 0, rr = 0] = norms;
  const xx = damp === 0 ? 0 : (norms[2] as number);
  state.cost = Math.sqrt(rr);
  state.r1norm = ss;
  state.r2norm = Math.sqrt(rr + damp * damp * xx);
  state.gamma = z ? (norms.at(-1) as number) : ss;
}

/** Allocates all vectors and evaluates the start: one forward, one adjoint, one reduction. Disposing all vectors but x is the caller's. */
function init<M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: CglsStartOptions<M> = {}): CglsState<M, D> {
  checkOptions('cgls.init', options, CGLS_START_OPTIONS);
  const { x0, damp = 0, tol = 1e-4, rtol = 0, M } = options;
  checkNonNegative('cgls', 'damp', damp);
  checkNonNegative('cgls', 'tol', tol);
  checkNonNegative('cgls', 'rtol', rtol);
  const { model, data } = solverSpaces('cgls', A, y, x0);
  checkPreconditioner('cgls', M, model);
  const x = startVector(model, x0);
  const r = data.empty().assign(seenIn(y, data));
  const q = data.empty();
  const [s, p] = [model.empty(), model.empty()];
  const z = M ? model.empty() : undefined;
  // ‖Aᴴy‖²
  let reference = 0;
  if (x0) {
    if (rtol > 0) [reference = 0] = rdots([A.rmatvec(r, s), s]);
    r.axpby(-1, A.matvec(x, q), 1);
  }
  const norms = { cost: 0, r1norm: 0, r2norm: 0, gamma: 0 };
  const unmeasured: CglsState<M, D> = { ...begin(A, x, ['q', 'z']), M, damp, tol, r, s, z, p, q, ...norms };
  measure(unmeasured);
  p.assign(z ?? s);
  const relative = rtol * rtol * (x0 ? reference : unmeasured.r1norm);
  const state = { ...unmeasured, tol: Math.max(tol, relative) };
  settle('cgls', state, state.cost, state.r1norm, [state.r2norm, state.gamma]);
  return state;
}

/** One iteration: one forward, one adjoint, two reductions; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<M extends Vector<M>, D extends Vector<D>>(state: CglsState<M, D>): void {
  const { A, x, r, s, z, p, q, damp, gamma } = state;
  A.matvec(p, q);
  const [qq = 0, pp = 0] = damp === 0 ? rdots([q, q]) : rdots([q, q], [p, p]);
  const curvature = qq + damp * damp * pp;
  if (curvature === 0 || gamma === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? gamma / curvature : 0;
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  measure(state);
  p.axpby(1, z ?? s, moves ? state.gamma / gamma : 0);
  state.iteration++;
  settle('cgls', state, state.cost, state.r1norm, [state.r2norm, curvature, state.gamma]);
}

/** The iterations one by one, the start first: the caller owns the loop. Leaving it releases all vectors but x. Returns the result at its end. */
function steps<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: CglsOptions<M> = {},
): Generator<CglsStep<M, D>, CglsResult<M>, void> {
  checkOptions('cgls', options, [...CGLS_START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  return drive(
    {
      name: 'cgls',
      start: () => init(A, y, start),
      step,
      report: (state: CglsState<M, D>): CglsStep<M, D> => {
        const { iteration, x, cost, r1norm, r2norm } = state;
        return { iteration, x, cost, r1norm, r2norm, state };
      },
      result: ({ x, iteration: iterations, history: cost, r1norm, r2norm }, reason): CglsResult<M> => {
        return { x, iterations, reason, istop: isSolved(reason) ? 1 : 2, cost, r1norm, r2norm };
      },
    },
    { niter, maxTime, checkpoint, reproducible },
  );
}

/**
 * Conjugate gradients for least squares: minimises `‖y − A x‖² + ε²‖x‖²` for vectors of any kind.
 *
 * `r = y − A x`, `s = Aᴴr − ε²x`, `p = z = M s`, `γ = sᴴz`; then over and over
 * `q = A p`, `α = γ / (‖q‖² + ε²‖p‖²)`, `x += α p`, `r −= α q`, `s = Aᴴr − ε²x`, `z = M s`, `p = z + (sᴴz/γ) p`, `γ = sᴴz`.
 *
 * It stops when `‖s‖²`, a squared norm, is at most `tol`, when `‖s‖ ≤ rtol ‖Aᴴy‖`, or after `niter` iterations.
 * Memory: x, s, p (and z with a preconditioner) like the model; r, q like the data. An iteration costs one forward, one adjoint, one application of M
 * and two reductions, and allocates no vector.
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
