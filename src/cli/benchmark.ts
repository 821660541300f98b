import { ArgumentError } from '../core/base/errors.js';
import { checkFunction, checkTexts, type Defaults, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { checkSame } from '../core/ports/agreement.js';
import type { Backend } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../core/ports/defaults.js';
import { timeOverRanks } from './profile.js';
import { formatTable } from './table.js';

/** Options of {@link benchmark}. */
export interface BenchmarkOptions {
  /** The name of the function in the table. @default the name of the function */
  readonly description?: string;
  /** The device to wait for at each mark. @default the default backend */
  readonly backend?: Backend | string;
  /** The ranks that call the function. @default the default communicator */
  readonly comm?: Communicator;
  /** The function that writes the table, on rank 0. @default standard output */
  readonly write?: (text: string) => void;
}

const DEFAULTS = {
  description: undefined,
  backend: undefined,
  comm: undefined,
  write: undefined,
} satisfies Defaults<BenchmarkOptions>;

/** A line of the table: a call, or what is between two marks of it. */
interface Line {
  readonly level: number;
  label: string;
  seconds: number;
}

/** The running calls, the innermost last. */
const running: Call[] = [];
/** The lines of the outermost running call and of all calls inside. */
let lines: Line[] = [];

/** Throws {@link ArgumentError} unless all ranks have the same marks. */
const checkMarks = (all: readonly unknown[]): void =>
  checkSame(
    'benchmark',
    all.map((mark) => ({ mark })),
    ['mark'],
    { remedy: 'a benchmark needs the same marks on all ranks' },
  );

/** A running call of a measured function. */
class Call {
  readonly #level = running.length;
  readonly #backend: Backend;
  readonly #comm: Communicator;
  readonly #whole: Line;
  readonly #began: number;
  /** The section before the first mark. It is left out if there is no mark. */
  readonly #first: Line;
  #section: Line;
  #since: number;

  constructor(label: string, backend: Backend, comm: Communicator) {
    if (running.length === 0) lines = [];
    this.#backend = backend;
    this.#comm = comm;
    this.#arrive(`begin of ${label}`);
    this.#whole = this.#line(2 * this.#level, label);
    this.#section = this.#first = this.#line(2 * this.#level + 1, 'start');
    running.push(this);
    this.#began = this.#since = performance.now();
  }

  #line(level: number, label: string): Line {
    const line = { level, label, seconds: 0 };
    lines.push(line);
    return line;
  }

  /**
   * Waits for the device, and then for the other ranks. Returns the time between both.
   *
   * @throws {@link ArgumentError} if they arrive somewhere else
   */
  #arrive(at: string): number {
    this.#backend.synchronize();
    const arrived = performance.now();
    checkMarks(this.#comm.allgatherObject(at));
    return arrived;
  }

  /** Ends a section. Returns the time of arrival. */
  #endSection(label: string, at: string): number {
    const arrived = this.#arrive(at);
    this.#section.seconds = (arrived - this.#since) / 1000;
    this.#section.label += ` → ${label}`;
    return arrived;
  }

  /** Ends the section before a mark and begins the next one. */
  mark(label: string): void {
    this.#endSection(label, `mark ${label}`);
    this.#section = this.#line(2 * this.#level + 1, label);
    this.#since = performance.now();
  }

  /** Ends the call. The outermost call writes the table. */
  end(write: (text: string) => void): void {
    running.pop();
    const unmarked = this.#section === this.#first;
    this.#whole.seconds = (this.#endSection('end', `end of ${this.#whole.label}`) - this.#began) / 1000;
    if (unmarked) lines.splice(lines.indexOf(this.#section), 1);
    if (running.length > 0) return;
    const all = this.#comm.allgatherObject(lines);
    // nested calls may have been on some ranks only
    checkMarks(all.map((one) => one.map(({ label }) => label)));
    const total = all.reduce((sum, [whole]) => sum + (whole as Line).seconds, 0);
    const rows = lines.map(({ level, label }, k) => ({
      benchmark: '  '.repeat(level) + label,
      ...timeOverRanks(
        all.map((one) => (one[k] as Line).seconds),
        total,
      ),
    }));
    if (this.#comm.rank === 0) write(formatTable(rows));
  }

  /** Ends the call after an error, without communication. */
  abandon(): void {
    running.pop();
  }
}

/**
 * Wraps a function so that each call of it is timed. When the outermost wrapped function has ended,
 * rank 0 writes a table: a line for each call, for each section between marks of {@link mark}, and
 * for the wrapped functions that were called inside, indented. Times are those until a rank arrives
 * at the next mark: the mean over the ranks and the slowest. Collective: all ranks call the
 * function, and wait for each other at its begin, its marks and its end.
 *
 * @param func a function, which may return a promise
 * @returns a function with the arguments and the result of `func`
 * @throws {@link ArgumentError} on all ranks at the first mark that differs between ranks
 * @example
 * const invert = benchmark((niter: number) => { … }, { description: 'inversion' });
 * invert(30);
 */
export function benchmark<A extends unknown[], R>(
  func: (...args: A) => R,
  options?: BenchmarkOptions,
): (...args: A) => R {
  const given = withDefaults('benchmark', options, DEFAULTS);
  checkFunction('benchmark', 'the first argument', func);
  checkTexts('benchmark', given, ['description']);
  const { description = func.name || 'benchmark', write = (text: string) => process.stdout.write(text) } =
    given;
  checkFunction('benchmark', 'write', write);
  return function (this: unknown, ...args: A): R {
    const call = new Call(description, resolveBackend(given.backend), resolveCommunicator(given.comm));
    const failed = (error: unknown): never => {
      call.abandon();
      throw error;
    };
    const ended = <T>(result: T): T => {
      call.end(write);
      return result;
    };
    let result: R;
    try {
      result = func.apply(this, args);
    } catch (error) {
      return failed(error);
    }
    return result instanceof Promise ? (result.then(ended, failed) as R) : ended(result);
  };
}

/**
 * Ends a section of the innermost running function of {@link benchmark} and begins the next one.
 * Collective.
 *
 * @throws {@link ArgumentError} outside of such a function, or if ranks are at different marks
 */
export function mark(label: string): void {
  if (typeof label !== 'string') throw new ArgumentError(`mark: expected a text, received ${textOf(label)}`);
  const call = running.at(-1);
  if (!call)
    throw new ArgumentError(
      `mark('${label}'): expected to be called inside of a function that benchmark() has wrapped`,
    );
  call.mark(label);
}
