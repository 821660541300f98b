import { checkFlag, checkNonNegative, type Defaults, requireOptions } from '../../core/base/options.js';
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
  settleProximal,
  startOf,
  withMemories,
} from './proximal-solver.js';

export interface AdmmStartOptions<V> {
  /** The step, any positive number: the penalty is `1/τ`. */
  readonly tau: number;
  /** The start of z. Without effect with gfirst, which computes z first. @default x0 */
  readonly z0?: V | undefined;
  /** Updates z before x. @default false */
  readonly gfirst?: boolean;
  /**
   * Stops when `√(‖x − z‖² + ‖z' − z‖²)`, the primal and the dual residual, is at most this. A
   * value above 0 costs one reduction an iteration.
   * @default 0
   */
  readonly tol?: number;
}

/** Options of {@link admm}. */
export interface AdmmOptions<V> extends AdmmStartOptions<V>, ProximalRunOptions {}

/** The data that one iteration needs from the iteration before. A checkpoint writes them. */
export interface AdmmState<V extends Vector<V>> extends ProximalState<V> {
  readonly f: ProxOperator<V>;
  readonly g: ProxOperator<V>;
  readonly tau: number;
  readonly gfirst: boolean;
  readonly tol: number;
  /** The copy of x to which g applies. */
  readonly z: V;
  /** The scaled dual variable. */
  readonly u: V;
}

/** The result of {@link admm}. */
export interface AdmmResult<V> extends ProximalResult<V> {
  readonly z: V;
}

const NAME = 'admm';

const DEFAULTS = { tau: undefined, z0: undefined, gfirst: false, tol: 0 } satisfies Defaults<
  AdmmStartOptions<never>
>;

/**
 * Allocates all vectors and evaluates the objective at the start. The caller must dispose all
 * vectors of the state other than x, the result.
 */
function init<V extends Vector<V>>(
  f: ProxOperator<NoInfer<V>>,
  g: ProxOperator<NoInfer<V>>,
  x0: V,
  options: AdmmStartOptions<V>,
  { dots } = PLAIN_START,
): AdmmState<V> {
  const { tau, z0, gfirst, tol } = requireOptions(`${NAME}.init`, options, DEFAULTS);
  checkFunctions(NAME, { f, g });
  checkPositive(NAME, 'tau', tau);
  checkNonNegative(NAME, { tol });
  checkFlag(NAME, { gfirst });
  checkStart(NAME, x0);
  const comm = f.comm ?? g.comm;
  refuseMask(NAME, comm, x0);
  const x = x0.copy();
  const z = startOf(NAME, 'z0', z0, x);
  const state = withMemories<AdmmState<V>>(
    {
      ...initialState({ comm }, x, dots),
      ...{ f, g, tau, gfirst, tol, z },
      u: x.zerosLike(),
      residual: Number.NaN,
    },
    [...f.memories(x.space), ...g.memories(x.space)],
  );
  settleProximal(NAME, state, f.value(x, dots) + g.value(z, dots));
  return state;
}

/** One iteration; see {@link admm}. Allocates no vector. */
function step<V extends Vector<V>>(state: AdmmState<V>): void {
  const { f, g, x, z, u, tau, gfirst, dots } = state;
  const updateX = () => f.prox(x.assign(z).axpby(-1, u, 1), tau, x, dots);
  const updateZ = () => g.prox(z.assign(x).axpby(1, u, 1), tau, z, dots);
  const [first, second] = gfirst ? [updateZ, updateX] : [updateX, updateZ];
  moveAndMeasure(state, [z], [[x, z]], () => {
    first();
    second();
    u.axpby(1, x, 1).axpby(-1, z, 1);
  });
  const cost = f.value(x, dots) + g.value(z, dots);
  state.iteration++;
  settleProximal(NAME, state, cost);
}

const call = <V extends Vector<V>>(
  f: ProxOperator<NoInfer<V>>,
  g: ProxOperator<NoInfer<V>>,
  x0: V,
  options: AdmmOptions<V>,
) =>
  proximalCall(
    NAME,
    options,
    DEFAULTS,
    (own: AdmmStartOptions<V>, start: SolverStart) => init(f, g, x0, own, start),
    step<V>,
    ({ z }) => ({ z: z.copy() }),
  );

/**
 * The alternating direction method of multipliers: minimises `f(x) + g(x)`, both with a prox, for
 * vectors of any kind.
 *
 * `x = prox_{τf}(z − u)`, `z = prox_{τg}(x + u)`, `u += x − z`. With `gfirst` z is updated first.
 * The objective is `f(x) + g(z)`.
 *
 * It stops after `niter` iterations, or when `√(‖x − z‖² + ‖z − z before‖²) ≤ tol`.
 *
 * Memory: x, z, u; with `tol > 0` two more. An iteration costs a prox and a value of f and of g,
 * and with `tol > 0` one reduction. It allocates no vector.
 *
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if vectors do not fit or
 * have a mask and a function has an operator, {@link NumericalError} with the iteration for NaN, on
 * every rank alike.
 *
 * Source: Boyd et al., "Distributed optimization and statistical learning via the alternating
 * direction method of multipliers", 2011.
 */
export const admm = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
