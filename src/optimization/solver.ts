import { ArgumentError, NumericalError } from '../core/base/errors.js';
import { log, logs } from '../core/base/log.js';
import {
  checkCount,
  checkFinite,
  checkFlag,
  checkFunction,
  checkLimit,
  checkOptionsObject,
  type Defaults,
  requireOptions,
} from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { allocateTogether, type Place } from '../core/vector/allocate-together.js';
import { checkDots, InnerProducts } from '../core/vector/inner-products.js';
import { SignalVote } from '../core/vector/interruption.js';
import type { Problem } from '../core/vector/problem-description.js';
import type { AnyVector } from '../core/vector/vector.js';
import { openWorkspaces } from '../core/vector/workspace.js';
import { asOuter, observersOf } from './observe-runs.js';
import { describeProblem, limitsOf } from './parts/describe-problem.js';
import { SIZING_START, sizingArgument, stateBytes } from './parts/memory-usage.js';
import { allOutOfUnits, isSafeNorm, outOfUnits, startScaled, unitOf } from './parts/scaling.js';
import {
  disposeVectors,
  notFinite,
  onAll,
  PLAIN_START,
  type SolverProgress,
  type SolverStart,
  type StopReason,
  solverOf,
} from './solver-state.js';

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
   * Computes inner products and norms by exact sums, which do not depend on the number of ranks:
   * see {@link InnerProducts}.
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
 * One call of a solver: its parts, bound to the arguments of the call. O are the solver's own
 * options. T and R are the additional properties of its steps and of its result.
 */
export interface SolverCall<
  S extends SolverProgress,
  O extends object,
  T extends object = object,
  R extends object = object,
> {
  /** The name in messages. */
  readonly name: string;
  readonly options: O & RunOptions;
  /** The defaults of the solver's own options. */
  readonly defaults: Defaults<O>;
  /**
   * The names of own options that only say when to stop, besides the common ones. Another value of
   * them does not make another problem.
   * @default none
   */
  readonly limits?: readonly string[];
  /** The default of the option `niter`. @default 10 */
  readonly niter?: number;
  /**
   * The right-hand side, if the solution is proportional to it. Very small and very large data are
   * then scaled.
   */
  readonly data?: AnyVector;
  /** Makes the initial state, from the solver's own options. */
  readonly init: (own: O, start: SolverStart) => S;
  /**
   * The power of the unit in which each value scales: the cost (1 unless named) and the numbers in
   * steps and results.
   */
  readonly degrees?: Readonly<Record<string, number>>;
  /** One iteration. */
  readonly step: (state: S) => void;
  /** The additional properties of a step. @default none */
  readonly report?: (state: S) => T;
  /** The additional properties of the result. @default none */
  readonly result?: (state: S, reason: StopReason) => R;
}

/** The generator of a solver's steps, which returns the result. */
export type SolverSteps<S extends SolverProgress, T, R> = Generator<
  SolverStep<S> & T,
  SolverResult<S['x']> & R,
  void
>;

/**
 * Makes the generator function of a solver. It checks the options at once, then runs the loop,
 * which begins with the start. At its end all vectors of the state except x are disposed.
 *
 * @param call binds the arguments. It may be generic: the result then has its type parameters
 */
export const makeSteps =
  <Args extends unknown[], S extends SolverProgress, O extends object, T extends object, R extends object>(
    call: (...args: Args) => SolverCall<S, O, T, R>,
  ): ((...args: Args) => SolverSteps<S, T, R>) =>
  (...args) =>
    makeGenerator(call(...args), args);

