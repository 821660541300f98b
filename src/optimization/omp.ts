import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { seenIn, type Vector } from '../core/vector.js';
import { cgls } from './cgls.js';
import { DiagonalWeight, inPlace, moduliInto, moduliOf } from './diagonal-weight.js';
import {
  begin,
  checkCount,
  checkNonNegative,
  conclude,
  drive,
  RUN_OPTIONS,
  type RunOptions,
  runToEnd,
  type SolverProgress,
  type StopReason,
  solverSpaces,
} from './solver.js';

export interface OmpStartOptions {
  /** Most iterations of the least-squares problem on the chosen columns; 0: matching pursuit, for columns of norm 1 or with `normalizecols`. @default 40 */
  readonly inner?: number;
  /** Stops where `‖y − A x‖` is at most this. @default 1e-4 */
  readonly sigma?: number;
  /** Choose by correlations divided by the columns' norms, for one application a column at the start. @default false */
  readonly normalizecols?: boolean;
}

export interface OmpOptions extends OmpStartOptions, RunOptions {
  /** Most iterations, each of which chooses a column. @default 10 */
  readonly niter?: number;
}

export interface OmpState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  readonly inner: number;
  readonly sigma: number;
  readonly x: M;
  /** 1 for the chosen columns, 0 for the others. */
  readonly support: M;
  /** `Aᴴ r` */
  readonly g: M;
  /** Moduli of the correlations. */
  readonly moduli: M;
  /** The column with the largest. */
  readonly chosen: M;
  /** 1 over the norms of the columns. */
  readonly scales: M | undefined;
  readonly y: D;
  readonly r: D;
  /** `‖y − A x‖` */
  cost: number;
}

export interface OmpStep<M extends Vector<M>, D extends Vector<D>> {
  readonly iteration: number;
  readonly x: M;
  readonly cost: number;
  readonly state: OmpState<M, D>;
}

export interface OmpResult<M> {
  readonly x: M;
  readonly iterations: number;
  readonly reason: StopReason;
  /** `‖y − A x‖` at the start and after every iteration. */
  readonly cost: number[];
}

const NAME = 'omp';
const START_OPTIONS = ['inner', 'sigma', 'normalizecols'] as const;

function init<M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: OmpStartOptions = {}): OmpState<M, D> {
  checkOptions(`${NAME}.init`, options, START_OPTIONS);
  const { inner = 40, sigma = 1e-4, normalizecols = false } = options;
  checkCount(NAME, 'inner', inner);
  checkNonNegative(NAME, 'sigma', sigma);
  const { model, data } = solverSpaces(NAME, A, y, undefined);
  const x = model.zeros();
  const copy = data.empty().assign(seenIn(y, data));
  const r = copy.copy();
  const moduli = moduliOf(x);
  const scales = normalizecols ? columnScales(A, x, r, moduli.emptyLike()) : undefined;
  r.assign(copy);
  const cost = Math.sqrt(r.rdot(r));
  const integers = model.withDType('int32').empty();
  const vectors = { support: moduli.zerosLike(), g: model.empty(), moduli, chosen: integers, scales, y: copy, r };
  const state = { ...begin(A, x, ['g', 'moduli', 'chosen', 'scales']), inner, sigma, ...vectors, cost };
  conclude(NAME, state, { cost, reason: stops(cost, sigma), scalars: [cost] });
  return state;
}

const stops = (cost: number, sigma: number): StopReason | undefined =>
  cost === 0 ? 'solved exactly' : cost <= sigma ? 'residual within tolerance' : undefined;

/** One application and one reduction a column. */
function columnScales<M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, unit: M, column: D, scales: M): M {
  for (let j = 0; j < unit.size; j++) {
    A.matvec(unit.setAt(j, 1), column);
    unit.setAt(j, 0);
    const norm = Math.sqrt(column.rdot(column));
    scales.setAt(j, norm > 0 ? 1 / norm : 0);
  }
  return scales;
}

