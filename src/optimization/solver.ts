import { promote } from '../core/base/dtype.js';
import { ArgumentError, NumericalError, ShapeError } from '../core/base/errors.js';
import { log, logs } from '../core/base/log.js';
import { type Defaults, requireOptions } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { assignFrom } from '../core/distributed/fill-into.js';
import { checkOperator, type LinearOperator } from '../core/operator/linear-operator.js';
import type { Communicator } from '../core/ports/communicator.js';
import { allocateTogether, type Place } from '../core/vector/allocate-together.js';
import { Interruption, pendingVote } from '../core/vector/interruption.js';
import type { Problem } from '../core/vector/problem-description.js';
import { withReproducibleDots } from '../core/vector/reproducible.js';
import { type AnyVector, checkVector, isVector, type Space, type Vector } from '../core/vector/vector.js';
import { openWorkspaces } from '../core/vector/workspace.js';
import { describeProblem, limitsOf } from './parts/describe-problem.js';
import { allOutOfUnits, isSafeNorm, outOfUnits, unitOf } from './parts/scaling.js';

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
}

/** The initial state, before the first cost is computed. */
export const initialState = <A extends SolverProgress['A'], X extends AnyVector>(
  A: A,
  x: X,
  scratch: readonly string[] = [],
) => ({
  A,
  x,
  iteration: 0,
  reason: undefined,
  finished: false,
  cost: Number.NaN,
  history: [],
  scratch,
});

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
const VOTE = { done: 0, goOn: 1, fault: 2 } as const;
type Vote = (typeof VOTE)[keyof typeof VOTE];

/** True if a mask splits the ranks of the operator. Scalars then differ between colours. */
export const isSplit = ({ A: { comm }, x: { reducer } }: Pick<SolverProgress, 'A' | 'x'>): boolean =>
  comm !== undefined && reducer !== undefined && comm.id !== reducer.id;

function agree(vote: Vote, state: Pick<SolverProgress, 'A' | 'x'>): Vote {
  const { comm } = state.A;
  if (!comm || !isSplit(state)) return vote;
  const pending = pendingVote(comm);
  const votes = Int32Array.of(vote, ...(pending ? [pending.localVote()] : []));
  comm.allreduce(votes, 'max');
  pending?.receive(votes[1] as number);
  return votes[0] as Vote;
}

/**
 * True once `done` is true on all ranks of the operator. One reduction if a mask splits them,
 * otherwise none.
 */
export const onAll = (state: Pick<SolverProgress, 'A' | 'x'>, done: boolean): boolean =>
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
export function finishIteration(
  name: string,
  state: SolverProgress,
  { cost, reason, scalars, fault }: Verdict,
): void {
  const wrong = scalars.find((v) => !Number.isFinite(v));
  const bad = wrong !== undefined || fault !== undefined;
  if (!bad) state.reason ??= reason;
  const vote = agree(bad ? VOTE.fault : state.reason ? VOTE.done : VOTE.goOn, state);
  if (vote === VOTE.fault) {
    const where = `in iteration ${state.iteration}`;
    if (fault !== undefined) throw new NumericalError(`${name}: ${fault} ${where}`);
    const what = bad
      ? `a norm is ${wrong}`
      : 'ranks of another colour of the mask found a norm that is not finite';
    const error = new NumericalError(
      `${name}: ${what} ${where}: look for NaN, infinity or overflow in the data, the start or the operator`,
    );
    notFinite.add(error);
    throw error;
  }
  state.finished = vote === VOTE.done;
  if (state.iteration === 0) initializedBy.set(state, name);
  if (cost === undefined) return;
  state.cost = cost;
  state.history.push(cost);
}

/** The errors for norms that are not finite. All ranks throw them together. */
const notFinite = new WeakSet<object>();

/** The name of the solver whose `init` made a state, by state. */
const initializedBy = new WeakMap<object, string>();

/**
 * The step of a solver for programs that call it directly.
 *
 * @throws {@link ArgumentError} if the solver's `init` did not make the state.
 */
export const checkedStep =
  <S extends SolverProgress>(name: string, step: (state: S) => void): ((state: S) => void) =>
  (state) => {
    if (typeof state !== 'object' || initializedBy.get(state) !== name)
      throw new ArgumentError(
        `${name}.step: expected a state that ${name}.init() made, received ${textOf(state)}`,
      );
    step(state);
  };

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

