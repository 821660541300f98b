import {
  checkCount,
  checkFlag,
  checkNonNegative,
  type Defaults,
  requireOptions,
  withDefaults,
} from '../../core/base/options.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector } from '../../core/vector/vector.js';
import { withWorkspaces } from '../../core/vector/workspace.js';
import { copyInto, solverSpaces, startVector } from '../../optimization/linear-system.js';
import { defineSolver, makeMemoryUsage, makeSolve, makeSteps } from '../../optimization/solver.js';
import { initialState, PLAIN_START, type SolverStart } from '../../optimization/solver-state.js';
import { checkFunctions, type ProxOperator } from '../functions/prox-operator.js';
import { checkPositive, refuseMask } from '../parts/checks.js';
import { type InnerOptions, innerLeastSquares, type LeastSquaresTerm } from '../parts/inner-least-squares.js';
import {
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

export interface AdmmL2StartOptions<M, Z = never> {
  /** The step, any positive number: the penalty is `1/τ`. */
  readonly tau: number;
  /** The start. It is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** The start of z. Without effect with gfirst, which computes z first. @default A x0 */
  readonly z0?: Z | undefined;
  /** Updates z before x. @default false */
  readonly gfirst?: boolean;
  /**
   * Options of the CGLS inside each iteration: `niter`, and the limit `tol` of its squared
   * gradient.
   * @default { niter: 10, tol: 1e-4 }
   */
  readonly inner?: Partial<InnerOptions>;
  /**
   * Stops when `√(‖A x − z‖² + ‖z' − z‖²)`, the primal and the dual residual, is at most this; with
   * `gfirst` A x takes the place of z in the second. A value above 0 costs one reduction an
   * iteration.
   * @default 0
   */
  readonly tol?: number;
}

/** Options of {@link admml2}. */
export interface AdmmL2Options<M, Z = never> extends AdmmL2StartOptions<M, Z>, ProximalRunOptions {}

/** The data that one iteration needs from the iteration before. A checkpoint writes them. */
export interface AdmmL2State<M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>>
  extends ProximalState<M> {
  readonly Op: LinearOperator<M, D>;
  readonly g: ProxOperator<Z>;
  readonly L: LinearOperator<M, Z>;
  readonly tau: number;
  readonly gfirst: boolean;
  readonly inner: InnerOptions;
  readonly tol: number;
  readonly b: D;
  /** The copy of `A x` to which g applies. */
  readonly z: Z;
  /** The scaled dual variable. */
  readonly u: Z;
  /** Holds `z − u`, then `A x`. */
  readonly v: Z;
}

/** The result of {@link admml2}. */
export interface AdmmL2Result<M, Z> extends ProximalResult<M> {
  readonly z: Z;
}

const NAME = 'admml2';

const INNER_DEFAULTS = { niter: 10, tol: 1e-4 } satisfies Defaults<Pick<InnerOptions, 'niter' | 'tol'>>;
const DEFAULTS = {
  tau: undefined,
  x0: undefined,
  z0: undefined,
  gfirst: false,
  inner: INNER_DEFAULTS,
  tol: 0,
} satisfies Defaults<AdmmL2StartOptions<never>>;

/**
 * Allocates all vectors and evaluates the objective at the start. The caller must dispose all
 * vectors of the state other than x, the result.
 */
function init<M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>>(
  Op: LinearOperator<M, D>,
  b: D,
  g: ProxOperator<NoInfer<Z>>,
  A: LinearOperator<M, Z>,
  options: AdmmL2StartOptions<M, Z>,
  { dots } = PLAIN_START,
): AdmmL2State<M, D, Z> {
  const { tau, x0, z0, gfirst, inner, tol } = requireOptions(`${NAME}.init`, options, DEFAULTS);
  checkFunctions(NAME, { g });
  checkPositive(NAME, 'tau', tau);
  checkNonNegative(NAME, { tol });
  checkFlag(NAME, { gfirst });
  const { niter: innerNiter, tol: innerTol } = withDefaults(`${NAME}: inner`, inner, INNER_DEFAULTS);
  checkCount(NAME, { 'inner.niter': innerNiter });
  checkNonNegative(NAME, { 'inner.tol': innerTol });
  const { model, data } = solverSpaces(NAME, Op, b, x0);
  const range = rangeFor(NAME, A, model) as Z['space'];
  const x = startVector(model, x0);
  refuseMask(NAME, Op.comm ?? A.comm ?? g.comm, x);
  const v = A.matvec(x, range.empty());
  const own = copyInto(data, b);
  const cost = withWorkspaces([data], (works) => {
    const [r] = works as [D];
    Op.matvec(x, r).axpby(1, own, -1);
    return 0.5 * dots.rdot(r, r) + g.value(v, dots);
  });
  const state = withMemories<AdmmL2State<M, D, Z>>(
    {
      // With g first, an iteration begins with A x
      ...initialState(Op, x, dots, gfirst ? {} : { v }),
      ...{ Op, g, L: A, tau, gfirst, tol, v },
      z: startOf(NAME, 'z0', z0, v),
      inner: { niter: innerNiter, tol: innerTol },
      b: own,
      u: v.zerosLike(),
      residual: Number.NaN,
    },
    g.memories(range),
  );
  settleProximal(NAME, state, cost);
  return state;
}

/** One iteration; see {@link admml2}. Allocates no vector. */
function step<M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>>(
  state: AdmmL2State<M, D, Z>,
): void {
  const { Op, L, g, x, b, z, u, v, tau, gfirst, inner, dots } = state;
  let misfit = 0;
  const updateX = () => {
    v.assign(z).axpby(-1, u, 1);
    const terms: LeastSquaresTerm[] = [
      { A: Op, b, weight: 1 },
      { A: L, b: v, weight: 1 / tau },
    ];
    [misfit = 0] = innerLeastSquares(x, terms, inner, dots);
    L.matvec(x, v);
  };
  if (!gfirst) updateX();
  // The vector that moves is the one that the next iteration begins with
  moveAndMeasure(state, [gfirst ? v : z], [[v, z]], () => {
    g.prox(z.assign(v).axpby(1, u, 1), tau, z, dots);
    if (gfirst) updateX();
    u.axpby(1, v, 1).axpby(-1, z, 1);
  });
  const cost = 0.5 * misfit + g.value(v, dots);
  state.iteration++;
  settleProximal(NAME, state, cost);
}

const call = <M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>>(
  Op: LinearOperator<M, D>,
  b: D,
  g: ProxOperator<NoInfer<Z>>,
  A: LinearOperator<M, Z>,
  options: AdmmL2Options<M, Z>,
) =>
  proximalCall(
    NAME,
    options,
    DEFAULTS,
    (own: AdmmL2StartOptions<M, Z>, start: SolverStart) => init(Op, b, g, A, own, start),
    step<M, D, Z>,
    ({ z }) => ({ z: z.copy() }),
  );

/**
 * ADMM for least squares: minimises `½ ‖Op x − b‖² + g(A x)` for vectors of any kind. g has a prox.
 * A is any operator, such as a gradient for total variation.
 *
 * It starts from `z = z0`, by default `A x`, and `u = 0`. Each iteration computes x by CGLS, from
 * the x before, on `‖b − Op x‖² + ‖z − u − A x‖² / τ`, then `z = prox_{τg}(A x + u)` and
 * `u += A x − z`. With `gfirst` z is updated before x.
 *
 * It stops after `niter` iterations, or when `√(‖A x − z‖² + ‖z − z before‖²) ≤ tol`, with `gfirst`
 * `√(‖A x − z‖² + ‖A x − A x before‖²) ≤ tol`. The misfit of the objective is that of the CGLS
 * recurrence.
 *
 * Memory: x like the model; b like the data; z, u and one more like `A x`; workspaces for CGLS: two
 * like the model, two like the data, two like `A x`. An iteration costs `n + 1` forwards and
 * adjoints of Op and A and `2n + 1` reductions for n iterations of CGLS, one A more, one prox and
 * one value of g, and with `tol > 0` one more reduction. It allocates no vector.
 *
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} if vectors do not fit or
 * have a mask, {@link NumericalError} with the iteration for NaN, on every rank alike.
 *
 * Source: Boyd et al., "Distributed optimization and statistical learning via the alternating
 * direction method of multipliers", 2011, section 6.4.
 */
export const admml2 = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
