import { ArgumentError } from '../core/errors.js';
import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { type AnyVector, type Space, seenIn, type Vector } from '../core/vector.js';
import { withWorkspace } from '../core/workspace.js';
import { type CgOptions, type CgState, cg, restartCg } from './cg.js';
import {
  begin,
  checkCount,
  checkNonNegative,
  conclude,
  copyInto,
  type Loop,
  nothing,
  type RunOptions,
  release,
  runSteps,
  type SolverProgress,
  type SolverResult,
  type SolverStep,
  solverSpaces,
  solving,
  startVector,
  stepping,
} from './solver.js';

/** A penalty `‖R x‖₁`, or `‖d − R x‖²`. */
export interface BregmanTerm<M extends Vector<M>> {
  // biome-ignore lint/suspicious/noExplicitAny: penalties of one problem may have data of different kinds
  readonly R: LinearOperator<M, any>;
  /** @default 1 */
  readonly eps?: number;
  /** For L2 terms: what `R x` should be. @default zeros */
  readonly data?: AnyVector | undefined;
}

export interface SplitBregmanStartOptions<M extends Vector<M>> {
  readonly x0?: M | undefined;
  /** Terms `εᵢ² ‖Rᵢ x‖₁`. */
  readonly l1: readonly BregmanTerm<M>[];
  /** Terms `½ εᵢ ‖dᵢ − Rᵢ x‖²`. */
  readonly l2?: readonly BregmanTerm<M>[];
  /** Weight μ of the misfit. @default 1 */
  readonly mu?: number;
  /** Length τ of the Bregman update. @default 1 */
  readonly tau?: number;
  /** Passes of solving and shrinking in an iteration. @default 5 */
  readonly inner?: number;
  /** Stops where `‖x − x before‖` is at most this. @default 1e-10 */
  readonly tol?: number;
  /** Of the least-squares problems. @default { niter: 30, tol: 0, rtol: 1e-8 } */
  readonly solver?: Pick<CgOptions<M>, 'niter' | 'tol' | 'rtol' | 'M'>;
}

export interface SplitBregmanOptions<M extends Vector<M>> extends SplitBregmanStartOptions<M>, RunOptions {
  /** Most (outer) iterations. @default 10 */
  readonly niter?: number;
}

export interface SplitBregmanState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly settings: Required<Omit<SplitBregmanStartOptions<M>, 'x0'>>;
  /** The least-squares problem. */
  readonly problem: CgState<M>;
  readonly x: M;
  /** The solution before. */
  readonly before: M;
  /** The part of the right-hand side that stays, and the whole of it. */
  readonly fixed: M;
  readonly rhs: M;
  readonly y: D;
  readonly r: D;
  /** Shrunk coefficients of each L1 term. */
  readonly d: readonly AnyVector[];
  /** Bregman variables of each. */
  readonly b: readonly AnyVector[];
  /** `Rᵢ x` of each. */
  readonly w: readonly AnyVector[];
}

/** `cost` is `½μ‖y − A x‖² + ½ Σ εᵢ‖dᵢ − Rᵢx‖² + Σ εᵢ² ‖Rᵢx‖₁`. */
export type SplitBregmanStep<M extends Vector<M>, D extends Vector<D>> = SolverStep<SplitBregmanState<M, D>>;
/** `cost` is that after every iteration. */
export type SplitBregmanResult<M> = SolverResult<M>;

const NAME = 'splitBregman';
const START_OPTIONS = ['x0', 'l1', 'l2', 'mu', 'tau', 'inner', 'tol', 'solver'] as const;

