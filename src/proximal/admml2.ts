import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { rdots, seenIn, type Vector } from '../core/vector.js';
import { begin, checkCount, checkNonNegative, RUN_OPTIONS, runToEnd, solverSpaces, startVector } from '../optimization/solver.js';
import { type InnerOptions, innerLeastSquares, type LeastSquaresTerm } from './inner-least-squares.js';
import { checkPositive, type ProxOperator } from './prox-operator.js';
import {
  driveProximal,
  type ProximalResult,
  type ProximalRunOptions,
  type ProximalState,
  type ProximalStep,
  rangeFor,
  refuseMask,
  settleProximal,
} from './proximal-solver.js';
import { withWorkspaces } from './workspaces.js';

export interface AdmmL2StartOptions<M> {
  /** The step, any positive number: the penalty is `1/τ`. */
  readonly tau: number;
  /** Where to start; it is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** The CGLS inside of every iteration: `niter` (10) and `tol` (1e-4), which its squared gradient is compared with. */
  readonly inner?: Partial<InnerOptions>;
  /** Stops when `√(‖A x − z‖² + ‖z' − z‖²)`, the primal and the dual residual, is at most this; above 0 it costs one reduction an iteration. @default 0 */
  readonly tol?: number;
}

export interface AdmmL2Options<M> extends AdmmL2StartOptions<M>, ProximalRunOptions {}

/** All that one iteration needs of the one before: what a checkpoint writes. */
export interface AdmmL2State<M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>> extends ProximalState<M> {
  readonly Op: LinearOperator<M, D>;
  readonly g: ProxOperator<Z>;
  readonly L: LinearOperator<M, Z>;
  readonly tau: number;
  readonly inner: InnerOptions;
  readonly tol: number;
  readonly b: D;
  /** The copy of `A x` that g sees. */
  readonly z: Z;
  /** The scaled dual variable. */
  readonly u: Z;
  /** `z − u`, then `A x`. */
  readonly v: Z;
}

export interface AdmmL2Result<M, Z> extends ProximalResult<M> {
  readonly z: Z;
}

const START_OPTIONS = ['tau', 'x0', 'inner', 'tol'] as const;

/** Allocates all vectors and evaluates the objective at the start. Disposing all vectors but x is the caller's. */
function init<M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>>(
  Op: LinearOperator<M, D>,
  b: D,
  g: ProxOperator<NoInfer<Z>>,
  A: LinearOperator<M, Z>,
  options: AdmmL2StartOptions<M>,
): AdmmL2State<M, D, Z> {
  checkOptions('admml2.init', options, START_OPTIONS);
  const { tau, x0, inner = {}, tol = 0 } = options;
  checkPositive('admml2', 'tau', tau);
  checkNonNegative('admml2', 'tol', tol);
  checkOptions('admml2: inner', inner, ['niter', 'tol']);
  const { niter: innerNiter = 10, tol: innerTol = 1e-4 } = inner;
  checkCount('admml2', 'inner.niter', innerNiter);
  checkNonNegative('admml2', 'inner.tol', innerTol);
  const { model, data } = solverSpaces('admml2', Op, b, x0);
  const range = rangeFor('admml2', A, model) as Z['space'];
  const x = startVector(model, x0);
  refuseMask('admml2', Op.comm ?? A.comm, x);
  const z = A.matvec(x, range.empty());
  const own = data.empty().assign(seenIn(b, data));
  const cost = withWorkspaces([data], (works) => {
    const [r] = works as [D];
    Op.matvec(x, r).axpby(1, own, -1);
    return 0.5 * r.rdot(r) + g.value(z);
  });
  const state: AdmmL2State<M, D, Z> = {
    ...begin(Op, x, ['v']),
    ...{ Op, g, L: A, tau, tol, cost, z },
    inner: { niter: innerNiter, tol: innerTol },
    b: own,
    u: z.zerosLike(),
    v: z.emptyLike(),
    residual: Number.NaN,
  };
  settleProximal('admml2', state);
  return state;
}

