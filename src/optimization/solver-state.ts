import { ArgumentError, NumericalError } from '../core/base/errors.js';
import { checkNumbers, checkTexts } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { assignFrom } from '../core/distributed/fill-into.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveCommunicator } from '../core/ports/defaults.js';
import { checkDots, type InnerProducts, plainDots } from '../core/vector/inner-products.js';
import { type AnyVector, isVector, type Vector } from '../core/vector/vector.js';

/** The reason why a solver stopped. */
export type StopReason =
  /** The gradient (CG: the residual) is exactly zero. */
  | 'solved exactly'
  | 'tolerance reached'
  /** LSQR, LSMR: the system is compatible and solved to the tolerances. */
  | 'residual within tolerance'
  /** LSQR, LSMR, MINRES: x is a least-squares solution to the tolerance. */
  | 'gradient within tolerance'
  /** The estimate of the condition number exceeds its limit. */
  | 'condition limit reached'
  /** Further iterations would change x by rounding errors only. */
  | 'machine precision reached'
  /** The solution changes by at most the tolerance. */
  | 'update within tolerance'
  | 'iteration limit reached'
  | 'time limit reached'
  /** A signal of the checkpoint's `stopOn` was received. The state was written. */
  | 'signal received'
  /**
   * The curvature along the search direction is zero while the gradient is not: the operator is
   * singular there, or its adjoint is wrong. Also used if no further progress is possible.
   */
  | 'breakdown';

/**
 * The part of the state that all solvers have. A solver is finished only if all ranks of the
 * operator are, also if a mask splits them into colours.
 */
export interface SolverProgress {
  /** The operator. If it runs on several ranks, they decide together when to stop. */
  readonly A: { readonly comm?: Communicator | undefined };
  /** The current solution. */
  readonly x: AnyVector;
  /** The number of iterations done. */
  iteration: number;
  /** Why the ranks of this colour stopped; undefined while they continue. */
  reason: StopReason | undefined;
  /** True once all ranks of the operator have a reason to stop. */
  finished: boolean;
  /** The last cost. */
  cost: number;
  /** The cost after each iteration so far. */
  readonly history: number[];
  /**
   * Names of vectors that an iteration writes before it reads them. A checkpoint leaves them out.
   */
  readonly scratch: readonly string[];
  /** The inner products of the start and of every step. */
  readonly dots: InnerProducts;
}

/** What the loop gives to an `init` besides the options. */
export interface SolverStart {
  /** The factor by which data and start are multiplied. Tolerances are in the units before that. */
  readonly unit: number;
  /** The inner products of the run, which the state keeps. */
  readonly dots: InnerProducts;
  /**
   * True if vectors have no values, since only the sizes of the state are of interest. An `init`
   * then leaves out iterations.
   * @default false
   */
  readonly sizesOnly?: boolean;
  /** The vector multiplied by `unit`; itself if that is 1. Disposed after the start. */
  readonly scaled: <V extends Vector<V>>(v: V) => V;
}

/** The start of an `init` that a program calls itself. */
export const PLAIN_START: SolverStart = { unit: 1, dots: plainDots, scaled: (v) => v };

/**
 * The common part of an initial state, before the first cost is computed.
 *
 * @param scratch the vectors that an iteration writes before it reads them, by name. They become
 *   part of the state
 */
export const initialState = <A extends SolverProgress['A'], X extends AnyVector, W extends object = object>(
  A: A,
  x: X,
  dots: InnerProducts,
  scratch: W = {} as W,
) => {
  checkDots('initialState', dots);
  return {
    A,
    x,
    dots,
    iteration: 0,
    reason: undefined,
    finished: false,
    cost: Number.NaN,
    history: [],
    ...scratch,
    scratch: Object.keys(scratch),
  };
};

/** Resets a state to its initial values, with x0 in its x. Without x0, x is set to zero. */
export function resetState<M extends Vector<M>>(
  state: SolverProgress & { readonly x: M },
  x0: M | undefined,
): void {
  if (x0) assignFrom(state.x, x0);
  else state.x.fill(0);
  state.history.length = 0;
  Object.assign(state, { iteration: 0, reason: undefined, finished: false });
}

/**
 * The votes with which ranks agree on the next action. Scalars are equal on all ranks or, with a
 * mask, on all ranks of one colour. The agreement is over all ranks of the operator.
 */
const VOTE = { done: 0, goOn: 1, notFinite: 2, fault: 3 } as const;
type Vote = (typeof VOTE)[keyof typeof VOTE];

/** The part of a state that says which ranks decide together. */
type Deciding = Pick<SolverProgress, 'A' | 'x'> & Partial<Pick<SolverProgress, 'dots'>>;

/** True if a mask splits the ranks of the operator. Scalars then differ between colours. */
export const isSplit = ({ A: { comm }, x: { reducer } }: Deciding): boolean =>
  comm !== undefined && reducer !== undefined && comm.id !== reducer.id;

