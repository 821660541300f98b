import { epsilonOf } from '../../core/base/dtype.js';
import {
  checkFinite,
  checkLimit,
  checkNonNegative,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector, VectorPair } from '../../core/vector/vector.js';
import { copyInto, squareSpace, startVector } from '../linear-system.js';
import { inUnits } from '../parts/scaling.js';
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
  finishIteration,
  initialState,
  PLAIN_START,
  type SolverProgress,
  type StopReason,
} from '../solver-state.js';
import { ESTIMATE_DEGREES, type Estimates, estimatesOf, normAfter } from './parts/bidiagonalization.js';
import { inverse } from './parts/givens.js';

export interface MinresStartOptions<V extends Vector<V>> {
  /** The start. It is copied, not changed. @default zeros */
  readonly x0?: V | undefined;
  /** Solves `(A − shift) x = y`. @default 0 */
  readonly shift?: number;
  /**
   * A preconditioner: a Hermitian positive definite approximation of the inverse of |A − shift|.
   * @default the identity
   */
  readonly M?: LinearOperator<V, V> | undefined;
  /** Stops when `‖r‖ ≤ rtol (‖A‖‖x‖ + ‖y‖)`, or `‖A r‖ ≤ rtol ‖A‖‖r‖`. @default 1e-8 */
  readonly rtol?: number;
  /** Stops also when `‖r‖ ≤ atol`. @default 0 */
  readonly atol?: number;
  /**
   * Stops when the estimate of the condition number exceeds this; 0 or Infinity for no limit.
   * @default 0
   */
  readonly conlim?: number;
}

/** Options of {@link minres}. */
export interface MinresOptions<V extends Vector<V>> extends MinresStartOptions<V>, RunOptions {}

/**
 * The state of {@link minres}. Its estimates are `‖y − (A − shift) x‖`, `‖(A − shift) r‖` of the
 * iteration before, norm and condition number of A − shift, and `‖x‖`. Norms of residuals are those
 * of the preconditioner: `√(rᴴ M r)`.
 */
export interface MinresState<V extends Vector<V>> extends SolverProgress, Estimates {
  readonly A: LinearOperator<V, V>;
  readonly M: LinearOperator<V, V> | undefined;
  readonly shift: number;
  readonly rtol: number;
  readonly atol: number;
  readonly conlim: number;
  readonly bnorm: number;
  readonly x: V;
  /**
   * Lanczos vectors: of the iteration before last and of the last one (both not normalised), and
   * `M r / β`.
   */
  rBefore: V;
  r: V;
  readonly v: V;
  /** `M r`, if there is a preconditioner. */
  readonly z: V | undefined;
  /** The last two search directions. */
  wBefore: V;
  w: V;
  /** `β` of the Lanczos process, and the one before. */
  beta: number;
  betaBefore: number;
  /** The QR factorization of the tridiagonal matrix. */
  c: number;
  s: number;
  dbar: number;
  epsilon: number;
  /** The largest and the smallest diagonal entry. */
  largest: number;
  smallest: number;
}

/** `cost` is the norm of the residual. */
export interface MinresStep<V extends Vector<V>> extends SolverStep<MinresState<V>>, Readonly<Estimates> {}

/** `cost` is the norm of the residual at the start and after each iteration. */
export interface MinresResult<V> extends SolverResult<V>, Readonly<Estimates> {}

const NAME = 'minres';

const DEFAULTS = { x0: undefined, shift: 0, M: undefined, rtol: 1e-8, atol: 0, conlim: 0 } satisfies Defaults<
  MinresStartOptions<never>
>;

/**
 * Allocates all vectors and evaluates the start: one application (none if x starts from zero), one
 * of M, one reduction. The caller must dispose all vectors of the state other than x, the result.
 */
