import { type NumberList, numberList } from '../../../core/array/number-list.js';
import { epsilonOf, isSingle } from '../../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../../core/base/errors.js';
import {
  checkFlag,
  checkNonNegativeIfGiven,
  checkOneOf,
  type Defaults,
  withDefaults,
} from '../../../core/base/options.js';
import { textOf } from '../../../core/base/text-of.js';
import { checkOperator, type LinearOperator } from '../../../core/operator/linear-operator.js';
import type { InnerProducts } from '../../../core/vector/inner-products.js';
import { type Space, sameMemory, type Vector, type VectorPair } from '../../../core/vector/vector.js';
import { copyInto, solverSpaces, startVector } from '../../linear-system.js';
import { inUnits, normLimit } from '../../parts/scaling.js';
import { type PowerIterationOptions, squaredNorm } from '../../power-iteration.js';
import type { RunOptions, SolverCall, SolverResult, SolverStep } from '../../solver.js';
import {
  finishIteration,
  initialState,
  onAll,
  type SolverProgress,
  type SolverStart,
  type StopReason,
} from '../../solver-state.js';
import { checkPercentage, degreeOf, THRESHOLD_KINDS, type ThresholdKind, threshold } from '../threshold.js';

/** The options that {@link ista} and {@link fista} have in common. */
export interface ShrinkageStartOptions<M extends Vector<M>> {
  /** The start. It is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** Weight ε of the sparsity term. @default 0.1 */
  readonly eps?: number;
  /**
   * Step length, at most 1/‖A‖² so that the cost decreases. A given value is not changed.
   * @default 1/‖A‖² by power iteration, which may find less than the norm: every step is checked,
   *   and α reduced where `‖A d‖² > ‖d‖²/α` for the step d
   */
  readonly alpha?: number | undefined;
  /** Options of the power iteration for `alpha`. @default 100 iterations, a tol of 1e-5 */
  readonly eigs?: Pick<PowerIterationOptions<M>, 'niter' | 'tol' | 'seed'>;
  /** Stops when `‖x − x before‖` is at most this. @default 1e-10, at most 1e-10 √α‖y‖ */
  readonly tol?: number;
  /** Stops when the cost is below `rtol` times that of the first iteration. @default 0 */
  readonly rtol?: number;
  /** Stops when the cost is below `rtol1 ‖y‖`. @default 0 */
  readonly rtol1?: number;
  /**
   * The way to shrink values. Hard thresholds stand for the L0 penalty, half ones for the L½
   * penalty.
   * @default 'soft'
   */
  readonly threshkind?: ThresholdKind;
  /** The percentage of values that the percentile forms keep. */
  readonly perc?: number | undefined;
  /**
   * Factors of the threshold, one for each iteration. The last one applies to all further
   * iterations.
   * @default none
   */
  readonly decay?: NumberList | undefined;
  /**
   * A transform S, orthonormal or a tight frame. The solution is sparse in the coefficients `Sᴴx`.
   * @default the identity
   */
  readonly SOp?: LinearOperator<M, M> | undefined;
  /**
   * Throws as soon as the norm of the residual grows, which is a sign of an `alpha` that is too
   * large.
   * @default false
   */
  readonly monitorres?: boolean;
}

export interface ShrinkageOptions<M extends Vector<M>> extends ShrinkageStartOptions<M>, RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

export interface ShrinkageState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly SOp: LinearOperator<M, M> | undefined;
  readonly eps: number;
  /** The weight ε as the thresholds need it. */
  readonly strength: number;
  /** The step length. It is reduced if it was estimated and is too large. */
  alpha: number;
  readonly tol: number;
  readonly rtol: number;
  readonly rtol1: number;
  /** The factor by which the data were multiplied. */
  readonly unit: number;
  /** The run ends with an error if the misfit exceeds this. */
  readonly ceiling: number;
  /** `‖y‖²` */
  readonly yy: number;
  readonly threshkind: ThresholdKind;
  readonly perc: number;
  readonly decay: ArrayLike<number> | undefined;
  readonly monitorres: boolean;
  readonly x: M;
  /** The next solution. */
  readonly g: M;
  /** The coefficients `Sᴴ g`, if there is a transform. */
  readonly c: M | undefined;
  /** A copy of the data. */
  readonly y: D;
  /** The residual `y − A x`. */
  readonly r: D;
  /** The next residual, if the step length is an estimate. */
  readonly v: D | undefined;
  /** `‖y − A x‖²` */
  rr: number;
  /** `‖x − x before‖` of the last iteration. */
  update: number;
}

/** The numbers that steps have besides the cost. */
export interface ShrinkageReport {
  /** `‖x − x before‖` */
  readonly update: number;
  /** `‖y − A x‖` */
  readonly residual: number;
}
export interface ShrinkageStep<S extends SolverProgress> extends SolverStep<S>, ShrinkageReport {}

/** `cost` is the cost after each iteration. */
export interface ShrinkageResult<M> extends SolverResult<M> {
  /** The step length. */
  readonly alpha: number;
}

