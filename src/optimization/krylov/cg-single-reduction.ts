import { epsilonOf } from '../../core/base/dtype.js';
import { checkCount, checkNonNegativeIfGiven, type Defaults, withDefaults } from '../../core/base/options.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector, VectorPair } from '../../core/vector/vector.js';
import { copyInto, squareSpace, startVector } from '../linear-system.js';
import { type Limits, needsReference, squaredLimit } from '../parts/scaling.js';
import {
  defineSolver,
  makeMemoryUsage,
  makeSolve,
  makeSteps,
  type RunOptions,
  type SolverCall,
  type SolverStep,
} from '../solver.js';
import {
  finishSquared,
  initialState,
  PLAIN_START,
  type SolverProgress,
  type SolverStart,
} from '../solver-state.js';
import { CG_DEFAULTS, type CgStartOptions, type Istop, istopOf } from './cg.js';

export interface CgSingleReductionStartOptions<V extends Vector<V>> extends CgStartOptions<V> {
  /**
   * Recomputes r and s every so many iterations, which removes the rounding errors that their
   * recurrences accumulate; 0: never.
   * @default 0, of `cgPipelined` 20
   */
  readonly replace?: number;
}

/** Options of {@link cgSingleReduction}. */
export interface CgSingleReductionOptions<V extends Vector<V>>
  extends CgSingleReductionStartOptions<V>,
    RunOptions {}

/** The coefficients of the methods with one reduction. */
export interface Coefficients {
  /** `rᴴ M r`; of least squares `sᴴ M s`. */
  gamma: number;
  /** The next coefficients. */
  alpha: number;
  beta: number;
}

/** The state of {@link cgSingleReduction}. */
export interface CgSingleReductionState<V extends Vector<V>> extends SolverProgress, Coefficients {
  readonly A: LinearOperator<V, V>;
  readonly M: LinearOperator<V, V> | undefined;
  /** The limit of `‖y − A x‖²`. */
  tol: number;
  /** The limits as given in the options. */
  readonly limits: Limits;
  readonly replace: number;
  readonly x: V;
  /** A copy of the right-hand side, if residuals are replaced. */
  readonly y: V | undefined;
  /** The residual `y − A x`. */
  readonly r: V;
  /** `M r`, if there is a preconditioner. */
  readonly u: V | undefined;
  /** `A M r` */
  readonly w: V;
  /** The search direction. */
  readonly p: V;
  /** `A p` */
  readonly s: V;
  /** `‖y − A x‖²` */
  rr: number;
}

/** A step of {@link cgSingleReduction}. */
export type CgSingleReductionStep<V extends Vector<V>> = SolverStep<CgSingleReductionState<V>>;

const NAME = 'cgSingleReduction';

export const SINGLE_REDUCTION_DEFAULTS = { ...CG_DEFAULTS, replace: undefined } satisfies Defaults<
  CgSingleReductionStartOptions<never>
>;

/**
 * Allocates the state and computes x, r and `w = A M r`, without any reduction: two applications
 * (one if x starts from zero), and one of M. Residuals are replaced `often` unless the options set
 * another number.
 */
export function startSingleReduction<V extends Vector<V>>(
  name: string,
  A: LinearOperator<V, V>,
  y: V,
  options: CgSingleReductionStartOptions<V> | undefined,
  { unit, dots }: SolverStart,
  often = 0,
): CgSingleReductionState<V> {
  const given = withDefaults(`${name}.init`, options, SINGLE_REDUCTION_DEFAULTS);
  const { x0, tol, rtol, M, replace = often } = given;
  checkNonNegativeIfGiven(name, { tol, rtol });
  checkCount(name, { replace });
  const model = squareSpace(name, A, y, given, 'cglsSingleReduction');
  const x = startVector(model, x0);
  const r = copyInto(model, y);
  const copy = replace > 0 ? r.copy() : undefined;
  const w = model.empty();
  if (x0) r.axpby(-1, A.matvec(x, w), 1);
  const u = M?.matvec(r);
  A.matvec(u ?? r, w);
  const vectors = { y: copy, r, u, w, p: model.zeros(), s: model.zeros() };
  const scalars = { tol: 0, rr: 0, gamma: 0, alpha: 0, beta: 0 };
  return {
    ...initialState(A, x, dots),
    ...{ M, limits: { tol, rtol, unit }, replace, ...vectors, ...scalars },
  };
}

/**
 * The pairs of vectors whose inner products the start or an iteration needs. The pair of y is added
 * if the start needs its norm and is not from zero.
 */
export function pairsOf<V extends Vector<V>>(
  { r, u, w, p, s }: CgSingleReductionState<V>,
  y?: V,
): VectorPair[] {
  const pairs: VectorPair[] = [
    [r, r],
    [r, u ?? r],
    [w, u ?? r],
    [r, p],
    [s, u ?? r],
    [p, s],
  ];
  if (y) pairs.push([y, y]);
  return pairs;
}

/** The data, if the start is from x0 and needs their norm. */
export const referenceOf = <V extends Vector<V>>(
  { limits }: CgSingleReductionState<V>,
  y: V,
  x0: V | undefined,
): V | undefined => (x0 && needsReference(limits) ? y : undefined);

/**
 * The data from which the coefficients of the next direction `z + β p` follow. p is the last
 * direction, z the preconditioned gradient.
 */
export interface LineSearch {
  /** The slopes along z and along p. The latter is 0 up to rounding. */
  readonly gamma: number;
  readonly slope: number;
  /** The curvatures along z and along p, and the product of z and p in the metric of A. */
  readonly fresh: number;
  readonly old: number;
  readonly cross: number;
}

/** A curvature below this many times the rounding of its terms counts as zero. */
const CANCELLED = 8;

