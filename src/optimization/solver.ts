import type { Communicator } from '../core/communicator.js';
import { promote } from '../core/dtype.js';
import { ArgumentError, NumericalError, ShapeError } from '../core/errors.js';
import { Interruption, passenger } from '../core/interruption.js';
import { checkOperator, type LinearOperator } from '../core/linear-operator.js';
import { log, logs } from '../core/log.js';
import { withReproducibleDots } from '../core/reproducible.js';
import { type AnyVector, checkVector, type Space, sameMemory, seenIn, type Vector } from '../core/vector.js';
import { openWorkspaces } from '../core/workspace.js';

/** Why a solver ended. */
export type StopReason =
  /** The gradient (CG: the residual) is exactly zero. */
  | 'solved exactly'
  | 'tolerance reached'
  /** LSQR, LSMR: the system is compatible and solved to the tolerances. */
  | 'residual within tolerance'
  /** LSQR, LSMR, MINRES: a least-squares solution to the tolerance. */
  | 'gradient within tolerance'
  /** The estimate of the condition number exceeds its limit. */
  | 'condition limit reached'
  /** Further iterations can only turn rounding over. */
  | 'machine precision reached'
  /** The solution changes by no more than the tolerance. */
  | 'update within tolerance'
  | 'iteration limit reached'
  | 'time limit reached'
  /** A signal came that the checkpoint's `stopOn` names; the state was kept. */
  | 'signal received'
  /** The curvature along the search direction is zero while the gradient is not (the operator is singular there, or its adjoint is wrong); or no progress can be made. */
  | 'breakdown';

/** What every solver's state has. A solver is finished when its ranks are, whatever the colours of a mask. */
export interface SolverProgress {
  /** What is applied; where it runs on ranks, they decide together. */
  readonly A: { readonly comm?: Communicator | undefined };
  /** The solution so far. */
  readonly x: AnyVector;
  /** Iterations done. */
  iteration: number;
  /** Why these ranks ended; undefined while they go on. */
  reason: StopReason | undefined;
  /** True once all ranks of the operator have a reason: nothing is left to do. */
  finished: boolean;
  /** The cost of every iteration so far. */
  readonly history: number[];
  /** Names of vectors that an iteration writes before it reads them: a checkpoint leaves them out. */
  readonly scratch: readonly string[];
}

/** A state before anything is known. */
export const begin = <A extends SolverProgress['A'], X extends AnyVector>(A: A, x: X, scratch: readonly string[] = []) => ({
  A,
  x,
  iteration: 0,
  reason: undefined,
  finished: false,
  history: [],
  scratch,
});

/** Scalars are equal on all ranks, or, with a mask, on all ranks of one colour. What to do next is agreed over all ranks of the operator. */
const VOTE = { done: 0, goOn: 1, fault: 2 } as const;
type Vote = (typeof VOTE)[keyof typeof VOTE];

function agree(vote: Vote, comm: Communicator | undefined, reducer: Communicator | undefined): Vote {
  if (!comm || !reducer || comm.id === reducer.id) return vote;
  const rider = passenger(comm);
  const votes = Int32Array.of(vote, ...(rider ? [rider.mine()] : []));
  comm.allreduce(votes, 'max');
  rider?.take(votes[1] as number);
  return votes[0] as Vote;
}

/** What an iteration has come to. */
export interface Verdict {
  /** Goes into the history. */
  readonly cost?: number | undefined;
  /** Why these ranks should stop, if they did not before. */
  readonly reason?: StopReason | undefined;
  /** Numbers that must be finite. */
  readonly scalars: readonly number[];
  /** What is wrong, in words, where the scalars do not say it. */
  readonly fault?: string | undefined;
}

/**
 * Ends an iteration: decides whether these ranks stop and whether all do. One reduction more where a mask splits the ranks of the operator.
 * Errors: {@link NumericalError} on all ranks where one of the scalars is not finite on any, or one found a fault.
 */
