import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JobOptions, planLaunch } from './plan-launch.js';

const SEGMENTATION_FAULT = 128 + constants.signals.SIGSEGV;
/** Milliseconds in which a launcher must end its ranks before it is killed. */
const GRACE = 8000;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a script on several ranks. The output of the ranks is written to the output of this process.
 *
 * @returns the exit code of the job
 */
export async function launch(options: JobOptions): Promise<number> {
  const { command, args, env } = planLaunch(options);
  if (options.ranks === 1) return ended(spawn(command, args, { env, stdio: 'inherit' }));
  for (let attempt = 1; ; attempt++) {
    const trace = mkdtempSync(join(tmpdir(), 'lops-launch-'));
    try {
      // Under load, the start of Open MPI can fail with a segmentation fault. Then nothing has been
      // printed, and not all ranks have passed MPI_Init.
      const child = spawn(command, args, {
        env: { ...env, LOPS_LAUNCH_TRACE: trace },
        stdio: ['inherit', 'pipe', 'inherit'],
      });
      let printed = false;
      child.stdout?.on('data', () => {
        printed = true;
      });
      child.stdout?.pipe(process.stdout, { end: false });
      const code = await ended(child);
      const raced = code === SEGMENTATION_FAULT && !printed && readdirSync(trace).length < options.ranks;
      if (!raced || attempt === 2) return code;
      process.stderr.write(
        'lops run: the launch died in MPI_Init (a known race of Open MPI); trying once more\n',
      );
    } finally {
      rmSync(trace, { recursive: true, force: true });
    }
  }
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
