import { ArgumentError } from '../../core/base/errors.js';
import { checkNonNegativeIfGiven, type Defaults, withDefaults } from '../../core/base/options.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector } from '../../core/vector/vector.js';
import { projectOntoL1Ball, reserveProjection } from '../l1-projection.js';
import { copyInto, solverSpaces, startVector } from '../linear-system.js';
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
  onAll,
  PLAIN_START,
  type SolverProgress,
  type StopReason,
} from '../solver-state.js';

export interface Spgl1StartOptions<M extends Vector<M>> {
  /** The start. It is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** Basis pursuit denoise: the least `‖x‖₁` with `‖y − A x‖ ≤ sigma`. @default 0 without tau */
  readonly sigma?: number;
  /** Lasso instead: the least `‖y − A x‖` with `‖x‖₁ ≤ tau`. */
  readonly tau?: number | undefined;
  /**
   * The tolerance of `‖y − A x‖ = sigma`, relative to `‖y‖`. For a Lasso problem that of the
   * duality gap.
   * @default 1e-4
   */
  readonly tol?: number;
}

/** Options of {@link spgl1}. */
export interface Spgl1Options<M extends Vector<M>> extends Spgl1StartOptions<M>, RunOptions {
  /** Most iterations. @default 100 */
  readonly niter?: number;
}

/** The state of {@link spgl1}. */
export interface Spgl1State<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  /** Undefined for a Lasso problem. */
  readonly sigma: number | undefined;
  readonly tol: number;
  readonly x: M;
  /** The gradient `−Aᴴ r`. */
  readonly g: M;
  /** The next solution, and its gradient. */
  readonly xNext: M;
  readonly gNext: M;
  readonly y: D;
  /** The residual `y − A x`, and the next one. */
  readonly r: D;
  readonly rNext: D;
  /** The current radius of the ball. */
  tau: number;
  /** The step length of Barzilai and Borwein. */
  length: number;
  /** `‖y‖` */
  readonly bnorm: number;
  /** `rᴴy` and `‖Aᴴr‖∞` */
  misfit: number;
  slope: number;
  /** The largest `‖Aᴴr‖∞/‖r‖` so far. */
  steepest: number;
  /** The least value that a gap is relative to: 1, but at most `½‖y‖²`. */
  readonly least: number;
  /** The duality gap relative to `½‖r‖²`, or to `least` if that is larger. */
  gap: number;
  /**
   * The last values of `½‖r‖²`. The line search is nonmonotone: it need not descend in every step.
   */
  recent: number[];
}

export interface Spgl1Report {
  /** The radius of the ball: `‖x‖₁` is at most this. */
  readonly tau: number;
}
/** `cost` is `‖y − A x‖`. */
export interface Spgl1Step<M extends Vector<M>, D extends Vector<D>>
  extends SolverStep<Spgl1State<M, D>>,
    Spgl1Report {}
/** `cost` is `‖y − A x‖` at the start and after each iteration. */
export interface Spgl1Result<M> extends SolverResult<M>, Spgl1Report {}

const NAME = 'spgl1';
const REMEMBERED = 3;
/** The radius changes if the duality gap is at most this share of the gain of the tangent. */
const LOST = 0.1;
const [SHORTEST, LONGEST] = [1e-10, 1e5];

/**
 * A duality gap relative to `½‖r‖²`, or to `least` if that is larger. 0 for a gap of 0, also if the
 * data are 0.
 */
const relative = (gap: number, rr: number, least: number): number =>
  gap === 0 ? 0 : gap / Math.max(least, 0.5 * rr);

const DEFAULTS = { x0: undefined, sigma: undefined, tau: undefined, tol: 1e-4 } satisfies Defaults<
  Spgl1StartOptions<never>
>;

