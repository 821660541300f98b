import type { LinearOperator } from '../core/linear-operator.js';
import { checkOneOf, checkOptions } from '../core/options.js';
import { seenIn, type Vector } from '../core/vector.js';
import { type CglsOptions, cgls } from './cgls.js';
import { DiagonalWeight, inPlace, moduliInto, moduliOf } from './diagonal-weight.js';
import {
  begin,
  checkNonNegative,
  conclude,
  drive,
  RUN_OPTIONS,
  type RunOptions,
  runToEnd,
  type SolverProgress,
  type StopReason,
  solverSpaces,
  startVector,
} from './solver.js';

export const IRLS_KINDS = ['data', 'model'] as const;
/** `data`: an L1 norm of the residual, for outliers. `model`: an L1 norm of the model, for sparsity. */
export type IrlsKind = (typeof IRLS_KINDS)[number];

export interface IrlsStartOptions<M extends Vector<M>> {
  /** @default 'data' */
  readonly kind?: IrlsKind;
  /** Where to start; it is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** What moduli are kept away from zero by. @default 1e-10 */
  readonly eps?: number;
  /** `max(|·|, eps)` in the place of `|·| + eps`. @default false */
  readonly threshold?: boolean;
  /** Damping of the weighted least-squares problems. @default 0 */
  readonly damp?: number;
  /** Stops where `‖x − x before‖` is at most this. @default 1e-10 */
  readonly tol?: number;
  /** Of the weighted problems. @default { niter: 50, tol: 0, rtol: 1e-8 } */
  readonly inner?: Pick<CglsOptions<M>, 'niter' | 'tol' | 'rtol'>;
}

export interface IrlsOptions<M extends Vector<M>> extends IrlsStartOptions<M>, RunOptions {
  /** Most outer iterations. @default 10 */
  readonly niter?: number;
}

export interface IrlsState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly kind: IrlsKind;
  readonly eps: number;
  readonly threshold: boolean;
  readonly damp: number;
  readonly tol: number;
  readonly inner: Pick<CglsOptions<M>, 'niter' | 'tol' | 'rtol'>;
  readonly x: M;
  /** A copy of the data. */
  readonly y: D;
  /** The residual `y − A x`. */
  readonly r: D;
  /** Square roots of the weights: of data (kind 'data'), or those of the model's moduli. */
  readonly rowWeights: D | undefined;
  readonly columnWeights: M | undefined;
  /** Their moduli on the way. */
  readonly rowModuli: D | undefined;
  readonly columnModuli: M | undefined;
  cost: number;
}

export interface IrlsStep<M extends Vector<M>, D extends Vector<D>> {
  readonly iteration: number;
  readonly x: M;
  /** `‖y − A x‖` */
  readonly cost: number;
  readonly state: IrlsState<M, D>;
}

export interface IrlsResult<M> {
  readonly x: M;
  readonly iterations: number;
  readonly reason: StopReason;
  /** `‖y − A x‖` at the start and after every iteration. */
  readonly cost: number[];
}

const START_OPTIONS = ['kind', 'x0', 'eps', 'threshold', 'damp', 'tol', 'inner'] as const;
const NAME = 'irls';

function init<M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: IrlsStartOptions<M> = {}): IrlsState<M, D> {
  checkOptions(`${NAME}.init`, options, START_OPTIONS);
  const { kind = 'data', x0, eps = 1e-10, threshold = false, damp = 0, tol = 1e-10 } = options;
  checkOneOf('kind', kind, IRLS_KINDS);
  for (const [key, value] of Object.entries({ eps, damp, tol })) checkNonNegative(NAME, key, value);
  const inner = { niter: 50, tol: 0, rtol: 1e-8, ...options.inner };
  const { model, data } = solverSpaces(NAME, A, y, x0);
  const x = startVector(model, x0);
  const copy = data.empty().assign(seenIn(y, data));
  const r = data.empty().assign(copy);
  if (x0) A.matvec(x, r).axpby(1, copy, -1);
  const cost = Math.sqrt(r.rdot(r));
  const rows = kind === 'data';
  const vectors = {
    rowWeights: rows ? data.empty().fill(1) : undefined,
    columnWeights: rows ? undefined : model.empty().fill(1),
    rowModuli: rows ? moduliOf(r) : undefined,
    columnModuli: rows ? undefined : moduliOf(x),
  };
  const scratch = ['rowWeights', 'columnWeights', 'rowModuli', 'columnModuli', 'inner'];
  const state = { ...begin(A, x, scratch), kind, eps, threshold, damp, tol, inner, y: copy, r, ...vectors, cost };
  conclude(NAME, state, { cost, scalars: [cost] });
  return state;
}

