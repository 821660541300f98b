import { existsSync, statSync } from 'node:fs';
import { ArgumentError, MpiError } from '../core/base/errors.js';
import { checkOneOf } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { checkSettings, environment, setting } from '../environment/environment.js';
import { withoutLaunch } from '../mpi/launch-environment.js';
import { loadMpi, type MpiDescription } from '../mpi/mpi-addon.js';
import { coreCount } from './cores.js';
import { findMpiexec, type Mpiexec } from './find-mpiexec.js';
import { findSrun, srunMpiType } from './find-srun.js';
import { typeScriptFlags } from './typescript-flags.js';

/**
 * The programs that start the ranks. `auto` uses the mpiexec that fits the addon; if there is none,
 * it uses srun in a Slurm job.
 */
export const LAUNCHERS = ['auto', 'mpiexec', 'srun'] as const;

export interface JobOptions {
  /** Number of ranks. */
  readonly ranks: number;
  /** The path of a JavaScript or TypeScript file. */
  readonly script: string;
  readonly args?: readonly string[];
  /** Arguments of the launcher, such as `--hostfile FILE`. */
  readonly mpiexecArgs?: readonly string[];
  /** The program that starts the ranks. @default 'auto' */
  readonly launcher?: (typeof LAUNCHERS)[number];
  /** Sets `LOPS_PREFIX=1`: each line of output begins with the rank, `[0] text`. @default false */
  readonly prefix?: boolean;
  /** Sets `LOPS_DEBUG=1`: calls are compared between ranks. @default false */
  readonly debug?: boolean;
  /** Sets `LOPS_TIMEOUT`: the job ends after this many seconds in one call. @default not set */
  readonly timeout?: number | undefined;
  /** Sets `LOPS_TRACE`: the file of a timeline of all ranks. @default not set */
  readonly trace?: string | undefined;
}

/** A command with its arguments and its whole environment. */
export interface LaunchPlan {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/**
 * Returns the command and environment of a launch.
 *
 * @throws {@link ArgumentError} if the number of ranks, the script or a variable is not valid
 * @throws {@link MpiError} if there is no launcher
 */
export function planLaunch({
  ranks,
  script,
  args = [],
  mpiexecArgs = [],
  launcher = 'auto',
  prefix = false,
  debug = false,
  timeout,
  trace,
}: JobOptions): LaunchPlan {
  if (!Number.isInteger(ranks) || ranks < 1)
    throw new ArgumentError(
      `expected the number of ranks to be a positive integer, received ${textOf(ranks)}`,
    );
  checkOneOf('launcher', launcher, LAUNCHERS);
  checkSettings();
  if (!existsSync(script)) throw new ArgumentError(`no such script: ${script}`);
  if (!statSync(script).isFile()) throw new ArgumentError(`expected a script, ${script} is a folder`);
  const node = [...process.execArgv, ...typeScriptFlags(script), script, ...args];
  const settings: Record<string, string> = {
    // Ranks write to pipes. This variable passes the width of the terminal to them
    ...(process.stderr.isTTY && { LOPS_TTY_COLUMNS: String(process.stderr.columns) }),
    // The launcher may give ranks a terminal of their own, in which they would use colours
    ...(!process.stdout.isTTY && environment['FORCE_COLOR'] === undefined && { NO_COLOR: '1' }),
    ...(debug && { LOPS_DEBUG: '1' }),
    ...(prefix && { LOPS_PREFIX: '1' }),
    ...(timeout !== undefined && { LOPS_TIMEOUT: String(timeout) }),
    ...(trace !== undefined && { LOPS_TRACE: trace }),
  };
  if (ranks === 1)
    return { command: process.execPath, args: node, env: { ...withoutLaunch(environment), ...settings } };
  const { command, flags, env: own, passing } = planLauncher(ranks, launcher);
  const env = { ...own, ...settings };
  const names = Object.keys(env).filter((name) => name.startsWith('LOPS_') || name in settings);
  const passed = passing === undefined ? [] : names.flatMap((name) => [passing, name]);
  return { command, args: [...flags, ...passed, ...mpiexecArgs, process.execPath, ...node], env };
}

/**
 * A launcher, its flags for this machine or job, and its environment. The program and its arguments
 * come after the flags.
 */
export interface LauncherPlan {
  readonly command: string;
  readonly flags: string[];
  readonly env: Record<string, string>;
  /** The flag that passes a variable to other nodes, if the launcher does not pass all of them. */
  readonly passing?: string;
}

/**
 * The launcher of an MPI program on several ranks.
 *
 * @throws {@link MpiError} if there is none
 */
export function planLauncher(
  ranks: number,
  launcher: NonNullable<JobOptions['launcher']> = 'auto',
): LauncherPlan {
  const env = withoutLaunch(environment);
  const inJob = env['SLURM_JOB_ID'] !== undefined;
  if (inJob) {
    // For srun, also if an mpiexec starts it: a task that fails or disappears ends the others, and
    // each task has the cores of the job
    env['SLURM_KILL_BAD_EXIT'] ??= '1';
    env['SLURM_WAIT'] ??= '60';
    if (env['SLURM_CPUS_PER_TASK'] !== undefined) env['SRUN_CPUS_PER_TASK'] ??= env['SLURM_CPUS_PER_TASK'];
  }
  const mpi = loadMpi().describe();
  const mpiexec = launcher === 'srun' ? undefined : mpiexecOr(mpi, launcher);
  const flags = ['-n', String(ranks)];
  if (mpiexec === undefined) {
    if (!inJob)
      throw new MpiError(
        'srun starts ranks within a job: salloc -n 4 lops run …, or in a script that sbatch was given',
      );
    const type = env['SLURM_MPI_TYPE'] === undefined ? srunMpiType(mpi) : undefined;
    if (type !== undefined) flags.unshift(`--mpi=${type}`);
    return { command: findSrun(), flags, env };
  }
  if (mpiexec.library === 'Open MPI') {
    if (process.getuid?.() === 0)
      Object.assign(env, { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' });
    // In a Slurm job the slots are those of the job
    if (!inJob && ranks > coreCount()) flags.unshift('--oversubscribe');
    return { command: mpiexec.path, flags, env, passing: '-x' };
  }
  return { command: mpiexec.path, flags, env };
}

/** The mpiexec of an MPI. Undefined if there is none but srun is available. */
function mpiexecOr(mpi: MpiDescription, launcher: 'auto' | 'mpiexec'): Mpiexec | undefined {
  try {
    return findMpiexec(mpi);
  } catch (error) {
    if (
      launcher === 'auto' &&
      environment['SLURM_JOB_ID'] !== undefined &&
      setting('LOPS_MPIEXEC') === undefined
    ) {
      try {
        findSrun();
        return undefined;
      } catch {
        // the first error says more
      }
    }
    throw error;
  }
}