export function conclude(name: string, state: SolverProgress, { cost, reason, scalars, fault }: Verdict): void {
  const wrong = scalars.find((v) => !Number.isFinite(v));
  const bad = wrong !== undefined || fault !== undefined;
  if (!bad) state.reason ??= reason;
  const vote = agree(bad ? VOTE.fault : state.reason ? VOTE.done : VOTE.goOn, state.A.comm, state.x.reducer);
  if (vote === VOTE.fault) {
    const where = `in iteration ${state.iteration}`;
    if (fault !== undefined) throw new NumericalError(`${name}: ${fault} ${where}`);
    const what = bad ? `a norm is ${wrong}` : 'ranks of another colour of the mask found a norm that is not finite';
    throw new NumericalError(`${name}: ${what} ${where}: look for NaN, infinity or overflow in the data, the start or the operator`);
  }
  state.finished = vote === VOTE.done;
  if (cost !== undefined) state.history.push(cost);
}

/** {@link conclude} for solvers that compare one squared norm with `tol`. */
export function settle(
  name: string,
  state: SolverProgress & { readonly tol: number },
  cost: number,
  squared: number,
  scalars: readonly number[],
): void {
  const reason = squared <= state.tol ? (squared === 0 ? 'solved exactly' : 'tolerance reached') : undefined;
  conclude(name, state, { cost, reason, scalars: [squared, ...scalars] });
}

const UNSOLVED: ReadonlySet<StopReason> = new Set<StopReason>([
  'iteration limit reached',
  'time limit reached',
  'signal received',
  'breakdown',
  'condition limit reached',
]);

/** True for the reasons that mean a solution. */
export const isSolved = (reason: StopReason): boolean => !UNSOLVED.has(reason);

/** Writes states somewhere and reads them again: `Checkpoint` is one. Both are collective. */
export interface StateKeeper {
  /** True where the loop stops, and keeps the state, after an iteration in which a signal came that is expected. @default false */
  readonly stopsOnSignals?: boolean;
  /** Called after the start: overwrites what the state has by what was kept, if something was. */
  restore(state: SolverProgress): unknown;
  /** Called after every iteration; `last` where the run ends with it. */
  keep(state: SolverProgress, last: boolean): void;
}

/** What the loop around a solver's steps can be told. */
export interface RunOptions {
  /** Most iterations, those before a restart included. */
  readonly niter?: number | undefined;
  /** Most seconds; all ranks stop together once one has run longer, for one reduction an iteration. @default no limit */
  readonly maxTime?: number | undefined;
  /** Keeps the state from time to time, and resumes from what was kept. */
  readonly checkpoint?: StateKeeper | undefined;
  /** Inner products that do not depend on the number of ranks: see {@link withReproducibleDots}. @default false */
  readonly reproducible?: boolean | undefined;
}

export const RUN_OPTIONS = ['niter', 'maxTime', 'checkpoint', 'reproducible'] as const;

/** The parts of a solver that its loop needs. */
export interface Loop<S extends SolverProgress, T, R> {
  readonly name: string;
  readonly start: () => S;
  readonly step: (state: S) => void;
  /** What an iteration yields. */
  readonly report: (state: S) => T;
  readonly result: (state: S, reason: StopReason) => R;
  /** More to give back at the end than the vectors of the state. */
  readonly dispose?: (state: S) => void;
}

const isVector = (value: unknown): value is AnyVector => typeof value === 'object' && value !== null && 'axpby' in value;

/** The vectors of a state, those in lists included. */
const vectorsOf = (state: object): AnyVector[] =>
  Object.values(state)
    .flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
    .filter(isVector);

/** Checks the options at once, then runs the loop as a generator: the start first, then every iteration. All vectors of the state but x are disposed at its end. */
export function drive<S extends SolverProgress, T, R>(loop: Loop<S, T, R>, options: RunOptions, defaultNiter = 10): Generator<T, R, void> {
  const { name } = loop;
  const { niter = defaultNiter, maxTime, checkpoint, reproducible = false } = options;
  checkCount(name, 'niter', niter);
  if (maxTime !== undefined) checkNonNegative(name, 'maxTime', maxTime);
  if (typeof reproducible !== 'boolean')
    throw new ArgumentError(`${name}: expected reproducible to be true or false, received ${String(reproducible)}`);
  return run(loop, niter, maxTime, checkpoint, reproducible ? withReproducibleDots : (body) => body());
}

