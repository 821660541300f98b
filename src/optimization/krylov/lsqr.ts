import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector } from '../../core/vector/vector.js';
import { defineSolver, makeMemoryUsage, makeSolve, makeSteps } from '../solver.js';
import { PLAIN_START } from '../solver-state.js';
import {
  type BidiagonalizationOptions,
  type BidiagonalizationResult,
  type BidiagonalizationStartOptions,
  type BidiagonalizationState,
  type BidiagonalizationStep,
  bidiagonalizationCall,
  finishStart,
  finishStep,
  nextLeft,
  nextRight,
  startBidiagonalization,
} from './parts/bidiagonalization.js';
import { inverse, rotation } from './parts/givens.js';

/** Options of {@link lsqr}. */
export type LsqrOptions<M extends Vector<M>> = BidiagonalizationOptions<M>;
/** The state of {@link lsqr}. */
export interface LsqrState<M extends Vector<M>, D extends Vector<D>> extends BidiagonalizationState<M, D> {
  /** The search direction. */
  readonly w: M;
  rhobar: number;
  phibar: number;
  /** `Σ ‖w/ρ‖²`, for the estimate of the condition number. */
  ddnorm: number;
  /** The squared part of the residual that is due to the damping. */
  damped: number;
  /** A second rotation and its sums, for the norm of x. */
  cs2: number;
  sn2: number;
  z: number;
  xxnorm: number;
}
/** A step of {@link lsqr}. */
export type LsqrStep<M extends Vector<M>, D extends Vector<D>> = BidiagonalizationStep<LsqrState<M, D>>;
/** The result of {@link lsqr}. */
export type LsqrResult<M> = BidiagonalizationResult<M>;

const NAME = 'lsqr';

/**
 * Allocates all vectors and evaluates the start. The caller must dispose all vectors of the state
 * other than x, the result.
 */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: BidiagonalizationStartOptions<M>,
  start = PLAIN_START,
): LsqrState<M, D> {
  const state = startBidiagonalization(NAME, A, y, options, start);
  const { alpha, beta, v } = state;
  const scalars = { rhobar: alpha, phibar: beta, ddnorm: 0, damped: 0, cs2: -1, sn2: 0, z: 0, xxnorm: 0 };
  const whole = Object.assign(state, { xnorm: 0, w: v.copy(), ...scalars });
  finishStart(NAME, whole);
  return whole;
}

/**
 * One iteration: one forward, one adjoint, two reductions. Allocates no vector. Ranks that have a
 * reason to stop keep their x.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: LsqrState<M, D>): void {
  const { x, v, w, damp } = state;
  const moves = state.reason === undefined;
  const before = state.alpha;
  const [ww = 0] = nextLeft(state, [w, w]);
  nextRight(state);
  state.iteration++;
  if (moves) {
    const { alpha, beta } = state;
    state.anorm = Math.hypot(state.anorm, before, beta, damp);
    // Two rotations eliminate the row of the damping, then the subdiagonal
    const [c1, s1, rhobar] = damp > 0 ? rotation(state.rhobar, damp) : [1, 0, state.rhobar];
    const psi = s1 * state.phibar;
    const [c, s, rho] = rotation(rhobar, beta);
    const theta = s * alpha;
    const phi = c * c1 * state.phibar;
    state.rhobar = -c * alpha;
    state.phibar = s * c1 * state.phibar;
    const overRho = rho === 0 ? 0 : 1 / rho;
    x.axpby(phi * overRho, w, 1);
    w.axpby(1, v, -theta * overRho);
    state.ddnorm += ww * overRho * overRho;
    state.acond = state.anorm * Math.sqrt(state.ddnorm);
    state.damped += psi * psi;
    state.rnorm = Math.sqrt(state.phibar * state.phibar + state.damped);
    state.arnorm = alpha * Math.abs(s * phi);
    growNorm(state, rho, theta, phi);
  }
  finishStep(NAME, state);
}

/** `‖x − x0‖` from the recurrence, without a reduction. */
function growNorm<M extends Vector<M>, D extends Vector<D>>(
  state: LsqrState<M, D>,
  rho: number,
  theta: number,
  phi: number,
): void {
  const gambar = -state.cs2 * rho;
  const rhs = phi - state.sn2 * rho * state.z;
  const zbar = gambar === 0 ? 0 : rhs / gambar;
  state.xnorm = Math.sqrt(state.xxnorm + zbar * zbar);
  const gamma = Math.hypot(gambar, theta);
  state.cs2 = gambar * inverse(gamma);
  state.sn2 = theta * inverse(gamma);
  state.z = rhs * inverse(gamma);
  state.xxnorm += state.z * state.z;
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: LsqrOptions<M> = {},
) => bidiagonalizationCall(NAME, y, options, (data, own, start) => init(A, data, own, start), step<M, D>);

/**
 * LSQR: minimises `‖y − A x‖² + ε²‖x − x0‖²`. In exact arithmetic its iterates are those of
 * {@link cgls}. If A is ill-conditioned, its numerical behaviour is better.
 *
 * Golub-Kahan bidiagonalization `β u = A v − α u`, `α v = Aᴴu − β v`, and a QR factorization of the
 * bidiagonal matrix by rotations (c, s): `x += (φ/ρ) w`, `w = v − (θ/ρ) w`.
 *
 * It stops when `‖r‖ ≤ btol ‖y‖ + atol ‖A‖‖x‖` (a compatible system), when `‖Aᴴr‖ ≤ atol ‖A‖‖r‖` (a
 * least-squares solution), when the estimated condition number reaches `conlim`, when any of these
 * holds to machine precision, or after `niter` iterations.
 *
 * Memory: x, v, w like the model, u like the data, and what the operator needs to add (at most one
 * vector of each). An iteration costs one forward, one adjoint and two reductions, and allocates no
 * vector. With a mask each colour solves its own problem, which costs one more reduction.
 *
 * Errors: {@link ArgumentError}, {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if
 * an argument does not fit, {@link NumericalError} for NaN or overflow.
 *
 * Source: Paige and Saunders, "LSQR: an algorithm for sparse linear equations and sparse least
 * squares", 1982.
 */
export const lsqr = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});

/** The solver of `A.div(y)`, with the tolerances of the operator `/` of PyLops. */
export const leastSquares = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  niter: number,
): M => lsqr(A, y, { niter, atol: 1e-8, btol: 1e-8 }).x;
