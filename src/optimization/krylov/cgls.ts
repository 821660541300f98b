import {
  checkNonNegativeIfGiven,
  type Defaults,
  type WithDefaults,
  withDefaults,
} from '../../core/base/options.js';
import { assignFrom } from '../../core/distributed/fill-into.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector, VectorPair } from '../../core/vector/vector.js';
import { checkPreconditioner, solverSpaces } from '../linear-system.js';
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
  PLAIN_START,
  resetState,
  type SolverProgress,
  type SolverStart,
  type StopReason,
} from '../solver-state.js';
import { type Istop, istopOf } from './cg.js';

export interface CglsStartOptions<M extends Vector<M>> {
  /** The start. It is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** Damping ε of `‖y − A x‖² + ε²‖x‖²`. @default 0 */
  readonly damp?: number;
  /**
   * Stops when the *squared* norm of the gradient `Aᴴr − ε²x` is at most this.
   * @default 1e-4, at most 1e-4 ‖Aᴴy‖², for one adjoint more where there is an x0
   */
  readonly tol?: number;
  /**
   * Stops also when the norm of the gradient is at most `rtol ‖Aᴴy‖`. Costs one more adjoint if
   * there is an x0.
   * @default 0
   */
  readonly rtol?: number;
  /**
   * A preconditioner: a Hermitian positive definite approximation of the inverse of `AᴴA + ε²`.
   * @default the identity
   */
  readonly M?: LinearOperator<M, M> | undefined;
}

/** Options of {@link cgls}. */
export interface CglsOptions<M extends Vector<M>> extends CglsStartOptions<M>, RunOptions {}

export interface CglsNorms {
  /** `‖Aᴴr − ε²x‖²`, squared as in PyLops-MPI. */
  r1norm: number;
  /** `√(‖y − A x‖² + ε²‖x‖²)` */
  r2norm: number;
}

/** The data that one iteration needs from the iteration before. A checkpoint writes them. */
export interface CglsState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress, CglsNorms {
  readonly A: LinearOperator<M, D>;
  readonly M: LinearOperator<M, M> | undefined;
  damp: number;
  /** The limits as given in the options. */
  limits: Limits;
  /** The limit of the squared norm of the gradient. */
  tol: number;
  readonly x: M;
  /** The residual `y − A x`. */
  readonly r: D;
  /** The negative gradient `Aᴴr − ε²x`. */
  readonly s: M;
  /** `M s`, if there is a preconditioner. */
  readonly z: M | undefined;
  /** The search direction. */
  readonly p: M;
  /** `A p` */
  readonly q: D;
  /** `sᴴ M s` */
  gamma: number;
}

/** A step of {@link cgls}. */
export interface CglsStep<M extends Vector<M>, D extends Vector<D>>
  extends SolverStep<CglsState<M, D>>,
    Readonly<CglsNorms> {}

/** The last norms. `cost` is `‖y − A x‖` at the start and after each iteration. */
export interface CglsResult<M> extends SolverResult<M>, Readonly<CglsNorms>, Istop {}

const NAME = 'cgls';

export const CGLS_DEFAULTS = {
  x0: undefined,
  damp: 0,
  tol: undefined,
  rtol: 0,
  M: undefined,
} satisfies Defaults<CglsStartOptions<never>>;

/** Allocates a state with all vectors, whose contents are undefined. */
export function allocateCgls<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  A: LinearOperator<M, D>,
  y: D,
  { x0, damp, tol, rtol, M }: WithDefaults<CglsStartOptions<M>, typeof CGLS_DEFAULTS>,
  start: SolverStart,
): CglsState<M, D> {
  checkNonNegativeIfGiven(name, { damp, tol, rtol });
  const { model, data } = solverSpaces(name, A, y, x0);
  checkPreconditioner(name, M, model);
  const scratch = { q: data.empty(), z: M && model.empty() };
  const vectors = { r: data.empty(), s: model.empty(), p: model.empty() };
  const scalars = { tol: 0, r1norm: 0, r2norm: 0, gamma: 0 };
  const limits = { tol, rtol, unit: start.unit };
  return {
    ...initialState(A, model.empty(), start.dots, scratch),
    ...{ M, damp, limits, ...vectors, ...scalars },
  };
}

/**
 * `x ← x0`, `r ← y − A x`.
 *
 * @returns `‖Aᴴy‖²` if it is needed and differs from the squared norm of the first gradient
 */
export function placeCgls<M extends Vector<M>, D extends Vector<D>>(
  state: CglsState<M, D>,
  y: D,
  x0: M | undefined,
): number | undefined {
  const { A, x, r, s, q, limits, dots } = state;
  resetState(state, x0);
  assignFrom(r, y);
  if (!x0) return undefined;
  const reference = needsReference(limits) ? dots.rdots([A.rmatvec(r, s), s])[0] : undefined;
  r.axpby(-1, A.matvec(x, q), 1);
  return reference;
}

/** `s ← Aᴴr − ε²x`, `z ← M s` */
export function gradient<M extends Vector<M>, D extends Vector<D>>({
  A,
  M,
  x,
  r,
  s,
  z,
  damp,
}: CglsState<M, D>): void {
  A.rmatvec(r, s);
  if (damp !== 0) s.axpby(-damp * damp, x, 1);
  if (M && z) M.matvec(s, z);
}

const NOTHING: readonly never[] = [];

