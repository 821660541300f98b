import { promote } from '../core/base/dtype.js';
import { ArgumentError, NumericalError, ShapeError } from '../core/base/errors.js';
import { log, logs } from '../core/base/log.js';
import { type Defaults, requireOptions } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { assignFrom } from '../core/distributed/fill-into.js';
import { checkOperator, type LinearOperator } from '../core/operator/linear-operator.js';
import type { Communicator } from '../core/ports/communicator.js';
import { Interruption, passenger } from '../core/vector/interruption.js';
import type { Problem } from '../core/vector/problem-description.js';
import { withReproducibleDots } from '../core/vector/reproducible.js';
import { type Place, settingUp } from '../core/vector/set-up.js';
import { type AnyVector, checkVector, isVector, type Space, type Vector } from '../core/vector/vector.js';
import { openWorkspaces } from '../core/vector/workspace.js';
import { describeProblem, limitsOf } from './parts/describe-problem.js';
import { allOutOfUnits, isSafeNorm, outOfUnits, unitOf } from './parts/scaling.js';

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
  /**
   * The curvature along the search direction is zero while the gradient is not (the operator is
   * singular there, or its adjoint is wrong); or no progress can be made.
   */
  | 'breakdown';

/**
 * What every solver's state has. A solver is finished when its ranks are, whatever the colours of a
 * mask.
 */
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
  /** The last cost. */
  cost: number;
  /** The cost of every iteration so far. */
  readonly history: number[];
  /**
   * Names of vectors that an iteration writes before it reads them: a checkpoint leaves them out.
   */
  readonly scratch: readonly string[];
}

/** A state before anything is known. */
export const begin = <A extends SolverProgress['A'], X extends AnyVector>(
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

/** A state as it was before anything was known, with x0 (zero where absent) in its x. */
export function beginAgain<M extends Vector<M>>(
  state: SolverProgress & { readonly x: M },
  x0: M | undefined,
): void {
  if (x0) assignFrom(state.x, x0);
  else state.x.fill(0);
  state.history.length = 0;
  Object.assign(state, { iteration: 0, reason: undefined, finished: false });
}

/**
 * Scalars are equal on all ranks, or, with a mask, on all ranks of one colour. What to do next is
 * agreed over all ranks of the operator.
 */
const VOTE = { done: 0, goOn: 1, fault: 2 } as const;
type Vote = (typeof VOTE)[keyof typeof VOTE];

/** True where a mask splits the ranks of the operator: scalars then belong to colours. */
export const isSplit = ({ A: { comm }, x: { reducer } }: Pick<SolverProgress, 'A' | 'x'>): boolean =>
  comm !== undefined && reducer !== undefined && comm.id !== reducer.id;

function agree(vote: Vote, state: Pick<SolverProgress, 'A' | 'x'>): Vote {
  const { comm } = state.A;
  if (!comm || !isSplit(state)) return vote;
  const rider = passenger(comm);
  const votes = Int32Array.of(vote, ...(rider ? [rider.mine()] : []));
  comm.allreduce(votes, 'max');
  rider?.take(votes[1] as number);
  return votes[0] as Vote;
}

/**
 * True once it is on all ranks of the operator. One reduction where a mask splits them, otherwise
 * none.
 */
export const onAll = (state: Pick<SolverProgress, 'A' | 'x'>, done: boolean): boolean =>
  agree(done ? VOTE.done : VOTE.goOn, state) === VOTE.done;

/** What an iteration has come to. */
export interface Verdict {
  /** Becomes the state's, and goes into the history. */
  readonly cost?: number | undefined;
  /** Why these ranks should stop, if they did not before. */
  readonly reason?: StopReason | undefined;
  /** Numbers that must be finite. */
  readonly scalars: readonly number[];
  /** What is wrong, in words, where the scalars do not say it. */
  readonly fault?: string | undefined;
}

/**
 * Ends an iteration: decides whether these ranks stop and whether all do. One reduction more where
 * a mask splits the ranks of the operator. Errors: {@link NumericalError} on all ranks where one of
 * the scalars is not finite on any, or one found a fault.
 */
export function conclude(
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
  if (state.iteration === 0) begun.set(state, name);
  if (cost === undefined) return;
  state.cost = cost;
  state.history.push(cost);
}

/** The errors for norms that are not finite, which all ranks throw together. */
const notFinite = new WeakSet<object>();

/** The solvers whose start made a state. */
const begun = new WeakMap<object, string>();

/**
 * The step of a solver for programs that call it: throws {@link ArgumentError} for a state that the
 * solver's `init` has not made.
 */
export const byHand =
  <S extends SolverProgress>(name: string, step: (state: S) => void): ((state: S) => void) =>
  (state) => {
    if (typeof state !== 'object' || begun.get(state) !== name)
      throw new ArgumentError(
        `${name}.step: expected a state that ${name}.init() made, received ${textOf(state)}`,
      );
    step(state);
  };

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
  /**
   * True where the loop stops, and keeps the state, after an iteration in which a signal came that
   * is expected. @default false
   */
  readonly stopsOnSignals?: boolean;
  /**
   * Called after the start: overwrites what the state has by what was kept, if something was.
   * `problem` describes what is solved; it is collective.
   */
  restore(state: SolverProgress, problem: () => Problem): unknown;
  /** Called after every iteration; `last` where the run ends with it. */
  keep(state: SolverProgress, last: boolean): void;
  /** Called when the loop has ended, however it did. */
  release?(): void;
}