/**
 * Writes states and reads them again, as `Checkpoint` does. `restore` and `keep` are collective.
 */
export interface StateKeeper {
  /**
   * True if the loop writes the state and stops after an iteration in which an expected signal was
   * received.
   * @default false
   */
  readonly stopsOnSignals?: boolean;
  /**
   * Called after the start. Overwrites the state with the stored one, if there is one.
   *
   * @param problem returns a description of what is solved; the call is collective
   */
  restore(state: SolverProgress, problem: () => Problem): unknown;
  /**
   * Called after every iteration.
   *
   * @param last true if the run ends with this iteration
   */
  keep(state: SolverProgress, last: boolean): void;
  /** Called when the loop has ended, also after an error. */
  release?(): void;
}

/** The options of the loop that runs a solver's steps. */
export interface RunOptions {
  /** Most iterations, including those before a restart; Infinity for no limit. @default 10 */
  readonly niter?: number | undefined;
  /**
   * Most seconds. All ranks stop together once one has run longer. The check costs one reduction an
   * iteration.
   * @default no limit
   */
  readonly maxTime?: number | undefined;
  /** Writes the state from time to time, and resumes from a stored state. */
  readonly checkpoint?: StateKeeper | undefined;
  /**
   * Makes inner products and norms independent of the number of ranks: see
   * {@link withReproducibleDots}.
   * @default false
   */
  readonly reproducible?: boolean | undefined;
}

const RUN_DEFAULTS = {
  niter: 10,
  maxTime: undefined,
  checkpoint: undefined,
  reproducible: false,
} satisfies Defaults<RunOptions>;

/** The result of one iteration. `x` is not a copy: the next step changes it. */
export interface SolverStep<S extends SolverProgress> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: S['x'];
  readonly cost: number;
  readonly state: S;
}

/** The result of a run. */
export interface SolverResult<X> {
  readonly x: X;
  readonly iterations: number;
  readonly reason: StopReason;
  /** The costs of all iterations. */
  readonly cost: number[];
}

/**
 * A solver with its arguments. O are its own options. T and R are the additional properties of its
 * steps and of its result.
 */
export interface Loop<
  S extends SolverProgress,
  O extends object,
  T extends object = object,
  R extends object = object,
> {
  readonly name: string;
  readonly options: O & RunOptions;
  /** The defaults of the solver's own options. */
  readonly own: Defaults<O>;
  /**
   * The names of own options that only say when to stop, besides the common ones. Another value of
   * them does not make another problem.
   * @default none
   */
  readonly limits?: readonly string[];
  /** @default 10 */
  readonly niter?: number;
  /**
   * The right-hand side, if the solution is proportional to it. Very small and very large data are
   * then scaled.
   */
  readonly data?: AnyVector;
  /**
   * Makes the initial state. Data, start and all values in their units are multiplied by `unit`.
   */
  readonly start: (own: O, unit: number) => S;
  /**
   * The power of the unit in which each value scales: the cost (1 unless named) and the numbers in
   * steps and results.
   */
  readonly degrees?: Readonly<Record<string, number>>;
  readonly step: (state: S) => void;
  readonly report: (state: S) => T;
  readonly result: (state: S, reason: StopReason) => R;
  /** Releases resources at the end, besides the vectors of the state. */
  readonly dispose?: (state: S) => void;
}

/** For solvers whose steps or results have no additional properties. */
export const noFields = (): object => ({});

type Steps<S extends SolverProgress, T, R> = Generator<SolverStep<S> & T, SolverResult<S['x']> & R, void>;

/** Disposes the vectors of a state except `kept`. Vectors in lists are disposed too. */
export function disposeVectors(state: object, kept?: AnyVector): void {
  for (const value of Object.values(state).flat()) if (isVector(value) && value !== kept) value.dispose();
}

/**
 * Makes the generator function of a solver. It checks the options at once, then runs the loop,
 * which begins with the start. At its end all vectors of the state except x are disposed.
 */
export const stepping =
  <Args extends unknown[], S extends SolverProgress, O extends object, T extends object, R extends object>(
    solver: (...args: Args) => Loop<S, O, T, R>,
  ): ((...args: Args) => Steps<S, T, R>) =>
  (...args) =>
    makeGenerator(solver(...args), args);