function* run<S extends SolverProgress, T, R>(
  loop: Loop<S, T, R>,
  niter: number,
  maxTime: number | undefined,
  checkpoint: StateKeeper | undefined,
  summing: <U>(body: () => U) => U,
): Generator<T, R, void> {
  const began = performance.now();
  const closeWorkspaces = openWorkspaces();
  let state: S | undefined;
  try {
    state = summing(loop.start);
    const running = state;
    checkpoint?.restore(running);
    if (logs('info')) log('info', `${loop.name}: starts`, { x: String(running.x.space), iteration: running.iteration, niter });
    yield loop.report(running);
    const interruption = checkpoint?.stopsOnSignals ? new Interruption(running.A.comm ?? running.x.reducer) : undefined;
    const step = interruption ? () => interruption.during(() => loop.step(running)) : () => loop.step(running);
    while (!running.finished && running.iteration < niter) {
      summing(step);
      const late = maxTime !== undefined && !running.finished && isLate(running, performance.now() - began > 1000 * maxTime);
      const interrupted = interruption?.settle() === true && !running.finished && running.iteration < niter;
      checkpoint?.keep(running, late || interrupted || running.finished || running.iteration >= niter);
      if (late || interrupted) {
        // not before the state was kept: a run that goes on from there does go on
        running.reason ??= interrupted ? 'signal received' : 'time limit reached';
        running.finished = true;
      }
      if (logs('debug')) log('debug', `${loop.name}: iteration`, { iteration: running.iteration, cost: running.history.at(-1) });
      yield loop.report(running);
    }
    const reason = running.reason ?? 'iteration limit reached';
    if (logs('info')) {
      const seconds = (performance.now() - began) / 1000;
      log('info', `${loop.name}: ${reason}`, { iterations: running.iteration, cost: running.history.at(-1), seconds });
    }
    return loop.result(running, reason);
  } finally {
    closeWorkspaces();
    if (state) {
      for (const vector of vectorsOf(state)) if (vector !== state.x) vector.dispose();
      loop.dispose?.(state);
    }
  }
}

/** True on all ranks where it is on one. One reduction. */
function isLate(state: SolverProgress, mine: boolean): boolean {
  const late = Int32Array.of(mine ? 1 : 0);
  (state.A.comm ?? state.x.reducer)?.allreduce(late, 'max');
  return late[0] === 1;
}

/**
 * The spaces in which `A x = y` is solved: complex where A, y or x0 is. Never communicates.
 * Errors: {@link ShapeError} where y or x0 do not fit, and what the operator throws.
 */
export function solverSpaces<M extends Vector<M>, D extends Vector<D>>(
  name: string,
  A: LinearOperator<M, D>,
  y: D,
  x0: M | undefined,
): { readonly model: Space<M>; readonly data: Space<D> } {
  checkOperator(name, A);
  checkVector(name, 'y', y);
  if (x0 !== undefined) checkVector(name, 'x0', x0);
  const natural = A.domainOf(y.space);
  if (x0 && !sameMemory(natural, x0.space)) throw new ShapeError(`${name}: expected x0 in ${natural}, received ${x0.space}`);
  const model = natural.withDType(x0 ? promote(natural.dtype, x0.dtype) : natural.dtype);
  const data = A.rangeOf(model);
  if (!sameMemory(data, y.space)) throw new ShapeError(`${name}: expected y in ${data}, received ${y.space}`);
  return { model, data };
}

/** A copy of x0, or zeros. */
export const startVector = <M extends Vector<M>>(space: Space<M>, x0: M | undefined): M =>
  x0 ? space.empty().assign(seenIn(x0, space)) : space.zeros();

/** Throws {@link ShapeError} unless a preconditioner maps the space to itself. */
export function checkPreconditioner<V extends Vector<V>>(name: string, M: LinearOperator<V, V> | undefined, space: Space<V>): void {
  if (M && !M.rangeOf(space).equals(space))
    throw new ShapeError(`${name}: expected a preconditioner M from ${space} to itself, received one to ${M.rangeOf(space)}`);
}

/** Throws {@link ArgumentError} unless `value` is a finite number of at least 0. */
export function checkNonNegative(owner: string, name: string, value: number): number {
  if (!(typeof value === 'number' && Number.isFinite(value) && value >= 0))
    throw new ArgumentError(`${owner}: expected ${name} to be a finite number of at least 0, received ${String(value)}`);
  return value;
}

/** Throws {@link ArgumentError} unless `value` is a whole number of at least 0. */
export function checkCount(owner: string, name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new ArgumentError(`${owner}: expected ${name} to be a whole number of at least 0, received ${String(value)}`);
  return value;
}

/** Runs a solver's generator to its end, for what it returns. */
export function runToEnd<R>(steps: Generator<unknown, R, void>): R {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
