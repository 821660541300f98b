import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { messageOf } from '../core/base/errors.js';
import { setting } from '../environment/environment.js';
import { joinParts, removeParts } from '../tracing/collect.js';
import { copyWithoutNoise } from './job-output.js';
import { type JobOptions, planLaunch } from './plan-launch.js';
import { makeScratchFolder } from './scratch-folder.js';

const SEGMENTATION_FAULT = 128 + constants.signals.SIGSEGV;
/** Milliseconds in which a launcher must end its ranks before it is killed. */
const GRACE = 8000;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const BROKEN_PIPE = 128 + constants.signals.SIGPIPE;
const INTERRUPTED = 128 + constants.signals.SIGINT;

/**
 * Runs a script on several ranks. The output of the ranks is written to the output of this process.
 *
 * @returns the exit code of the job
 */
export async function launch(options: JobOptions): Promise<number> {
  const trace = options.trace ?? setting('LOPS_TRACE');
  if (trace !== undefined) removeParts(trace);
  const code = await runJob(options);
  if (trace !== undefined) tryToComplete(trace);
  if (code === INTERRUPTED) process.stderr.write('lops run: interrupted (Ctrl-C)\n');
  return code;
}

/** Completes the trace of a job. Without success a message says why; the job has its exit code. */
function tryToComplete(path: string): void {
  try {
    completeTrace(path);
  } catch (error) {
    process.stderr.write(`lops run: ${messageOf(error)}\n`);
  }
}

/** Joins what the ranks of a job that ended early have left of its trace. */
function completeTrace(path: string): void {
  const ranks = joinParts(path);
  if (ranks.length > 0)
    process.stderr.write(
      `lops run: the job ended early; ${path} has what rank${ranks.length > 1 ? 's' : ''} ` +
        `${ranks.join(', ')} had written\n`,
    );
}

async function runJob(options: JobOptions): Promise<number> {
  const { command, args, env } = planLaunch(options);
  if (options.ranks === 1) return ended(spawn(command, args, { env, stdio: 'inherit' }));
  for (let attempt = 1; ; attempt++) {
    const scratch = makeScratchFolder('lops-launch-');
    try {
      // Under load, the start of Open MPI can fail with a segmentation fault. Then nothing has been
      // printed, and not all ranks have passed MPI_Init.
      const traced = scratch && { LOPS_LAUNCH_TRACE: scratch.path, TMPDIR: scratch.parent };
      const child = spawn(command, args, {
        env: { ...env, ...traced },
        stdio: ['inherit', 'pipe', 'pipe'],
      });
      const output = copyOutput(child);
      const code = await ended(child);
      if (output.isClosed()) return BROKEN_PIPE;
      const started = scratch ? readdirSync(scratch.path).length : options.ranks;
      const raced = code === SEGMENTATION_FAULT && !output.isPrinted() && started < options.ranks;
      if (!raced || attempt === 2) return code;
      process.stderr.write(
        'lops run: the launch died in MPI_Init (a known race of Open MPI); trying once more\n',
      );
    } finally {
      if (scratch) rmSync(scratch.path, { recursive: true, force: true });
    }
  }
}

/**
 * Copies the output of a job to that of this process. If nobody reads it any more, as behind
 * `| head`, the job is ended, and the rest of its output is dropped.
 */
function copyOutput(child: ChildProcess) {
  const { stdout, stderr } = child as ChildProcessByStdio<null, Readable, Readable>;
  let [printed, closed] = [false, false];
  const close = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    if (!closed) child.kill('SIGTERM');
    closed = true;
    // What waits for the reader is dropped, so that the child can end
    for (const source of [stdout, stderr]) source.resume();
  };
  const streams = [process.stdout, process.stderr];
  for (const stream of streams) stream.on('error', close);
  const writeTo = (to: NodeJS.WriteStream, from: Readable) => (chunk: string | Buffer) => {
    if (closed || to.write(chunk, 'latin1') || from.isPaused()) return;
    // The reader is slow: the ranks wait, so that their output does not fill this process
    from.pause();
    to.once('drain', () => from.resume());
  };
  stdout.once('data', () => {
    printed = true;
  });
  stdout.on('data', writeTo(process.stdout, stdout));
  copyWithoutNoise(stderr, writeTo(process.stderr, stderr));
  child.once('close', () => {
    for (const stream of streams) stream.off('error', close);
  });
  return { isPrinted: () => printed, isClosed: () => closed };
}

/**
 * Forwards signals to a child until it has ended.
 *
 * @returns its exit code, or 128 + signal if a signal ended it
 */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    let received: NodeJS.Signals | undefined;
    let timer: NodeJS.Timeout | undefined;
    const forward = (signal: NodeJS.Signals): void => {
      // Ctrl-C in a terminal has reached the child already. At a second signal a launcher would
      // leave its ranks alone.
      const fromTerminal = signal === 'SIGINT' && process.stdin.isTTY;
      if (!received && !fromTerminal) child.kill(signal);
      received ??= signal;
      timer ??= setTimeout(() => child.kill('SIGKILL'), GRACE);
    };
    const stop = (): void => {
      for (const signal of FORWARDED) process.off(signal, forward);
      clearTimeout(timer);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.on('error', (error) => {
      stop();
      fail(error);
    });
    child.on('close', (code, signal) => {
      stop();
      const by = received ?? signal;
      done(by ? 128 + constants.signals[by] : (code ?? 1));
    });
  });
}
