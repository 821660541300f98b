import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector } from '../../core/vector/vector.js';
import {
  defineSolver,
  makeMemoryUsage,
  makeSolve,
  makeSteps,
  type SolverCall,
  type SolverStep,
} from '../solver.js';
import { PLAIN_START } from '../solver-state.js';
import { type Istop, istopOf } from './cg.js';
import {
  type CgSingleReductionOptions,
  type CgSingleReductionStartOptions,
  type CgSingleReductionState,
  finishSingleReduction,
  isReplacing,
  pairsOf,
  referenceOf,
  SINGLE_REDUCTION_DEFAULTS,
  startSingleReduction,
  stepLength,
} from './cg-single-reduction.js';

/** Options of {@link cgPipelined}. */
export type CgPipelinedOptions<V extends Vector<V>> = CgSingleReductionOptions<V>;

/** The state of {@link cgPipelined}. */
export interface CgPipelinedState<V extends Vector<V>> extends CgSingleReductionState<V> {
  /** `M w`, if there is a preconditioner. */
  readonly m: V | undefined;
  /** `A M w` */
  readonly n: V;
  /** `M s`, if there is a preconditioner. */
  readonly q: V | undefined;
  /** `A M s` */
  readonly z: V;
}

/** A step of {@link cgPipelined}. */
export type CgPipelinedStep<V extends Vector<V>> = SolverStep<CgPipelinedState<V>>;

const NAME = 'cgPipelined';

/** The default of `replace`: the rounding errors in the recurrences double every few iterations. */
const OFTEN = 20;

/**
 * Computes `n = A M w` during the reduction of an iteration's inner products. y is given if the
 * start needs its norm.
 */
function finishPipelined<V extends Vector<V>>(state: CgPipelinedState<V>, y?: V): void {
  const { A, M, w, m, n, dots } = state;
  const pending = dots.startDots(...pairsOf(state, y));
  if (M && m) M.matvec(w, m);
  A.matvec(m ?? w, n);
  // Only the real parts are needed
  finishSingleReduction(
    NAME,
    state,
    [...pending.wait()].filter((_, i) => i % 2 === 0),
  );
}

/**
 * Allocates all vectors and evaluates the start: three applications (two if x starts from zero),
 * two of M, one reduction. The caller must dispose all vectors of the state other than x, the
 * result.
 */
function init<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options?: CgSingleReductionStartOptions<V>,
  start = PLAIN_START,
): CgPipelinedState<V> {
  const started = startSingleReduction(NAME, A, y, options, start, OFTEN);
  const { M, r } = started;
  const state = {
    ...started,
    m: M && r.emptyLike(),
    n: r.emptyLike(),
    q: M && r.zerosLike(),
    z: r.zerosLike(),
  };
  finishPipelined(state, referenceOf(state, y, options?.x0));
  return state;
}

/**
 * One iteration: one application of A and of M during one reduction. Allocates no vector. Ranks
 * that have a reason to stop keep their x.
 */
function step<V extends Vector<V>>(state: CgPipelinedState<V>): void {
  const { A, M, x, y, r, u, w, m, n, p, s, q, z, beta } = state;
  const alpha = stepLength(state);
  z.axpby(1, n, beta);
  if (q && m) q.axpby(1, m, beta);
  s.axpby(1, w, beta);
  p.axpby(1, u ?? r, beta);
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, s, 1);
  if (u && q) u.axpby(-alpha, q, 1);
  w.axpby(-alpha, z, 1);
  if (y && isReplacing(state)) {
    A.matvec(x, r).axpby(1, y, -1);
    if (M && u) M.matvec(r, u);
    A.matvec(u ?? r, w);
    A.matvec(p, s);
    if (M && q) M.matvec(s, q);
    A.matvec(q ?? s, z);
  }
  finishPipelined(state);
}

const call = <V extends Vector<V>>(
  A: LinearOperator<V, V>,
  y: V,
  options: CgPipelinedOptions<V> = {},
): SolverCall<CgPipelinedState<V>, CgSingleReductionStartOptions<V>, object, Istop> => ({
  name: NAME,
  options,
  defaults: SINGLE_REDUCTION_DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  step,
  result: istopOf,
});

/**
 * Pipelined conjugate gradients: solves `A x = y` for a Hermitian positive definite A. Up to
 * rounding the iterates are those of {@link cg}. A and M are applied during the one reduction of an
 * iteration, which hides its latency.
 *
 * `r = y − A x`, `u = M r`, `w = A u`. Each iteration computes `m = M w`, `n = A m` during the
 * reduction of `γ = rᴴu`, `wᴴu`, `rᴴp`, `sᴴu` and `pᴴs`. Then `β = γ/γ₋`,
 * `α = (γ + β rᴴp) / (wᴴu + 2β sᴴu + β² pᴴs)`, `z = n + β z`, `q = m + β q`, `s = w + β s`,
 * `p = u + β p`, `x += α p`, `r −= α s`, `u −= α q`, `w −= α z`.
 *
 * It stops as {@link cg} does. The recurrences accumulate rounding errors faster than those of CG.
 * Every `replace` iterations r, u, w, s, q, z are therefore recomputed from x and p, which costs
 * four applications.
 *
 * Memory: x, r, w, n, p, s, z, a copy of y if residuals are replaced, and u, m, q with a
 * preconditioner. An iteration costs one application of A, one of M and one reduction that overlaps
 * with them, and allocates no vector. With a mask each colour solves its own problem, which costs
 * one more reduction.
 *
 * Errors: as for {@link cg}.
 *
 * Source: Ghysels and Vanroose, "Hiding global synchronization latency in the preconditioned
 * conjugate gradient algorithm", 2014.
 */
export const cgPipelined = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