/** What the loop around a solver's steps can be told. */
export interface RunOptions {
  /** Most iterations, those before a restart included; Infinity for no limit. @default 10 */
  readonly niter?: number | undefined;
  /**
   * Most seconds; all ranks stop together once one has run longer, for one reduction an iteration.
   * @default no limit
   */
  readonly maxTime?: number | undefined;
  /** Keeps the state from time to time, and resumes from what was kept. */
  readonly checkpoint?: StateKeeper | undefined;
  /**
   * Inner products and norms that do not depend on the number of ranks: see
   * {@link withReproducibleDots}. @default false
   */
  readonly reproducible?: boolean | undefined;
}

const RUN_DEFAULTS = {
  niter: 10,
  maxTime: undefined,
  checkpoint: undefined,
  reproducible: false,
} satisfies Defaults<RunOptions>;

/** What an iteration has found. `x` is live: the next step changes it. */
export interface SolverStep<S extends SolverProgress> {
  /** 0 for the start. */
  readonly iteration: number;
  readonly x: S['x'];
  readonly cost: number;
  readonly state: S;
}

/** How a run has ended. */
export interface SolverResult<X> {
  readonly x: X;
  readonly iterations: number;
  readonly reason: StopReason;
  /** The history of costs. */
  readonly cost: number[];
}

/**
 * A solver with what it was called with: options O of its own, and what T and R its steps and its
 * result have beside those of all.
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
   * Those of them that only say when to stop, beside the usual ones: another value does not make
   * another problem. @default none
   */
  readonly limits?: readonly string[];
  /** @default 10 */
  readonly niter?: number;
  /**
   * The right-hand side, where the solution is proportional to it: very small and very large data
   * are then scaled.
   */
  readonly data?: AnyVector;
  /** The start of the problem with data, start and whatever is measured like them times `unit`. */
  readonly start: (own: O, unit: number) => S;
  /**
   * The powers of the unit with which the cost (1 unless named) and the numbers of steps and
   * results grow.
   */
  readonly degrees?: Readonly<Record<string, number>>;
  readonly step: (state: S) => void;
  readonly report: (state: S) => T;
  readonly result: (state: S, reason: StopReason) => R;
  /** More to give back at the end than the vectors of the state. */
  readonly dispose?: (state: S) => void;
}

/** For solvers whose steps or results have nothing beside what those of all have. */
export const nothing = (): object => ({});

type Steps<S extends SolverProgress, T, R> = Generator<SolverStep<S> & T, SolverResult<S['x']> & R, void>;

/** Disposes the vectors of a state, those in lists included, but `kept`. */
export function release(state: object, kept?: AnyVector): void {
  for (const value of Object.values(state).flat()) if (isVector(value) && value !== kept) value.dispose();
}

