import {
  checkCount,
  checkFlag,
  checkNonNegativeIfGiven,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { InnerProducts } from '../../core/vector/inner-products.js';
import type { Vector } from '../../core/vector/vector.js';
import { allocateCgls, CGLS_DEFAULTS, type CglsState, cgls, restartCgls } from '../krylov/cgls.js';
import { copyInto, solverSpaces } from '../linear-system.js';
import { moduliInto, realSpace } from '../moduli.js';
import { DiagonalWeight } from '../parts/diagonal-weight.js';
import { normLimit } from '../parts/scaling.js';
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
  type StopReason,
} from '../solver-state.js';

export interface OmpStartOptions {
  /**
   * Most iterations of the least-squares problem on the chosen columns; with 0 it is matching
   * pursuit, for columns of norm 1 or with `normalizecols`.
   * @default 40
   */
  readonly inner?: number;
  /** Stops when `‖y − A x‖` is at most this. @default 1e-4, at most 1e-4 ‖y‖ */
  readonly sigma?: number;
  /**
   * Chooses by correlations divided by the norms of the columns. Costs one application for each
   * column at the start.
   * @default false
   */
  readonly normalizecols?: boolean;
}

/** Options of {@link omp}. */
export interface OmpOptions extends OmpStartOptions, RunOptions {
  /** Most iterations, each of which chooses a column. @default 10 */
  readonly niter?: number;
}

/** The state of {@link omp}. */
export interface OmpState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly inner: number;
  /** The problem on the chosen columns; undefined for matching pursuit. */
  readonly problem: CglsState<M, D> | undefined;
  readonly sigma: number;
  readonly x: M;
  /** The support in the dtype of x. */
  readonly mask: M;
  /** 1 for the chosen columns, 0 for the others. */
  readonly support: M;
  /** `Aᴴ r` */
  readonly g: M;
  /** The moduli of the correlations. */
  readonly moduli: M;
  /** 1 for the column with the largest modulus, 0 for the others. */
  readonly chosen: M;
  /** The reciprocal norms of the columns. */
  readonly scales: M | undefined;
  readonly y: D;
  readonly r: D;
}

/** `cost` is `‖y − A x‖`. */
export type OmpStep<M extends Vector<M>, D extends Vector<D>> = SolverStep<OmpState<M, D>>;
/** `cost` is `‖y − A x‖` at the start and after each iteration. */
export type OmpResult<M> = SolverResult<M>;

const NAME = 'omp';
const DEFAULTS = { inner: 40, sigma: undefined, normalizecols: false } satisfies Defaults<OmpStartOptions>;

function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: OmpStartOptions,
  start = PLAIN_START,
): OmpState<M, D> {
  const { dots } = start;
  const given = withDefaults(`${NAME}.init`, options, DEFAULTS);
  const { inner, normalizecols } = given;
  checkCount(NAME, { inner });
  checkNonNegativeIfGiven(NAME, { sigma: given.sigma });
  checkFlag(NAME, { normalizecols });
  const { model, data } = solverSpaces(NAME, A, y, undefined);
  const x = model.zeros();
  const copy = copyInto(data, y);
  const r = copy.copy();
  const moduli = realSpace(x).empty();
  const scales = normalizecols ? columnScales(A, x, r, moduli.emptyLike(), dots) : undefined;
  r.assign(copy);
  const cost = Math.sqrt(dots.rdot(r, r));
  const sigma = normLimit(given.sigma, 1e-4, cost, start.unit);
  const chosen = model.withDType('bool').empty();
  const mask = model.zeros();
  const support = new DiagonalWeight(mask, A.comm);
  const problem =
    inner > 0
      ? allocateCgls(
          NAME,
          A.mul(support),
          copy,
          { ...CGLS_DEFAULTS, x0: x, tol: 0, rtol: 1e-10 },
          { ...PLAIN_START, dots },
        )
      : undefined;
  const state = {
    ...initialState(A, x, dots, { mask, g: model.empty(), moduli, chosen, scales }),
    ...{ inner, problem, sigma, support: moduli.zerosLike(), y: copy, r },
  };
  finishIteration(NAME, state, { cost, reason: stops(cost, sigma), scalars: [cost] });
  return state;
}