/** `w ← (|v| + eps)^p` or `max(|v|, eps)^p`, p = ±½. */
function weigh<V extends Vector<V>>(v: V, moduli: V, weights: V, eps: number, threshold: boolean, invert: boolean): void {
  const { backend } = v;
  moduliInto(v, moduli);
  inPlace(moduli, (a, b) => backend.binary(threshold ? 'maximum' : 'add', a, eps, b));
  inPlace(moduli, (a, b) => backend.unary('sqrt', a, b));
  if (invert) inPlace(moduli, (a, b) => backend.unary('reciprocal', a, b));
  weights.assign(moduli);
}

/** One outer iteration: a weighted least-squares problem by {@link cgls}, from the weights of the solution so far. */
function step<M extends Vector<M>, D extends Vector<D>>(state: IrlsState<M, D>): void {
  const { A, x, y, r, eps, threshold, damp, inner, rowWeights, columnWeights, rowModuli, columnModuli, tol } = state;
  const first = state.iteration === 0;
  let next: M;
  if (rowWeights && rowModuli) {
    if (!first) weigh(r, rowModuli, rowWeights, eps, threshold, true);
    const W = new DiagonalWeight(rowWeights, A.comm);
    const weighted = W.matvec(y);
    next = cgls(W.mul(A), weighted, { ...inner, x0: x, damp }).x;
    weighted.dispose();
  } else {
    const weights = columnWeights as M;
    if (!first) weigh(x, columnModuli as M, weights, eps, threshold, false);
    const R = new DiagonalWeight(weights, A.comm);
    const { x: z } = cgls(A.mul(R), y, { ...inner, damp });
    next = R.matvec(z);
    z.dispose();
  }
  if (state.reason !== undefined) next.assign(x);
  x.axpby(1, next, -1);
  const dd = x.rdot(x);
  x.assign(next);
  next.dispose();
  A.matvec(x, r).axpby(1, y, -1);
  state.cost = Math.sqrt(r.rdot(r));
  state.iteration++;
  const update = Math.sqrt(dd);
  conclude(NAME, state, { cost: state.cost, reason: update <= tol ? 'update within tolerance' : undefined, scalars: [state.cost, update] });
}

function steps<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: IrlsOptions<M> = {},
): Generator<IrlsStep<M, D>, IrlsResult<M>, void> {
  checkOptions(NAME, options, [...START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  return drive(
    {
      name: NAME,
      start: () => init(A, y, start),
      step,
      report: (state: IrlsState<M, D>) => ({ iteration: state.iteration, x: state.x, cost: state.cost, state }),
      result: ({ x, iteration: iterations, history: cost }, reason): IrlsResult<M> => ({ x, iterations, reason, cost }),
    },
    { niter, maxTime, checkpoint, reproducible },
  );
}

/**
 * Iteratively reweighted least squares. Kind 'data' minimises `‖y − A x‖₁` (and `damp²‖x‖²`), kind 'model' finds a solution of small `‖x‖₁`.
 *
 * data: `x = argmin ‖W^½(y − A x)‖² + damp²‖x‖²` with `W = diag 1/(|r| + eps)`. model: `x = R^½ argmin ‖y − A R^½ z‖² + damp²‖z‖²` with `R = diag(|x| + eps)`. The first iteration has
 * unit weights, the others those of the solution before; each is solved by {@link cgls}.
 *
 * It stops where `‖x − x before‖ ≤ tol`, or after `niter` outer iterations.
 * Memory: x, y, r, the weights and their moduli, and those of cgls, which the pool lends again each time. An outer iteration costs two reductions, one forward, and its cgls.
 * Errors: as for {@link cgls}.
 * Source: Scales, Gersztenkorn and Treitel, "Fast lp solution of large, sparse, linear systems", 1988; Chartrand and Yin, "Iteratively reweighted algorithms for compressive
 * sensing", 2008.
 */
export const irls = Object.assign(
  <M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: IrlsOptions<M> = {}): IrlsResult<M> =>
    runToEnd(steps(A, y, options)),
  { init, step, steps },
);