/**
 * The generator of a solver: checks the options at once, then runs the loop, the start first. All
 * vectors of the state but x are disposed at its end.
 */
export const stepping =
  <Args extends unknown[], S extends SolverProgress, O extends object, T extends object, R extends object>(
    solver: (...args: Args) => Loop<S, O, T, R>,
  ): ((...args: Args) => Steps<S, T, R>) =>
  (...args) =>
    drive(solver(...args), args);

/** The function of a solver: runs its generator to the end. */
export const solving =
  <Args extends unknown[], S extends SolverProgress, O extends object, T extends object, R extends object>(
    solver: (...args: Args) => Loop<S, O, T, R>,
  ): ((...args: Args) => SolverResult<S['x']> & R) =>
  (...args) => {
    const steps = drive(solver(...args), args);
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

/** Where the first distributed vector or space among values lives. */
export const placeIn = (values: readonly unknown[]): Place | undefined =>
  values.find(
    (value): value is Place =>
      typeof value === 'object' && value !== null && 'backend' in value && 'comm' in value,
  );

function drive<S extends SolverProgress, O extends object, T extends object, R extends object>(
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
    // no limit: ranks need not agree on the time
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
    const { state: running, unit, scaled } = settingUp(place, () => summing(() => startInRange(loop, place)));
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
    // those of this run, not of the one whose state was kept
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
      ? () => interruption.during(() => loop.step(running))
      : () => loop.step(running);
    // its operators make their workspaces
    let first = true;
    while (!running.finished && running.iteration < niter) {
      if (first) settingUp(place, () => summing(step));
      else summing(step);
      first = false;
      const late =
        maxTime !== undefined &&
        !running.finished &&
        isLate(running, performance.now() - began > 1000 * maxTime);
      const interrupted = interruption?.settle() === true && !running.finished && running.iteration < niter;
      checkpoint?.keep(running, late || interrupted || running.finished || running.iteration >= niter);
      if (late || interrupted) {
        // not before the state was kept: a run that goes on from there does go on
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
      release(state, seen);
      // whoever has seen x disposes it
      if (!shown) seen?.dispose();
      loop.dispose?.(state);
    }
  }
}

/**
 * The start, the power of two that its data were multiplied by, and whether that of any colour of a
 * mask is not 1: it is 1 but for data so small or so large that squares of their norms leave the
 * range of the precision. One or two reductions more where norms are zero or out of range; a mask
 * costs one.
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
    release(state);
    loop.dispose?.(state);
  }
  return { state: loop.start(own, unit), unit, scaled: true };
}

/**
 * Goes on with a state until it is finished, or has done `niter` iterations: for solvers inside of
 * others.
 */
export function runSteps<S extends SolverProgress>(state: S, step: (state: S) => void, niter: number): void {
  while (!state.finished && state.iteration < niter) step(state);
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
  if (x0 && !natural.sameElements(x0.space))
    throw new ShapeError(`${name}: expected x0 in ${natural}, received ${x0.space}`);
  const model = natural.withDType(x0 ? promote(natural.dtype, x0.dtype) : natural.dtype);
  const data = A.rangeOf(model);
  if (!data.sameElements(y.space))
    throw new ShapeError(`${name}: expected y in ${data}, received ${y.space}`);
  return { model, data };
}

/** A copy of x0, moved where it is laid out otherwise, or zeros. */
export const startVector = <M extends Vector<M>>(space: Space<M>, x0: M | undefined): M =>
  x0 ? assignFrom(space.empty(), x0) : space.zeros();

/** A vector of the dtype and shape that a solver works in. */
export const copyInto = <V extends Vector<V>>(space: Space<V>, y: V): V => assignFrom(space.empty(), y);

/**
 * The space of a system `A x = y` of a square A. Throws {@link ShapeError} where A is not square,
 * or does not fit; `instead` is for those that are not.
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
 * Throws {@link ArgumentError} unless all the values are numbers of at least 0, of which Infinity
 * is no limit.
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