/** Makes the function of a solver, which runs the generator to its end. */
export const solving =
  <Args extends unknown[], S extends SolverProgress, O extends object, T extends object, R extends object>(
    solver: (...args: Args) => Loop<S, O, T, R>,
  ): ((...args: Args) => SolverResult<S['x']> & R) =>
  (...args) => {
    const steps = makeGenerator(solver(...args), args);
    let found: S['x'] | undefined;
    try {
      for (;;) {
        const { done, value } = steps.next();
        if (done) return value;
        found = value.x;
      }
    } catch (error) {
      found?.dispose();
      throw error;
    }
  };

/** The communicator and the backend of the first distributed vector or space among the values. */
export const placeIn = (values: readonly unknown[]): Place | undefined =>
  values.find(
    (value): value is Place =>
      typeof value === 'object' && value !== null && 'backend' in value && 'comm' in value,
  );

function makeGenerator<S extends SolverProgress, O extends object, T extends object, R extends object>(
  loop: Loop<S, O, T, R>,
  args: readonly unknown[],
): Steps<S, T, R> {
  const { name, options } = loop;
  const defaults = { ...loop.own, ...RUN_DEFAULTS, niter: loop.niter ?? RUN_DEFAULTS.niter };
  const { niter, maxTime, checkpoint, reproducible } = requireOptions<RunOptions, typeof RUN_DEFAULTS>(
    name,
    options,
    defaults,
  );
  if (checkpoint !== undefined) checkKeeper(name, checkpoint);
  if (niter !== Number.POSITIVE_INFINITY) checkCount(name, { niter });
  if (maxTime !== undefined) checkLimit(name, { maxTime });
  checkFlag(name, { reproducible });
  return run(
    loop,
    args,
    placeIn([...args, ...Object.values(options)]),
    niter,
    // Without a limit, ranks need not agree on the time
    maxTime === Number.POSITIVE_INFINITY ? undefined : maxTime,
    checkpoint,
    reproducible ? withReproducibleDots : (body) => body(),
  );
}

function checkKeeper(name: string, checkpoint: StateKeeper): void {
  if (
    typeof checkpoint === 'object' &&
    typeof checkpoint?.restore === 'function' &&
    typeof checkpoint.keep === 'function'
  )
    return;
  throw new ArgumentError(`${name}: expected checkpoint to be a Checkpoint, received ${textOf(checkpoint)}`);
}

/** The solver's own options. */
function ownOf<O extends object>({ niter, maxTime, checkpoint, reproducible, ...own }: O & RunOptions): O {
  return own as O;
}

