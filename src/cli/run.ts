import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArgumentError } from '../core/errors.js';
import { withoutLaunch } from '../mpi/launch-environment.js';
import { loadMpi } from '../mpi/native.js';
import { coreCount } from './cores.js';
import { findMpiexec } from './find-mpiexec.js';

export interface LaunchOptions {
  /** Ranks. */
  readonly ranks: number;
  /** A JavaScript or TypeScript file. */
  readonly script: string;
  readonly args?: readonly string[];
  /** For the launcher, such as `--hostfile FILE`. */
  readonly mpiexecArgs?: readonly string[];
}

const SEGMENTATION_FAULT = 128 + constants.signals.SIGSEGV;
/** Milliseconds that a launcher has to end its ranks before it is killed. */
const GRACE = 8000;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The command and environment of a launch. Throws where something is missing for it. */
export function planLaunch({ ranks, script, args = [], mpiexecArgs = [] }: LaunchOptions): {
  command: string;
  args: string[];
  env: Record<string, string>;
} {
  if (!Number.isInteger(ranks) || ranks < 1)
    throw new ArgumentError(`expected the number of ranks to be a positive integer, received ${ranks}`);
  if (!existsSync(script)) throw new ArgumentError(`no such script: ${script}`);
  const node = [...process.execArgv, ...loaderOf(script), script, ...args];
  if (ranks === 1) return { command: process.execPath, args: node, env: withoutLaunch(process.env) };
  const { command, flags, env } = planMpiexec(ranks);
  return { command, args: [...flags, ...mpiexecArgs, process.execPath, ...node], env };
}

/** The launcher, its flags for this machine, and its environment; what is to be run comes after the flags. Throws where there is none. */
export function planMpiexec(ranks: number): { command: string; flags: string[]; env: Record<string, string> } {
  const env = withoutLaunch(process.env);
  const mpiexec = findMpiexec(loadMpi().describe());
  const flags = ['-n', String(ranks)];
  if (mpiexec.library === 'Open MPI') {
    if (process.getuid?.() === 0) Object.assign(env, { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' });
    if (ranks > coreCount()) flags.unshift('--oversubscribe');
  }
  return { command: mpiexec.path, flags, env };
}

function loaderOf(script: string): string[] {
  if (!/\.[mc]?ts$/.test(script)) return [];
  try {
    return ['--import', pathToFileURL(createRequire(resolve(script)).resolve('tsx')).href];
  } catch {
    throw new ArgumentError(`${script} is TypeScript, which needs tsx: 'npm install tsx', or compile the script and run its .js file`);
  }
}

/** Runs a script on several ranks; answers the exit code of the job. The ranks' output goes to this process's. */
export async function launch(options: LaunchOptions): Promise<number> {
  const { command, args, env } = planLaunch(options);
  if (options.ranks === 1) return ended(spawn(command, args, { env, stdio: 'inherit' }));
  for (let attempt = 1; ; attempt++) {
    const trace = mkdtempSync(join(tmpdir(), 'lops-launch-'));
    try {
      // Open MPI's start can die of a segmentation fault under load: nothing has been printed then, and not all ranks are through it.
      const child = spawn(command, args, { env: { ...env, LOPS_LAUNCH_TRACE: trace }, stdio: ['inherit', 'pipe', 'inherit'] });
      let printed = false;
      child.stdout?.on('data', () => {
        printed = true;
      });
      child.stdout?.pipe(process.stdout, { end: false });
      const code = await ended(child);
      const raced = code === SEGMENTATION_FAULT && !printed && readdirSync(trace).length < options.ranks;
      if (!raced || attempt === 2) return code;
      process.stderr.write('lops run: the launch died in MPI_Init (a known race of Open MPI); trying once more\n');
    } finally {
      rmSync(trace, { recursive: true, force: true });
    }
  }
}

/** Passes signals on to a child until it has ended; answers its exit code, 128 + signal where one ended it. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    let received: NodeJS.Signals | undefined;
    let timer: NodeJS.Timeout | undefined;
    const forward = (signal: NodeJS.Signals): void => {
      // A terminal's Ctrl-C has reached the child already, and a launcher takes a second one as an order to leave its ranks alone.
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
