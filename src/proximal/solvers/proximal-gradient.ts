import { epsilonOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import {
  checkFlag,
  checkNonNegative,
  checkOneOf,
  type Defaults,
  requireOptions,
} from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type { Vector } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { defineSolver, makeMemoryUsage, makeSolve, makeSteps } from '../../optimization/solver.js';
import { initialState, PLAIN_START, type SolverStart } from '../../optimization/solver-state.js';
import { checkFunctions, type ProxOperator } from '../functions/prox-operator.js';
import { checkPositive, refuseMask } from '../parts/checks.js';
import {
  checkStart,
  type ProximalResult,
  type ProximalRunOptions,
  type ProximalState,
  proximalCall,
  settleProximal,
  withMemories,
} from './proximal-solver.js';

/**
 * The weight of the extrapolation: 0, `(t − 1)/t'` with `t' = (1 + √(1 + 4t²))/2`, or `k/(k + 3)`.
 */
export const ACCELERATIONS = ['none', 'fista', 'vandenberghe'] as const;
/** The name of the extrapolation of {@link proximalGradient}. */
export type Acceleration = (typeof ACCELERATIONS)[number];

/**
 * When the extrapolation restarts: never, if the objective has grown, or if the extrapolation
 * points uphill, `Re⟨y − p, p − x⟩ > 0`.
 */
export const RESTARTS = ['none', 'function', 'gradient'] as const;
/** The name of the rule by which the extrapolation restarts. */
export type Restart = (typeof RESTARTS)[number];

export interface ProximalGradientStartOptions {
  /**
   * The step, at most `1/L` for a gradient of Lipschitz constant L (2/L without acceleration). With
   * backtracking it is the first try.
   * @default with backtracking 1, otherwise required
   */
  readonly tau?: number | undefined;
  /** Reduces τ until the step is a descent. @default false */
  readonly backtracking?: boolean;
  /** The factor by which backtracking reduces τ. @default 0.5 */
  readonly beta?: number;
  /** Weight of g. @default 1 */
  readonly epsg?: number;
  /** Relaxation: `x' = x + η (p − x)`. @default 1 */
  readonly eta?: number;
  /** @default 'none' */
  readonly acceleration?: Acceleration;
  /** @default 'none' */
  readonly restart?: Restart;
  /**
   * Stops when `‖x' − x‖` is at most this. A value above 0 costs one reduction an iteration.
   * @default 0
   */
  readonly tol?: number;
}

/** Options of {@link proximalGradient}. */
export interface ProximalGradientOptions extends ProximalGradientStartOptions, ProximalRunOptions {}

/** The data that one iteration needs from the iteration before. A checkpoint writes them. */
export interface ProximalGradientState<V extends Vector<V>> extends ProximalState<V> {
  readonly f: ProxOperator<V>;
  readonly g: ProxOperator<V>;
  readonly backtracking: boolean;
  readonly beta: number;
  readonly epsg: number;
  readonly eta: number;
  readonly acceleration: Acceleration;
  readonly restart: Restart;
  readonly tol: number;
  /** The point at which the gradient is computed, if that is not x. */
  readonly y: V | undefined;
  /** `∇f` at that point. */
  gradient: V;
  /**
   * `∇f` at x, if f is quadratic and the gradient is computed at y. `∇f` at y is then linear in
   * those at x and at the x before.
   */
  slope: V | undefined;
  /** The result of the prox. */
  readonly p: V;
  tau: number;
  /** `f` at the point of the gradient. Needed only for backtracking. */
  fy: number;
  /** t of 'fista'. */
  t: number;
  /** k of 'vandenberghe'. */
  k: number;
}

/** The result of {@link proximalGradient}. */
export type ProximalGradientResult<V> = ProximalResult<V>;

const NAME = 'proximalGradient';

const DEFAULTS = {
  tau: undefined,
  backtracking: false,
  beta: 0.5,
  epsg: 1,
  eta: 1,
  acceleration: 'none',
  restart: 'none',
  tol: 0,
} satisfies Defaults<ProximalGradientStartOptions>;

/**
 * Allocates all vectors and evaluates f, its gradient and g at the start. The caller must dispose
 * all vectors of the state other than x, the result.
 */
function init<V extends Vector<V>>(
  f: ProxOperator<NoInfer<V>>,
  g: ProxOperator<NoInfer<V>>,
  x0: V,
  options: ProximalGradientStartOptions,
  { dots } = PLAIN_START,
): ProximalGradientState<V> {
  const given = requireOptions(`${NAME}.init`, options, DEFAULTS);
  const { backtracking, beta, epsg, eta, acceleration, restart, tol } = given;
  checkFunctions(NAME, { f, g });
  if (!f.isSmooth)
    throw new ArgumentError(`${NAME}: expected f to be smooth, ${f.name} is not: give it as g`);
  checkFlag(NAME, { backtracking });
  if (given.tau === undefined && !backtracking)
    throw new ArgumentError(`${NAME}: expected a step tau, or backtracking`);
  const tau = checkPositive(NAME, 'tau', given.tau ?? 1);
  if (!(beta > 0 && beta < 1))
    throw new ArgumentError(`${NAME}: expected beta between 0 and 1, received ${textOf(beta)}`);
  checkPositive(NAME, 'epsg', epsg);
  checkPositive(NAME, 'eta', eta);
  checkNonNegative(NAME, { tol });
  checkOneOf('acceleration', acceleration, ACCELERATIONS);
  checkOneOf('restart', restart, RESTARTS);
  checkStart(NAME, x0);
  const comm = f.comm ?? g.comm;
  refuseMask(NAME, comm, x0);
  const x = x0.copy();
  const gradient = x.emptyLike();
  const fy = f.valueAndGrad(x, gradient, dots);
  const state = withMemories<ProximalGradientState<V>>(
    {
      ...initialState({ comm }, x, dots, { p: x.emptyLike() }),
      f,
      g,
      ...{ backtracking, beta, epsg, eta, acceleration, restart, tol, tau, fy },
      y: acceleration === 'none' ? undefined : x.copy(),
      gradient,
      slope: acceleration !== 'none' && f.isQuadratic ? gradient.copy() : undefined,
      t: 1,
      k: 0,
      residual: Number.NaN,
    },
    g.memories(x.space),
  );
  settleProximal(NAME, state, fy + epsg * g.value(x, dots));
  return state;
}

/**
 * `p ← prox(y − τ ∇f(y))`. With backtracking, τ is reduced until f lies below its quadratic model.
 */
function descend<V extends Vector<V>>(state: ProximalGradientState<V>, y: V): void {
  const { f, g, p, gradient, epsg, backtracking, beta, fy, dots } = state;
  for (let tries = 0; ; tries++) {
    p.assign(y).axpby(-state.tau, gradient, 1);
    g.prox(p, epsg * state.tau, p, dots);
    if (!backtracking || tries === 60) return;
    const below = withWorkspace(y.space, (d: V) => {
      d.assign(p).axpby(-1, y, 1);
      const [slope = 0, square = 0] = dots.rdots([gradient, d], [d, d]);
      const rounding = 8 * epsilonOf(y.dtype) * Math.abs(fy);
      // NaN ends the loop. The checks of the iteration report it
      return !(f.value(p, dots) > fy + slope + square / (2 * state.tau) + rounding);
    });
    if (below) return;
    state.tau *= beta;
  }
}

/** One iteration; see {@link proximalGradient}. Allocates no vector. */
function step<V extends Vector<V>>(state: ProximalGradientState<V>): void {
  const { f, g, x, y, p, gradient, epsg, eta, acceleration, restart, backtracking, dots } = state;
  const from = y ?? x;
  descend(state, from);
  let uphill = false;
  if (restart === 'gradient') {
    const d = gradient.assign(from).axpby(-1, p, 1);
    const [a = 0, b = 0] = dots.rdots([d, p], [d, x]);
    uphill = a - b > 0;
  }
  if (eta !== 1) p.axpby(1 - eta, x, eta);
  if (state.tol > 0) state.residual = dots.norm(gradient.assign(p).axpby(-1, x, 1));
  // p is the new x
  const withGradient = !y || state.slope !== undefined;
  const fp = withGradient ? f.valueAndGrad(p, gradient, dots) : f.value(p, dots);
  const cost = fp + epsg * g.value(p, dots);
  if (restart === 'function') uphill = cost > state.cost;
  if (!y) state.fy = fp;
  else {
    const w = uphill ? 0 : momentum(state, acceleration);
    if (uphill) [state.t, state.k] = [1, 0];
    y.assign(p);
    if (w !== 0) y.axpby(-w, x, 1 + w);
    if (state.slope) extrapolate(state, state.slope, fp, w);
    else if (backtracking) state.fy = f.valueAndGrad(y, gradient, dots);
    else f.grad(y, gradient, dots);
  }
  x.assign(p);
  state.iteration++;
  settleProximal(NAME, state, cost);
}

/**
 * Computes f and `∇f` at `y = p + w (p − x)` for a quadratic f, without applying an operator.
 * `gradient` holds `∇f` at p, `slope` that at x. At the end they hold those at y and at the new x.
 */
function extrapolate<V extends Vector<V>>(
  state: ProximalGradientState<V>,
  slope: V,
  fp: number,
  w: number,
): void {
  const { gradient, x, p, y, backtracking, dots } = state;
  state.fy = fp;
  if (backtracking && y && w !== 0) {
    // f(y) = f(p) + Re⟨∇f(p), d⟩ + ½ Re⟨∇f(y) − ∇f(p), d⟩ with d = y − p = w (p − x)
    const [gp = 0, gx = 0, sp = 0, sx = 0] = dots.rdots([gradient, p], [gradient, x], [slope, p], [slope, x]);
    state.fy = fp + w * (gp - gx) + 0.5 * w * w * (gp - gx - sp + sx);
  }
  slope.axpby(1 + w, gradient, -w);
  [state.gradient, state.slope] = [slope, gradient];
}

/** The weight of the last change in the next point. */
function momentum<V extends Vector<V>>(state: ProximalGradientState<V>, acceleration: Acceleration): number {
  if (acceleration === 'vandenberghe') return state.k / (state.k++ + 3);
  const { t } = state;
  state.t = (1 + Math.sqrt(1 + 4 * t * t)) / 2;
  return (t - 1) / state.t;
}

const call = <V extends Vector<V>>(
  f: ProxOperator<NoInfer<V>>,
  g: ProxOperator<NoInfer<V>>,
  x0: V,
  options: ProximalGradientOptions,
) =>
  proximalCall(
    NAME,
    options,
    DEFAULTS,
    (own: ProximalGradientStartOptions, start: SolverStart) => init(f, g, x0, own, start),
    step<V>,
  );

/**
 * Proximal gradients (forward-backward splitting): minimises `f(x) + ε g(x)`, f smooth, g with a
 * prox, for vectors of any kind.
 *
 * `p = prox_{ετg}(y − τ ∇f(y))`, `x' = x + η (p − x)`, `y = x' + w (x' − x)`. w is 0 without
 * acceleration, `(t − 1)/t'` ('fista') or `k/(k + 3)` ('vandenberghe'). Backtracking multiplies τ
 * by β until `f(p) ≤ f(y) + Re⟨∇f(y), p − y⟩ + ‖p − y‖²/(2τ)`. A restart sets w to 0, and t and k
 * to their initial values.
 *
 * It stops after `niter` iterations, or when `‖x' − x‖ ≤ tol`.
 *
 * Memory: x, p, ∇f, and with acceleration y, and one more gradient if f is quadratic. An iteration
 * costs one prox, f with its gradient, and g; with acceleration one more f, unless f is quadratic:
 * the gradient at y is then linear in those at both x. For `f = L2(Op)` and `g = L1` that is a
 * forward, an adjoint and two reductions, accelerated or not. `tol`, a gradient restart, and
 * backtracking with acceleration cost one more reduction each. A try of backtracking costs two
 * reductions and a forward. It allocates no vector.
 *
 * Errors: {@link ArgumentError} unless f is smooth, {@link ShapeError}, {@link DTypeError},
 * {@link PartitionError} if vectors do not fit or have a mask and a function has an operator,
 * {@link NumericalError} with the iteration for NaN, on every rank alike.
 *
 * Source: Beck and Teboulle, "A fast iterative shrinkage-thresholding algorithm for linear inverse
 * problems", 2009; Parikh and Boyd, "Proximal algorithms", 2014, section 4; O'Donoghue and Candès,
 * "Adaptive restart for accelerated gradient schemes", 2015.
 */
export const proximalGradient = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
