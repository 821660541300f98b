import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { inspect } from 'node:util';
import { EXIT_RESUMABLE } from '../core/vector/interruption.js';
import { setting } from '../environment/environment.js';
import { loadMpi, type MpiAddon } from './mpi-addon.js';

/** The exit code of a rank that stopped waiting for the others at its end (EX_TEMPFAIL). */
const EXIT_MISSING = 75;

/**
 * Makes stdout and stderr blocking. Under a launcher they are pipes, and output that Node has not
 * yet written is lost when the job is aborted.
 */
export function makeOutputBlocking(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const handle: unknown = Reflect.get(stream, '_handle');
    if (typeof handle !== 'object' || handle === null) continue;
    const setBlocking: unknown = Reflect.get(handle, 'setBlocking');
    if (typeof setBlocking === 'function') Reflect.apply(setBlocking, handle, [true]);
  }
}

/**
 * The milliseconds that a launcher has to forward the last output of a rank. Some launchers drop
 * this output once the job is aborted.
 */
const LAST_WORDS = 100;

/** Writes the last message of a rank before it aborts the job. */
export function say(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // Nothing reads stderr any more
  }
  rest(LAST_WORDS);
}

const rest = (milliseconds: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
/** Waits, because another rank of this node has printed the same message and ends the job. */
const leaveToOther = (): void => rest(10 * LAST_WORDS);

/** Writes the last message of a rank of a job with MPI, once for each node. */
export function sayOnce(text: string): void {
  if (loadMpi().claimLastWords(text)) say(text);
}

/** Whether a process that exits with this code ends its job. */
export const fails = (code: number): boolean => code !== 0 && code !== EXIT_RESUMABLE;

/** What all ranks do at the end of a job without errors, before MPI is finalized. */
let lastWork: ((seconds: number) => boolean) | undefined;

/**
 * Sets what all ranks do at the end of a job without errors. It is passed the seconds to wait for
 * other ranks, and returns whether all of them came.
 */
export function atEnd(work: (seconds: number) => boolean): void {
  lastWork = work;
}

/**
 * Ties the end of this process to the end of the job: an error or a nonzero exit code on one rank
 * aborts all ranks. MPI is finalized once all ranks have reached their end.
 */
export function guardLife(mpi: MpiAddon, rank: number, size: number): void {
  const timeout = setting('LOPS_MPI_EXIT_TIMEOUT');
  const me = `lops-mpi: rank ${rank} of ${size} (${hostname()}, process ${process.pid})`;

  // If the program has its own handler of a signal, only that handler is used
  mpi.watchSignals(['SIGTERM', 'SIGINT'].filter((signal) => process.listenerCount(signal) === 0));

  process.on('uncaughtExceptionMonitor', (error) => {
    // If the program handles the error, it continues or exits; the exit listener below sees an
    // exit.
    if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback())
      return;
    // If several ranks fail with the same error, one of them prints it
    const reason = inspect(error);
    if (mpi.claimLastWords(error instanceof Error ? `${error.name}: ${error.message}` : reason))
      say(`${me}: uncaught error, the job is aborted:\n${reason}`);
    else leaveToOther();
    mpi.abort(1);
  });

  const onExit = (code: number): void => {
    if (fails(code)) {
      runLaterListeners(onExit, code);
      if (mpi.claimLastWords(`exit ${code}`)) say(`${me}: exits with code ${code}, the job is aborted`);
      else leaveToOther();
      mpi.abort(code & 0xff || 1);
    }
    try {
      const came = lastWork?.(timeout) ?? true;
      const missing = mpi.finalize(came ? timeout : 0);
      if (missing.length === 0) return;
      const known = missing.filter((r) => r >= 0);
      const who =
        known.length === 0 ? 'other ranks' : `rank${known.length > 1 ? 's' : ''} ${known.join(', ')}`;
      say(
        `${me}: is done, but waited ${timeout} s for ${who} to come to the end of the program: the job ` +
          'is aborted. ' +
          'Do all ranks make the same communication calls? If the others only need longer, raise ' +
          'LOPS_MPI_EXIT_TIMEOUT (seconds).',
      );
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
      if (mpi.claimLastWords(reason)) say(`${me}: can't finalize MPI, the job is aborted:\n${reason}`);
      else leaveToOther();
    }
    mpi.abort(EXIT_MISSING);
  };
  process.on('exit', onExit);
}

/** Abort ends the process. The remaining listeners are therefore called first. */
function runLaterListeners(self: (code: number) => void, code: number): void {
  const listeners = process.listeners('exit');
  for (const listener of listeners.slice(listeners.indexOf(self) + 1)) {
    try {
      Reflect.apply(listener, process, [code]);
    } catch (error) {
      say(inspect(error));
    }
  }
}