function agree(vote: Vote, state: Deciding): Vote {
  if (!state.A.comm || !isSplit(state)) return vote;
  const comm = resolveCommunicator(state.A.comm);
  const signals = state.dots?.vote?.isOf(comm) ? state.dots.vote : undefined;
  const votes = Int32Array.of(vote, ...(signals ? [signals.localVote()] : []));
  comm.allreduce(votes, 'max');
  signals?.receive(votes[1] as number);
  return votes[0] as Vote;
}

/**
 * True once `done` is true on all ranks of the operator. One reduction if a mask splits them,
 * otherwise none.
 */
export const onAll = (state: Deciding, done: boolean): boolean =>
  agree(done ? VOTE.done : VOTE.goOn, state) === VOTE.done;

/** The outcome of one iteration. */
export interface Verdict {
  /** The new cost of the state, which is also appended to its history. */
  readonly cost?: number | undefined;
  /** Why the ranks of this colour should stop. Ignored if they already have a reason. */
  readonly reason?: StopReason | undefined;
  /** Numbers that must be finite. */
  readonly scalars: readonly number[];
  /** A description of an error that the scalars do not show. */
  readonly fault?: string | undefined;
}

/**
 * Ends an iteration: decides whether the ranks of this colour stop and whether all ranks do. One
 * more reduction if a mask splits the ranks of the operator.
 *
 * @throws {@link NumericalError} on all ranks if a scalar is not finite on any of them, or if one
 *   reports a fault.
 */
export function finishIteration(name: string, state: SolverProgress, verdict: Verdict): void {
  if (typeof name !== 'string') throw new ArgumentError(`expected a name, received ${textOf(name)}`);
  if (!isState(state))
    throw new ArgumentError(`${name}: expected a state made by initialState, received ${textOf(state)}`);
  checkNumbers(name, 'scalars', verdict?.scalars);
  checkTexts(name, verdict, ['fault']);
  const { cost, reason, scalars, fault } = verdict;
  const wrong = scalars.find((v) => !Number.isFinite(v));
  const failure = fault !== undefined ? VOTE.fault : wrong !== undefined ? VOTE.notFinite : undefined;
  if (failure === undefined) state.reason ??= reason;
  const vote = agree(failure ?? (state.reason ? VOTE.done : VOTE.goOn), state);
  const where = `in iteration ${state.iteration}`;
  const others = 'ranks of another colour of the mask';
  if (vote === VOTE.fault) throw new NumericalError(`${name}: ${fault ?? `${others} failed`} ${where}`);
  if (vote === VOTE.notFinite) {
    const what = wrong === undefined ? `${others} found a norm that is not finite` : `a norm is ${wrong}`;
    const error = new NumericalError(
      `${name}: ${what} ${where}: look for NaN, infinity or overflow in the data, the start or the operator`,
    );
    notFinite.add(error);
    throw error;
  }
  state.finished = vote === VOTE.done;
  if (state.iteration === 0) solverOf.set(state, name);
  if (cost === undefined) return;
  state.cost = cost;
  state.history.push(cost);
}

/** The errors for norms that are not finite. All ranks throw them together. */
export const notFinite = new WeakSet<object>();

/** The name of the solver whose `init` made a state, by state. */
export const solverOf = new WeakMap<object, string>();

/** {@link finishIteration} for solvers which compare one squared norm with `tol`. */
export function finishSquared(
  name: string,
  state: SolverProgress & { readonly tol: number },
  cost: number,
  squared: number,
  scalars: readonly number[],
): void {
  const reason = squared <= state.tol ? (squared === 0 ? 'solved exactly' : 'tolerance reached') : undefined;
  finishIteration(name, state, { cost, reason, scalars: [squared, ...scalars] });
}

const UNSOLVED: ReadonlySet<StopReason> = new Set<StopReason>([
  'iteration limit reached',
  'time limit reached',
  'signal received',
  'breakdown',
  'condition limit reached',
]);

/** True if the reason means that a solution was found. */
export const isSolved = (reason: StopReason): boolean => !UNSOLVED.has(reason);

/** Disposes the vectors of a state except `kept`. */
export function disposeVectors(state: object, kept?: AnyVector): void {
  for (const v of vectorsOf(state)) if (v !== kept) v.dispose();
}

/** The vectors of a state, also those in lists and in the states of inner solvers. */
export function* vectorsOf(state: object): Generator<AnyVector, void> {
  for (const value of Object.values(state).flat()) {
    if (isVector(value)) yield value;
    else if (isState(value)) yield* vectorsOf(value);
  }
}

const isState = (value: unknown): value is SolverProgress =>
  typeof value === 'object' &&
  value !== null &&
  ['A', 'x', 'history', 'scratch'].every((name) => name in value);

/**
 * Runs a state until it is finished or has done `niter` iterations. For solvers inside other
 * solvers.
 */
export function runSteps<S extends SolverProgress>(state: S, step: (state: S) => void, niter: number): void {
  while (!state.finished && state.iteration < niter) step(state);
}
