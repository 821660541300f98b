import type { CallChecker } from '../../core/ports/communicator.js';
import { setting } from '../../environment/environment.js';
import type { MpiAddon } from '../mpi-addon.js';
import { argumentOf } from '../mpi-calls.js';
import { CallComparison } from './parts/call-comparison.js';
import { callSite } from './parts/call-site.js';
import { COLLECTIVES, callText, MESSAGES } from './parts/call-text.js';

const WORLD = 0;
const REQUESTS = ['iallreduce', 'isend', 'irecv', 'sendInit', 'recvInit'];
const comparisons = new WeakMap<MpiAddon, CallComparison>();

/** The settings of the watchdog and of debug mode. */
export interface Watch {
  /** The seconds in one call after which the ranks are reported; 0 for never. */
  readonly report: number;
  /** The seconds that a call may wait; 0 for no limit. */
  readonly limit: number;
  readonly debug: boolean;
}

/**
 * The settings of the environment.
 *
 * @throws {@link ArgumentError} if a setting is invalid
 */
export const watchAsked = (): Watch => ({
  report: setting('LOPS_WAIT_REPORT'),
  limit: setting('LOPS_TIMEOUT') ?? 0,
  debug: setting('LOPS_DEBUG') === '1',
});

const isRecorded = ({ limit, debug }: Watch): boolean => limit > 0 || debug;

/** Starts the watchdog of this rank, if one is asked for. */
export function startWatch(mpi: MpiAddon, watch: Watch): void {
  if (watch.report > 0 || isRecorded(watch)) mpi.watch(watch.report, watch.limit, isRecorded(watch));
}

/** The object that compares calls on a communicator of this addon; in debug mode only. */
export const checkerOf = (mpi: MpiAddon, comm: number): CallChecker | undefined =>
  comparisons.get(mpi)?.checkerOf(comm);

/**
 * The initialised addon, with a record of its calls if one is asked for. If `LOPS_TIMEOUT` or
 * `LOPS_DEBUG` is set, this is an addon which records for the watchdog each call that may wait and
 * its place in the program. In debug mode it also compares the collective calls of the ranks.
 * Otherwise it is the addon itself, so that there is no cost.
 */
export function watched(mpi: MpiAddon, watch: Watch): MpiAddon {
  if (!isRecorded(watch)) return mpi;
  const comparison = watch.debug ? new CallComparison(mpi) : undefined;
  const watcher: MpiAddon = Object.create(mpi) as MpiAddon;
  if (comparison) comparisons.set(watcher, comparison);

  /** The descriptions of pending requests, by handle. */
  const requests = new Map<number, string>();
  /**
   * In debug mode, compares the ranks' calls. The watchdog sees the comparison as the call `text`.
   */
  const compare = (text: string, body: (comparison: CallComparison) => void): void => {
    if (!comparison) return;
    mpi.enter(text);
    try {
      body(comparison);
    } finally {
      mpi.leave();
    }
  };
  /**
   * Replaces a method by one that first calls `before`, which returns a description of the call.
   */
  const wrap = (name: keyof MpiAddon, before: (args: readonly unknown[]) => string): void => {
    const call: unknown = mpi[name];
    if (typeof call !== 'function') return;
    Reflect.set(watcher, name, (...args: unknown[]): unknown => {
      const text = before(args);
      mpi.enter(text);
      try {
        const result: unknown = Reflect.apply(call, mpi, args);
        if (REQUESTS.includes(name)) requests.set(result as number, text);
        return result;
      } finally {
        mpi.leave();
      }
    });
  };
  const inComm = (comm: unknown): string =>
    comm === WORLD ? '' : ` in a communicator of ${mpi.size(comm as number)} ranks`;

  for (const name of COLLECTIVES) {
    wrap(name, (args) => {
      const comm = args[0] as number;
      const what = callText(name, args);
      const site = callSite();
      const text = `${what}${inComm(comm)} ${site}`;
      compare(text, (comparison) => {
        comparison.same(comm, what, site);
        if (name === 'alltoallv') {
          const [sent, expected] = [
            argumentOf(name, args, 'sendCounts'),
            argumentOf(name, args, 'recvCounts'),
          ];
          comparison.crossCheck(comm, name, sent as Float64Array, expected as Float64Array);
        }
        if (name === 'freeComm') comparison.forget(comm);
      });
      return text;
    });
  }
  for (const name of MESSAGES) {
    wrap(name, (args) => `${callText(name, args)}${inComm(args[0])} ${callSite()}`);
  }
  wrap('wait', ([request]) => `wait ${callSite()} for ${requests.get(request as number) ?? 'a request'}`);
  wrap('finalize', () => {
    const what = 'the end of the program';
    compare(what, (comparison) => comparison.same(WORLD, what, ''));
    return what;
  });
  return watcher;
}