function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: SplitBregmanStartOptions<M>,
): SplitBregmanState<M, D> {
  checkOptions(`${NAME}.init`, options, START_OPTIONS);
  const { x0, l1, l2 = [], mu = 1, tau = 1, inner = 5, tol = 1e-10 } = options;
  if (!Array.isArray(l1) || l1.length === 0) throw new ArgumentError(`${NAME}: expected l1 to be a list of at least one term { R, eps }`);
  checkNonNegative(NAME, { mu, tau, tol });
  for (const { eps = 1 } of [...l1, ...l2]) checkNonNegative(NAME, { 'eps of a term': eps });
  checkOptions(`${NAME}: solver`, options.solver, ['niter', 'tol', 'rtol', 'M']);
  const solver = { niter: 30, tol: 0, rtol: 1e-8, ...options.solver };
  checkCount(NAME, { inner, 'solver.niter': solver.niter });
  const { model, data } = solverSpaces(NAME, A, y, x0);
  const copy = copyInto(data, y);
  let normal = A.H.mul(A).scale(mu);
  for (const { R, eps = 1 } of [...l1, ...l2]) normal = normal.add(R.H.mul(R).scale(eps) as LinearOperator<M, M>);
  const fixed = A.rmatvec(copy).scale(mu);
  for (const { R, eps = 1, data: d } of l2) if (d) R.rmatvecAdd(d, fixed, eps);
  const blocks = () => l1.map(({ R }) => R.rangeOf(model).zeros() as AnyVector);
  const vectors = { before: model.empty(), fixed, rhs: model.empty(), y: copy, r: data.empty(), d: blocks(), b: blocks(), w: blocks() };
  const settings = { l1, l2, mu, tau, inner, tol, solver };
  const { niter: _, ...limits } = solver;
  const problem = cg.init(normal, fixed, limits);
  const state = { ...begin(A, startVector(model, x0), ['before', 'rhs', 'r', 'w']), settings, problem, ...vectors };
  state.cost = costOf(state);
  conclude(NAME, state, { scalars: [state.cost] });
  return state;
}

function costOf<M extends Vector<M>, D extends Vector<D>>(state: SplitBregmanState<M, D>): number {
  const { A, x, y, r, w, settings } = state;
  A.matvec(x, r).axpby(1, y, -1);
  let cost = 0.5 * settings.mu * r.rdot(r);
  for (const [k, { R, eps = 1 }] of settings.l1.entries()) {
    R.matvec(x, w[k]);
    cost += eps * eps * (w[k] as AnyVector).norm(1);
  }
  for (const { R, eps = 1, data } of settings.l2) {
    const range: Space<AnyVector> = R.rangeOf(x.space);
    cost += withWorkspace(range, (Rx) => {
      R.matvec(x, Rx);
      if (data) Rx.axpby(1, seenIn(data, range), -1);
      return 0.5 * eps * Rx.rdot(Rx);
    });
  }
  return cost;
}

/** One iteration: `inner` passes of solving for x and shrinking, then the update of the Bregman variables. */
function step<M extends Vector<M>, D extends Vector<D>>(state: SplitBregmanState<M, D>): void {
  const { problem, x, before, fixed, rhs, d, b, w, settings } = state;
  const { l1, inner, solver, tau, tol } = settings;
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
      shrunk.map((from, to) => shrunk.backend.threshold('soft', eps, from, to));
    }
  }
  for (const k of l1.keys()) (b[k] as AnyVector).axpby(tau, w[k], 1).axpby(-tau, d[k], 1);
  before.axpby(-1, x, 1);
  const update = Math.sqrt(before.rdot(before));
  const cost = costOf(state);
  state.iteration++;
  conclude(NAME, state, { cost, reason: update <= tol ? 'update within tolerance' : undefined, scalars: [cost, update] });
}

const solver = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: SplitBregmanOptions<M>,
): Loop<SplitBregmanState<M, D>, SplitBregmanStartOptions<M>> => ({
  name: NAME,
  options,
  own: START_OPTIONS,
  start: (own) => init(A, y, own),
  step,
  report: nothing,
  result: nothing,
  dispose: ({ problem }) => release(problem),
});

/**
 * Split Bregman: minimises `½μ‖y − A x‖² + ½ Σ εⱼ‖dⱼ − Rⱼx‖² + Σ εᵢ² ‖Rᵢx‖₁`: total variation where the R of an L1 term are derivatives.
 *
 * With `dᵢ` for `Rᵢx` and Bregman variables bᵢ, `inner` times: `(μ AᴴA + Σ εRᴴR) x = μ Aᴴy + Σ εⱼ Rⱼᴴdⱼ + Σ εᵢ Rᵢᴴ(dᵢ − bᵢ)` by {@link cg} from the x before, and
 * `dᵢ = soft(Rᵢx + bᵢ, εᵢ)`; then `bᵢ += τ (Rᵢx − dᵢ)`.
 *
 * It stops where `‖x − x before‖ ≤ tol`, or after `niter` (outer) iterations.
 * Memory: x, x before, two right-hand sides, y, r, three like `Rᵢx` for each L1 term, and those of cg. An iteration costs `inner` times cg and one
 * forward of each L1 term, and for the cost one application of each operator and one reduction a term; it allocates no vector.
 * Errors: as for {@link cg}.
 * Source: Goldstein and Osher, "The split Bregman method for L1-regularized problems", 2009.
 */
export const splitBregman = Object.assign(solving(solver), { init, step, steps: stepping(solver) });