const stops = (cost: number, sigma: number): StopReason | undefined =>
  cost === 0 ? 'solved exactly' : cost <= sigma ? 'residual within tolerance' : undefined;

/**
 * Computes the reciprocal norms of the columns, with one application and one reduction for each.
 */
function columnScales<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  unit: M,
  column: D,
  scales: M,
  dots: InnerProducts,
): M {
  for (let j = 0; j < unit.size; j++) {
    A.matvec(unit.setAt(j, 1), column);
    unit.setAt(j, 0);
    const norm = Math.sqrt(dots.rdot(column, column));
    scales.setAt(j, norm > 0 ? 1 / norm : 0);
  }
  return scales;
}

/** `moduli ← (1 − support) ⊙ moduli`. The support is inverted in place and restored. */
function outside<M extends Vector<M>>(support: M, moduli: M): void {
  const { backend } = support;
  const turn = () => support.map((a, b) => backend.binary('subtract', 1, a, b));
  turn();
  moduli.multiplyInPlace(support);
  turn();
}

/**
 * One iteration: chooses the column of largest correlation and solves on all chosen columns.
 * Columns with exactly the same correlation are chosen together.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: OmpState<M, D>): void {
  const { A, x, y, r, g, mask, moduli, chosen, support, scales, inner, problem, sigma, dots } = state;
  const { backend } = x;
  A.rmatvec(r, g);
  moduliInto(g, moduli);
  if (scales) moduli.multiplyInPlace(scales);
  // Columns that are already chosen are excluded, since rounding may leave them a correlation
  if (inner > 0) outside(support, moduli);
  const largest = moduli.norm(Number.POSITIVE_INFINITY);
  const moves = state.reason === undefined && largest > 0;
  if (largest === 0) state.reason ??= 'breakdown';
  moduli.map((a, b) => backend.binary('greaterEqual', a, largest, b), chosen);
  chosen.map((a, b) => backend.cast(a, b), moduli);
  if (moves) {
    support.axpby(1, moduli, 1);
    support.map((a, b) => backend.binary('minimum', a, 1, b));
  }
  if (problem) {
    mask.assign(support);
    restartCgls(problem, y, x);
    runSteps(problem, cgls.step, inner);
    if (moves) x.assign(problem.x.multiplyInPlace(mask));
  } else if (moves) {
    if (scales) moduli.multiplyInPlace(scales).multiplyInPlace(scales);
    x.axpby(1, g.multiplyInPlace(mask.assign(moduli)), 1);
  }
  A.matvec(x, r).axpby(1, y, -1);
  const cost = Math.sqrt(dots.rdot(r, r));
  state.iteration++;
  finishIteration(NAME, state, { cost, reason: stops(cost, sigma), scalars: [cost, largest] });
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: OmpOptions = {},
): SolverCall<OmpState<M, D>, OmpStartOptions> => ({
  name: NAME,
  options,
  defaults: DEFAULTS,
  limits: ['sigma'],
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  step,
});

/**
 * Orthogonal matching pursuit: a solution of `A x = y` with few nonzeros, which are chosen one by
 * one. With `inner: 0` it is matching pursuit.
 *
 * `k = argmax |Aᴴr|`, joined to the support; x minimises `‖y − A x‖` on the support (by
 * {@link cgls}, from the x before); `r = y − A x`.
 *
 * The support is a mask, so that no rank needs the owner of a column. It stops when `‖r‖ ≤ sigma`,
 * or after `niter` iterations.
 *
 * Memory: x, its support (twice), three like it for correlations, y, r, and those of cgls. An
 * iteration costs one forward, one adjoint, two reductions, and its cgls. It allocates no vector.
 *
 * Errors: as for {@link cgls}.
 *
 * Source: Pati, Rezaiifar and Krishnaprasad, "Orthogonal matching pursuit", 1993; Mallat and Zhang,
 * "Matching pursuits with time-frequency dictionaries", 1993.
 */
export const omp = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