/**
 * A misfit above this many times the cost of the start, or of x = 0, does not come from a descent.
 */
const FAR = 100;
/**
 * A step that is longer than the condition allows by this fraction does no harm. The power
 * iteration computes the norm no more accurately.
 */
const SLACK = 1e-3;
/** The ratio of a new step length to the one that the curvature of the last step allows. */
const MARGIN = 0.95;
/** Most reductions of the step length in one iteration. */
const TRIES = 60;

const DEFAULTS = {
  x0: undefined,
  eps: 0.1,
  alpha: undefined,
  eigs: undefined,
  tol: undefined,
  rtol: 0,
  rtol1: 0,
  threshkind: 'soft',
  perc: undefined,
  decay: undefined,
  SOp: undefined,
  monitorres: false,
} satisfies Defaults<ShrinkageStartOptions<never>>;

/**
 * Checks, allocates and evaluates the start. One application if there is an x0, the power iteration
 * if there is no alpha, and one or two reductions.
 */
export function startShrinkage<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  A: LinearOperator<M, D>,
  y: D,
  options: ShrinkageStartOptions<M> | undefined,
  { unit, dots, sizesOnly = false }: SolverStart,
): ShrinkageState<M, D> {
  const given = withDefaults(`${name}.init`, options, DEFAULTS);
  const { x0, eps: weight, rtol, rtol1, threshkind, SOp, monitorres, eigs } = given;
  checkNonNegativeIfGiven(name, { eps: weight, tol: given.tol, rtol, rtol1 });
  checkFlag(name, { monitorres });
  checkOneOf('threshkind', threshkind, THRESHOLD_KINDS);
  const perc = checkPercentage(name, threshkind, given.perc);
  const decay = given.decay === undefined ? undefined : numberList(name, 'decay', given.decay);
  if (decay && !(decay.length > 0 && Array.from(decay).every(Number.isFinite)))
    throw new ArgumentError(`${name}: expected decay to be a list of finite numbers, one an iteration`);
  const { model, data } = solverSpaces(name, A, y, x0);
  if (SOp !== undefined) checkOperator(`${name}: SOp`, SOp);
  const coefficients = SOp?.domainOf(model);
  if (SOp && coefficients && !sameMemory(SOp.rangeOf(coefficients), model))
    throw new ShapeError(
      `${name}: expected a transform SOp to ${model}, received one to ${SOp.rangeOf(coefficients)}`,
    );
  const alpha = given.alpha ?? (sizesOnly ? 1 : stepLength(A, model, dots, eigs));
  if (!(Number.isFinite(alpha) && alpha > 0))
    throw new ArgumentError(`${name}: expected alpha to be a positive number, received ${textOf(alpha)}`);
  const x = startVector(model, x0);
  const copy = copyInto(data, y);
  const r = data.empty().assign(copy);
  if (x0) A.matvec(x, r).axpby(1, copy, -1);
  const [rr = 0, yy = rr] = x0 ? dots.rdots([r, r], [copy, copy]) : dots.rdots([r, r]);
  const eps = inUnits(weight, unit, 1);
  const cost = 0.5 * rr + (x0 ? eps * dots.norm(x, 1) : 0);
  const tol = normLimit(given.tol, 1e-10, Math.sqrt(alpha * yy), unit);
  const limits = { tol, rtol, rtol1, unit, ceiling: FAR * Math.max(cost, 0.5 * yy), yy };
  const strength = inUnits(weight, unit, degreeOf(threshkind));
  const scratch = {
    g: model.empty(),
    c: coefficients?.empty(),
    v: given.alpha === undefined ? data.empty() : undefined,
  };
  const state = {
    ...initialState(A, x, dots, scratch),
    ...{ SOp, eps, strength, alpha, ...limits, threshkind, perc, decay, monitorres },
    ...{ y: copy, r, rr, update: 0 },
  };
  state.cost = cost;
  finishIteration(name, state, { scalars: [rr, cost] });
  return state;
}

function stepLength<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  model: Space<M>,
  { exact }: InnerProducts,
  eigs: Pick<PowerIterationOptions<M>, 'niter' | 'tol' | 'seed'> | undefined,
): number {
  const largest = squaredNorm(A, model, { niter: 100, ...eigs, reproducible: exact });
  return largest === 0 ? 1 : 1 / largest;
}

/** `g ← S thresh(Sᴴ g)` */
function shrink<M extends Vector<M>, D extends Vector<D>>(state: ShrinkageState<M, D>): void {
  const { SOp, g, c, strength, alpha, threshkind, perc, decay, iteration } = state;
  const factor = decay ? (decay[Math.min(iteration, decay.length - 1)] as number) : 1;
  const t = 0.5 * strength * alpha * factor;
  if (SOp && c) {
    SOp.rmatvec(g, c);
    threshold(threshkind, c, t, perc);
    SOp.matvec(c, g);
  } else threshold(threshkind, g, t, perc);
}

