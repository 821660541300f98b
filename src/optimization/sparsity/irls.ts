import {
  checkCount,
  checkFlag,
  checkNonNegativeIfGiven,
  checkOneOf,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector, VectorPair } from '../../core/vector/vector.js';
import {
  allocateCgls,
  CGLS_DEFAULTS,
  type CglsOptions,
  type CglsState,
  cgls,
  restartCgls,
} from '../krylov/cgls.js';
import { copyInto, solverSpaces, startVector } from '../linear-system.js';
import { moduliInto, realSpace } from '../moduli.js';
import { DiagonalWeight } from '../parts/diagonal-weight.js';
import { inUnits, normLimit } from '../parts/scaling.js';
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
  PLAIN_START,
  runSteps,
  type SolverProgress,
} from '../solver-state.js';

/** The vectors that {@link irls} can weight: the residual or the model. */
export const IRLS_KINDS = ['data', 'model'] as const;
/**
 * `data`: an L1 norm of the residual, for outliers. `model`: an L1 norm of the model, for sparsity.
 */
export type IrlsKind = (typeof IRLS_KINDS)[number];

export interface IrlsStartOptions<M extends Vector<M>> {
  /** @default 'data' */
  readonly kind?: IrlsKind;
  /** The start. It is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** A small number that bounds moduli away from zero. @default 1e-10 */
  readonly eps?: number;
  /** Uses `max(|·|, eps)` instead of `|·| + eps`. @default false */
  readonly threshold?: boolean;
  /** Damping of the weighted least-squares problems. @default 0 */
  readonly damp?: number;
  /** Stops when `‖x − x before‖` is at most this. @default 1e-10, at most 1e-10 ‖x‖ */
  readonly tol?: number;
  /**
   * Options of {@link cgls} for the weighted problems.
   * @default { niter: 50, tol: 0, rtol: 1e-8 }
   */
  readonly inner?: Pick<CglsOptions<M>, 'niter' | 'tol' | 'rtol'>;
}

/** Options of {@link irls}. */
export interface IrlsOptions<M extends Vector<M>> extends IrlsStartOptions<M>, RunOptions {
  /** Most outer iterations. @default 10 */
  readonly niter?: number;
}

/** The state of {@link irls}. */
export interface IrlsState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly kind: IrlsKind;
  readonly eps: number;
  readonly threshold: boolean;
  readonly damp: number;
  readonly tol: number | undefined;
  /** The factor by which the data were multiplied. */
  readonly unit: number;
  /** The weighted problem, and the options of its iterations. */
  readonly inner: CglsState<M, D>;
  readonly innerNiter: number;
  readonly innerTol: number;
  readonly x: M;
  /** A copy of the data. */
  readonly y: D;
  /** The residual `y − A x`. */
  readonly r: D;
  /**
   * Square roots of the weights. Kind 'data': those of the rows, and the weighted data. Kind
   * 'model': those of the columns.
   */
  readonly rowWeights: D | undefined;
  readonly weighted: D | undefined;
  readonly columnWeights: M | undefined;
  /** Real workspaces for the moduli from which the weights are computed. */
  readonly rowModuli: D | undefined;
  readonly columnModuli: M | undefined;
}

/** `cost` is `‖y − A x‖`. */
export type IrlsStep<M extends Vector<M>, D extends Vector<D>> = SolverStep<IrlsState<M, D>>;
/** `cost` is `‖y − A x‖` at the start and after each iteration. */
export type IrlsResult<M> = SolverResult<M>;

const NAME = 'irls';

const INNER_DEFAULTS = { niter: 50, tol: 0, rtol: 1e-8 } satisfies Defaults<
  Pick<CglsOptions<never>, 'niter' | 'tol' | 'rtol'>
>;
const DEFAULTS = {
  kind: 'data',
  x0: undefined,
  eps: 1e-10,
  threshold: false,
  damp: 0,
  tol: undefined,
  inner: INNER_DEFAULTS,
} satisfies Defaults<IrlsStartOptions<never>>;

function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: IrlsStartOptions<M>,
  start = PLAIN_START,
): IrlsState<M, D> {
  const { unit, dots } = start;
  const { kind, x0, eps, threshold, damp, tol, inner: its } = withDefaults(`${NAME}.init`, options, DEFAULTS);
  checkOneOf('kind', kind, IRLS_KINDS);
  checkNonNegativeIfGiven(NAME, { eps, damp, tol });
  checkFlag(NAME, { threshold });
  const { niter: innerNiter, tol: innerTol, rtol } = withDefaults(`${NAME}: inner`, its, INNER_DEFAULTS);
  checkCount(NAME, { 'inner.niter': innerNiter });
  const { model, data } = solverSpaces(NAME, A, y, x0);
  const x = startVector(model, x0);
  const copy = copyInto(data, y);
  const r = copy.copy();
  if (x0) A.matvec(x, r).axpby(1, copy, -1);
  const rows = kind === 'data';
  const rowWeights = rows ? data.empty().fill(1) : undefined;
  const columnWeights = rows ? undefined : model.empty().fill(1);
  const operator = rowWeights
    ? new DiagonalWeight(rowWeights, A.comm).mul(A)
    : A.mul(new DiagonalWeight(columnWeights as M, A.comm));
  const scratch = {
    rowWeights,
    weighted: rows ? data.empty() : undefined,
    columnWeights,
    rowModuli: rows ? realSpace(r).empty() : undefined,
    columnModuli: rows ? undefined : realSpace(x).empty(),
  };
  const given = { ...CGLS_DEFAULTS, x0: x, damp, tol: innerTol, rtol };
  const inner = allocateCgls(NAME, operator, copy, given, start);
  const state = {
    ...initialState(A, x, dots, scratch),
    ...{ kind, eps: inUnits(eps, unit, 1), threshold, damp, tol, unit },
    ...{ inner, innerNiter, innerTol, y: copy, r },
  };
  const cost = Math.sqrt(dots.rdot(r, r));
  finishIteration(NAME, state, { cost, scalars: [cost] });
  return state;
}