/** Makes the function of a solver, which runs the generator of {@link makeSteps} to its end. */
export const makeSolve =
  <Args extends unknown[], S extends SolverProgress, O extends object, T extends object, R extends object>(
    call: (...args: Args) => SolverCall<S, O, T, R>,
  ): ((...args: Args) => SolverResult<S['x']> & R) =>
  (...args) => {
    const steps = makeGenerator(call(...args), args);
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

/**
 * Makes the function that computes the bytes of a solver's state on this rank, from the arguments
 * of the solver. It allocates nothing: it runs `init` on vectors without values. What operators and
 * steps allocate besides, as workspaces, is not included. Collective if vectors have a mask or must
 * be redistributed.
 */
export const makeMemoryUsage =
  <Args extends unknown[], S extends SolverProgress, O extends object, T extends object, R extends object>(
    call: (...args: Args) => SolverCall<S, O, T, R>,
  ): ((...args: Args) => number) =>
  (...args) => {
    const sized = call(...(args.map(sizingArgument) as Args));
    runOptionsOf(sized);
    return stateBytes(sized.init(ownOf(sized.options), SIZING_START));
  };

/**
 * Defines a solver: a function with the members `init`, `step` and `steps`. Its options include
 * `niter`, `maxTime`, `checkpoint` and `reproducible`. The member `step` accepts only states that
 * `init` made.
 *
 * @param solve the function, of {@link makeSolve}
 * @param parts its members; `steps` is of {@link makeSteps}
 * @example
 * const call = (A: Operator, y: DistributedArray, options: LandweberOptions = {}) => ({
 *   name: 'landweber', options, defaults: DEFAULTS, step,
 *   init: (own: LandweberOptions, start: SolverStart) => init(A, y, own, start),
 * });
 * const steps = makeSteps(call);
 * const landweber = defineSolver('landweber', makeSolve(call), { init, step, steps });
 */
export function defineSolver<F extends object, P extends object>(name: string, solve: F, parts: P): F & P {
  // A constraint of P would erase the type parameters of generic functions
  if (typeof name !== 'string')
    throw new ArgumentError(`defineSolver: expected a name, received ${textOf(name)}`);
  checkOptionsObject('defineSolver', parts);
  const { step: unchecked, init } = parts as {
    readonly step?: (state: object) => void;
    readonly init?: (...args: unknown[]) => unknown;
  };
  if (unchecked === undefined) throw new ArgumentError(`defineSolver: expected ${name} to have a step`);
  const step = (state: object): void => {
    if (typeof state !== 'object' || solverOf.get(state) !== name)
      throw new ArgumentError(
        `${name}.step: expected a state that ${name}.init() made, received ${textOf(state)}`,
      );
    unchecked(state);
  };
  return Object.assign(solve, parts, { step }, init && { init: checkedInit(name, init) });
}

/** An init that checks its arguments beyond the problem: options, and {@link SolverStart}. */
const checkedInit =
  (name: string, init: (...args: unknown[]) => unknown) =>
  (...args: unknown[]): unknown => {
    for (const value of args.slice(init.length)) {
      if (value === undefined) continue;
      if (typeof value !== 'object' || value === null)
        throw new ArgumentError(`${name}.init: expected options, received ${textOf(value)}`);
      if (!isStart(value)) continue;
      checkDots(`${name}.init`, value.dots);
      checkFunction(`${name}.init`, 'scaled', value.scaled);
      checkFinite(`${name}.init`, { unit: value.unit as number });
    }
    return init(...args);
  };
const isStart = (value: object): value is Partial<SolverStart> =>
  ['dots', 'unit', 'scaled'].some((key) => key in value);

/** The communicator and the backend of the first distributed vector or space among the values. */
export const placeIn = (values: readonly unknown[]): Place | undefined =>
  values.find(
    (value): value is Place =>
      typeof value === 'object' && value !== null && 'backend' in value && 'comm' in value,
  );

/** The options of the loop of a call. Checks the names of all options, and these. */
function runOptionsOf<S extends SolverProgress, O extends object, T extends object, R extends object>({
  name,
  options,
  ...call
}: SolverCall<S, O, T, R>) {
  const defaults = { ...call.defaults, ...RUN_DEFAULTS, niter: call.niter ?? RUN_DEFAULTS.niter };
  const { niter, maxTime, checkpoint, reproducible } = requireOptions<RunOptions, typeof RUN_DEFAULTS>(
    name,
    options,
    defaults,
  );
  if (checkpoint !== undefined) checkKeeper(name, checkpoint);
  if (niter !== Number.POSITIVE_INFINITY) checkCount(name, { niter });
  if (maxTime !== undefined) checkLimit(name, { maxTime });
  checkFlag(name, { reproducible });
  return { niter, maxTime, checkpoint, reproducible };
}

function makeGenerator<S extends SolverProgress, O extends object, T extends object, R extends object>(
  call: SolverCall<S, O, T, R>,
  args: readonly unknown[],
): SolverSteps<S, T, R> {
  const { niter, maxTime, checkpoint, reproducible } = runOptionsOf(call);
  return run(
    call,
    args,
    placeIn([...args, ...Object.values(call.options)]),
    niter,
    // Without a limit, ranks need not agree on the time
    maxTime === Number.POSITIVE_INFINITY ? undefined : maxTime,
    checkpoint,
    new InnerProducts(reproducible),
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
  call: SolverCall<S, O, T, R>,
  args: readonly unknown[],
  place: Place | undefined,
  niter: number,
  maxTime: number | undefined,
  checkpoint: StateKeeper | undefined,
  dots: InnerProducts,
): SolverSteps<S, T, R> {
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
    } = asOuter(() => allocateTogether(place, () => startInRange(call, place, dots)));
    state = running;
    const degrees = { cost: 1, ...call.degrees };
    const x: S['x'] = unit === 1 ? running.x : running.x.emptyLike();
    seen = x;
    /** The solution in the units of the data. */
    const solution = (): S['x'] => (unit === 1 ? x : x.assign(running.x).scale(1 / unit));
    const cost = (value: number): number => outOfUnits(value, unit, degrees.cost);
    const ends = (): boolean => running.finished || running.iteration >= niter;
    const observe = observersOf(call.name, niter);
    const report = () => {
      const step = {
        iteration: running.iteration,
        x: solution(),
        cost: cost(running.cost),
        state: running,
        ...allOutOfUnits(call.report?.(running) ?? ({} as T), unit, degrees),
      };
      observe?.(step, ends());
      return step;
    };
    const limits = call.limits ?? [];
    // The limits of this run, not of the run that wrote the state
    const asked = limitsOf(running, limits);
    checkpoint?.restore(running, () =>
      describeProblem(call.name, args, call.options, { own: Object.keys(call.defaults), limits }, running),
    );
    Object.assign(running, asked);
    if (logs('info'))
      log('info', `${call.name}: starts`, {
        x: String(running.x.space),
        iteration: running.iteration,
        niter,
      });
    shown = true;
    yield report();
    if (checkpoint?.stopsOnSignals) dots.vote = new SignalVote(running.A.comm ?? running.x.reducer);
    const step = () => call.step(running);
    // The operators allocate their workspaces in the first step
    let first = true;
    while (!ends()) {
      dots.vote?.begin();
      if (first) asOuter(() => allocateTogether(place, step));
      else asOuter(step);
      first = false;
      const late =
        maxTime !== undefined &&
        !running.finished &&
        isLate(running, performance.now() - began > 1000 * maxTime);
      const interrupted = dots.vote?.agree() === true && !ends();
      checkpoint?.keep(running, late || interrupted || ends());
      if (late || interrupted) {
        // Set after `keep`: a run that resumes from this state must continue
        running.reason ??= interrupted ? 'signal received' : 'time limit reached';
        running.finished = true;
      }
      if (logs('debug'))
        log('debug', `${call.name}: iteration`, {
          iteration: running.iteration,
          cost: cost(running.history.at(-1) as number),
        });
      yield report();
    }
    const { iteration: iterations, history, reason = 'iteration limit reached' } = running;
    if (logs('info')) {
      const seconds = (performance.now() - began) / 1000;
      log('info', `${call.name}: ${reason}`, {
        iterations,
        cost: history.length > 0 ? cost(history.at(-1) as number) : undefined,
        seconds,
      });
    }
    if (scaled && !onAll(running, unit === 1 || Number.isFinite(solution().norm(Number.POSITIVE_INFINITY))))
      throw new NumericalError(`${call.name}: the solution is beyond the range of ${x.dtype}`);
    const costs = unit === 1 ? history : history.map(cost);
    return {
      x,
      iterations,
      reason,
      cost: costs,
      ...allOutOfUnits(call.result?.(running, reason) ?? ({} as R), unit, degrees),
    };
  } finally {
    checkpoint?.release?.();
    closeWorkspaces();
    if (state) {
      disposeVectors(state, seen);
      // Once a caller has received x, the caller must dispose it
      if (!shown) seen?.dispose();
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
  { data, options, degrees, init }: SolverCall<S, O, T, R>,
  place: Place | undefined,
  dots: InnerProducts,
): { readonly state: S; readonly unit: number; readonly scaled: boolean } {
  const own: O & { readonly x0?: AnyVector } = ownOf(options);
  const usual = { unit: 1, scaled: false };
  const start = { ...PLAIN_START, dots };
  if (!data) return { state: init(own, start), ...usual };
  let state: S | undefined;
  let fault: unknown;
  try {
    state = init(own, start);
  } catch (error) {
    if (!notFinite.has(error as object)) throw error;
    fault = error;
  }
  const everywhere = { A: { comm: place?.comm }, x: data };
  const isSafe =
    state !== undefined &&
    state.reason !== 'solved exactly' &&
    isSafeNorm(state.cost ** (1 / (degrees?.['cost'] ?? 1)), data);
  if (state && onAll(everywhere, isSafe)) return { state, ...usual };
  const unit = isSafe ? 1 : unitOf(data, own.x0, state === undefined);
  if (onAll(everywhere, unit === 1)) {
    if (!state) throw fault;
    return { state, ...usual };
  }
  if (state) disposeVectors(state);
  return { state: startScaled(data, own, unit, dots, init), unit, scaled: true };
}

/** True on all ranks if `mine` is true on any rank. One reduction. */
function isLate(state: SolverProgress, mine: boolean): boolean {
  const late = Int32Array.of(mine ? 1 : 0);
  (state.A.comm ?? state.x.reducer)?.allreduce(late, 'max');
  return late[0] === 1;
}
