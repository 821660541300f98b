import { ArgumentError } from '../../core/base/errors.js';
import {
  checkCount,
  checkNames,
  checkNonNegative,
  checkNonNegativeIfGiven,
  type Defaults,
  requireOptions,
  withDefaults,
} from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { checkOperator, type LinearOperator } from '../../core/operator/linear-operator.js';
import {
  type AnyVector,
  checkVector,
  type Space,
  type Vector,
  type VectorPair,
  viewAs,
} from '../../core/vector/vector.js';
import { withWorkspaces } from '../../core/vector/workspace.js';
import { type CgOptions, type CgState, cg, restartCg } from '../krylov/cg.js';
import { copyInto, solverSpaces, startVector } from '../linear-system.js';
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

/** A penalty `‖R x‖₁`, or `‖d − R x‖²`. */
export interface BregmanTerm<M extends Vector<M>> {
  // biome-ignore lint/suspicious/noExplicitAny: penalties may have data of different kinds
  readonly R: LinearOperator<M, any>;
  /** The weight ε. @default 1 */
  readonly eps?: number;
  /** For L2 terms: the value that `R x` should have. @default zeros */
  readonly data?: AnyVector | undefined;
}

export interface SplitBregmanStartOptions<M extends Vector<M>> {
  readonly x0?: M | undefined;
  /** Terms `εᵢ² ‖Rᵢ x‖₁`. */
  readonly l1: readonly BregmanTerm<M>[];
  /** Terms `½ εᵢ ‖dᵢ − Rᵢ x‖²`. @default [] */
  readonly l2?: readonly BregmanTerm<M>[];
  /** Weight μ of the misfit. @default 1 */
  readonly mu?: number;
  /** Length τ of the Bregman update. @default 1 */
  readonly tau?: number;
  /** The number of passes in an iteration. Each solves for x and shrinks. @default 5 */
  readonly inner?: number;
  /** Stops when `‖x − x before‖` is at most this. @default 1e-10, at most 1e-10 ‖x‖ */
  readonly tol?: number;
  /**
   * Options of {@link cg} for the least-squares problems.
   * @default { niter: 30, tol: 0, rtol: 1e-8 }
   */
  readonly solver?: Pick<CgOptions<M>, 'niter' | 'tol' | 'rtol' | 'M'>;
}

/** Options of {@link splitBregman}. */
export interface SplitBregmanOptions<M extends Vector<M>> extends SplitBregmanStartOptions<M>, RunOptions {
  /** Most outer iterations. @default 10 */
  readonly niter?: number;
}

/** The state of {@link splitBregman}. */
export interface SplitBregmanState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly settings: Required<Omit<SplitBregmanStartOptions<M>, 'x0' | 'tol'>> & {
    readonly tol: number | undefined;
    /** The factor by which the data were multiplied. */
    readonly unit: number;
  };
  /** The least-squares problem. */
  readonly problem: CgState<M>;
  readonly x: M;
  /** The previous solution. */
  readonly before: M;
  /** The constant part of the right-hand side, and the right-hand side. */
  readonly fixed: M;
  readonly rhs: M;
  readonly y: D;
  readonly r: D;
  /** The shrunk coefficients of each L1 term. */
  readonly d: readonly AnyVector[];
  /** The Bregman variables of each L1 term. */
  readonly b: readonly AnyVector[];
  /** `Rᵢ x` of each L1 term. */
  readonly w: readonly AnyVector[];
}

/** `cost` is `½μ‖y − A x‖² + ½ Σ εᵢ‖dᵢ − Rᵢx‖² + Σ εᵢ² ‖Rᵢx‖₁`. */
export type SplitBregmanStep<M extends Vector<M>, D extends Vector<D>> = SolverStep<SplitBregmanState<M, D>>;
/** `cost` is the same value at the start and after each iteration. */
export type SplitBregmanResult<M> = SolverResult<M>;

const NAME = 'splitBregman';
const L1_TERM = { R: undefined, eps: 1 } satisfies Defaults<Omit<BregmanTerm<never>, 'data'>>;
const L2_TERM = { ...L1_TERM, data: undefined } satisfies Defaults<BregmanTerm<never>>;

