import { realOf } from '../core/dtype.js';
import { ArgumentError, ShapeError } from '../core/errors.js';
import type { LinearOperator } from '../core/linear-operator.js';
import { checkOneOf, checkOptions } from '../core/options.js';
import { rdots, type Space, sameMemory, type Vector } from '../core/vector.js';
import { type PowerIterationOptions, squaredNorm } from './power-iteration.js';
import {
  begin,
  checkFlag,
  checkNonNegative,
  conclude,
  copyInto,
  type Loop,
  type RunOptions,
  type SolverProgress,
  type SolverResult,
  type SolverStep,
  solverSpaces,
  startVector,
} from './solver.js';
import { checkPercentage, THRESHOLD_KINDS, type ThresholdKind, threshold } from './threshold.js';

/** What ISTA and FISTA have in common. */
export interface ShrinkageStartOptions<M extends Vector<M>> {
  /** Where to start; it is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** Weight ε of the sparsity term. @default 0.1 */
  readonly eps?: number;
  /** Step length; at most 1/‖A‖² for the cost to fall. @default 1/‖A‖² by power iteration */
  readonly alpha?: number | undefined;
  /** Of the power iteration for `alpha`. @default { niter: 100, tol: 1e-4 } */
  readonly eigs?: Pick<PowerIterationOptions<M>, 'niter' | 'tol' | 'seed'>;
  /** Stops when `‖x − x before‖` is at most this. @default 1e-10 */
  readonly tol?: number;
  /** How values are shrunk; hard stands for the L0 and half for the L½ penalty. @default 'soft' */
  readonly threshkind?: ThresholdKind;
  /** Percentage of values that the percentile forms keep. */
  readonly perc?: number | undefined;
  /** Factors of the threshold, one an iteration; after the last it stays. @default 1 */
  readonly decay?: ArrayLike<number> | undefined;
  /** A transform S in whose coefficients `Sᴴx` the solution is sparse; orthonormal, or a tight frame. @default the identity */
  readonly SOp?: LinearOperator<M, M> | undefined;
  /** Throw where the norm of the residual grows: a sign of an `alpha` that is too large. @default false */
  readonly monitorres?: boolean;
}

export interface ShrinkageOptions<M extends Vector<M>> extends ShrinkageStartOptions<M>, RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

export const SHRINKAGE_START_OPTIONS = ['x0', 'eps', 'alpha', 'eigs', 'tol', 'threshkind', 'perc', 'decay', 'SOp', 'monitorres'] as const;

export interface ShrinkageState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly SOp: LinearOperator<M, M> | undefined;
  readonly eps: number;
  readonly alpha: number;
  readonly tol: number;
  readonly threshkind: ThresholdKind;
  readonly perc: number;
  readonly decay: ArrayLike<number> | undefined;
  readonly monitorres: boolean;
  readonly x: M;
  /** The next solution on its way. */
  readonly g: M;
  /** Coefficients `Sᴴ g`, where there is a transform. */
  readonly c: M | undefined;
  /** A copy of the data. */
  readonly y: D;
  /** The residual `y − A x`. */
  readonly r: D;
  /** `‖y − A x‖²` */
  rr: number;
  /** The last `‖x − x before‖` */
  update: number;
}

/** What steps have beside the cost. */
export interface ShrinkageReport {
  /** `‖x − x before‖` */
  readonly update: number;
  /** `‖y − A x‖` */
  readonly residual: number;
}
export interface ShrinkageStep<S extends SolverProgress> extends SolverStep<S>, ShrinkageReport {}

/** `cost` is that after every iteration. */
export interface ShrinkageResult<M> extends SolverResult<M> {
  /** The step length. */
  readonly alpha: number;
}

