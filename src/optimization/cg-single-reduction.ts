import { ShapeError } from '../core/errors.js';
import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { rdots, seenIn, type Vector, type VectorPair } from '../core/vector.js';
import { CG_START_OPTIONS, type CgResult, type CgStartOptions, cgResult } from './cg.js';
import {
  begin,
  checkCount,
  checkNonNegative,
  checkPreconditioner,
  drive,
  RUN_OPTIONS,
  type RunOptions,
  runToEnd,
  type SolverProgress,
  settle,
  solverSpaces,
  startVector,
} from './solver.js';

export interface CgSingleReductionStartOptions<V extends Vector<V>> extends CgStartOptions<V> {
  /** Every so many iterations r and s are computed anew, which takes away the rounding that their recurrences gather; 0: never. @default 50 */
  readonly replace?: number;
}

export interface CgSingleReductionOptions<V extends Vector<V>> extends CgSingleReductionStartOptions<V>, RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

export interface CgSingleReductionState<V extends Vector<V>> extends SolverProgress {
  readonly A: LinearOperator<V, V>;
  readonly M: LinearOperator<V, V> | undefined;
  readonly tol: number;
  readonly replace: number;
  readonly x: V;
  /** A copy of the right-hand side, where residuals are replaced. */
  readonly y: V | undefined;
  /** The residual `y − A x`. */
  readonly r: V;
  /** `M r`, where there is a preconditioner. */
  readonly u: V | undefined;
  /** `A M r` */
  readonly w: V;
  /** The search direction. */
  readonly p: V;
  /** `A p` */
  readonly s: V;
  /** `‖y − A x‖²` */
  rr: number;
  /** `rᴴ M r` */
  gamma: number;
  /** The next coefficients. */
  alpha: number;
  beta: number;
}

/** What an iteration has found. `x` is live: the next step changes it. */
export interface CgSingleReductionStep<V extends Vector<V>> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: V;
  /** `‖y − A x‖` */
  readonly cost: number;
  readonly state: CgSingleReductionState<V>;
}

const NAME = 'cgSingleReduction';
const START_OPTIONS = [...CG_START_OPTIONS, 'replace'] as const;

/** Allocates all vectors and evaluates the start: two applications (one from zero), one of M, one reduction. Disposing all vectors but x is the caller's. */
function init<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options: CgSingleReductionStartOptions<V> = {},
): CgSingleReductionState<V> {
  checkOptions(`${NAME}.init`, options, START_OPTIONS);
  const { x0, tol = 1e-4, rtol = 0, M, replace = 50 } = options;
  checkNonNegative(NAME, 'tol', tol);
  checkNonNegative(NAME, 'rtol', rtol);
  checkCount(NAME, 'replace', replace);
  const { model, data } = solverSpaces(NAME, A, y, x0);
  if (!model.equals(data))
    throw new ShapeError(
      `${NAME}: expected an operator from a space to itself, received one from ${model} to ${data}: use cglsSingleReduction`,
    );
  checkPreconditioner(NAME, M, model);
  const x = startVector(model, x0);
  const r = model.empty().assign(seenIn(y, model));
  const copy = replace > 0 ? r.copy() : undefined;
  const w = model.empty();
  if (x0) r.axpby(-1, A.matvec(x, w), 1);
  const u = M?.matvec(r);
  A.matvec(u ?? r, w);
  const pairs: VectorPair[] = [
    [r, r],
    [r, u ?? r],
    [w, u ?? r],
  ];
  if (rtol > 0) pairs.push([y, y]);
  const [rr = 0, gamma = 0, delta = 0, yy = 0] = rdots(...pairs);
  const limits = { M, tol: Math.max(tol, rtol * rtol * yy), replace };
  const vectors = { y: copy, r, u, w, p: model.zeros(), s: model.zeros() };
  const alpha = delta === 0 ? 0 : gamma / delta;
  const state: CgSingleReductionState<V> = { ...begin(A, x, ['u']), ...limits, ...vectors, rr, gamma, alpha, beta: 0 };
  settle(NAME, state, Math.sqrt(rr), rr, [gamma, delta]);
  return state;
}

/** One iteration: one application of A and of M, one reduction; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<V extends Vector<V>>(state: CgSingleReductionState<V>): void {
  const { A, M, x, y, r, u, w, p, s, gamma, beta, replace } = state;
  if (state.alpha === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? state.alpha : 0;
  p.axpby(1, u ?? r, beta);
  s.axpby(1, w, beta);
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, s, 1);
  state.iteration++;
  if (y && state.iteration % replace === 0) {
    A.matvec(x, r).axpby(1, y, -1);
    A.matvec(p, s);
  }
  if (M && u) M.matvec(r, u);
  A.matvec(u ?? r, w);
  const [rr = 0, next = 0, delta = 0] = rdots([r, r], [r, u ?? r], [w, u ?? r]);
  state.rr = rr;
  state.gamma = next;
  state.beta = moves && gamma !== 0 ? next / gamma : 0;
  const curvature = alpha === 0 ? delta : delta - (state.beta * next) / alpha;
  state.alpha = curvature === 0 ? 0 : next / curvature;
  settle(NAME, state, Math.sqrt(rr), rr, [next, delta, state.alpha]);
}

/** The iterations one by one, the start first: the caller owns the loop. Leaving it releases all vectors but x. Returns the result at its end. */
function steps<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options: CgSingleReductionOptions<V> = {},
): Generator<CgSingleReductionStep<V>, CgResult<V>, void> {
  checkOptions(NAME, options, [...START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  return drive(
    {
      name: NAME,
      start: () => init(A, y, start),
      step,
      report: (state: CgSingleReductionState<V>) => ({ iteration: state.iteration, x: state.x, cost: Math.sqrt(state.rr), state }),
      result: cgResult,
    },
    { niter, maxTime, checkpoint, reproducible },
  );
}

/**
 * Conjugate gradients with one reduction an iteration: solves `A x = y` for a Hermitian positive definite A, with the iterates of {@link cg} but for rounding.
 *
 * `r = y − A x`, `u = M r`, `w = A u`, `γ = rᴴu`, `α = γ / wᴴu`, `β = 0`; then over and over `p = u + β p`, `s = w + β s`, `x += α p`, `r −= α s`, `u = M r`, `w = A u`,
 * `γ' = rᴴu` and `δ = wᴴu` together, `β = γ'/γ`, `α = γ' / (δ − βγ'/α)`.
 *
 * It stops as {@link cg} does. Every `replace` iterations r and s are computed from x and p, for two applications.
 * Memory: x, r, w, p, s, a copy of y where residuals are replaced, and u with a preconditioner. An iteration costs one application of A, one of M and one reduction, and allocates no
 * vector. With a mask every colour solves its own problem, for one reduction more.
 * Errors: as for {@link cg}.
 * Source: Chronopoulos and Gear, "s-step iterative methods for symmetric linear systems", 1989; van der Vorst and Ye, "Residual replacement strategies for Krylov subspace iterative
 * methods", 2000.
 */
export const cgSingleReduction = Object.assign(
  <V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgSingleReductionOptions<V> = {}): CgResult<V> =>
    runToEnd(steps(A, y, options)),
  { init, step, steps },
);