/** `moduli ← (1 − support) ⊙ moduli`, by way of a support that is turned over and back. */
function outside<M extends Vector<M>>(support: M, moduli: M): void {
  const { backend } = support;
  const turn = () => inPlace(support, (a, b) => backend.binary('subtract', 1, a, b));
  turn();
  moduli.multiplyInPlace(support);
  turn();
}

/** One iteration: chooses the column of largest correlation (columns that tie exactly, together) and solves on all chosen. */
function step<M extends Vector<M>, D extends Vector<D>>(state: OmpState<M, D>): void {
  const { A, x, y, r, g, moduli, chosen, support, scales, inner, sigma } = state;
  const { backend } = x;
  A.rmatvec(r, g);
  moduliInto(g, moduli);
  if (scales) moduli.multiplyInPlace(scales);
  // columns that are chosen already are out, whatever rounding has left of their correlation
  if (inner > 0) outside(support, moduli);
  const largest = moduli.norm(Number.POSITIVE_INFINITY);
  const moves = state.reason === undefined && largest > 0;
  if (largest === 0) state.reason ??= 'breakdown';
  moduli.map((a, b) => backend.binary('greaterEqual', a, largest, b), chosen);
  if (moves) {
    support.axpby(1, chosen, 1);
    inPlace(support, (a, b) => backend.binary('minimum', a, 1, b));
  }
  const mask = x.emptyLike();
  if (inner > 0) {
    const P = new DiagonalWeight(mask.assign(support), A.comm);
    const { x: next } = cgls(A.mul(P), y, { x0: x, niter: inner, tol: 0, rtol: 1e-10 });
    if (moves) x.assign(next.multiplyInPlace(mask));
    next.dispose();
  } else if (moves) {
    moduli.assign(chosen);
    if (scales) moduli.multiplyInPlace(scales).multiplyInPlace(scales);
    x.axpby(1, g.multiplyInPlace(mask.assign(moduli)), 1);
  }
  mask.dispose();
  A.matvec(x, r).axpby(1, y, -1);
  state.cost = Math.sqrt(r.rdot(r));
  state.iteration++;
  conclude(NAME, state, { cost: state.cost, reason: stops(state.cost, sigma), scalars: [state.cost, largest] });
}

function steps<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: OmpOptions = {},
): Generator<OmpStep<M, D>, OmpResult<M>, void> {
  checkOptions(NAME, options, [...START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  return drive(
    {
      name: NAME,
      start: () => init(A, y, start),
      step,
      report: (state: OmpState<M, D>) => ({ iteration: state.iteration, x: state.x, cost: state.cost, state }),
      result: ({ x, iteration: iterations, history: cost }, reason): OmpResult<M> => ({ x, iterations, reason, cost }),
    },
    { niter, maxTime, checkpoint, reproducible },
  );
}

/**
 * Orthogonal matching pursuit: a solution of `A x = y` with few nonzeros, chosen one by one; with `inner: 0` matching pursuit.
 *
 * `k = argmax |Aᴴr|`, joined to the support; x minimises `‖y − A x‖` on the support (by {@link cgls}, from the x before); `r = y − A x`.
 *
 * The support is a mask, so that no rank needs to know where a column lives. It stops where `‖r‖ ≤ sigma`, or after `niter` iterations.
 * Memory: x, its support, two like it for correlations, y, r, and those of cgls, which the pool lends again each time. An iteration costs one forward, one adjoint, two reductions,
 * and its cgls. Errors: as for {@link cgls}.
 * Source: Pati, Rezaiifar and Krishnaprasad, "Orthogonal matching pursuit", 1993; Mallat and Zhang, "Matching pursuits with time-frequency dictionaries", 1993.
 */
export const omp = Object.assign(
  <M extends Vector<M>, D extends Vector<D>>(A: LinearOperator<M, D>, y: D, options: OmpOptions = {}): OmpResult<M> =>
    runToEnd(steps(A, y, options)),
  { init, step, steps },
);