function init<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options?: MinresStartOptions<V>,
  start = PLAIN_START,
): MinresState<V> {
  const { unit, dots } = start;
  const given = withDefaults(`${NAME}.init`, options, DEFAULTS);
  const { x0, shift, M, rtol, atol, conlim } = given;
  checkNonNegative(NAME, { rtol, atol });
  checkLimit(NAME, { conlim });
  checkFinite(NAME, { shift });
  const model = squareSpace(NAME, A, y, given, 'lsmr');
  const x = startVector(model, x0);
  const r = copyInto(model, y);
  const v = model.empty();
  if (x0) {
    r.axpby(-1, A.matvec(x, v), 1);
    if (shift !== 0) r.axpby(shift, x, 1);
  }
  const z = M?.matvec(r);
  const pairs: VectorPair[] = [[r, z ?? r]];
  if (x0) pairs.push([y, y], [x, x]);
  if (z) pairs.push([r, r]);
  const products = dots.rdots(...pairs);
  const [rz = 0] = products;
  const [yy = rz, xx = 0] = x0 ? products.slice(1) : [];
  const rr = z ? (products.at(-1) as number) : rz;
  const beta = Math.sqrt(Math.max(0, rz));
  const settings = { M, shift, rtol, atol: inUnits(atol, unit, 1), conlim, bnorm: Math.sqrt(yy) };
  const vectors = { rBefore: model.zeros(), r, z, wBefore: model.zeros(), w: model.zeros() };
  const factors = {
    beta,
    betaBefore: 0,
    c: -1,
    s: 0,
    dbar: 0,
    epsilon: 0,
    largest: 0,
    smallest: Number.MAX_VALUE,
  };
  const estimates = { rnorm: beta, arnorm: 0, anorm: 0, acond: 1, xnorm: Math.sqrt(xx) };
  const state = { ...initialState(A, x, dots, { v }), ...settings, ...vectors, ...factors, ...estimates };
  const reason =
    beta === 0 ? 'solved exactly' : beta <= settings.atol ? 'residual within tolerance' : undefined;
  finishIteration(NAME, state, { cost: beta, reason, scalars: [rz, rr], fault: faultOf(rz, rr) });
  return state;
}

/**
 * A description of the fault if a preconditioner is not positive definite. `rz` is `rᴴ M r`, `rr`
 * is ‖r‖².
 */
const faultOf = (rz: number, rr: number): string | undefined =>
  rr > 0 && rz <= 0
    ? `expected a positive definite preconditioner M, received one with rᴴ M r = ${rz} for a residual ` +
      `of norm ${Math.sqrt(rr)}`
    : undefined;

/**
 * One iteration: one application of A and of M, two reductions. Allocates no vector. Ranks that
 * have a reason to stop keep their x.
 */
function step<V extends Vector<V>>(state: MinresState<V>): void {
  const { A, M, shift, x, v, z, beta, betaBefore, dots } = state;
  const moves = state.reason === undefined;
  // Lanczos: the next vector is written into the memory of the one before last
  v.axpby(inverse(beta), z ?? state.r, 0);
  const next = state.rBefore;
  A.matvecAdd(v, next.scale(betaBefore > 0 ? -beta / betaBefore : 0));
  if (shift !== 0) next.axpby(-shift, v, 1);
  const [alpha = 0, ss = 0, zz = 0] = z
    ? dots.rdots([v, next], [state.r, state.r], [next, next])
    : dots.rdots([v, next]);
  next.axpby(-alpha * inverse(beta), state.r, 1);
  [state.rBefore, state.r] = [state.r, next];
  if (M && z) M.matvec(next, z);
  // The next direction, not yet scaled: the reduction measures it together with x
  const epsilon = state.epsilon;
  const delta = state.c * state.dbar + state.s * alpha;
  const gbar = state.s * state.dbar - state.c * alpha;
  const direction = state.wBefore;
  if (moves) {
    direction.axpby(1, v, -epsilon).axpby(-delta, state.w, 1);
    [state.wBefore, state.w] = [state.w, direction];
  }
  const pairs: VectorPair[] = [
    [next, z ?? next],
    [x, x],
    [x, direction],
    [direction, direction],
  ];
  if (z) pairs.push([next, next]);
  const [rz = 0, xx = 0, xw = 0, ww = 0, rr = rz] = dots.rdots(...pairs);
  // Below this, what remains of r and A v after the subtraction is only rounding
  const rounding = (16 * epsilonOf(x.dtype)) ** 2 * (zz + (alpha * inverse(beta)) ** 2 * ss);
  const fault = moves && z && rr > rounding ? faultOf(rz, rr) : undefined;
  state.betaBefore = beta;
  state.beta = Math.sqrt(Math.max(0, rz));
  state.iteration++;
  const reason = moves && !fault ? advance(state, alpha, gbar, { xx, xw, ww }) : undefined;
  const { rnorm, arnorm } = state;
  finishIteration(NAME, state, {
    cost: rnorm,
    reason,
    scalars: fault ? [] : [rnorm, arnorm, rz, alpha],
    fault,
  });
}