/**
 * Throws {@link ArgumentError} unless `terms` is a list of terms `{ R, eps, data }`. Only L2 terms
 * may have data.
 */
function checkTerms(which: 'l1' | 'l2', terms: readonly BregmanTerm<AnyVector>[]): void {
  if (!Array.isArray(terms))
    throw new ArgumentError(
      `${NAME}: expected ${which} to be a list of terms { R, eps }, received ${textOf(terms)}`,
    );
  for (const [k, term] of terms.entries()) {
    const owner = `${NAME}: ${which}[${k}]`;
    if (typeof term !== 'object' || term === null)
      throw new ArgumentError(`${owner}: expected a term { R, eps }, received ${textOf(term)}`);
    checkNames(owner, term, which === 'l1' ? L1_TERM : L2_TERM);
    checkOperator(owner, term.R);
    if (term.eps !== undefined) checkNonNegative(owner, { eps: term.eps });
    if (term.data !== undefined) checkVector(owner, 'data', term.data);
  }
}
const SOLVER_DEFAULTS = { niter: 30, tol: 0, rtol: 1e-8, M: undefined } satisfies Defaults<
  Pick<CgOptions<never>, 'niter' | 'tol' | 'rtol' | 'M'>
>;
const DEFAULTS = {
  x0: undefined,
  l1: undefined,
  l2: [],
  mu: 1,
  tau: 1,
  inner: 5,
  tol: undefined,
  solver: SOLVER_DEFAULTS,
} satisfies Defaults<SplitBregmanStartOptions<never>>;

function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: SplitBregmanStartOptions<M>,
  start = PLAIN_START,
): SplitBregmanState<M, D> {
  const { unit, dots } = start;
  const given = requireOptions(`${NAME}.init`, options, DEFAULTS);
  const { x0, l1, l2, mu, tau, inner, tol } = given;
  checkTerms('l1', l1);
  checkTerms('l2', l2);
  if (l1.length === 0)
    throw new ArgumentError(
      `${NAME}: expected l1 to be a list of at least one term { R, eps }, received none`,
    );
  checkNonNegativeIfGiven(NAME, { mu, tau, tol });
  const solver = withDefaults(`${NAME}: solver`, given.solver, SOLVER_DEFAULTS);
  checkCount(NAME, { inner, 'solver.niter': solver.niter });
  const { model, data } = solverSpaces(NAME, A, y, x0);
  const copy = copyInto(data, y);
  let normal = A.H.mul(A).scale(mu);
  for (const { R, eps = 1 } of [...l1, ...l2])
    normal = normal.add(R.H.mul(R).scale(eps) as LinearOperator<M, M>);
  const fixed = A.rmatvec(copy).scale(mu);
  for (const { R, eps = 1, data: d } of l2) if (d) R.rmatvecAdd(d, fixed, eps * unit);
  const blocks = () => l1.map(({ R }) => R.rangeOf(model).zeros() as AnyVector);
  const scratch = { before: model.empty(), rhs: model.empty(), r: data.empty(), w: blocks() };
  const settings = { l1, l2, mu, tau, inner, tol, solver, unit };
  const { niter: _, ...limits } = solver;
  const problem = cg.init(normal, fixed, limits, start);
  const state = {
    ...initialState(A, startVector(model, x0), dots, scratch),
    ...{ settings, problem, fixed, y: copy, d: blocks(), b: blocks() },
  };
  state.before.fill(0);
  const { cost } = measure(state);
  finishIteration(NAME, state, { cost, scalars: [cost] });
  return state;
}

/**
 * Computes the cost, the norm of the update in `before`, and the limit of that norm. One reduction
 * for all squares and one for each L1 term.
 */
