import { epsilonOf } from '../../../core/base/dtype.js';
import { checkLimit, checkNonNegative, type Defaults, withDefaults } from '../../../core/base/options.js';
import { assignFrom, movedTo } from '../../../core/distributed/fill-into.js';
import type { LinearOperator } from '../../../core/operator/linear-operator.js';
import type { Vector, VectorPair } from '../../../core/vector/vector.js';
import { solverSpaces, startVector } from '../../linear-system.js';
import type { RunOptions, SolverCall, SolverResult, SolverStep } from '../../solver.js';
import {
  finishIteration,
  initialState,
  PLAIN_START,
  type SolverProgress,
  type SolverStart,
  type StopReason,
} from '../../solver-state.js';
import { inverse } from './givens.js';

/**
 * The common options of LSQR and LSMR. This file holds all that both have in common: the options,
 * the Golub-Kahan process and the rules for stopping.
 */
export interface BidiagonalizationStartOptions<M extends Vector<M>> {
  /** The start. It is copied, not changed. The damping applies to `x − x0`. @default zeros */
  readonly x0?: M | undefined;
  /** Damping ε of `‖y − A x‖² + ε²‖x − x0‖²`. @default 0 */
  readonly damp?: number;
  /**
   * Relative error of A. Stops when `‖Aᴴr‖ ≤ atol ‖A‖‖r‖`, or `‖r‖ ≤ btol ‖y‖ + atol ‖A‖‖x‖`.
   * @default 1e-8
   */
  readonly atol?: number;
  /** Relative error of y. @default 1e-8 */
  readonly btol?: number;
  /**
   * Stops when the estimate of the condition number exceeds this; 0 or Infinity for no limit.
   * @default 1e8
   */
  readonly conlim?: number;
}

export interface BidiagonalizationOptions<M extends Vector<M>>
  extends BidiagonalizationStartOptions<M>,
    RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

/** The scalars that the rules for stopping compare. */
export interface Estimates {
  /** `√(‖y − A x‖² + ε²‖x − x0‖²)` */
  rnorm: number;
  /** The norm of the gradient `Aᴴr − ε²(x − x0)`. */
  arnorm: number;
  /** The Frobenius norm of `[A; ε]`. */
  anorm: number;
  /** The condition number of `[A; ε]`. */
  acond: number;
  /** `‖x − x0‖` by its recurrence (LSMR, MINRES: `‖x‖`). */
  xnorm: number;
}

export interface BidiagonalizationState<M extends Vector<M>, D extends Vector<D>>
  extends SolverProgress,
    Estimates {
  readonly A: LinearOperator<M, D>;
  readonly damp: number;
  readonly atol: number;
  readonly btol: number;
  readonly conlim: number;
  readonly x: M;
  /** The left vector of the process, of norm 1. */
  readonly u: D;
  /** The right vector of the process, of norm 1. */
  readonly v: M;
  alpha: number;
  beta: number;
  /** `‖y‖` */
  readonly bnorm: number;
}

/** `cost` is `√(‖y − A x‖² + ε²‖x − x0‖²)`. */
export interface BidiagonalizationStep<S extends SolverProgress> extends SolverStep<S>, Readonly<Estimates> {}

/** `cost` is `√(‖y − A x‖² + ε²‖x − x0‖²)` at the start and after each iteration. */
export interface BidiagonalizationResult<M> extends SolverResult<M>, Readonly<Estimates> {
  /**
   * The reason in the numbering of Paige and Saunders: 0 x0 is the solution, 1 and 2 the residual
   * or the gradient is within tolerance, 3 condition limit, 4 to 6 the same at machine precision, 7
   * a limit of iterations or time, or breakdown.
   */
  readonly istop: number;
}

const DEFAULTS = { x0: undefined, damp: 0, atol: 1e-8, btol: 1e-8, conlim: 1e8 } satisfies Defaults<
  BidiagonalizationStartOptions<never>
>;

/**
 * `β u = y − A x0`, `α v = Aᴴ u`: two reductions, one adjoint, and one forward if there is an x0.
 */
export function startBidiagonalization<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  A: LinearOperator<M, D>,
  y: D,
  options: BidiagonalizationStartOptions<M> | undefined,
  { dots }: SolverStart = PLAIN_START,
): BidiagonalizationState<M, D> {
  const { x0, damp, atol, btol, conlim } = withDefaults(`${name}.init`, options, DEFAULTS);
  checkNonNegative(name, { damp, atol, btol });
  checkLimit(name, { conlim });
  const { model, data } = solverSpaces(name, A, y, x0);
  const x = startVector(model, x0);
  const u = data.empty();
  if (x0) movedTo(y, data, (seen) => A.matvec(x, u).axpby(1, seen, -1));
  else assignFrom(u, y);
  const pairs: VectorPair[] = [[u, u]];
  if (x0) pairs.push([y, y], [x, x]);
  const [uu = 0, yy = uu, xx = 0] = dots.rdots(...pairs);
  const beta = Math.sqrt(uu);
  u.scale(inverse(beta));
  const v = A.rmatvec(u);
  const alpha = Math.sqrt(dots.rdot(v, v));
  v.scale(inverse(alpha));
  const limits = { damp, atol, btol, conlim, bnorm: Math.sqrt(yy) };
  const estimates = { rnorm: beta, arnorm: alpha * beta, anorm: 0, acond: 0, xnorm: Math.sqrt(xx) };
  return { ...initialState(A, x, dots), ...limits, u, v, alpha, beta, ...estimates };
}

