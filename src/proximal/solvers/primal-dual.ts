import { ArgumentError } from '../../core/base/errors.js';
import {
  checkFinite,
  checkFlag,
  checkNonNegative,
  type Defaults,
  requireOptions,
} from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import { checkVector, type Vector } from '../../core/vector/vector.js';
import { defineSolver, makeMemoryUsage, makeSolve, makeSteps } from '../../optimization/solver.js';
import { initialState, PLAIN_START, type SolverStart } from '../../optimization/solver-state.js';
import { checkFunctions, type ProxOperator } from '../functions/prox-operator.js';
import { checkPositive, fitting, refuseMask } from '../parts/checks.js';
import {
  checkStart,
  moveAndMeasure,
  type ProximalResult,
  type ProximalRunOptions,
  type ProximalState,
  proximalCall,
  rangeFor,
  settleProximal,
  withMemories,
} from './proximal-solver.js';

export interface PrimalDualStartOptions<M, Z> {
  /** The step of the primal variable. */
  readonly tau: number;
  /** The step of the dual variable. The method converges if `τ μ ‖A‖² < 1`. */
  readonly mu: number;
  /** Extrapolation, between 0 and 1. @default 1 */
  readonly theta?: number;
  /** The start of the dual variable. @default zeros */
  readonly y0?: Z | undefined;
  /** A linear term `Re⟨c, x⟩` of the objective. @default zeros */
  readonly c?: M | undefined;
  /** Updates the dual variable before the primal one. @default true */
  readonly gfirst?: boolean;
  /**
   * Stops when `√(‖x' − x‖² + ‖y' − y‖²)` is at most this. A value above 0 costs one reduction an
   * iteration.
   * @default 0
   */
  readonly tol?: number;
}

/** Options of {@link primalDual}. */
export interface PrimalDualOptions<M, Z> extends PrimalDualStartOptions<M, Z>, ProximalRunOptions {}

/** The data that one iteration needs from the iteration before. A checkpoint writes them. */
export interface PrimalDualState<M extends Vector<M>, Z extends Vector<Z>> extends ProximalState<M> {
  readonly f: ProxOperator<M>;
  readonly g: ProxOperator<Z>;
  readonly L: LinearOperator<M, Z>;
  readonly tau: number;
  readonly mu: number;
  readonly theta: number;
  readonly gfirst: boolean;
  readonly tol: number;
  readonly c: M | undefined;
  /** The dual variable. */
  readonly y: Z;
  /** `A x` */
  readonly v: Z;
  /** `A x` of the iteration before. */
  readonly vBefore: Z;
  /** `Aᴴ y` */
  readonly s: M;
}

/** The result of {@link primalDual}. */
export interface PrimalDualResult<M, Z> extends ProximalResult<M> {
  /** The dual variable. */
  readonly y: Z;
}

const NAME = 'primalDual';

const DEFAULTS = {
  tau: undefined,
  mu: undefined,
  theta: 1,
  y0: undefined,
  c: undefined,
  gfirst: true,
  tol: 0,
} satisfies Defaults<PrimalDualStartOptions<never, never>>;

/**
 * Allocates all vectors and evaluates the objective at the start. The caller must dispose all
 * vectors of the state other than x, the result.
 */