function* run<S extends SolverProgress, O extends object, T extends object, R extends object>(
  loop: Loop<S, O, T, R>,
  args: readonly unknown[],
  place: Place | undefined,
  niter: number,
  maxTime: number | undefined,
  checkpoint: StateKeeper | undefined,
  summing: <U>(body: () => U) => U,
): Steps<S, T, R> {
  const began = performance.now();
  const closeWorkspaces = openWorkspaces();
  let state: S | undefined;
  let seen: S['x'] | undefined;
  let shown = false;
  try {
    const {
      state: running,
      unit,
      scaled,
    } = allocateTogether(place, () => summing(() => startInRange(loop, place)));
    state = running;
    const degrees = { cost: 1, ...loop.degrees };
    const x: S['x'] = unit === 1 ? running.x : running.x.emptyLike();
    seen = x;
    /** The solution in the units of the data. */
    const solution = (): S['x'] => (unit === 1 ? x : x.assign(running.x).scale(1 / unit));
    const cost = (value: number): number => outOfUnits(value, unit, degrees.cost);
    const report = () => ({
      iteration: running.iteration,
      x: solution(),
      cost: cost(running.cost),
      state: running,
      ...allOutOfUnits(loop.report(running), unit, degrees),
    });
    const limits = loop.limits ?? [];
    // The limits of this run, not of the run that wrote the state
    const asked = limitsOf(running, limits);
    checkpoint?.restore(running, () =>
      describeProblem(loop.name, args, loop.options, { own: Object.keys(loop.own), limits }, running),
    );
    Object.assign(running, asked);
    if (logs('info'))
      log('info', `${loop.name}: starts`, {
        x: String(running.x.space),
        iteration: running.iteration,
        niter,
      });
    shown = true;
    yield report();
    const interruption = checkpoint?.stopsOnSignals
      ? new Interruption(running.A.comm ?? running.x.reducer)
      : undefined;
    const step = interruption
      ? () => interruption.runStep(() => loop.step(running))
      : () => loop.step(running);
    // The operators allocate their workspaces in the first step
    let first = true;
    while (!running.finished && running.iteration < niter) {
      if (first) allocateTogether(place, () => summing(step));
      else summing(step);
      first = false;
      const late =
        maxTime !== undefined &&
        !running.finished &&
        isLate(running, performance.now() - began > 1000 * maxTime);
      const interrupted = interruption?.agree() === true && !running.finished && running.iteration < niter;
      checkpoint?.keep(running, late || interrupted || running.finished || running.iteration >= niter);
      if (late || interrupted) {
        // Set after `keep`: a run that resumes from this state must continue
        running.reason ??= interrupted ? 'signal received' : 'time limit reached';
        running.finished = true;
      }
      if (logs('debug'))
        log('debug', `${loop.name}: iteration`, {
          iteration: running.iteration,
          cost: cost(running.history.at(-1) as number),
        });
      yield report();
    }
    const { iteration: iterations, history, reason = 'iteration limit reached' } = running;
    if (logs('info')) {
      const seconds = (performance.now() - began) / 1000;
      log('info', `${loop.name}: ${reason}`, {
        iterations,
        cost: history.length > 0 ? cost(history.at(-1) as number) : undefined,
        seconds,
      });
    }
    if (scaled && !onAll(running, unit === 1 || Number.isFinite(solution().norm(Number.POSITIVE_INFINITY))))
      throw new NumericalError(`${loop.name}: the solution is beyond the range of ${x.dtype}`);
    const costs = unit === 1 ? history : history.map(cost);
    return {
      x,
      iterations,
      reason,
      cost: costs,
      ...allOutOfUnits(loop.result(running, reason), unit, degrees),
    };
  } finally {
    checkpoint?.release?.();
    closeWorkspaces();
    if (state) {
      disposeVectors(state, seen);
      // Once a caller has received x, the caller must dispose it
      if (!shown) seen?.dispose();
      loop.dispose?.(state);
    }
  }
}

/**
 * Makes the initial state. Returns the power of two by which its data were multiplied, and whether
 * that is not 1 for any colour of a mask. It is 1 unless the data are so small or so large that
 * squares of their norms leave the range of the precision. One or two more reductions if norms are
 * zero or out of range, and one more with a mask.
 */
function startInRange<S extends SolverProgress, O extends object, T extends object, R extends object>(
  loop: Loop<S, O, T, R>,
  place: Place | undefined,
): { readonly state: S; readonly unit: number; readonly scaled: boolean } {
  const { data, options, degrees } = loop;
  const own: O & { readonly x0?: AnyVector } = ownOf(options);
  let state: S | undefined;
  let fault: unknown;
  try {
    state = loop.start(own, 1);
  } catch (error) {
    if (!data || !notFinite.has(error as object)) throw error;
    fault = error;
  }
  if (state && !data) return { state, unit: 1, scaled: false };
  const y = data as AnyVector;
  const everywhere = { A: { comm: place?.comm }, x: y };
  const isSafe =
    state !== undefined &&
    state.reason !== 'solved exactly' &&
    isSafeNorm(state.cost ** (1 / (degrees?.['cost'] ?? 1)), y);
  if (state && onAll(everywhere, isSafe)) return { state, unit: 1, scaled: false };
  const unit = isSafe ? 1 : unitOf(y, own.x0, state === undefined);
  if (onAll(everywhere, unit === 1)) {
    if (!state) throw fault;
    return { state, unit: 1, scaled: false };
  }
  if (state) {
    disposeVectors(state);
    loop.dispose?.(state);
  }
  return { state: loop.start(own, unit), unit, scaled: true };
}

/**
 * Runs a state until it is finished or has done `niter` iterations. For solvers inside other
 * solvers.
 */
export function runSteps<S extends SolverProgress>(state: S, step: (state: S) => void, niter: number): void {
  while (!state.finished && state.iteration < niter) step(state);
}