/** `w ← (|v| + eps)^p` or `max(|v|, eps)^p` with p = ±½. */
function weigh<V extends Vector<V>>(
  v: V,
  moduli: V,
  weights: V,
  eps: number,
  threshold: boolean,
  invert: boolean,
): void {
  const { backend } = v;
  moduliInto(v, moduli);
  moduli.map((a, b) => backend.binary(threshold ? 'maximum' : 'add', a, eps, b));
  moduli.map((a, b) => backend.unary('sqrt', a, b));
  if (invert) moduli.map((a, b) => backend.unary('reciprocal', a, b));
  weights.assign(moduli);
}

/**
 * Sets the damping and the tolerance of the weighted problem for scaled data. If moduli are
 * multiplied by the unit, the weights become smaller ('data') or larger ('model') by the same
 * factor. The damping and the tolerance must scale with them.
 */
function inUnitsOfWeights<M extends Vector<M>, D extends Vector<D>>({
  inner,
  innerTol,
  damp,
  unit,
  kind,
}: IrlsState<M, D>): void {
  inner.damp = inUnits(damp, unit, kind === 'data' ? -0.5 : 0.5);
  inner.limits = { ...inner.limits, tol: inUnits(innerTol, unit, kind === 'data' ? 0 : 3), unit: 1 };
}

/**
 * One outer iteration: one weighted least-squares problem by {@link cgls}, with the weights of the
 * current solution. Allocates no vector.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: IrlsState<M, D>): void {
  const {
    A,
    x,
    y,
    r,
    eps,
    threshold,
    unit,
    inner,
    innerNiter,
    rowWeights,
    weighted,
    columnWeights,
    rowModuli,
    columnModuli,
    tol,
    dots,
  } = state;
  const first = state.iteration === 0;
  if (!first && unit !== 1) inUnitsOfWeights(state);
  if (rowWeights && rowModuli && weighted) {
    if (!first) weigh(r, rowModuli, rowWeights, eps, threshold, true);
    restartCgls(inner, weighted.assign(y).multiplyInPlace(rowWeights), x);
  } else {
    if (!first) weigh(x, columnModuli as M, columnWeights as M, eps, threshold, false);
    restartCgls(inner, y, undefined);
  }
  runSteps(inner, cgls.step, innerNiter);
  const next = inner.x;
  if (columnWeights) next.multiplyInPlace(columnWeights);
  if (state.reason !== undefined) next.assign(x);
  x.axpby(1, next, -1);
  A.matvec(next, r).axpby(1, y, -1);
  const pairs: VectorPair[] = [
    [x, x],
    [r, r],
  ];
  if (tol === undefined) pairs.push([next, next]);
  const [dd = 0, rr = 0, size = 0] = dots.rdots(...pairs);
  x.assign(next);
  state.iteration++;
  const [cost, update] = [Math.sqrt(rr), Math.sqrt(dd)];
  const limit = normLimit(tol, 1e-10, Math.sqrt(size), unit);
  finishIteration(NAME, state, {
    cost,
    reason: update <= limit ? 'update within tolerance' : undefined,
    scalars: [cost, update],
  });
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: IrlsOptions<M> = {},
): SolverCall<IrlsState<M, D>, IrlsStartOptions<M>> => ({
  name: NAME,
  options,
  defaults: DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  step,
});

/**
 * Iteratively reweighted least squares. Kind 'data' minimises `‖y − A x‖₁` (and `damp²‖x‖²`), kind
 * 'model' finds a solution of small `‖x‖₁`.
 *
 * data: `x = argmin ‖W^½(y − A x)‖² + damp²‖x‖²` with `W = diag 1/(|r| + eps)`. model:
 * `x = R^½ argmin ‖y − A R^½ z‖² + damp²‖z‖²` with `R = diag(|x| + eps)`. The first iteration has
 * unit weights, the others have those of the previous solution. Each problem is solved by
 * {@link cgls}.
 *
 * It stops when `‖x − x before‖ ≤ tol`, or after `niter` outer iterations.
 *
 * Memory: x, y, r, the weights and their moduli, weighted data (kind 'data'), and those of cgls. An
 * outer iteration costs one reduction, one forward, and its cgls, and allocates no vector.
 *
 * Errors: as for {@link cgls}.
 *
 * Source: Scales, Gersztenkorn and Treitel, "Fast lp solution of large, sparse, linear systems",
 * 1988; Chartrand and Yin, "Iteratively reweighted algorithms for compressive sensing", 2008.
 */
export const irls = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
