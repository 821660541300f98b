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
  normAfter,
  startBidiagonalization,
} from './parts/bidiagonalization.js';
import { rotation } from './parts/givens.js';

/** Options of {@link lsmr}. */
export type LsmrOptions<M extends Vector<M>> = BidiagonalizationOptions<M>;
/** The state of {@link lsmr}. */
export interface LsmrState<M extends Vector<M>, D extends Vector<D>> extends BidiagonalizationState<M, D> {
  /** The search directions of the two factorizations. */
  readonly h: M;
  readonly hbar: M;
  alphabar: number;
  rho: number;
  rhobar: number;
  cbar: number;
  sbar: number;
  zeta: number;
  zetabar: number;
  /** For the norm of the residual: β̈, β̇, ρ̇, τ̃, θ̃ of the paper, and the sum of squares d. */
  betadd: number;
  betad: number;
  rhod: number;
  tautilde: number;
  thetatilde: number;
  damped: number;
  /** For the estimate of the condition number. */
  largest: number;
  smallest: number;
}
/** A step of {@link lsmr}. */
export type LsmrStep<M extends Vector<M>, D extends Vector<D>> = BidiagonalizationStep<LsmrState<M, D>>;
/** The result of {@link lsmr}. */
export type LsmrResult<M> = BidiagonalizationResult<M>;

const NAME = 'lsmr';

/**
 * Allocates all vectors and evaluates the start. The caller must dispose all vectors of the state
 * other than x, the result.
 */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: BidiagonalizationStartOptions<M>,
  start = PLAIN_START,
): LsmrState<M, D> {
  const state = startBidiagonalization(NAME, A, y, options, start);
  const { alpha, beta, v } = state;
  const factors = { alphabar: alpha, rho: 1, rhobar: 1, cbar: 1, sbar: 0, zeta: 0, zetabar: alpha * beta };
  const residual = { betadd: beta, betad: 0, rhod: 1, tautilde: 0, thetatilde: 0, damped: 0 };
  const condition = { largest: 0, smallest: Number.MAX_VALUE };
  const more = { anorm: alpha, h: v.copy(), hbar: v.zerosLike(), ...factors, ...residual, ...condition };
  const whole = Object.assign(state, more);
  finishStart(NAME, whole);
  return whole;
}

const over = (a: number, b: number): number => (b === 0 ? 0 : a / b);

/**
 * One iteration: one forward, one adjoint, two reductions. Allocates no vector. Ranks that have a
 * reason to stop keep their x.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: LsmrState<M, D>): void {
  const { x, v, h, hbar, damp } = state;
  const moves = state.reason === undefined;
  const [zetaBefore, rhoBefore, rhobarBefore] = [state.zeta, state.rho, state.rhobar];
  nextLeft(state);
  const { beta } = state;
  const [chat, shat, alphahat] = rotation(state.alphabar, damp);
  const [c, s, rho] = rotation(alphahat, beta);
  const thetabar = state.sbar * rho;
  const rhotemp = state.cbar * rho;
  // The direction of x is computed before the second reduction, which measures both
  if (moves) hbar.axpby(1, h, -over(thetabar * rho, rhoBefore * rhobarBefore));
  const [xx = 0, xh = 0, hh = 0] = nextRight(state, [x, x], [x, hbar], [hbar, hbar]);
  state.iteration++;
  if (moves) {
    const { alpha } = state;
    state.rho = rho;
    const theta = s * alpha;
    state.alphabar = c * alpha;
    const [cbar, sbar, rhobar] = rotation(rhotemp, theta);
    [state.cbar, state.sbar, state.rhobar] = [cbar, sbar, rhobar];
    state.zeta = cbar * state.zetabar;
    state.zetabar = -sbar * state.zetabar;
    const length = over(state.zeta, rho * rhobar);
    x.axpby(length, hbar, 1);
    state.xnorm = normAfter(xx, xh, hh, length);
    h.axpby(1, v, -over(theta, rho));
    const betaacute = chat * state.betadd;
    state.damped += (shat * state.betadd) ** 2;
    state.betadd = -s * betaacute;
    const thetatildeBefore = state.thetatilde;
    const [ctilde, stilde, rhotilde] = rotation(state.rhod, thetabar);
    state.thetatilde = stilde * rhobar;
    state.rhod = ctilde * rhobar;
    state.betad = ctilde * c * betaacute - stilde * state.betad;
    state.tautilde = over(zetaBefore - thetatildeBefore * state.tautilde, rhotilde);
    const taud = over(state.zeta - state.thetatilde * state.tautilde, state.rhod);
    state.rnorm = Math.sqrt(state.damped + (state.betad - taud) ** 2 + state.betadd ** 2);
    state.arnorm = Math.abs(state.zetabar);
    state.anorm = Math.hypot(state.anorm, beta, alpha, damp);
    state.largest = Math.max(state.largest, rhobarBefore);
    if (state.iteration > 1) state.smallest = Math.min(state.smallest, rhobarBefore);
    state.acond = over(Math.max(state.largest, rhotemp), Math.min(state.smallest, rhotemp));
  }
  finishStep(NAME, state);
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: LsmrOptions<M> = {},
) => bidiagonalizationCall(NAME, y, options, (data, own, start) => init(A, data, own, start), step<M, D>);

/**
 * LSMR: minimises `‖y − A x‖² + ε²‖x − x0‖²`. Its iterates are those of {@link minres} on the
 * normal equations. The norm of the gradient therefore falls from iteration to iteration, and an
 * early stop is safer than with {@link lsqr}.
 *
 * Golub-Kahan bidiagonalization `β u = A v − α u`, `α v = Aᴴu − β v`, and two QR factorizations by
 * rotations: `h̄ = h − (θ̄ρ / ρ₋ρ̄₋) h̄`, `x += (ζ / ρρ̄) h̄`, `h = v − (θ/ρ) h`.
 *
 * It stops as {@link lsqr} does; `xnorm` is `‖x‖`. The condition number is estimated by the ratio
 * of the rotations' diagonal.
 *
 * Memory: x, v, h, h̄ like the model, u like the data, and what the operator needs to add (at most
 * one vector of each). An iteration costs one forward, one adjoint and two reductions, and
 * allocates no vector. With a mask each colour solves its own problem, which costs one more
 * reduction.
 *
 * Errors: {@link ArgumentError}, {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if
 * an argument does not fit, {@link NumericalError} for NaN or overflow.
 *
 * Source: Fong and Saunders, "LSMR: an iterative algorithm for sparse least-squares problems",
 * 2011.
 */
export const lsmr = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