/**
 * `β = γ'/γ`, and α of an exact line search along `z + β p`:
 * `α = (γ' + β sᴴp) / (zᴴAz + 2β zᴴAp + β² pᴴAp)`. This formula uses measured products. The formula
 * γ'/(δ − βγ'/α) uses relations that hold only up to rounding. If the curvature is only rounding,
 * the direction is z. After a replacement (`anew`) γ may be inaccurate. Then β makes the direction
 * conjugate to p: `β = −zᴴAp / pᴴAp`.
 */
export function nextCoefficients(
  state: Coefficients,
  { gamma, slope, fresh, old, cross }: LineSearch,
  { epsilon, anew }: { readonly epsilon: number; readonly anew: boolean },
): void {
  const ratio = anew ? (old !== 0 ? -cross / old : 0) : state.gamma !== 0 ? gamma / state.gamma : 0;
  const curvature = fresh + 2 * ratio * cross + ratio * ratio * old;
  const cancelled =
    Math.abs(curvature) <= CANCELLED * epsilon * (Math.abs(fresh) + ratio * ratio * Math.abs(old));
  const [beta, numerator, denominator] = cancelled
    ? [0, gamma, fresh]
    : [ratio, gamma + ratio * slope, curvature];
  state.alpha = denominator === 0 ? 0 : numerator / denominator;
  state.beta = beta;
  state.gamma = gamma;
}

/** True in the iterations that recompute the residuals. */
export const isReplacing = ({
  iteration,
  replace,
}: {
  readonly iteration: number;
  readonly replace: number;
}): boolean => replace > 0 && iteration > 0 && iteration % replace === 0;

/** Ends the start or an iteration, from the inner products of {@link pairsOf}. */
export function finishSingleReduction<V extends Vector<V>>(
  name: string,
  state: CgSingleReductionState<V>,
  [rr = 0, gamma = 0, fresh = 0, slope = 0, cross = 0, old = 0, yy = rr]: readonly number[],
): void {
  state.rr = rr;
  if (state.iteration === 0) state.tol = squaredLimit(state.limits, yy);
  nextCoefficients(
    state,
    { gamma, slope, fresh, old, cross },
    { epsilon: epsilonOf(state.x.dtype), anew: isReplacing(state) },
  );
  finishSquared(name, state, Math.sqrt(rr), rr, [gamma, slope, fresh, old, cross, state.alpha]);
}

/** Begins an iteration. Returns α, or 0 if x must not change. */
export function stepLength(state: SolverProgress & Coefficients): number {
  if (state.alpha === 0) state.reason ??= 'breakdown';
  if (state.reason !== undefined) state.alpha = 0;
  state.iteration++;
  return state.alpha;
}

/**
 * Allocates all vectors and evaluates the start: two applications (one if x starts from zero), one
 * of M, one reduction. The caller must dispose all vectors of the state other than x, the result.
 */
function init<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options?: CgSingleReductionStartOptions<V>,
  start = PLAIN_START,
): CgSingleReductionState<V> {
  const state = startSingleReduction(NAME, A, y, options, start);
  const pairs = pairsOf(state, referenceOf(state, y, options?.x0));
  finishSingleReduction(NAME, state, state.dots.rdots(...pairs));
  return state;
}

/**
 * One iteration: one application of A and of M, one reduction. Allocates no vector. Ranks that have
 * a reason to stop keep their x.
 */
function step<V extends Vector<V>>(state: CgSingleReductionState<V>): void {
  const { A, M, x, y, r, u, w, p, s, beta, dots } = state;
  const alpha = stepLength(state);
  p.axpby(1, u ?? r, beta);
  s.axpby(1, w, beta);
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, s, 1);
  if (y && isReplacing(state)) {
    A.matvec(x, r).axpby(1, y, -1);
    A.matvec(p, s);
  }
  if (M && u) M.matvec(r, u);
  A.matvec(u ?? r, w);
  finishSingleReduction(NAME, state, dots.rdots(...pairsOf(state)));
}

const call = <V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options: CgSingleReductionOptions<V> = {},
): SolverCall<CgSingleReductionState<V>, CgSingleReductionStartOptions<V>, object, Istop> => ({
  name: NAME,
  options,
  defaults: SINGLE_REDUCTION_DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  step,
  result: istopOf,
});

/**
 * Conjugate gradients with one reduction an iteration: solves `A x = y` for a Hermitian positive
 * definite A. Up to rounding the iterates are those of {@link cg}.
 *
 * `r = y − A x`, `u = M r`, `w = A u`, `γ = rᴴu`, `α = γ / wᴴu`, `β = 0`. Each iteration computes
 * `p = u + β p`, `s = w + β s`, `x += α p`, `r −= α s`, `u = M r`, `w = A u`, then `γ' = rᴴu`,
 * `wᴴu`, `rᴴp`, `sᴴu` and `pᴴs` together, `β = γ'/γ`, `α = (γ' + β rᴴp) / (wᴴu + 2β sᴴu + β² pᴴs)`.
 * This is an exact line search along the next direction, so that no value grows after convergence.
 *
 * It stops as {@link cg} does. With `replace`, r and s are recomputed from x and p every so many
 * iterations, which costs two applications.
 *
 * Memory: x, r, w, p, s, a copy of y if residuals are replaced, and u with a preconditioner. An
 * iteration costs one application of A, one of M and one reduction, and allocates no vector. With a
 * mask each colour solves its own problem, which costs one more reduction.
 *
 * Errors: as for {@link cg}.
 *
 * Source: Chronopoulos and Gear, "s-step iterative methods for symmetric linear systems", 1989; van
 * der Vorst and Ye, "Residual replacement strategies for Krylov subspace iterative methods", 2000.
 */
export const cgSingleReduction = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