function init<M extends Vector<M>, Z extends Vector<Z>>(
  f: ProxOperator<NoInfer<M>>,
  g: ProxOperator<NoInfer<Z>>,
  A: LinearOperator<M, Z>,
  x0: M,
  options: PrimalDualStartOptions<M, Z>,
  { dots } = PLAIN_START,
): PrimalDualState<M, Z> {
  const { tau, mu, theta, y0, c, gfirst, tol } = requireOptions(`${NAME}.init`, options, DEFAULTS);
  checkFunctions(NAME, { f, g });
  checkPositive(NAME, 'tau', tau);
  checkPositive(NAME, 'mu', mu);
  checkFinite(NAME, { theta });
  if (!(theta >= 0 && theta <= 1))
    throw new ArgumentError(`${NAME}: expected theta between 0 and 1, received ${textOf(theta)}`);
  checkFlag(NAME, { gfirst });
  checkNonNegative(NAME, { tol });
  checkStart(NAME, x0);
  for (const [which, v] of Object.entries({ y0, c })) if (v !== undefined) checkVector(NAME, which, v);
  const range = rangeFor(NAME, A, x0.space) as Z['space'];
  refuseMask(NAME, A.comm ?? f.comm ?? g.comm, x0);
  const x = x0.copy();
  const v = A.matvec(x, range.empty());
  const y = range.zeros();
  if (y0) y.assign(fitting(NAME, 'y0', y0, y) as Z);
  const state = withMemories<PrimalDualState<M, Z>>(
    {
      ...initialState(A, x, dots),
      ...{ f, g, L: A, tau, mu, theta, gfirst, tol, y, v },
      c: c && x.emptyLike().assign(fitting(NAME, 'c', c, x) as M),
      vBefore: v.copy(),
      s: A.rmatvec(y, x.emptyLike()),
      residual: Number.NaN,
    },
    [...f.memories(x.space), ...g.memories(range)],
  );
  settleProximal(NAME, state, objective(state));
  return state;
}

function objective<M extends Vector<M>, Z extends Vector<Z>>({
  f,
  g,
  x,
  v,
  c,
  dots,
}: PrimalDualState<M, Z>): number {
  return f.value(x, dots) + g.value(v, dots) + (c ? dots.rdot(c, x) : 0);
}

/** One iteration; see {@link primalDual}. Allocates no vector. */
function step<M extends Vector<M>, Z extends Vector<Z>>(state: PrimalDualState<M, Z>): void {
  const { f, g, L, x, y, v, vBefore, s, c, tau, mu, theta, gfirst, dots } = state;
  const primal = () => {
    x.axpby(-tau, s, 1);
    if (c) x.axpby(-tau, c, 1);
    f.prox(x, tau, x, dots);
    vBefore.assign(v);
    L.matvec(x, v);
  };
  // A (x' + θ (x' − x)) follows from the computed A x' and A x, since A is linear
  const dual = () => {
    y.axpby(mu * (1 + theta), v, 1).axpby(-mu * theta, vBefore, 1);
    g.proxDual(y, mu, y, dots);
    L.rmatvec(y, s);
  };
  const [first, second] = gfirst ? [dual, primal] : [primal, dual];
  moveAndMeasure(state, [x, y], [], () => {
    first();
    second();
  });
  const cost = objective(state);
  state.iteration++;
  settleProximal(NAME, state, cost);
}

const call = <M extends Vector<M>, Z extends Vector<Z>>(
  f: ProxOperator<NoInfer<M>>,
  g: ProxOperator<NoInfer<Z>>,
  A: LinearOperator<M, Z>,
  x0: M,
  options: PrimalDualOptions<M, Z>,
) =>
  proximalCall(
    NAME,
    options,
    DEFAULTS,
    (own: PrimalDualStartOptions<M, Z>, start: SolverStart) => init(f, g, A, x0, own, start),
    step<M, Z>,
    ({ y }) => ({ y: y.copy() }),
  );

/**
 * The primal-dual method of Chambolle and Pock: minimises `f(x) + g(A x) + Re⟨c, x⟩`, f and g
 * convex with a prox, for vectors of any kind.
 *
 * `y' = prox_{μg*}(y + μ A(x + θ(x − x before)))`, `x' = prox_{τf}(x − τ(Aᴴy' + c))`. Without
 * `gfirst` x is updated first, and y with `x' + θ(x' − x)`. It converges for `τ μ ‖A‖² < 1` and
 * θ = 1.
 *
 * It stops after `niter` iterations, or when `√(‖x' − x‖² + ‖y' − y‖²) ≤ tol`.
 *
 * Memory: x and one more like the model (two with c); y and two more like `A x`, a workspace like
 * `A x`; with `tol > 0` one more of each. An iteration costs one forward, one adjoint, a prox and a
 * value of f and of g, and one reduction each for c and for `tol > 0`. It allocates no vector.
 *
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if vectors do not fit or
 * have a mask, {@link NumericalError} with the iteration for NaN, on every rank alike.
 *
 * Source: Chambolle and Pock, "A first-order primal-dual algorithm for convex problems with
 * applications to imaging", 2011, algorithm 1.
 */
export const primalDual = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
