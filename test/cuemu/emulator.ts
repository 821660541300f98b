/** Builds the CUDA emulator and runs programs on it. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rankEnvironment } from '../support/launch.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The folder of the emulated libraries. */
export const emulatorFolder = `${root}build/cuemu`;
/** The preloaded library that makes plain MPI CUDA-aware on the emulator. */
export const mpiShim = `${emulatorFolder}/libmpi_cuda_aware.so`;

export interface Output {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv, timeout = 120_000): Output {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    timeout,
  });
  return {
    code: status,
    signal,
    stdout: stdout ?? '',
    stderr: `${stderr ?? ''}${error ? error.message : ''}`,
  };
}

/** The environment with these settings of the emulator and no others. */
function emulated(settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CUEMU_'))),
    ...settings,
  };
}

/** Builds the emulator and the programs of its own tests if sources have changed. */
export function buildEmulator(): void {
  const { code, stdout, stderr } = run(
    process.execPath,
    [`${root}scripts/build-cuemu.mjs`, '--quiet', '--programs'],
    process.env,
    600_000,
  );
  if (code !== 0) throw new Error(`the CUDA emulator was not built: ${stdout}${stderr}`);
}

/** Runs one scenario of test/cuemu/programs. */
export function runScenario(program: string, scenario: string, settings: NodeJS.ProcessEnv = {}): Output {
  return run(`${emulatorFolder}/programs/${program}`, [scenario], emulated(settings));
}

/** True if the programs for MPI could be built. */
export const hasMpi = (): boolean => existsSync(mpiShim) && existsSync(`${emulatorFolder}/programs/mpi`);

/** Runs the MPI program on two ranks with the preloaded library. */
export function runOnTwoRanks(scenario: string, settings: NodeJS.ProcessEnv = {}): Output {
  const launcher = process.env['LOPS_MPIEXEC'] ?? 'mpiexec';
  const env = emulated(rankEnvironment({ LD_PRELOAD: mpiShim, ...settings }));
  return run(launcher, ['-n', '2', `${emulatorFolder}/programs/mpi`, scenario], env);
}

/**
 * One of NVIDIA's libraries, unpacked from Debian's packages into build/nvidia, or the reason why
 * it is not available.
 */
export function nvidiaLibrary(
  what: 'nvrtc' | 'driver' | 'disassembler',
): { readonly file: string } | { readonly reason: string } {
  const { stdout, stderr } = run(
    process.execPath,
    [`${root}scripts/fetch-nvrtc.mjs`, what],
    process.env,
    600_000,
  );
  const file = new RegExp(`^${what}: (/.*)$`, 'm').exec(stdout)?.[1];
  return file === undefined ? { reason: (stdout + stderr).trim() } : { file };
}
