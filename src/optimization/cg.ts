import { ShapeError } from '../core/errors.js';
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

export interface CgStartOptions<V extends Vector<V>> {
  /** Where to start; it is copied, not changed. @default zeros */
  readonly x0?: V | undefined;
  /** Stops when the *squared* norm of the residual is at most this. @default 1e-4 */
  readonly tol?: number;
  /** Stops also when `‖y − A x‖ ≤ rtol ‖y‖`. @default 0 */
  readonly rtol?: number;
  /** A preconditioner: a Hermitian positive definite approximation of the inverse of A. @default the identity */
  readonly M?: LinearOperator<V, V> | undefined;
}

export interface CgOptions<V extends Vector<V>> extends CgStartOptions<V>, RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

/** All that one iteration needs of the one before: what a checkpoint writes. */
export interface CgState<V extends Vector<V>> extends SolverProgress {
  readonly A: LinearOperator<V, V>;
  readonly M: LinearOperator<V, V> | undefined;
  /** Compared with `‖y − A x‖²`. */
  readonly tol: number;
  readonly x: V;
  /** The residual `y − A x`. */
  readonly r: V;
  /** `M r`, where there is a preconditioner. */
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

/** What an iteration has found. `x` is live: the next step changes it. */
export interface CgStep<V extends Vector<V>> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: V;
  /** `‖y − A x‖` */
  readonly cost: number;
  readonly state: CgState<V>;
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

export const CG_START_OPTIONS = ['x0', 'tol', 'rtol', 'M'] as const;

/**
 * Allocates all vectors and evaluates the start: one application (none from zero), one of M, and one reduction.
 * Disposing all vectors but x is the caller's.
 */
function init<V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgStartOptions<V> = {}): CgState<V> {
  checkOptions('cg.init', options, CG_START_OPTIONS);
  const { x0, tol = 1e-4, rtol = 0, M } = options;
  checkNonNegative('cg', 'tol', tol);
  checkNonNegative('cg', 'rtol', rtol);
  const { model, data } = solverSpaces('cg', A, y, x0);
  if (!model.equals(data))
    throw new ShapeError(`cg: expected an operator from a space to itself, received one from ${model} to ${data}: use cgls`);
  checkPreconditioner('cg', M, model);
  const x = startVector(model, x0);
  const r = model.empty().assign(seenIn(y, model));
  const q = model.empty();
  if (x0) r.axpby(-1, A.matvec(x, q), 1);
  const z = M?.matvec(r);
  const p = model.empty().assign(z ?? r);
  const pairs: VectorPair[] = [
    [r, r],
    [r, z ?? r],
  ];
  if (rtol > 0) pairs.push([y, y]);
  const [rr = 0, rz = 0, yy = 0] = rdots(...pairs);
  const state: CgState<V> = { ...begin(A, x, ['q', 'z']), M, tol: Math.max(tol, rtol * rtol * yy), r, z, p, q, rr, rz };
  settle('cg', state, Math.sqrt(rr), rr, [rz]);
  return state;
}

/** One iteration: one application, two reductions; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<V extends Vector<V>>(state: CgState<V>): void {
  const { A, M, x, r, z, p, q, rz } = state;
  A.matvec(p, q);
  const [curvature = 0] = rdots([p, q]);
  if (curvature === 0 || rz === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? rz / curvature : 0;
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  if (M && z) {
    M.matvec(r, z);
    [state.rr = 0, state.rz = 0] = rdots([r, r], [r, z]);
  } else {
    [state.rr = 0] = rdots([r, r]);
    state.rz = state.rr;
  }
  p.axpby(1, z ?? r, moves ? state.rz / rz : 0);
  state.iteration++;
  settle('cg', state, Math.sqrt(state.rr), state.rr, [curvature, state.rz]);
}

/** The result of any kind of CG. */
export function cgResult<V>({ x, iteration: iterations, history: cost }: SolverProgress & { x: V }, reason: StopReason): CgResult<V> {
  return { x, iterations, reason, istop: isSolved(reason) ? 1 : 2, cost };
}

/** The iterations one by one, the start first: the caller owns the loop. Leaving it releases all vectors but x. Returns the result at its end. */
function steps<V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgOptions<V> = {}): Generator<CgStep<V>, CgResult<V>, void> {
  checkOptions('cg', options, [...CG_START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  return drive(
    {
      name: 'cg',
      start: () => init(A, y, start),
      step,
      report: (state: CgState<V>): CgStep<V> => ({ iteration: state.iteration, x: state.x, cost: Math.sqrt(state.rr), state }),
      result: cgResult,
    },
    { niter, maxTime, checkpoint, reproducible },
  );
}

/**
 * Conjugate gradients: solves `A x = y` for a Hermitian positive definite A and vectors of any kind.
 *
 * `r = y − A x`, `p = z = M r`; then over and over `q = A p`, `α = rᴴz / pᴴq`, `x += α p`, `r −= α q`, `z = M r`, `p = z + (rᴴz / rᴴz before) p`.
 *
 * It stops when `‖r‖²`, a squared norm, is at most `tol`, when `‖r‖ ≤ rtol ‖y‖`, or after `niter` iterations.
 * Memory: x, r, p, q, and z with a preconditioner. An iteration costs one application of A, one of M and two reductions, and allocates no vector.
 * With a mask every colour solves its own problem, all go on until the last is done, and an iteration costs one reduction more.
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} where vectors do not fit, {@link NumericalError} with the iteration for NaN or overflow,
 * on every rank alike.
 * Source: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952; Saad, "Iterative methods for sparse linear systems", 2003, section 9.2.
 */
export const cg = Object.assign(
  <V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgOptions<V> = {}): CgResult<V> => runToEnd(steps(A, y, options)),
  { init, step, steps },
);
