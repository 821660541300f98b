import { ArgumentError } from '../../core/base/errors.js';
import { checkFlag, checkNonNegative, type Defaults, requireOptions } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type { Vector } from '../../core/vector/vector.js';
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

export interface DouglasRachfordStartOptions {
  /** The step, any positive number. */
  readonly tau: number;
  /** Relaxation, between 0 and 2. @default 1 */
  readonly eta?: number;
  /**
   * Takes the prox of g at y and the prox of f at the reflection, instead of the reverse.
   * @default true
   */
  readonly gfirst?: boolean;
  /**
   * Stops when `‖z − x‖` is at most this. A value above 0 costs one reduction an iteration.
   * @default 0
   */
  readonly tol?: number;
}

/** Options of {@link douglasRachford}. */
export interface DouglasRachfordOptions extends DouglasRachfordStartOptions, ProximalRunOptions {}

/** The data that one iteration needs from the iteration before. A checkpoint writes them. */
export interface DouglasRachfordState<V extends Vector<V>> extends ProximalState<V> {
  readonly f: ProxOperator<V>;
  readonly g: ProxOperator<V>;
  readonly tau: number;
  readonly eta: number;
  readonly gfirst: boolean;
  readonly tol: number;
  /** The variable that is iterated. */
  readonly y: V;
  /** The prox at the reflection. */
  readonly z: V;
}

/** The result of {@link douglasRachford}. */
export interface DouglasRachfordResult<V> extends ProximalResult<V> {
  readonly y: V;
}

const NAME = 'douglasRachford';

const DEFAULTS = {
  tau: undefined,
  eta: 1,
  gfirst: true,
  tol: 0,
} satisfies Defaults<DouglasRachfordStartOptions>;

/**
 * Allocates all vectors and evaluates the objective at the start. The caller must dispose all
 * vectors of the state other than x, the result.
 */
function init<V extends Vector<V>>(
  f: ProxOperator<NoInfer<V>>,
  g: ProxOperator<NoInfer<V>>,
  x0: V,
  options: DouglasRachfordStartOptions,
  { dots } = PLAIN_START,
): DouglasRachfordState<V> {
  const { tau, eta, gfirst, tol } = requireOptions(`${NAME}.init`, options, DEFAULTS);
  checkFunctions(NAME, { f, g });
  checkPositive(NAME, 'tau', tau);
  if (!(eta > 0 && eta < 2))
    throw new ArgumentError(`${NAME}: expected eta between 0 and 2, received ${textOf(eta)}`);
  checkFlag(NAME, { gfirst });
  checkNonNegative(NAME, { tol });
  checkStart(NAME, x0);
  const comm = f.comm ?? g.comm;
  refuseMask(NAME, comm, x0);
  const x = x0.copy();
  const state = withMemories<DouglasRachfordState<V>>(
    {
      ...initialState({ comm }, x, dots, { z: x.emptyLike() }),
      ...{ f, g, tau, eta, gfirst, tol },
      y: x.copy(),
      residual: Number.NaN,
    },
    [...f.memories(x.space), ...g.memories(x.space)],
  );
  settleProximal(NAME, state, f.value(x, dots) + g.value(x, dots));
  return state;
}

/** One iteration; see {@link douglasRachford}. Allocates no vector. */
function step<V extends Vector<V>>(state: DouglasRachfordState<V>): void {
  const { f, g, x, y, z, tau, eta, gfirst, tol, dots } = state;
  const [first, second] = gfirst ? [g, f] : [f, g];
  first.prox(y, tau, x, dots);
  second.prox(z.assign(y).axpby(2, x, -1), tau, z, dots);
  const cost = first.value(x, dots) + second.value(z, dots);
  z.axpby(-1, x, 1);
  if (tol > 0) state.residual = Math.sqrt(dots.rdot(z, z));
  y.axpby(eta, z, 1);
  state.iteration++;
  settleProximal(NAME, state, cost);
}

const call = <V extends Vector<V>>(
  f: ProxOperator<NoInfer<V>>,
  g: ProxOperator<NoInfer<V>>,
  x0: V,
  options: DouglasRachfordOptions,
) =>
  proximalCall(
    NAME,
    options,
    DEFAULTS,
    (own: DouglasRachfordStartOptions, start: SolverStart) => init(f, g, x0, own, start),
    step<V>,
    ({ y }) => ({ y: y.copy() }),
  );

/**
 * Douglas-Rachford splitting: minimises `f(x) + g(x)`, both with a prox, for vectors of any kind.
 *
 * `x = prox_{τg}(y)`, `z = prox_{τf}(2x − y)`, `y += η (z − x)`; without `gfirst` f and g are
 * exchanged. The objective is `g(x) + f(z)`, without `gfirst` `f(x) + g(z)`.
 *
 * It stops after `niter` iterations, or when `‖z − x‖ ≤ tol`.
 *
 * Memory: x, y, z. An iteration costs a prox and a value of f and of g, and with `tol > 0` one
 * reduction. It allocates no vector.
 *
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if vectors do not fit or
 * have a mask and a function has an operator, {@link NumericalError} with the iteration for NaN, on
 * every rank alike.
 *
 * Source: Combettes and Pesquet, "Proximal splitting methods in signal processing", 2011, algorithm
 * 10.15.
 */
export const douglasRachford = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
