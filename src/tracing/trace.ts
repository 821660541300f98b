import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ArgumentError, messageOf } from '../core/base/errors.js';
import { checkPositiveCount, type Defaults, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { gatherFromAllRanks, onRoot, sameOnAllRanks } from '../core/ports/agreement.js';
import type { Backend } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../core/ports/defaults.js';
import { findFile, writing } from '../io/output.js';
import { type ArrowEnd, CallEvents } from './call-events.js';
import { collect, removeParts } from './collect.js';
import { commonClock, measureOffset } from './common-clock.js';
import { guardEnd } from './early-end.js';
import { EventFile, partOf, partsText } from './event-file.js';
import { type Call, interpose, productName } from './interposition.js';
import { recordLog } from './record-log.js';

/** Options of {@link startTrace}. */
export interface TraceOptions {
  /** The backend with the kernels to trace. @default the default backend */
  readonly backend?: Backend | string;
  /**
   * The ranks of the trace. Calls of the communicators and requests that it creates are traced too.
   * @default the default communicator
   */
  readonly comm?: Communicator;
  /** The most events of a rank. Further ones are counted, and not written. @default 1000000 */
  readonly events?: number;
}

/** What a trace has recorded. */
export interface TraceSummary {
  /** The events of each rank in the file. */
  readonly events: readonly number[];
  /** The further events of each rank, which were left out. */
  readonly dropped: readonly number[];
}

/** A running trace. */
export interface Trace {
  /**
   * Ends the trace and writes the file. Collective; later calls return the same result, or throw
   * the same error.
   *
   * @throws {@link ArgumentError} on all ranks if rank 0 cannot write the file. Then the files of
   *   the ranks remain, and the message names them
   */
  stop(): TraceSummary;
}

const DEFAULTS = { backend: undefined, comm: undefined, events: 1_000_000 } satisfies Defaults<TraceOptions>;

let running = false;

/**
 * Writes a timeline of the program from this call to `stop()`: the products of operators, kernels,
 * messages, reductions, waits and iterations of solvers of all ranks. The file is JSON in the Trace
 * Event Format, which ui.perfetto.dev and chrome://tracing open. Rank r is process r there. An
 * arrow leads from each message to its receive.
 *
 * The ranks' clocks are compared with that of rank 0 by round trips of messages, to half of the
 * fastest one; ranks on one machine have one clock. Events are kept in memory of a fixed size. They
 * are written to a file of each rank beside `path`, `path.rank0.json` and so on: before calls that
 * may wait, for up to a twentieth of the time, and otherwise at an event half a second after the
 * last write. At the end rank 0 joins the files. If the job ends early they remain; the viewers
 * open them too.
 *
 * A call costs up to 10 µs more, with the writing. As with `profile`, each kernel is waited for, so
 * that kernels of a device do not overlap. A program without a trace has no cost. Collective.
 *
 * @throws {@link ArgumentError} on all ranks if an option is wrong or differs between ranks,
 *   another trace is running, or a rank cannot write its file
 * @throws {@link BackendError} on all ranks if there is no such backend
 * @example
 * const trace = startTrace('trace.json');
 * cgls(A, y, { niter: 5 });
 * trace.stop();
 */
export function startTrace(path: string, options?: TraceOptions): Trace {
  return beginTrace(path, options, false);
}

/**
 * As {@link startTrace}; `flush` writes the events of this rank that are in memory.
 *
 * @param untilExit whether the trace is stopped at an exit without errors
 */
export function beginTrace(
  path: string,
  options: TraceOptions | undefined,
  untilExit: boolean,
): Trace & { flush(): void } {
  // The ranks agree on everything else
  const comm = resolveCommunicator((options as TraceOptions | null | undefined)?.comm);
  const file = sameOnAllRanks(comm, 'startTrace', () => {
    const { backend: which, events } = withDefaults('startTrace', options, DEFAULTS);
    checkPositiveCount('startTrace', { events });
    if (typeof path !== 'string' || path === '')
      throw new ArgumentError(`startTrace: expected the name of a file, received ${textOf(path)}`);
    if (running) throw new ArgumentError('startTrace: another trace is running: stop() it first');
    const name = typeof which === 'string' ? which : resolveBackend(which).name;
    return { path: resolve(path), events, backend: name };
  });
  // Collective for some names
  const backend = resolveBackend(options?.backend);
  onRoot(comm, () => {
    writing(path, () => findFile(file.path));
    writing(path, () => removeParts(file.path));
  });
  // Its messages are not counted among those of the program
  const own = comm.dup();
  const { clock, part } = freedOnError(own, () => {
    const clock = commonClock(own);
    return { clock, part: gatherPart(own, file, clock.base) };
  });
  const events = new CallEvents(comm);
  running = true;

  const endLog = recordLog(part);
  const heads = new Map<string, string>();
  const headOf = (name: string, category: string): string => {
    const key = `${category} ${name}`;
    let head = heads.get(key);
    if (head === undefined) {
      head = `"name":${JSON.stringify(name)},"cat":"${category}","ph":"X"`;
      heads.set(key, head);
    }
    return head;
  };
  let inKernel = false;
  const around = (call: Call): unknown => {
    const { kind, name, self, proceed } = call;
    const category = kind === 'kernel' && inKernel ? undefined : events.category(call);
    if (category === undefined) {
      const result = proceed();
      events.keep(call, result);
      return result;
    }
    const shown = kind === 'operator' ? productName(call) : name;
    if (events.waits(call)) part.flushBeforeWait();
    const begin = performance.now();
    inKernel ||= kind === 'kernel';
    let result: unknown;
    let returned = false;
    try {
      result = proceed();
      if (kind === 'kernel') (self as Backend).synchronize();
      returned = true;
      return result;
    } finally {
      const end = performance.now();
      if (kind === 'kernel') inKernel = false;
      if (!returned) part.record(headOf(shown, category), begin, end, ',"args":{"threw":true}');
      else if (name !== 'test' || result === true) {
        const { details, arrows } = events.describe(call, category, result);
        for (const arrow of arrows) part.record(arrowHead(arrow), arrow.isSent ? begin : end, Number.NaN);
        part.record(headOf(shown, category), begin, end, details);
      }
    }
  };
  const endCalls = interpose(backend, comm, around);
  const endGuards = guardEnd(part, file.path, comm.size, untilExit);

  let ended: (() => TraceSummary) | undefined;
  return {
    stop: () => {
      ended ??= outcomeOf(finish);
      return ended();
    },
    flush: () => part.flush(),
  };

  function finish(): TraceSummary {
    endCalls();
    endLog();
    endGuards();
    running = false;
    part.flush();
    const drift = measureOffset(own).offset - clock.offset;
    const all = own.allgatherObject({
      events: part.events,
      dropped: part.dropped,
      fault: part.fault,
      host: hostname(),
      'clock offset [ms]': clock.offset,
      'clock error [ms]': clock.error,
      'clock drift [ms]': drift,
    });
    try {
      onRootAfter(own, () => collect(file.path, own, part, { ranks: all, complete: true }));
      part.remove();
    } catch (error) {
      part.close();
      const parts = partsText(file.path, own.size);
      throw new ArgumentError(`${messageOf(error)}; what the ranks have written is in ${parts}`, {
        cause: error,
      });
    } finally {
      own.free();
    }
    return { events: all.map((one) => one.events), dropped: all.map((one) => one.dropped) };
  }
}

/** Calls `body`. Returns a function that returns its value or throws its error. */
function outcomeOf<T>(body: () => T): () => T {
  try {
    const value = body();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Calls a `body` that fails on all ranks or on none. If it fails, the communicator is freed. */
function freedOnError<T>(comm: Communicator, body: () => T): T {
  try {
    return body();
  } catch (error) {
    comm.free();
    throw error;
  }
}

/** Opens the file of this rank. If one of them cannot, throws on all ranks, and leaves no file. */
function gatherPart(
  comm: Communicator,
  { path, events }: { readonly path: string; readonly events: number },
  base: number,
): EventFile {
  const { rank } = comm;
  let part: EventFile | undefined;
  try {
    gatherFromAllRanks(comm, () => {
      part = writing(partOf(path, rank), () => new EventFile({ path, rank, base, most: events }));
    });
  } catch (error) {
    part?.remove();
    throw error;
  }
  const name = `rank ${rank} (${hostname()}, process ${process.pid})`;
  const moment = performance.now();
  const describe = (about: string, args: object): void =>
    part?.record(`"name":"${about}","ph":"M"`, moment, Number.NaN, `,"args":${JSON.stringify(args)}`);
  describe('process_name', { name });
  describe('process_sort_index', { sort_index: rank });
  describe('thread_name', { name: 'JavaScript' });
  return part as EventFile;
}

/** Runs a collective `body`, and throws its error of rank 0 on all ranks. */
function onRootAfter(comm: Communicator, body: () => void): void {
  let fault: { readonly error: unknown } | undefined;
  try {
    body();
  } catch (error) {
    fault = { error };
  }
  onRoot(comm, () => {
    if (fault) throw fault.error;
  });
}

const arrowHead = ({ isSent, id }: ArrowEnd): string =>
  `"name":"message","cat":"message","ph":"${isSent ? 's' : 'f","bp":"e'}","id":"${id}"`;
