import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { rdots, seenIn, type Vector, type VectorPair } from '../core/vector.js';
import { CGLS_START_OPTIONS, type CglsResult, type CglsStartOptions } from './cgls.js';
import {
  begin,
  checkCount,
  checkNonNegative,
  checkPreconditioner,
  drive,
  isSolved,
  RUN_OPTIONS,
  type RunOptions,
  runToEnd,
  type SolverProgress,
  settle,
  solverSpaces,
  startVector,
} from './solver.js';

export interface CglsSingleReductionStartOptions<M extends Vector<M>> extends CglsStartOptions<M> {
  /** Every so many iterations r and `A p` are computed anew, which takes away the rounding that their recurrences gather; 0: never. @default 50 */
  readonly replace?: number;
}

export interface CglsSingleReductionOptions<M extends Vector<M>> extends CglsSingleReductionStartOptions<M>, RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

export interface CglsSingleReductionState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly M: LinearOperator<M, M> | undefined;
  readonly damp: number;
  readonly tol: number;
  readonly replace: number;
  readonly x: M;
  /** A copy of the data, where residuals are replaced. */
  readonly y: D | undefined;
  /** The residual `y − A x`. */
  readonly r: D;
  /** The negative gradient `Aᴴr − ε²x`. */
  readonly s: M;
  /** `M s`, where there is a preconditioner. */
  readonly z: M | undefined;
  /** `A M s` */
  readonly w: D;
  /** The search direction. */
  readonly p: M;
  /** `A p` */
  readonly q: D;
  /** `‖y − A x‖` */
  cost: number;
  /** `‖Aᴴr − ε²x‖²` */
  r1norm: number;
  /** `√(‖y − A x‖² + ε²‖x‖²)` */
  r2norm: number;
  /** `sᴴ M s` */
  gamma: number;
  /** The next coefficients. */
  alpha: number;
  beta: number;
}

/** What an iteration has found. `x` is live: the next step changes it. */
export interface CglsSingleReductionStep<M extends Vector<M>, D extends Vector<D>> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: M;
  /** `‖y − A x‖` */
  readonly cost: number;
  readonly r1norm: number;
  readonly r2norm: number;
  readonly state: CglsSingleReductionState<M, D>;
}

const NAME = 'cglsSingleReduction';
const START_OPTIONS = [...CGLS_START_OPTIONS, 'replace'] as const;

/** `s ← Aᴴr − ε²x`, `z ← M s`, `w ← A z`, and all norms in one reduction. Returns `‖w‖² + ε²‖z‖²`. */
function measure<M extends Vector<M>, D extends Vector<D>>(state: CglsSingleReductionState<M, D>): number {
  const { A, M, x, r, s, z, w, damp } = state;
  A.rmatvec(r, s);
  if (damp !== 0) s.axpby(-damp * damp, x, 1);
  if (M && z) M.matvec(s, z);
  A.matvec(z ?? s, w);
  const pairs: VectorPair[] = [
    [s, s],
    [r, r],
    [w, w],
  ];
  if (z) pairs.push([s, z]);
  if (damp !== 0) pairs.push([x, x], [z ?? s, z ?? s]);
  const norms = rdots(...pairs);
  const [ss = 0, rr = 0, ww = 0] = norms;
  const [xx = 0, zz = 0] = damp === 0 ? [] : norms.slice(-2);
  state.cost = Math.sqrt(rr);
  state.r1norm = ss;
  state.r2norm = Math.sqrt(rr + damp * damp * xx);
  state.gamma = z ? (norms[3] as number) : ss;
  return ww + damp * damp * zz;
}

/** Allocates all vectors and evaluates the start: one adjoint, two forwards (one from zero), one reduction. Disposing all vectors but x is the caller's. */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: CglsSingleReductionStartOptions<M> = {},
): CglsSingleReductionState<M, D> {
  checkOptions(`${NAME}.init`, options, START_OPTIONS);
  const { x0, damp = 0, tol = 1e-4, rtol = 0, M, replace = 50 } = options;
  for (const [key, value] of Object.entries({ damp, tol, rtol })) checkNonNegative(NAME, key, value);
  checkCount(NAME, 'replace', replace);
  const { model, data } = solverSpaces(NAME, A, y, x0);
  checkPreconditioner(NAME, M, model);
  const x = startVector(model, x0);
  const r = data.empty().assign(seenIn(y, data));
  const copy = replace > 0 ? r.copy() : undefined;
  const [s, w] = [model.empty(), data.empty()];
  let reference = 0;
  if (x0) {
    if (rtol > 0) [reference = 0] = rdots([A.rmatvec(r, s), s]);
    r.axpby(-1, A.matvec(x, w), 1);
  }
  const vectors = { y: copy, r, s, z: M && model.empty(), w, p: model.zeros(), q: data.zeros() };
  const scalars = { cost: 0, r1norm: 0, r2norm: 0, gamma: 0, alpha: 0, beta: 0 };
  const unmeasured: CglsSingleReductionState<M, D> = { ...begin(A, x, ['z']), M, damp, tol, replace, ...vectors, ...scalars };
  const delta = measure(unmeasured);
  const { gamma, r1norm } = unmeasured;
  const relative = rtol * rtol * (x0 ? reference : r1norm);
  const state = { ...unmeasured, tol: Math.max(tol, relative), alpha: delta === 0 ? 0 : gamma / delta };
  settle(NAME, state, state.cost, r1norm, [state.r2norm, delta, gamma]);
  return state;
}