/** One iteration; see {@link admml2}. Allocates no vector. */
function step<M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>>(state: AdmmL2State<M, D, Z>): void {
  const { Op, L, g, x, b, z, u, v, tau, tol, inner } = state;
  v.assign(z).axpby(-1, u, 1);
  const terms: LeastSquaresTerm[] = [
    { A: Op, b, weight: 1 },
    { A: L, b: v, weight: 1 / tau },
  ];
  const [misfit = 0] = innerLeastSquares(x, terms, inner);
  L.matvec(x, v);
  if (tol === 0) {
    g.prox(z.assign(v).axpby(1, u, 1), tau, z);
    u.axpby(1, v, 1).axpby(-1, z, 1);
  } else {
    withWorkspaces([z.space, z.space], (works) => {
      const [dual, primal] = works as [Z, Z];
      dual.assign(z);
      g.prox(z.assign(v).axpby(1, u, 1), tau, z);
      dual.axpby(-1, z, 1);
      primal.assign(v).axpby(-1, z, 1);
      u.axpby(1, primal, 1);
      const [r = 0, s = 0] = rdots([primal, primal], [dual, dual]);
      state.residual = Math.sqrt(r + s);
    });
  }
  state.cost = 0.5 * misfit + g.value(v);
  state.iteration++;
  settleProximal('admml2', state);
}

/** The iterations one by one, the start first: the caller owns the loop. Leaving it releases all vectors but x. Returns the result at its end. */
function steps<M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>>(
  Op: LinearOperator<M, D>,
  b: D,
  g: ProxOperator<NoInfer<Z>>,
  A: LinearOperator<M, Z>,
  options: AdmmL2Options<M>,
): Generator<ProximalStep<M, AdmmL2State<M, D, Z>>, AdmmL2Result<M, Z>, void> {
  checkOptions('admml2', options, [...START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  const run = { niter, maxTime, checkpoint, reproducible };
  return driveProximal(
    'admml2',
    () => init(Op, b, g, A, start),
    step,
    run,
    ({ z }) => ({ z: z.copy() }),
  );
}

/**
 * ADMM for least squares: minimises `½ ‖Op x − b‖² + g(A x)`, g with a prox, A any operator (a gradient for total variation), for vectors of any kind.
 *
 * From `z = A x`, `u = 0`: x by CGLS, from the x before, on `‖b − Op x‖² + ‖z − u − A x‖² / τ`; `z = prox_{τg}(A x + u)`; `u += A x − z`.
 *
 * It stops after `niter` iterations, or when `√(‖A x − z‖² + ‖z − z before‖²) ≤ tol`. The misfit of the objective is that of the CGLS recurrence.
 * Memory: x like the model; b like the data; z, u and one more like `A x`; workspaces for CGLS: two like the model, two like the data, two like `A x`. An
 * iteration costs `n + 1` forwards and adjoints of Op and A and `2n + 1` reductions for n iterations of CGLS, one A more, one prox and one value of g, and with `tol > 0` one
 * reduction more; it allocates no vector.
 * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError} where vectors do not fit or have a mask, {@link NumericalError} with the iteration for NaN, on
 * every rank alike.
 * Source: Boyd et al., "Distributed optimization and statistical learning via the alternating direction method of multipliers", 2011, section 6.4.
 */
export const admml2 = Object.assign(
  <M extends Vector<M>, D extends Vector<D>, Z extends Vector<Z>>(
    Op: LinearOperator<M, D>,
    b: D,
    g: ProxOperator<NoInfer<Z>>,
    A: LinearOperator<M, Z>,
    options: AdmmL2Options<M>,
  ): AdmmL2Result<M, Z> => runToEnd(steps(Op, b, g, A, options)),
  { init, step, steps },
);