/** Appends one column to the QR factorization and updates the solution. */
function advance<V extends Vector<V>>(
  state: MinresState<V>,
  alpha: number,
  gbar: number,
  { xx, xw, ww }: { readonly xx: number; readonly xw: number; readonly ww: number },
): StopReason | undefined {
  const { x, w, beta, betaBefore, rtol, atol, conlim, bnorm } = state;
  const eps = epsilonOf(x.dtype);
  state.epsilon = state.s * beta;
  state.dbar = -state.c * beta;
  const root = Math.hypot(gbar, state.dbar);
  const gamma = Math.hypot(gbar, beta);
  state.anorm = Math.hypot(state.anorm, alpha, betaBefore, beta);
  state.arnorm = state.rnorm * root;
  state.xnorm = Math.sqrt(xx);
  // This rule applies to the residual before this step. If it is a least-squares residual, the step
  // would divide by zero up to rounding
  if (gamma <= eps * state.anorm) return 'gradient within tolerance';
  state.c = gbar / gamma;
  state.s = beta / gamma;
  const phi = state.c * state.rnorm;
  state.rnorm *= state.s;
  x.axpby(phi, w.scale(1 / gamma), 1);
  state.xnorm = normAfter(xx, xw, ww, phi / gamma);
  const { xnorm } = state;
  state.largest = Math.max(state.largest, gamma);
  state.smallest = Math.min(state.smallest, gamma);
  state.acond = state.largest / state.smallest;
  const { rnorm, anorm, acond } = state;
  if (rnorm === 0) return 'solved exactly';
  if (rnorm <= atol || rnorm <= rtol * (anorm * xnorm + bnorm)) return 'residual within tolerance';
  if (root <= rtol * anorm) return 'gradient within tolerance';
  if (conlim > 0 && acond >= conlim) return 'condition limit reached';
  if (rnorm <= eps * (anorm * xnorm + bnorm) || root <= eps * anorm || eps * acond >= 0.1)
    return 'machine precision reached';
  return undefined;
}

const call = <V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options: MinresOptions<V> = {},
): SolverCall<MinresState<V>, MinresStartOptions<V>, Readonly<Estimates>, Readonly<Estimates>> => ({
  name: NAME,
  options,
  defaults: DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  degrees: ESTIMATE_DEGREES,
  step,
  report: estimatesOf,
  result: estimatesOf,
});

/**
 * MINRES: solves `(A − shift) x = y` for a Hermitian A that may be indefinite or singular. Its
 * iterate has the least norm of the residual over the Krylov space.
 *
 * Lanczos `β r' = A v − (β/β₋) r₋ − (α/β) r` with `v = M r / β`, and a QR factorization of the
 * tridiagonal matrix by rotations (c, s): `w = (v − ε w₋₋ − δ w₋)/γ`, `x += φ w`. For a singular,
 * inconsistent system it finds a least-squares solution.
 *
 * It stops when `‖r‖ ≤ rtol (‖A‖‖x‖ + ‖y‖)` or `‖r‖ ≤ atol`, when `‖A r‖ ≤ rtol ‖A‖‖r‖`, when the
 * estimated condition number reaches `conlim`, when any of these holds to machine precision, or
 * after `niter` iterations. With a preconditioner norms of residuals are `√(rᴴ M r)`.
 *
 * Memory: x, two Lanczos vectors, v, two directions (and z with a preconditioner), and what the
 * operator needs to add (at most one vector). An iteration costs one application of A, one of M and
 * two reductions, and allocates no vector. With a mask each colour solves its own problem, which
 * costs one more reduction.
 *
 * Errors: {@link ArgumentError}, {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if
 * an argument does not fit, {@link NumericalError} for NaN, overflow, or an M that is not positive
 * definite.
 *
 * Source: Paige and Saunders, "Solution of sparse indefinite systems of linear equations", 1975.
 */
export const minres = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