/** True on all ranks if `mine` is true on any rank. One reduction. */
function isLate(state: SolverProgress, mine: boolean): boolean {
  const late = Int32Array.of(mine ? 1 : 0);
  (state.A.comm ?? state.x.reducer)?.allreduce(late, 'max');
  return late[0] === 1;
}

/**
 * The spaces in which `A x = y` is solved. They are complex if A, y or x0 is. Never communicates.
 *
 * @throws {@link ShapeError} if y or x0 does not fit. Errors of the operator propagate.
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
  if (x0 && !natural.sameElements(x0.space))
    throw new ShapeError(`${name}: expected x0 in ${natural}, received ${x0.space}`);
  const model = natural.withDType(x0 ? promote(natural.dtype, x0.dtype) : natural.dtype);
  const data = A.rangeOf(model);
  if (!data.sameElements(y.space))
    throw new ShapeError(`${name}: expected y in ${data}, received ${y.space}`);
  return { model, data };
}

/** A copy of x0 in `space`, redistributed if its layout differs. Zeros without x0. */
export const startVector = <M extends Vector<M>>(space: Space<M>, x0: M | undefined): M =>
  x0 ? assignFrom(space.empty(), x0) : space.zeros();

/** A copy of y in the dtype and shape in which a solver works. */
export const copyInto = <V extends Vector<V>>(space: Space<V>, y: V): V => assignFrom(space.empty(), y);

/**
 * The space of a system `A x = y` with a square A.
 *
 * @param instead the solver that the message names for an A that is not square
 * @throws {@link ShapeError} if A is not square, or does not fit.
 */
export function squareSpace<V extends Vector<V>>(
  name: string,
  A: LinearOperator<V, V>,
  y: V,
  { x0, M }: { readonly x0?: V | undefined; readonly M?: LinearOperator<V, V> | undefined },
  instead: string,
): Space<V> {
  const { model, data } = solverSpaces(name, A, y, x0);
  if (!model.equals(data))
    throw new ShapeError(
      `${name}: expected an operator from a space to itself, received one from ${model} to ${data}: ` +
        `use ${instead}`,
    );
  checkPreconditioner(name, M, model);
  return model;
}

/** Throws {@link ShapeError} unless a preconditioner maps the space to itself. */
export function checkPreconditioner<V extends Vector<V>>(
  name: string,
  M: LinearOperator<V, V> | undefined,
  space: Space<V>,
): void {
  if (M === undefined) return;
  checkOperator(`${name}: M`, M);
  if (!M.rangeOf(space).equals(space))
    throw new ShapeError(
      `${name}: expected a preconditioner M from ${space} to itself, received one to ${M.rangeOf(space)}`,
    );
}

/** Throws {@link ArgumentError} unless all the values are finite numbers of at least 0. */
export function checkNonNegative(owner: string, values: Readonly<Record<string, number>>): void {
  checkEach(
    owner,
    values,
    'a finite number of at least 0',
    (v) => typeof v === 'number' && Number.isFinite(v) && v >= 0,
  );
}

/**
 * Throws {@link ArgumentError} unless all the values are numbers of at least 0. Infinity is allowed
 * and means no limit.
 */
export function checkLimit(owner: string, values: Readonly<Record<string, number>>): void {
  checkEach(
    owner,
    values,
    'a number of at least 0, or Infinity for no limit',
    (v) => typeof v === 'number' && v >= 0,
  );
}

/** Throws {@link ArgumentError} unless all the values are whole numbers of at least 0. */
export function checkCount(owner: string, values: Readonly<Record<string, number>>): void {
  checkEach(
    owner,
    values,
    'a whole number of at least 0',
    (v) => Number.isSafeInteger(v) && (v as number) >= 0,
  );
}

/** Throws {@link ArgumentError} unless all the values are true or false. */
export function checkFlag(owner: string, values: Readonly<Record<string, boolean>>): void {
  checkEach(owner, values, 'true or false', (v) => typeof v === 'boolean');
}

function checkEach(owner: string, values: object, what: string, fits: (value: unknown) => boolean): void {
  for (const [name, value] of Object.entries(values))
    if (!fits(value))
      throw new ArgumentError(`${owner}: expected ${name} to be ${what}, received ${textOf(value)}`);
}