/** Computes all norms, and the inner products of more pairs, in one reduction. */
export function measure<M extends Vector<M>, D extends Vector<D>>(
  state: CglsState<M, D>,
  more: readonly VectorPair[] = NOTHING,
): { gamma: number; others: readonly number[] } {
  const { x, r, s, z, damp, dots } = state;
  const pairs: VectorPair[] = [[s, s], [r, r], ...more];
  if (damp !== 0) pairs.push([x, x]);
  if (z) pairs.push([s, z]);
  const norms = dots.rdots(...pairs);
  const ss = norms[0] as number;
  const rr = norms[1] as number;
  state.cost = Math.sqrt(rr);
  state.r1norm = ss;
  state.r2norm = Math.sqrt(rr + (damp === 0 ? 0 : damp * damp * (norms[2 + more.length] as number)));
  const others = more.length > 0 ? norms.slice(2, 2 + more.length) : NOTHING;
  return { gamma: z ? (norms.at(-1) as number) : ss, others };
}

/**
 * Ends the start: computes the tolerance. `reference` is `‖Aᴴy‖²` if that is not the squared norm
 * of the first gradient.
 */
export function limitCgls<M extends Vector<M>, D extends Vector<D>>(
  state: CglsState<M, D>,
  reference = state.r1norm,
): void {
  state.tol = squaredLimit(state.limits, reference);
}

/**
 * Allocates all vectors and evaluates the start: one forward, one adjoint, one reduction. The
 * caller must dispose all vectors of the state other than x, the result.
 */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: CglsStartOptions<M>,
  start = PLAIN_START,
): CglsState<M, D> {
  const given = withDefaults(`${NAME}.init`, options, CGLS_DEFAULTS);
  const state = allocateCgls(NAME, A, y, given, start);
  restartCgls(state, y, given.x0);
  return state;
}

/** Restarts a state from x0 (from zero without x0) with other data, in its existing vectors. */
export function restartCgls<M extends Vector<M>, D extends Vector<D>>(
  state: CglsState<M, D>,
  y: D,
  x0: M | undefined,
): void {
  const reference = placeCgls(state, y, x0);
  gradient(state);
  state.gamma = measure(state).gamma;
  state.p.assign(state.z ?? state.s);
  limitCgls(state, reference);
  finishSquared(NAME, state, state.cost, state.r1norm, [state.r2norm, state.gamma]);
}

/**
 * One iteration: one forward, one adjoint, two reductions. Allocates no vector. Ranks that have a
 * reason to stop keep their x.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: CglsState<M, D>): void {
  const { A, x, r, s, z, p, q, damp, gamma, dots } = state;
  A.matvec(p, q);
  // The slope is computed although it is γ up to rounding: if γ is only rounding, errors would grow
  const lineSearch: VectorPair[] = [
    [q, q],
    [s, p],
  ];
  if (damp !== 0) lineSearch.push([p, p]);
  const products = dots.rdots(...lineSearch);
  const slope = products[1] as number;
  const curvature = (products[0] as number) + damp * damp * (products[2] ?? 0);
  if (curvature === 0 || gamma === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? slope / curvature : 0;
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  gradient(state);
  state.gamma = measure(state).gamma;
  p.axpby(1, z ?? s, moves ? state.gamma / gamma : 0);
  state.iteration++;
  finishSquared(NAME, state, state.cost, state.r1norm, [state.r2norm, curvature, state.gamma]);
}

/** The power of the data in which each norm scales. */
export const CGLS_DEGREES = { r1norm: 2, r2norm: 1 } as const;
export const cglsNorms = ({ r1norm, r2norm }: CglsNorms): CglsNorms => ({ r1norm, r2norm });
export const cglsResult = (state: CglsNorms & SolverProgress, reason: StopReason): CglsNorms & Istop => ({
  ...istopOf(state, reason),
  ...cglsNorms(state),
});

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: CglsOptions<M> = {},
): SolverCall<CglsState<M, D>, CglsStartOptions<M>, Readonly<CglsNorms>, Readonly<CglsNorms> & Istop> => ({
  name: NAME,
  options,
  defaults: CGLS_DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  degrees: CGLS_DEGREES,
  step,
  report: cglsNorms,
  result: cglsResult,
});

/**
 * Conjugate gradients for least squares: minimises `‖y − A x‖² + ε²‖x‖²` for vectors of any kind.
 *
 * `r = y − A x`, `s = Aᴴr − ε²x`, `p = z = M s`, `γ = sᴴz`. Each iteration computes `q = A p`,
 * `α = Re sᴴp / (‖q‖² + ε²‖p‖²)`, `x += α p`, `r −= α q`, `s = Aᴴr − ε²x`, `z = M s`,
 * `p = z + (sᴴz/γ) p`, `γ = sᴴz`.
 *
 * It stops when `‖s‖²`, a squared norm, is at most `tol` (by default 1e-4, at most 1e-4 ‖Aᴴy‖²),
 * when `‖s‖ ≤ rtol ‖Aᴴy‖`, or after `niter` iterations.
 *
 * Memory: x, s, p (and z with a preconditioner) like the model; r, q like the data. An iteration
 * costs one forward, one adjoint, one application of M and two reductions, and allocates no vector.
 * With a mask each colour solves its own problem. All colours continue until the last one has
 * finished, and an iteration costs one more reduction.
 *
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if vectors do not fit,
 * {@link NumericalError} with the iteration for NaN or overflow, on every rank alike.
 *
 * Source: Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952;
 * Paige and Saunders, "LSQR", 1982, section 7.1.
 */
export const cgls = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
