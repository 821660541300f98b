import { type ChildProcess, spawn } from 'node:child_process';
import { withoutLaunch } from '../../src/mpi/launch-environment.js';

/**
 * The environment of ranks on a small shared machine: started as root, with more ranks than cores,
 * with waits that do not use a core, and with one BLAS thread per rank. Each launcher ignores the
 * variables of the others. `LOPS_TEST_PRELOAD` names a library that ranks load first.
 */
export function rankEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    ...withoutLaunch(process.env),
    OMPI_ALLOW_RUN_AS_ROOT: '1',
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
    OMPI_MCA_rmaps_base_oversubscribe: '1',
    OMPI_MCA_hwloc_base_binding_policy: 'none',
    OMPI_MCA_mpi_yield_when_idle: '1',
    OMPI_MCA_btl_vader_single_copy_mechanism: 'none',
    PRTE_MCA_rmaps_default_mapping_policy: ':oversubscribe',
    PRTE_MCA_hwloc_default_binding_policy: 'none',
    OPENBLAS_NUM_THREADS: '1',
    OMP_NUM_THREADS: '1',
    LOPS_MPI_EXIT_TIMEOUT: '20',
    ...(process.env['LOPS_TEST_PRELOAD'] ? { LD_PRELOAD: process.env['LOPS_TEST_PRELOAD'] } : {}),
    ...extra,
  };
}

/** The MPI launcher: `LOPS_MPIEXEC`, or `mpiexec`. */
export const launcher = (): string => process.env['LOPS_MPIEXEC'] ?? 'mpiexec';

/** Starts `node script …args` on `size` ranks. One rank needs no launcher. */
export function startRanks(
  size: number,
  args: readonly string[],
  extra: NodeJS.ProcessEnv = {},
): ChildProcess {
  const node = ['--enable-source-maps', ...args];
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  if (size === 1)
    return spawn(process.execPath, node, { stdio, env: rankEnvironment({ LOPS_MPI: 'off', ...extra }) });
  return spawn(launcher(), ['-n', String(size), process.execPath, ...node], {
    stdio,
    env: rankEnvironment(extra),
  });
}

export interface RanksResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Runs `node script …args` on `size` ranks until it ends. For tests of whole programs. */
export function runRanks(
  size: number,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly timeout?: number } = {},
): Promise<RanksResult> {
  return new Promise((resolve, reject) => {
    const child = startRanks(size, args, options.env);
    let [stdout, stderr, timedOut] = ['', '', false];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 2000).unref();
    }, options.timeout ?? 60_000);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr, timedOut });
    });
  });
}
