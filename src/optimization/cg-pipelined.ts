import { ShapeError } from '../core/errors.js';
import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { seenIn, startDots, type Vector, type VectorPair } from '../core/vector.js';
import { CG_START_OPTIONS, type CgResult, cgResult } from './cg.js';
import type { CgSingleReductionOptions, CgSingleReductionStartOptions } from './cg-single-reduction.js';
import {
  begin,
  checkCount,
  checkNonNegative,
  checkPreconditioner,
  drive,
  RUN_OPTIONS,
  runToEnd,
  type SolverProgress,
  settle,
  solverSpaces,
  startVector,
} from './solver.js';

export type CgPipelinedOptions<V extends Vector<V>> = CgSingleReductionOptions<V>;

export interface CgPipelinedState<V extends Vector<V>> extends SolverProgress {
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
  /** `M w`, where there is a preconditioner. */
  readonly m: V | undefined;
  /** `A M w` */
  readonly n: V;
  /** The search direction. */
  readonly p: V;
  /** `A p` */
  readonly s: V;
  /** `M s`, where there is a preconditioner. */
  readonly q: V | undefined;
  /** `A M s` */
  readonly z: V;
  /** `‖y − A x‖²` */
  rr: number;
  /** `rᴴ M r` */
  gamma: number;
  /** The next coefficients. */
  alpha: number;
  beta: number;
}

/** What an iteration has found. `x` is live: the next step changes it. */
export interface CgPipelinedStep<V extends Vector<V>> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: V;
  /** `‖y − A x‖` */
  readonly cost: number;
  readonly state: CgPipelinedState<V>;
}

const NAME = 'cgPipelined';
const START_OPTIONS = [...CG_START_OPTIONS, 'replace'] as const;

/** The inner products of an iteration while `n = A M w` is computed: `‖r‖²`, `rᴴu`, `wᴴu`, and that of one more pair. */
function measure<V extends Vector<V>>(state: CgPipelinedState<V>, more: readonly VectorPair[] = []): number[] {
  const { A, M, r, u, w, m, n } = state;
  const pending = startDots([r, r], [r, u ?? r], [w, u ?? r], ...more);
  if (M && m) M.matvec(w, m);
  A.matvec(m ?? w, n);
  const values = pending.wait();
  return Array.from({ length: values.length / 2 }, (_, i) => values[2 * i] as number);
}

/** Allocates all vectors and evaluates the start: three applications (two from zero), two of M, one reduction. Disposing all vectors but x is the caller's. */
function init<V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgSingleReductionStartOptions<V> = {}): CgPipelinedState<V> {
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
  const zeros = () => model.zeros();
  const vectors = { r, u, w, m: M && model.empty(), n: model.empty(), p: zeros(), s: zeros(), q: M && zeros(), z: zeros() };
  const scalars = { rr: 0, gamma: 0, alpha: 0, beta: 0 };
  const unmeasured = { ...begin(A, x, ['m']), M, replace, y: copy, ...vectors, ...scalars };
  const [rr = 0, gamma = 0, delta = 0, yy = 0] = measure({ ...unmeasured, tol }, rtol > 0 ? [[y, y]] : []);
  const state = { ...unmeasured, tol: Math.max(tol, rtol * rtol * yy), rr, gamma, alpha: delta === 0 ? 0 : gamma / delta };
  settle(NAME, state, Math.sqrt(rr), rr, [gamma, delta]);
  return state;
}

/** One iteration: one application of A and of M while one reduction is on its way; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<V extends Vector<V>>(state: CgPipelinedState<V>): void {
  const { A, M, x, y, r, u, w, m, n, p, s, q, z, gamma, beta, replace } = state;
  if (state.alpha === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? state.alpha : 0;
  z.axpby(1, n, beta);
  if (q && m) q.axpby(1, m, beta);
  s.axpby(1, w, beta);
  p.axpby(1, u ?? r, beta);
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, s, 1);
  if (u && q) u.axpby(-alpha, q, 1);
  w.axpby(-alpha, z, 1);
  state.iteration++;
  if (y && state.iteration % replace === 0) {
    A.matvec(x, r).axpby(1, y, -1);
    if (M && u) M.matvec(r, u);
    A.matvec(u ?? r, w);
    A.matvec(p, s);
    if (M && q) M.matvec(s, q);
    A.matvec(q ?? s, z);
  }
  const [rr = 0, next = 0, delta = 0] = measure(state);
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
  options: CgPipelinedOptions<V> = {},
): Generator<CgPipelinedStep<V>, CgResult<V>, void> {
  checkOptions(NAME, options, [...START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  return drive(
    {
      name: NAME,
      start: () => init(A, y, start),
      step,
      report: (state: CgPipelinedState<V>) => ({ iteration: state.iteration, x: state.x, cost: Math.sqrt(state.rr), state }),
      result: cgResult,
    },
    { niter, maxTime, checkpoint, reproducible },
  );
}

/**
 * Pipelined conjugate gradients: solves `A x = y` for a Hermitian positive definite A, with the iterates of {@link cg} but for rounding. The one reduction of an iteration is on its way
 * while A and M are applied, so that its latency is hidden.
 *
 * `r = y − A x`, `u = M r`, `w = A u`; then over and over, `γ = rᴴu` and `δ = wᴴu` being summed up while `m = M w`, `n = A m` are computed: `β = γ/γ₋`, `α = γ/(δ − βγ/α₋)`,
 * `z = n + β z`, `q = m + β q`, `s = w + β s`, `p = u + β p`, `x += α p`, `r −= α s`, `u −= α q`, `w −= α z`.
 *
 * It stops as {@link cg} does. The recurrences gather rounding faster than those of CG: every `replace` iterations r, u, w, s, q, z are computed from x and p, for four applications.
 * Memory: x, r, w, n, p, s, z, a copy of y where residuals are replaced, and u, m, q with a preconditioner. An iteration costs one application of A, one of M and one reduction, not
 * waited for, and allocates no vector. With a mask every colour solves its own problem, for one reduction more.
 * Errors: as for {@link cg}.
 * Source: Ghysels and Vanroose, "Hiding global synchronization latency in the preconditioned conjugate gradient algorithm", 2014.
 */
export const cgPipelined = Object.assign(
  <V extends Vector<V>>(A: LinearOperator<V, V>, y: V, options: CgPipelinedOptions<V> = {}): CgResult<V> => runToEnd(steps(A, y, options)),
  { init, step, steps },
);