function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: Spgl1StartOptions<M>,
  start = PLAIN_START,
): Spgl1State<M, D> {
  const { unit, dots } = start;
  const given = withDefaults(`${NAME}.init`, options, DEFAULTS);
  const { x0, tol } = given;
  if (given.tau !== undefined && given.sigma !== undefined)
    throw new ArgumentError(`${NAME}: sigma and tau exclude each other`);
  checkNonNegativeIfGiven(NAME, { sigma: given.sigma, tau: given.tau, tol });
  const tau = given.tau === undefined ? undefined : inUnits(given.tau, unit, 1);
  const sigma = tau === undefined ? inUnits(given.sigma ?? 0, unit, 1) : undefined;
  const { model, data } = solverSpaces(NAME, A, y, x0);
  reserveProjection(model);
  const x = startVector(model, x0);
  const copy = copyInto(data, y);
  const r = copy.copy();
  const [g, xNext, gNext] = [model.empty(), model.empty(), model.empty()];
  if (x0) A.matvec(x, r).axpby(1, copy, -1);
  if (x0 && tau === undefined) {
    // The largest radius that the start justifies
    A.rmatvec(r, g);
    const [aa = 0, ay = 0] = dots.rdots([r, r], [r, copy]);
    const bound = g.norm(Number.POSITIVE_INFINITY);
    projectOntoL1Ball(x, bound > 0 ? Math.max(0, (ay - (sigma ?? 0) * Math.sqrt(aa)) / bound) : 0, x, dots);
  } else if (x0) projectOntoL1Ball(x, tau ?? 0, x, dots);
  const radius = tau ?? (x0 ? dots.norm(x, 1) : 0);
  if (x0) A.matvec(x, r).axpby(1, copy, -1);
  A.rmatvec(r, g).scale(-1);
  const [rr = 0, yy = 0, gg = 0, misfit = 0] = dots.rdots([r, r], [copy, copy], [g, g], [r, copy]);
  const slope = g.norm(Number.POSITIVE_INFINITY);
  const least = Math.min(inUnits(1, unit, 2), 0.5 * yy);
  const gap = relative(Math.abs(rr - misfit + radius * slope), rr, least);
  const scalars = {
    tau: radius,
    misfit,
    slope,
    steepest: rr > 0 ? slope / Math.sqrt(rr) : 0,
    least,
    gap,
    length: gg > 0 ? Math.min(LONGEST, Math.max(SHORTEST, 1 / Math.sqrt(gg))) : 1,
  };
  const cost = Math.sqrt(rr);
  const state = {
    ...initialState(A, x, dots, { xNext, gNext, rNext: data.empty() }),
    ...{ sigma, tol, g, y: copy, r, ...scalars },
    bnorm: Math.sqrt(yy),
    recent: [0.5 * rr],
  };
  const reason =
    gg === 0 || rr === 0
      ? 'solved exactly'
      : sigma !== undefined && cost <= sigma
        ? 'residual within tolerance'
        : undefined;
  finishIteration(NAME, state, { cost, reason, scalars: [rr, gg] });
  return state;
}

/**
 * One projected gradient step along the Barzilai-Borwein direction, with backtracking. Before it,
 * the radius is enlarged if the subproblem is solved well enough.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: Spgl1State<M, D>): void {
  const { A, x, g, xNext, gNext, y, r, rNext, sigma, tol, bnorm, dots } = state;
  // Ranks of a finished colour keep their x, and apply A as often as the other ranks
  const moves = state.reason === undefined;
  // The tangent gains ‖r‖(‖r‖ − σ) minus the gap. If the gap is larger, the radius hardly grows
  if (
    moves &&
    sigma !== undefined &&
    state.gap * Math.max(state.least, 0.5 * state.cost ** 2) <= LOST * state.cost * (state.cost - sigma)
  )
    enlarge(state, sigma);
  let length = state.length;
  const highest = Math.max(...state.recent);
  let next = state.cost ** 2;
  if (!moves) xNext.assign(x);
  for (let [attempt, found] = [0, !moves]; attempt < 20; attempt++) {
    if (!found) projectOntoL1Ball(xNext.assign(x).axpby(-length, g, 1), state.tau, xNext, dots);
    A.matvec(xNext, rNext).axpby(1, y, -1);
    if (!found) {
      const [rr = 0, toNext = 0, toX = 0] = dots.rdots([rNext, rNext], [g, xNext], [g, x]);
      next = rr;
      found = 0.5 * rr <= highest + 1e-4 * (toNext - toX);
      length /= 2;
    }
    if (onAll(state, found)) break;
  }
  A.rmatvec(rNext, gNext).scale(-1);
  x.axpby(1, xNext, -1);
  g.axpby(1, gNext, -1);
  const [ss = 0, sy = 0, misfit = 0] = dots.rdots([x, x], [x, g], [rNext, y]);
  x.assign(xNext);
  g.assign(gNext);
  r.assign(rNext);
  state.length = sy > 0 ? Math.min(LONGEST, Math.max(SHORTEST, ss / sy)) : LONGEST;
  const cost = Math.sqrt(next);
  state.recent.push(0.5 * next);
  if (state.recent.length > REMEMBERED) state.recent.shift();
  const largest = g.norm(Number.POSITIVE_INFINITY);
  // The gap is the primal ½‖r‖² minus the dual rᴴy − ½‖r‖² − τ‖Aᴴr‖∞
  state.misfit = misfit;
  state.slope = largest;
  const steepness = cost > 0 ? largest / cost : 0;
  state.steepest = Math.max(state.steepest, steepness);
  state.gap = relative(Math.abs(next - misfit + state.tau * largest), next, state.least);
  state.iteration++;
  // The radius is at most that of the solution, so an x within it that fits the data is as short
  const reached = sigma !== undefined && cost - sigma <= tol * Math.max(bnorm, sigma);
  const reason: StopReason | undefined =
    cost === 0 || largest === 0
      ? 'solved exactly'
      : sigma === undefined
        ? state.gap <= tol
          ? 'tolerance reached'
          : undefined
        : reached
          ? 'residual within tolerance'
          : steepness <= tol * state.steepest && cost > sigma
            ? 'gradient within tolerance'
            : undefined;
  finishIteration(NAME, state, { cost, reason, scalars: [cost, state.gap, ss, sy] });
}

/**
 * A step of Newton's method on `‖y − A x(τ)‖ = σ`. The tangent `(rᴴy − τ‖Aᴴr‖∞)/‖r‖` lies below the
 * curve for any r. The radius therefore never exceeds that of the solution.
 */