/** One iteration: one forward, one adjoint, one reduction; allocates no vector. Ranks that have a reason to stop keep their x. */
function step<M extends Vector<M>, D extends Vector<D>>(state: CglsSingleReductionState<M, D>): void {
  const { A, x, y, r, s, z, w, p, q, gamma, beta, replace } = state;
  if (state.alpha === 0) state.reason ??= 'breakdown';
  const moves = state.reason === undefined;
  const alpha = moves ? state.alpha : 0;
  p.axpby(1, z ?? s, beta);
  q.axpby(1, w, beta);
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  state.iteration++;
  if (y && state.iteration % replace === 0) {
    A.matvec(x, r).axpby(1, y, -1);
    A.matvec(p, q);
  }
  const delta = measure(state);
  const next = state.gamma;
  state.beta = moves && gamma !== 0 ? next / gamma : 0;
  const curvature = alpha === 0 ? delta : delta - (state.beta * next) / alpha;
  state.alpha = curvature === 0 ? 0 : next / curvature;
  settle(NAME, state, state.cost, state.r1norm, [state.r2norm, delta, next, state.alpha]);
}

/** The iterations one by one, the start first: the caller owns the loop. Leaving it releases all vectors but x. Returns the result at its end. */
function steps<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: CglsSingleReductionOptions<M> = {},
): Generator<CglsSingleReductionStep<M, D>, CglsResult<M>, void> {
  checkOptions(NAME, options, [...START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  return drive(
    {
      name: NAME,
      start: () => init(A, y, start),
      step,
      report: (state: CglsSingleReductionState<M, D>): CglsSingleReductionStep<M, D> => {
        const { iteration, x, cost, r1norm, r2norm } = state;
        return { iteration, x, cost, r1norm, r2norm, state };
      },
      result: ({ x, iteration: iterations, history: cost, r1norm, r2norm }, reason): CglsResult<M> => {
        return { x, iterations, reason, istop: isSolved(reason) ? 1 : 2, cost, r1norm, r2norm };
      },
    },
    { niter, maxTime, checkpoint, reproducible },
  );
}

/**
 * Conjugate gradients for least squares with one reduction an iteration: minimises `‖y − A x‖² + ε²‖x‖²`, with the iterates of {@link cgls} but for rounding.
 *
 * `r = y − A x`, `s = Aᴴr − ε²x`, `z = M s`, `w = A z`, `γ = sᴴz`, `α = γ / (‖w‖² + ε²‖z‖²)`, `β = 0`; then over and over `p = z + β p`, `q = w + β q`, `x += α p`, `r −= α q`,
 * s, z and w from r, all norms together, `β = γ'/γ`, `α = γ' / (‖w‖² + ε²‖z‖² − βγ'/α)`.
 *
 * It stops as {@link cgls} does. Every `replace` iterations r and q are computed from x and p, for two applications.
 * Memory: x, s, p (and z with a preconditioner) like the model; r, w, q, and a copy of y where residuals are replaced, like the data. An iteration costs one forward, one adjoint, one
 * application of M and one reduction, and allocates no vector. With a mask every colour solves its own problem, for one reduction more.
 * Errors: as for {@link cgls}.
 * Source: Chronopoulos and Gear, "s-step iterative methods for symmetric linear systems", 1989, applied to the normal equations; van der Vorst and Ye, "Residual replacement strategies
 * for Krylov subspace iterative methods", 2000.
 */
export const cglsSingleReduction = Object.assign(
  <M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: CglsSingleReductionOptions<M> = {}): CglsResult<M> =>
    runToEnd(steps(A, y, options)),
  { init, step, steps },
);
