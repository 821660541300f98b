import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { SingleBar } from 'cli-progress';
import { checkFunction, checkNonNegative, type Defaults, withDefaults } from '../core/base/options.js';
import { defaultRank } from '../core/ports/defaults.js';
import { setting } from '../environment/environment.js';

/** Options of {@link startProgress}. */
export interface ProgressOptions {
  /** The name of the work. @default '' */
  readonly label?: string;
  /** The number of this rank. Only rank 0 writes. @default the rank in the default communicator */
  readonly rank?: number;
  /** @default a bar on a terminal, otherwise lines */
  readonly style?: 'bar' | 'lines' | 'off';
  /** The seconds between two lines. The first and the last step always have one. @default 10 */
  readonly interval?: number;
  /**
   * The function that writes the text.
   * @default standard error, written at once, since solvers leave no turn to the event loop
   */
  readonly write?: (text: string) => void;
}

/** The progress of a long run. */
export interface Progress {
  /**
   * Sets the number of finished steps.
   *
   * @param note a short text, such as the misfit
   */
  update(done: number, note?: string): void;
  /** Ends the display. The last state remains visible. */
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };

/** Writes all of a text to standard error, even if it is a pipe that is full for a moment. */
function toStandardError(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(2, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}

/**
 * Columns of the terminal behind standard error. Under `mpiexec` standard error is a pipe, and an
 * environment variable has the number of columns.
 */
function terminalColumns(): number | undefined {
  if (process.stderr.isTTY) return process.stderr.columns;
  return setting('LOPS_TTY_COLUMNS') || undefined;
}

/** A stream with the interface of a terminal, for cli-progress. */
class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  readonly #write: (text: string) => void;
  constructor(columns: number, write: (text: string) => void) {
    super();
    this.columns = columns;
    this.#write = write;
  }
  override write(chunk: unknown): boolean {
    this.#write(String(chunk));
    return true;
  }
}

function bar(total: number, label: string, columns: number, write: (text: string) => void): Progress {
  const single = new SingleBar({
    format: `${label} {bar} {percentage}% | {value}/{total} | {duration_formatted} {note}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: Math.max(10, Math.min(30, columns - label.length - 45)),
    stream: new Terminal(columns, write),
    hideCursor: true,
    fps: 15,
    emptyOnZero: true,
  });
  single.start(total, 0, { note: '' });
  return {
    update: (done, note = '') => single.update(done, { note }),
    stop: () => single.stop(),
  };
}

function lines(total: number, label: string, interval: number, write: (text: string) => void): Progress {
  const began = performance.now();
  let next = 0;
  let hidden: readonly [done: number, note: string] | undefined;
  const show = (done: number, note: string): void => {
    hidden = undefined;
    const share = total > 0 ? Math.floor((100 * done) / total) : 100;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    write(
      `${label} ${String(done).padStart(String(total).length)}/${total} ` +
        `${`${share}%`.padStart(4)} ${seconds} s${note ? ` ${note}` : ''}\n`,
    );
  };
  return {
    update: (done, note = '') => {
      const now = performance.now();
      hidden = [done, note];
      if (now < next && done < total) return;
      next = now + 1000 * interval;
      show(done, note);
    },
    stop: () => {
      if (hidden) show(...hidden);
    },
  };
}

const DEFAULTS = {
  label: '',
  rank: undefined,
  style: undefined,
  interval: 10,
  write: undefined,
} satisfies Defaults<ProgressOptions>;

/** Shows the number of finished steps out of `total` on rank 0. */
export function startProgress(total: number, options?: ProgressOptions): Progress {
  const given = withDefaults('startProgress', options, DEFAULTS);
  const { label, rank = defaultRank(), interval, write = toStandardError } = given;
  checkNonNegative('startProgress', { interval });
  checkFunction('startProgress', 'write', write);
  const columns = terminalColumns();
  const style = given.style ?? (columns === undefined ? 'lines' : 'bar');
  if (rank !== 0 || style === 'off') return SILENT;
  return style === 'bar' ? bar(total, label, columns ?? 80, write) : lines(total, label, interval, write);
}