/** `g ← S thresh(Sᴴ(z + α Aᴴ s))`, for a point z and its residual s. Colours that ended keep x. */
export function propose<M extends Vector<M>, D extends Vector<D>>(
  state: ShrinkageState<M, D>,
  z: M,
  s: D,
): void {
  const { A, alpha, x, g } = state;
  A.rmatvec(s, g).axpby(1, z, alpha);
  shrink(state);
  if (state.reason !== undefined) g.assign(x);
}

/** `‖x − x before‖²` and `‖y − A x‖²` of a step. */
export interface StepNorms {
  readonly dd: number;
  readonly rr: number;
}

/** The norms of a step, with `g − x before` in x. One reduction. */
export function measure<M extends Vector<M>, D extends Vector<D>>({
  x,
  r,
  dots,
}: ShrinkageState<M, D>): StepNorms {
  const [dd = 0, rr = 0] = dots.rdots([x, x], [r, r]);
  return { dd, rr };
}

/**
 * The norms of a step d to g. v holds the new residual, `e = A d`, and x holds `g − x before`. If
 * `½‖y − A ·‖²` is not majorised, `‖A d‖² > ‖d‖²/α`, α is reduced. One reduction; a mask costs one
 * more.
 *
 * @returns undefined if the caller must repeat the step with the smaller α
 */
export function majorised<M extends Vector<M>, D extends Vector<D>>(
  state: ShrinkageState<M, D>,
  v: D,
  d: M,
  e: D,
  tries: number,
): StepNorms | undefined {
  const { x, g, alpha, yy, dots } = state;
  const pairs: VectorPair[] = [
    [x, x],
    [v, v],
    [e, e],
    [g, g],
  ];
  if (d !== x) pairs.push([d, d]);
  const [change = 0, rr = 0, ee = 0, gg = 0, dd = change] = dots.rdots(...pairs);
  // e is a difference of residuals, each of which is exact up to rounding
  const rounding = (64 * epsilonOf(x.dtype)) ** 2 * (yy + gg / alpha);
  const holds = state.reason !== undefined || !(ee > ((1 + SLACK) * dd) / alpha + rounding);
  if (!holds) state.alpha = (MARGIN * dd) / ee;
  // If numbers overflow, the checks at the end of the iteration report it
  return onAll(state, holds || !(state.alpha > 0) || tries === TRIES) ? { dd: change, rr } : undefined;
}

/**
 * `x ← g`. Computes the cost and decides whether to stop. x holds `g − x before`, r the new
 * residual. One reduction.
 */
export function finishShrinkage<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  state: ShrinkageState<M, D>,
  misfit: 'before' | 'after',
  { dd, rr }: StepNorms,
): void {
  const { x, g, eps, ceiling, dots } = state;
  const before = state.rr;
  x.assign(g);
  state.rr = rr;
  state.update = Math.sqrt(dd);
  const cost = 0.5 * (misfit === 'before' ? before : rr) + eps * dots.norm(x, 1);
  state.iteration++;
  const { update } = state;
  const roundoff = isSingle(x.dtype) ? 1e-5 : 1e-13;
  const fault =
    state.monitorres && rr > before * (1 + roundoff)
      ? `the norm of the residual grew from ${Math.sqrt(before)} to ${Math.sqrt(rr)}, so that alpha or ` +
        'eps should be smaller,'
      : 0.5 * rr > ceiling
        ? `the misfit ½‖y − A x‖² grew to ${0.5 * rr}, more than ${FAR} times the cost of the start: ` +
          `expected alpha below 2/‖A‖², received ${state.alpha},`
        : undefined;
  finishIteration(name, state, {
    cost,
    reason: reasonToStop(state, cost),
    scalars: [rr, cost, update],
    fault,
  });
}

/** Why a run stops after a step of this cost; undefined while it continues. */
function reasonToStop<M extends Vector<M>, D extends Vector<D>>(
  { tol, rtol, rtol1, unit, yy, update, history: [first] }: ShrinkageState<M, D>,
  cost: number,
): StopReason | undefined {
  if (update <= tol) return 'update within tolerance';
  // The cost is quadratic in the data, their norm is not
  const least = Math.max(rtol * (first ?? cost), rtol1 * Math.sqrt(yy) * unit);
  return cost < least ? 'tolerance reached' : undefined;
}

/** The common part of the calls of ISTA and FISTA. */
export const shrinkageCall = <M extends Vector<M>, D extends Vector<D>, S extends ShrinkageState<M, D>>(
  name: string,
  y: D,
  options: ShrinkageOptions<M>,
  init: (y: D, own: ShrinkageStartOptions<M>, start: SolverStart) => S,
  step: (state: S) => void,
): SolverCall<S, ShrinkageStartOptions<M>, ShrinkageReport, { readonly alpha: number }> => ({
  name,
  options,
  defaults: DEFAULTS,
  data: y,
  limits: ['rtol1'],
  init: (own, start) => init(start.scaled(y), own, start),
  degrees: { cost: 2, update: 1, residual: 1 },
  step,
  report: ({ update, rr }) => ({ update, residual: Math.sqrt(rr) }),
  result: ({ alpha }) => ({ alpha }),
});