function enlarge<M extends Vector<M>, D extends Vector<D>>(state: Spgl1State<M, D>, sigma: number): void {
  const { slope, misfit, cost, tau } = state;
  const next = slope > 0 ? (misfit - sigma * cost) / slope : tau;
  if (!(next > tau)) return;
  state.tau = next;
  state.recent = [0.5 * cost * cost];
}

const report = ({ tau }: Spgl1Report): Spgl1Report => ({ tau });

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: Spgl1Options<M> = {},
): SolverCall<Spgl1State<M, D>, Spgl1StartOptions<M>, Spgl1Report, Spgl1Report> => ({
  name: NAME,
  options,
  defaults: DEFAULTS,
  niter: 100,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  degrees: { tau: 1 },
  step,
  report,
  result: report,
});

/**
 * SPGL1: basis pursuit denoise, the least `‖x‖₁` with `‖y − A x‖ ≤ sigma` (0: basis pursuit), or
 * Lasso, the least `‖y − A x‖` with `‖x‖₁ ≤ tau`.
 *
 * Spectral projected gradients on the ball `‖x‖₁ ≤ τ`: `x = P_τ(x − α g)`, `g = −Aᴴ(y − A x)`, with
 * the α of Barzilai and Borwein and a nonmonotone line search, which need not descend in every
 * step. If the duality gap is at most a tenth of `‖r‖(‖r‖ − σ)`, the radius changes by Newton's
 * method on the curve of misfit over radius, with a tangent that lies below it:
 * `τ = (rᴴy − σ‖r‖)/‖Aᴴr‖∞`.
 *
 * With `sigma` it stops when the misfit is sigma to the tolerance `tol ‖y‖`: the radius never
 * exceeds the least `‖x‖₁` with that misfit. It also stops when `‖Aᴴr‖∞/‖r‖` is at most `tol` times
 * its largest value, since no x then has a misfit of sigma ('gradient within tolerance'). With
 * `tau` it stops when the duality gap is at most `tol`. In both cases it stops after `niter`
 * iterations.
 *
 * Memory: x, g, and the next of both; y, r and the next; three real workspaces for the projection.
 * An iteration costs one forward (one more for each backtracking), one adjoint, and about 12
 * reductions, most of them in the projection. It allocates no vector. With a mask each colour
 * solves its own problem, which costs one more reduction for each forward.
 *
 * Errors: {@link ArgumentError}, {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if
 * an argument does not fit, {@link NumericalError} for NaN or overflow.
 *
 * Source: van den Berg and Friedlander, "Probing the Pareto frontier for basis pursuit solutions",
 * 2008; Aravkin and others, "Level-set methods for convex optimization", 2018.
 */
export const spgl1 = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
