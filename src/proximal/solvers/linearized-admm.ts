import { checkNonNegative, type Defaults, requireOptions } from '../../core/base/options.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector } from '../../core/vector/vector.js';
import { defineSolver, makeMemoryUsage, makeSolve, makeSteps } from '../../optimization/solver.js';
import { initialState, PLAIN_START, type SolverStart } from '../../optimization/solver-state.js';
import { checkFunctions, type ProxOperator } from '../functions/prox-operator.js';
import { checkPositive, refuseMask } from '../parts/checks.js';
import {
  checkStart,
  moveAndMeasure,
  type ProximalResult,
  type ProximalRunOptions,
  type ProximalState,
  proximalCall,
  rangeFor,
  settleProximal,
  startOf,
  withMemories,
} from './proximal-solver.js';

export interface LinearizedAdmmStartOptions<Z = never> {
  /** The step of g. */
  readonly tau: number;
  /** The step of f, at most `τ / ‖A‖²`. */
  readonly mu: number;
  /** The start of z. @default A x0 */
  readonly z0?: Z | undefined;
  /**
   * Stops when `√(‖A x − z‖² + ‖x' − x‖²)` is at most this. A value above 0 costs one reduction an
   * iteration.
   * @default 0
   */
  readonly tol?: number;
}

/** Options of {@link linearizedAdmm}. */
export interface LinearizedAdmmOptions<Z = never> extends LinearizedAdmmStartOptions<Z>, ProximalRunOptions {}

/** The data that one iteration needs from the iteration before. A checkpoint writes them. */
export interface LinearizedAdmmState<M extends Vector<M>, Z extends Vector<Z>> extends ProximalState<M> {
  readonly f: ProxOperator<M>;
  readonly g: ProxOperator<Z>;
  readonly L: LinearOperator<M, Z>;
  readonly tau: number;
  readonly mu: number;
  readonly tol: number;
  /** The copy of `A x` to which g applies. */
  readonly z: Z;
  /** The scaled dual variable. */
  readonly u: Z;
  /** `A x` */
  readonly v: Z;
  /** `A x − z + u` */
  readonly w: Z;
  /** `Aᴴ (A x − z + u)` */
  readonly s: M;
}

/** The result of {@link linearizedAdmm}. */
export interface LinearizedAdmmResult<M, Z> extends ProximalResult<M> {
  readonly z: Z;
}

const NAME = 'linearizedAdmm';

const DEFAULTS = { tau: undefined, mu: undefined, z0: undefined, tol: 0 } satisfies Defaults<
  LinearizedAdmmStartOptions<never>
>;

/**
 * Allocates all vectors and evaluates the objective at the start. The caller must dispose all
 * vectors of the state other than x, the result.
 */
function init<M extends Vector<M>, Z extends Vector<Z>>(
  f: ProxOperator<NoInfer<M>>,
  g: ProxOperator<NoInfer<Z>>,
  A: LinearOperator<M, Z>,
  x0: M,
  options: LinearizedAdmmStartOptions<Z>,
  { dots } = PLAIN_START,
): LinearizedAdmmState<M, Z> {
  const { tau, mu, z0, tol } = requireOptions(`${NAME}.init`, options, DEFAULTS);
  checkFunctions(NAME, { f, g });
  checkPositive(NAME, 'tau', tau);
  checkPositive(NAME, 'mu', mu);
  checkNonNegative(NAME, { tol });
  checkStart(NAME, x0);
  const range = rangeFor(NAME, A, x0.space) as Z['space'];
  refuseMask(NAME, A.comm ?? f.comm ?? g.comm, x0);
  const x = x0.copy();
  const v = A.matvec(x, range.empty());
  const state = withMemories<LinearizedAdmmState<M, Z>>(
    {
      ...initialState(A, x, dots, { w: v.emptyLike(), s: x.emptyLike() }),
      ...{ f, g, L: A, tau, mu, tol, v },
      z: startOf(NAME, 'z0', z0, v),
      u: v.zerosLike(),
      residual: Number.NaN,
    },
    [...f.memories(x.space), ...g.memories(range)],
  );
  settleProximal(NAME, state, f.value(x, dots) + g.value(v, dots));
  return state;
}

/** One iteration; see {@link linearizedAdmm}. Allocates no vector. */
function step<M extends Vector<M>, Z extends Vector<Z>>(state: LinearizedAdmmState<M, Z>): void {
  const { f, g, L, x, z, u, v, w, s, tau, mu, dots } = state;
  w.assign(v).axpby(-1, z, 1).axpby(1, u, 1);
  L.rmatvec(w, s);
  moveAndMeasure(state, [x], [[v, z]], () => {
    f.prox(x.axpby(-mu / tau, s, 1), mu, x, dots);
    L.matvec(x, v);
    g.prox(z.assign(v).axpby(1, u, 1), tau, z, dots);
    u.axpby(1, v, 1).axpby(-1, z, 1);
  });
  const cost = f.value(x, dots) + g.value(v, dots);
  state.iteration++;
  settleProximal(NAME, state, cost);
}

const call = <M extends Vector<M>, Z extends Vector<Z>>(
  f: ProxOperator<NoInfer<M>>,
  g: ProxOperator<NoInfer<Z>>,
  A: LinearOperator<M, Z>,
  x0: M,
  options: LinearizedAdmmOptions<Z>,
) =>
  proximalCall(
    NAME,
    options,
    DEFAULTS,
    (own: LinearizedAdmmStartOptions<Z>, start: SolverStart) => init(f, g, A, x0, own, start),
    step<M, Z>,
    ({ z }) => ({ z: z.copy() }),
  );

/**
 * Linearised ADMM: minimises `f(x) + g(A x)`, f and g with a prox, for vectors of any kind. It
 * solves no system with A.
 *
 * It starts from `z = z0`, by default `A x`, and `u = 0`. Each iteration computes
 * `x = prox_{μf}(x − (μ/τ) Aᴴ(A x − z + u))`, `z = prox_{τg}(A x + u)`, `u += A x − z`. It
 * converges for `μ ≤ τ / ‖A‖²`.
 *
 * It stops after `niter` iterations, or when `√(‖A x − z‖² + ‖x' − x‖²) ≤ tol`.
 *
 * Memory: x and one more like the model; z, u and two more like `A x`; with `tol > 0` one more of
 * each. An iteration costs one forward, one adjoint, a prox and a value of f and of g, and with
 * `tol > 0` one reduction. It allocates no vector.
 *
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if vectors do not fit or
 * have a mask, {@link NumericalError} with the iteration for NaN, on every rank alike.
 *
 * Source: Parikh and Boyd, "Proximal algorithms", 2014, section 4.4.2.
 */
export const linearizedAdmm = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