function measure<M extends Vector<M>, D extends Vector<D>>(
  state: SplitBregmanState<M, D>,
): { cost: number; update: number; limit: number } {
  const { A, x, before, y, r, w, settings, dots } = state;
  const { mu, l1, l2, tol, unit } = settings;
  A.matvec(x, r).axpby(1, y, -1);
  const spaces = l2.map(({ R }): Space<AnyVector> => R.rangeOf(x.space));
  return withWorkspaces(spaces, (misfits) => {
    for (const [k, { R, data }] of l2.entries()) {
      const misfit: AnyVector = R.matvec(x, misfits[k]);
      if (data) misfit.axpby(unit, viewAs(data, misfit.space), -1);
    }
    // The norm of x is computed only if the tolerance depends on it
    const sized = tol === undefined ? [x] : [];
    const pairs = [before, r, ...misfits, ...sized].map((v): VectorPair => [v, v]);
    const [square = 0, misfit = 0, ...others] = dots.rdots(...pairs);
    let cost = 0.5 * mu * misfit;
    for (const [k, { R, eps = 1 }] of l1.entries())
      cost += inUnits(eps * eps, unit, 1) * dots.norm(R.matvec(x, w[k]), 1);
    for (const [k, { eps = 1 }] of l2.entries()) cost += 0.5 * eps * (others[k] as number);
    return {
      cost,
      update: Math.sqrt(square),
      limit: normLimit(tol, 1e-10, Math.sqrt(others.at(-1) ?? 0), unit),
    };
  });
}

/**
 * One iteration: `inner` passes that solve for x and shrink, then the update of the Bregman
 * variables.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: SplitBregmanState<M, D>): void {
  const { problem, x, before, fixed, rhs, d, b, w, settings } = state;
  const { l1, inner, solver, tau, unit } = settings;
  before.assign(x);
  for (let pass = 0; pass < inner; pass++) {
    rhs.assign(fixed);
    for (const [k, { R, eps = 1 }] of l1.entries()) {
      const work = w[k] as AnyVector;
      R.rmatvecAdd(work.assign(d[k]).axpby(-1, b[k], 1), rhs, eps);
    }
    restartCg(problem, rhs, x);
    runSteps(problem, cg.step, solver.niter ?? 30);
    if (state.reason === undefined) x.assign(problem.x);
    for (const [k, { R, eps = 1 }] of l1.entries()) {
      const shrunk = d[k] as AnyVector;
      R.matvec(x, w[k]);
      shrunk.assign(w[k]).axpby(1, b[k], 1);
      shrunk.map((from, to) => shrunk.backend.threshold('soft', inUnits(eps, unit, 1), from, to));
    }
  }
  for (const k of l1.keys()) (b[k] as AnyVector).axpby(tau, w[k], 1).axpby(-tau, d[k], 1);
  before.axpby(-1, x, 1);
  const { cost, update, limit } = measure(state);
  state.iteration++;
  finishIteration(NAME, state, {
    cost,
    reason: update <= limit ? 'update within tolerance' : undefined,
    scalars: [cost, update],
  });
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: SplitBregmanOptions<M>,
): SolverCall<SplitBregmanState<M, D>, SplitBregmanStartOptions<M>> => ({
  name: NAME,
  options,
  defaults: DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  degrees: { cost: 2 },
  step,
});

/**
 * Split Bregman: minimises `½μ‖y − A x‖² + ½ Σ εⱼ‖dⱼ − Rⱼx‖² + Σ εᵢ² ‖Rᵢx‖₁`. It is total variation
 * if the R of an L1 term are derivatives.
 *
 * With `dᵢ` for `Rᵢx` and Bregman variables bᵢ, each of `inner` passes computes
 * `(μ AᴴA + Σ εRᴴR) x = μ Aᴴy + Σ εⱼ Rⱼᴴdⱼ + Σ εᵢ Rᵢᴴ(dᵢ − bᵢ)` by {@link cg} from the x before,
 * and `dᵢ = soft(Rᵢx + bᵢ, εᵢ)`. Then `bᵢ += τ (Rᵢx − dᵢ)`.
 *
 * It stops when `‖x − x before‖ ≤ tol`, or after `niter` (outer) iterations.
 *
 * Memory: x, x before, two right-hand sides, y, r, three like `Rᵢx` for each L1 term, and those of
 * cg. An iteration costs `inner` times cg and one forward of each L1 term, and for the cost one
 * application of each operator, one reduction, and one for each L1 term. It allocates no vector.
 *
 * Errors: as for {@link cg}.
 *
 * Source: Goldstein and Osher, "The split Bregman method for L1-regularized problems", 2009.
 */
export const splitBregman = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