/**
 * `β u = A v − α u`. One reduction.
 *
 * @param pairs vectors whose inner products are computed in the same reduction
 * @returns the inner products of the pairs
 */
export function nextLeft<M extends Vector<M>, D extends Vector<D>>(
  state: BidiagonalizationState<M, D>,
  ...pairs: VectorPair[]
): number[] {
  const { A, u, v, dots } = state;
  A.matvecAdd(v, u.scale(-state.alpha));
  const [uu = 0, ...others] = dots.rdots([u, u], ...pairs);
  state.beta = Math.sqrt(uu);
  u.scale(inverse(state.beta));
  return others;
}

/**
 * `α v = Aᴴ u − β v`. One reduction.
 *
 * @param pairs vectors whose inner products are computed in the same reduction
 * @returns the inner products of the pairs
 */
export function nextRight<M extends Vector<M>, D extends Vector<D>>(
  state: BidiagonalizationState<M, D>,
  ...pairs: VectorPair[]
): number[] {
  const { A, u, v, dots } = state;
  A.rmatvecAdd(u, v.scale(-state.beta));
  const [vv = 0, ...others] = dots.rdots([v, v], ...pairs);
  state.alpha = Math.sqrt(vv);
  v.scale(inverse(state.alpha));
  return others;
}

/** `‖x + c h‖` from the inner products of x and h, for a step `x += c h` after the reduction. */
export const normAfter = (xx: number, xh: number, hh: number, c: number): number =>
  Math.sqrt(Math.max(0, xx + 2 * c * xh + c * c * hh));

/** The stopping rules of Paige and Saunders. */
function reasonToStop<M extends Vector<M>, D extends Vector<D>>(
  state: BidiagonalizationState<M, D>,
): StopReason | undefined {
  const { rnorm, arnorm, anorm, acond, xnorm, atol, btol, conlim, bnorm, x } = state;
  if (arnorm === 0) return 'solved exactly';
  const eps = epsilonOf(x.dtype);
  const byResidual = btol * bnorm + atol * anorm * xnorm;
  if (rnorm <= byResidual) return 'residual within tolerance';
  if (arnorm <= atol * anorm * rnorm) return 'gradient within tolerance';
  if (conlim > 0 && acond >= conlim) return 'condition limit reached';
  if (rnorm <= eps * (bnorm + anorm * xnorm) || arnorm <= eps * anorm * rnorm || eps * acond >= 1)
    return 'machine precision reached';
  return undefined;
}

/** The number of the reason, from the reason and the estimates. */
function istopOf<M extends Vector<M>, D extends Vector<D>>(
  state: BidiagonalizationState<M, D>,
  reason: StopReason,
): number {
  const { rnorm, arnorm, anorm, acond, xnorm, bnorm, x, iteration } = state;
  const eps = epsilonOf(x.dtype);
  if (reason === 'solved exactly') return iteration === 0 ? 0 : rnorm <= eps * bnorm ? 1 : 2;
  if (reason === 'residual within tolerance') return 1;
  if (reason === 'gradient within tolerance') return 2;
  if (reason === 'condition limit reached') return 3;
  if (reason !== 'machine precision reached') return 7;
  return eps * acond >= 1
    ? 6
    : arnorm <= eps * anorm * rnorm && rnorm > eps * (bnorm + anorm * xnorm)
      ? 5
      : 4;
}

/** The power of the data in which each estimate scales. */
export const ESTIMATE_DEGREES = { rnorm: 1, arnorm: 1, xnorm: 1 } as const;
export const estimatesOf = ({ rnorm, arnorm, anorm, acond, xnorm }: Estimates): Estimates => ({
  rnorm,
  arnorm,
  anorm,
  acond,
  xnorm,
});

/** Ends the start. The state is finished if the gradient is zero. */
export function finishStart<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  state: BidiagonalizationState<M, D>,
): void {
  const { rnorm, arnorm } = state;
  finishIteration(name, state, {
    cost: rnorm,
    reason: arnorm === 0 ? 'solved exactly' : undefined,
    scalars: [rnorm, arnorm],
  });
}

/** Ends an iteration by the stopping rules of Paige and Saunders. */
export function finishStep<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  state: BidiagonalizationState<M, D>,
): void {
  const { rnorm, arnorm, alpha, beta, xnorm } = state;
  finishIteration(name, state, {
    cost: rnorm,
    reason: reasonToStop(state),
    scalars: [rnorm, arnorm, alpha, beta, xnorm],
  });
}

/** The common part of the calls of LSQR and LSMR. */
export const bidiagonalizationCall = <
  M extends Vector<M>,
  D extends Vector<D>,
  S extends BidiagonalizationState<M, D>,
>(
  name: string,
  y: D,
  options: BidiagonalizationOptions<M>,
  init: (y: D, own: BidiagonalizationStartOptions<M>, start: SolverStart) => S,
  step: (state: S) => void,
): SolverCall<
  S,
  BidiagonalizationStartOptions<M>,
  Readonly<Estimates>,
  Readonly<Estimates> & { readonly istop: number }
> => ({
  name,
  options,
  defaults: DEFAULTS,
  data: y,
  init: (own, start) => init(start.scaled(y), own, start),
  degrees: ESTIMATE_DEGREES,
  step,
  report: estimatesOf,
  result: (state, reason) => ({ ...estimatesOf(state), istop: istopOf(state, reason) }),
});
