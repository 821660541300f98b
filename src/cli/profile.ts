import { ArgumentError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import type { Backend } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../core/ports/defaults.js';
import { type Call, interpose } from '../tracing/interposition.js';
import { formatTable } from './table.js';

/**
 * The parts of the time of a program. A kernel counts as `operator` during the product of an
 * operator and as `vector work` otherwise. `JavaScript` is the rest.
 */
export const TIME_PARTS = ['operator', 'vector work', 'communication', 'JavaScript'] as const;
/** One part of the time of a program. */
export type TimePart = (typeof TIME_PARTS)[number];

const OPERATOR = 0;
const VECTOR = 1;
const COMMUNICATION = 2;
const JAVASCRIPT = 3;

/** The calls of one kernel, or of one method of the communicator, within one part. */
export interface CallTime {
  readonly name: string;
  readonly part: TimePart;
  readonly calls: number;
  /** Time in seconds. */
  readonly seconds: number;
}

/** How one rank spent its time, in seconds. The parts add up to the total. */
export interface TimeSplit {
  readonly total: number;
  readonly parts: Readonly<Record<TimePart, number>>;
  /** The calls that make up all parts except JavaScript, the longest first. */
  readonly calls: readonly CallTime[];
}

/** Options of {@link profile}. */
export interface ProfileOptions {
  /** The backend with the kernels to time. @default the default backend */
  readonly backend?: Backend | string;
  /**
   * The communicator with the calls to time. Calls of the communicators and requests that it
   * creates are timed too.
   * @default the default communicator
   */
  readonly comm?: Communicator;
}

/** A running measurement. */
export interface Profile {
  /**
   * Ends the measurement and removes the timers from the program.
   *
   * @returns the split of this rank; later calls return the same one
   */
  stop(): TimeSplit;
}

/** A clock that always runs, for one part at a time. Therefore the parts add up to the total. */
class PartClock {
  readonly seconds = new Float64Array(TIME_PARTS.length);
  readonly #entries = new Map<
    string,
    { readonly name: string; readonly part: number; calls: number; seconds: number }
  >();
  #part = JAVASCRIPT;
  #since = performance.now();
  readonly #began = this.#since;
  total = 0;

  /**
   * Runs a call and counts its time for a part. A call within another counted call is not counted.
   */
  count(name: string, part: number, call: () => unknown): unknown {
    if (this.#part !== JAVASCRIPT) return call();
    const key = `${part}${name}`;
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { name, part, calls: 0, seconds: 0 };
      this.#entries.set(key, entry);
    }
    this.#switchTo(part);
    try {
      return call();
    } finally {
      entry.seconds += this.#switchTo(JAVASCRIPT);
      entry.calls += 1;
    }
  }

  /**
   * Switches to another part.
   *
   * @returns the seconds since the last switch
   */
  #switchTo(part: number): number {
    const now = performance.now();
    const spent = (now - this.#since) / 1000;
    this.seconds[this.#part] = (this.seconds[this.#part] as number) + spent;
    this.#part = part;
    this.#since = now;
    return spent;
  }

  split(): TimeSplit {
    this.#switchTo(JAVASCRIPT);
    const calls = [...this.#entries.values()].map((e) => ({ ...e, part: TIME_PARTS[e.part] as TimePart }));
    return {
      total: (this.#since - this.#began) / 1000,
      parts: Object.fromEntries(TIME_PARTS.map((part, k) => [part, this.seconds[k]])) as Record<
        TimePart,
        number
      >,
      calls: calls.sort((a, b) => b.seconds - a.seconds),
    };
  }
}

const DEFAULTS = { backend: undefined, comm: undefined } satisfies Defaults<ProfileOptions>;

/**
 * Measures the time from this call to `stop()`, split into {@link TIME_PARTS}. It adds timers to
 * the kernels of a backend, to the calls of a communicator and to the products of operators.
 * `stop()` removes them. Programs that do not use it have no cost. During a measurement a call
 * costs about 0.2 µs more. It also waits for the device after every kernel, so that kernels do not
 * overlap. Several measurements may run, and end in any order.
 */
export function profile(options?: ProfileOptions): Profile {
  const given = withDefaults('profile', options, DEFAULTS);
  const backend = resolveBackend(given.backend);
  const comm = resolveCommunicator(given.comm);
  const clock = new PartClock();
  let products = 0;

  const around = ({ kind, name, proceed }: Call): unknown => {
    if (kind === 'communication') return clock.count(name, COMMUNICATION, proceed);
    if (kind === 'kernel')
      return clock.count(name, products > 0 ? OPERATOR : VECTOR, () => {
        const result = proceed();
        backend.synchronize();
        return result;
      });
    products++;
    try {
      return proceed();
    } finally {
      products--;
    }
  };
  const end = interpose(backend, comm, around);

  let split: TimeSplit | undefined;
  return {
    stop: () => {
      if (!split) {
        split = clock.split();
        end();
      }
      return split;
    },
  };
}

const CALLS_SHOWN = 8;
const round = (seconds: number): string => seconds.toFixed(3);

/**
 * The cells of a table for the times of all ranks: their mean, their share of a total over all
 * ranks, and the slowest rank.
 */
export function timeOverRanks(seconds: readonly number[], total: number) {
  const sum = seconds.reduce((a, b) => a + b, 0);
  const slowest = seconds.reduce((a, b) => Math.max(a, b), 0);
  return {
    'mean [s]': round(sum / seconds.length),
    '[%]': Math.round((1000 * sum) / total) / 10,
    'slowest [s]': round(slowest),
    'on rank': seconds.indexOf(slowest),
  };
}

/**
 * Formats the splits of all ranks as tables. The first table has the parts: the mean over the
 * ranks, which adds up to the total, and the slowest rank. The second has the longest calls of rank
 * 0. Collective. The text is the same on all ranks.
 */
export function formatProfile(split: TimeSplit, comm: Communicator = resolveCommunicator()): string {
  if (
    typeof split !== 'object' ||
    !TIME_PARTS.every((part) => typeof split?.parts?.[part] === 'number') ||
    !Array.isArray(split.calls)
  )
    throw new ArgumentError(`formatProfile: expected what profile() has measured, received ${textOf(split)}`);
  resolveCommunicator(comm);
  const all = comm.allgatherObject({ total: split.total, parts: split.parts });
  const total = all.reduce((sum, one) => sum + one.total, 0);
  const line = (time: string, seconds: readonly number[]) => ({ time, ...timeOverRanks(seconds, total) });
  const parts = TIME_PARTS.map((part) =>
    line(
      part,
      all.map((one) => one.parts[part]),
    ),
  );
  parts.push(
    line(
      'total',
      all.map((one) => one.total),
    ),
  );
  const calls = comm.bcastObject(split.calls.slice(0, CALLS_SHOWN));
  const shown = calls.map(({ name, part, calls: count, seconds }) => ({
    'rank 0': name,
    in: part,
    calls: count,
    seconds: round(seconds),
  }));
  return formatTable(parts) + (shown.length > 0 ? `\n${formatTable(shown)}` : '');
}