/** Checks, allocates and evaluates the start. One application where there is an x0; the power iteration where there is no alpha; one or two reductions. */
export function startShrinkage<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  A: LinearOperator<M, D>,
  y: D,
  options: ShrinkageStartOptions<M>,
): ShrinkageState<M, D> {
  const { x0, eps = 0.1, tol = 1e-10, threshkind = 'soft', decay, SOp, monitorres = false, eigs = {} } = options;
  checkOptions(`${name}.init`, options, SHRINKAGE_START_OPTIONS);
  checkNonNegative(name, { eps, tol });
  checkFlag(name, { monitorres });
  checkOneOf('threshkind', threshkind, THRESHOLD_KINDS);
  const perc = checkPercentage(name, threshkind, options.perc);
  if (decay && !(decay.length > 0 && Array.from(decay).every(Number.isFinite)))
    throw new ArgumentError(`${name}: expected decay to be a list of finite numbers, one an iteration`);
  const { model, data } = solverSpaces(name, A, y, x0);
  const coefficients = SOp?.domainOf(model);
  if (SOp && coefficients && !sameMemory(SOp.rangeOf(coefficients), model))
    throw new ShapeError(`${name}: expected a transform SOp to ${model}, received one to ${SOp.rangeOf(coefficients)}`);
  const alpha = options.alpha ?? stepLength(A, model, eigs);
  if (!(Number.isFinite(alpha) && alpha > 0))
    throw new ArgumentError(`${name}: expected alpha to be a positive number, received ${String(alpha)}`);
  const x = startVector(model, x0);
  const copy = copyInto(data, y);
  const r = data.empty().assign(copy);
  if (x0) A.matvec(x, r).axpby(1, copy, -1);
  const [rr = 0] = rdots([r, r]);
  const cost = 0.5 * rr + (x0 ? eps * x.norm(1) : 0);
  const fixed = { SOp, eps, alpha, tol, threshkind, perc, decay, monitorres };
  const state = { ...begin(A, x, ['g', 'c']), ...fixed, g: model.empty(), c: coefficients?.empty(), y: copy, r, rr, update: 0 };
  state.cost = cost;
  conclude(name, state, { scalars: [rr, cost] });
  return state;
}

function stepLength<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  model: Space<M>,
  eigs: Pick<PowerIterationOptions<M>, 'niter' | 'tol' | 'seed'>,
): number {
  const largest = squaredNorm(A, model, { niter: 100, ...eigs });
  return largest === 0 ? 1 : 1 / largest;
}

/** `g ← S thresh(Sᴴ g)` */
export function shrink<M extends Vector<M>, D extends Vector<D>>(state: ShrinkageState<M, D>): void {
  const { SOp, g, c, eps, alpha, threshkind, perc, decay, iteration } = state;
  const factor = decay ? (decay[Math.min(iteration, decay.length - 1)] as number) : 1;
  const t = 0.5 * eps * alpha * factor;
  if (SOp && c) {
    SOp.rmatvec(g, c);
    threshold(threshkind, c, t, perc);
    SOp.matvec(c, g);
  } else threshold(threshkind, g, t, perc);
}

/** `x ← g`, where x holds `g − x before` and r the new residual: norms, costs, and whether to stop. Two reductions. */
export function finishShrinkage<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  state: ShrinkageState<M, D>,
  misfit: 'before' | 'after',
): void {
  const { x, g, r, eps, tol } = state;
  const before = state.rr;
  const [dd = 0, rr = 0] = rdots([x, x], [r, r]);
  x.assign(g);
  state.rr = rr;
  state.update = Math.sqrt(dd);
  const cost = 0.5 * (misfit === 'before' ? before : rr) + eps * x.norm(1);
  state.iteration++;
  const { update } = state;
  const roundoff = realOf(x.dtype) === 'float32' ? 1e-5 : 1e-13;
  const fault =
    state.monitorres && rr > before * (1 + roundoff)
      ? `the norm of the residual grew from ${Math.sqrt(before)} to ${Math.sqrt(rr)}, so that alpha or eps should be smaller,`
      : undefined;
  conclude(name, state, { cost, reason: update <= tol ? 'update within tolerance' : undefined, scalars: [rr, cost, update], fault });
}

/** What the descriptions of both have in common. */
export const describeShrinkage = <M extends Vector<M>, D extends Vector<D>, S extends ShrinkageState<M, D>>(
  name: string,
  options: ShrinkageOptions<M>,
  start: (own: ShrinkageStartOptions<M>) => S,
  step: (state: S) => void,
): Loop<S, ShrinkageStartOptions<M>, ShrinkageReport, { readonly alpha: number }> => ({
  name,
  options,
  own: SHRINKAGE_START_OPTIONS,
  start,
  step,
  report: ({ update, rr }) => ({ update, residual: Math.sqrt(rr) }),
  result: ({ alpha }) => ({ alpha }),
});
