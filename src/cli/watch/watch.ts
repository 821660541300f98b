import { hostname } from 'node:os';
import { ArgumentError, messageOf } from '../../core/base/errors.js';
import {
  checkCount,
  checkNonNegative,
  checkOptionsObject,
  checkTexts,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { isDistributed } from '../../core/distributed/align.js';
import { onRoot, sameOnAllRanks } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { resolveCommunicator } from '../../core/ports/defaults.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { fails } from '../../mpi/life-cycle.js';
import { observeRuns, type RunObserver } from '../../optimization/observe-runs.js';
import { type ColorMap, type ColorMapName, checkColorMap, colorMap } from '../../plotting/color-maps.js';
import { PageServer } from './page-server.js';
import { RunFeed } from './run-feed.js';
import { PictureSchedule } from './schedule.js';
import { drawnArray, sliceOf } from './slice.js';
import { watchPage } from './watch-page.js';

/** Options of {@link startWatch}. */
export interface WatchOptions {
  /** The heading of the page. @default the name of the script */
  readonly title?: string;
  /** The parameters of the run, for a table. @default none */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The ranks of the run. @default the default communicator */
  readonly comm?: Communicator;
  /** The port of the page on the machine of rank 0; 0 for a free one. @default 0 */
  readonly port?: number;
  /** The most seconds to wait for a page to be opened, before the run. @default 0 */
  readonly wait?: number;
  /** The axis that the section of a solution of three axes is perpendicular to. @default 0 */
  readonly axis?: 0 | 1 | 2;
  /** The place of that section. @default the middle of the axis */
  readonly index?: number;
  /** @default 'viridis' */
  readonly colorMap?: ColorMapName | ColorMap;
}

/** A running watch. */
export interface Watch {
  /** The address of the page, on rank 0. */
  readonly address: string | undefined;
  /**
   * Ends the watch: the page says that the run has ended. Without it, the end of the program does.
   * Collective.
   */
  stop(): void;
}

const DEFAULTS = {
  title: undefined,
  parameters: undefined,
  comm: undefined,
  port: 0,
  wait: 0,
  axis: 0,
  index: undefined,
  colorMap: 'viridis',
} satisfies Defaults<WatchOptions>;

/**
 * Serves a page about the running program: the costs of its solvers, and a picture of the solution,
 * while they run. The address is printed on standard error. Solvers within solvers are not shown.
 *
 * A thread of rank 0 serves the page to its own machine (127.0.0.1) only, read-only, under an
 * address with a random part of 192 bits. The page loads nothing else. From elsewhere it is read
 * through a tunnel, such as `ssh -L 8080:127.0.0.1:8080`.
 *
 * Pictures are made of solutions that are distributed over `comm`, and of local ones of rank 0:
 * only while a page is open, at most twice a second and once more at the end of a solver, and for
 * about one per cent of the time. Of two axes: the whole, or every second, third … row and column
 * so that there are at most 160; of three: one plane section; of one: a curve; of a stack: its
 * first array. The ranks agree on them by a broadcast of 8 bytes, at the first and the last step of
 * a solver and about every half second between: about log₂ n for a run of n short steps.
 * Collective.
 *
 * @throws {@link ArgumentError} on all ranks if an option is wrong or differs between ranks, or if
 *   rank 0 cannot listen on the port
 * @example
 * const watch = startWatch({ title: 'Inversion', wait: 30 });
 * cgls(A, y, { niter: 1000 });
 * watch.stop();
 */
export function startWatch(options?: WatchOptions): Watch {
  const comm = resolveCommunicator((options as WatchOptions | null | undefined)?.comm);
  let given!: ReturnType<typeof checked>;
  sameOnAllRanks(comm, 'startWatch', () => {
    given = checked(options);
    const { axis, index = null, port, wait } = given;
    return { axis, index, port, wait };
  });
  const { axis, index, port, wait } = given;
  const title = given.title ?? process.argv[1]?.replace(/^.*[\\/]/, '') ?? 'lops-mpi';
  let server: PageServer | undefined;
  onRoot(comm, () => {
    const map = typeof given.colorMap === 'string' ? colorMap(given.colorMap) : given.colorMap;
    const ranks = `${comm.size} rank${comm.size === 1 ? '' : 's'}, ${hostname()}, process ${process.pid}`;
    server = new PageServer(port, ...watchPage(title, ranks, given.parameters ?? {}, map));
    console.error(`lops-mpi: this run is shown at ${server.address} (on ${hostname()})`);
  });
  // A second at a time, since ranks that wait longer for rank 0 are reported as a possible hang
  for (let left = wait; left > 0; left--) if (onRoot(comm, () => server?.awaitPage(Math.min(left, 1)))) break;
  // Its messages are not counted among those of the program
  const own = comm.dup();
  const feeds = new Set<RunFeed>();
  const endRuns = observeRuns(watcher(server, comm, own, { axis, index }, feeds));

  const endPage = (text: string, failed = false): void => {
    for (const feed of feeds) feed.flush();
    server?.end(text, failed);
  };
  const onExit = (code: number): void =>
    fails(code) ? endPage(`The run ended with exit code ${code}.`, true) : endPage('The run has ended.');
  const onError = (error: Error): void => {
    if (process.listenerCount('uncaughtException') === 0)
      endPage(`The run failed: ${messageOf(error)}`, true);
  };
  if (server) {
    process.prependListener('exit', onExit);
    process.prependListener('uncaughtExceptionMonitor', onError);
  }

  let running = true;
  return {
    address: server?.address,
    stop() {
      if (!running) return;
      running = false;
      endRuns();
      process.off('exit', onExit);
      process.off('uncaughtExceptionMonitor', onError);
      endPage('The run has ended.');
      own.free();
    },
  };
}

function checked(options: WatchOptions | undefined) {
  const given = withDefaults('startWatch', options, DEFAULTS);
  const { port, wait, axis, index } = given;
  checkTexts('startWatch', given, ['title']);
  checkOptionsObject('startWatch: parameters', given.parameters);
  checkCount('startWatch', { port, ...(index === undefined ? {} : { index }) });
  checkNonNegative('startWatch', { wait });
  if (port > 65_535)
    throw new ArgumentError(`startWatch: expected port to be at most 65535, received ${port}`);
  if (![0, 1, 2].includes(axis))
    throw new ArgumentError(`startWatch: expected axis to be 0, 1 or 2, received ${textOf(axis)}`);
  if (typeof given.colorMap === 'object') checkColorMap(given.colorMap);
  else colorMap(given.colorMap);
  return given;
}

/** The runs that are in progress at once: those before, whose callers left them, have ended. */
const MOST_FEEDS = 8;

function keep(feeds: Set<RunFeed>, feed: RunFeed): void {
  for (const other of feeds) {
    other.flush();
    if (feeds.size >= MOST_FEEDS) feeds.delete(other);
  }
  feeds.add(feed);
}

/** Shows runs of solvers on a page, which rank 0 has. */
function watcher(
  server: PageServer | undefined,
  comm: Communicator,
  own: Communicator,
  place: { readonly axis: number; readonly index: number | undefined },
  feeds: Set<RunFeed>,
): RunObserver {
  const schedule = new PictureSchedule(() => server?.isWatched === true);
  const counts = new Map<string, number>();
  let runs = 0;
  return ({ name, niter, isInner }) => {
    if (isInner) return undefined;
    const run = ++runs;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const label = count === 1 ? name : `${name} (${count})`;
    server?.post({ kind: 'run', run, label, niter: Number.isFinite(niter) ? niter : null });
    const feed = server && new RunFeed(run, (message) => server.post(message));
    if (feed) keep(feeds, feed);
    let draws: ReturnType<PictureSchedule['begin']> | undefined;
    const begin = (x: AnyVector): ReturnType<PictureSchedule['begin']> => {
      const array = drawnArray(x);
      // What other communicators have, rank 0 cannot know
      if (array && isDistributed(array)) return array.comm === comm ? schedule.begin(own) : () => undefined;
      return array && server ? schedule.begin(undefined) : () => undefined;
    };
    return ({ iteration, cost, x }, isLast) => {
      feed?.add(iteration, cost, isLast);
      if (feed && isLast) feeds.delete(feed);
      draws ??= begin(x);
      draws(isLast, () => {
        const array = drawnArray(x);
        if (!array) return;
        const slice = sliceOf(array, isDistributed(array) ? own : undefined, place);
        if (slice) server?.post({ kind: 'slice', run, iteration, ...slice });
      });
    };
  };
}
