import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, hostname } from 'node:os';
import type { Communicator } from '../core/communicator.js';
import { cpuAddon } from '../cpu/native-addon.js';
import { detectLaunch } from '../mpi/launch-environment.js';
import { addonPath, loadMpi } from '../mpi/native.js';
import { joinWorld } from '../mpi/world.js';
import { coreCount } from './cores.js';
import { findMpiexec } from './find-mpiexec.js';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The native kernels: their instruction set, and the libraries that they were linked with. */
function kernelLine(): string {
  const state = cpuAddon();
  if (!state.available) return `missing: ${state.reason}: ${state.remedy}`;
  const { simd, blas, fft } = state.info;
  return `native, ${simd}; matmul by ${blas || 'own loops'}, FFT by ${fft || 'own loops'}`;
}

function mpiLines(): [string, string][] {
  try {
    const mpi = loadMpi().describe();
    const lines: [string, string][] = [
      ['MPI addon', addonPath()],
      ['MPI library', `${mpi.library}: ${mpi.version.split('\n')[0]?.trim()}`],
      ['MPI standard', `${mpi.standard}; counts above 2³¹ ${mpi.largeCounts ? 'by calls of the library' : 'in pieces'}`],
    ];
    try {
      const { path, library } = findMpiexec(mpi);
      lines.push(['mpiexec', `${path} (${library})`]);
    } catch (error) {
      lines.push(['mpiexec', messageOf(error)]);
    }
    return lines;
  } catch (error) {
    return [['MPI addon', `missing: ${messageOf(error)}`]];
  }
}

/** What pkg-config knows of a library. */
function packageLine(names: readonly string[]): string {
  for (const name of names) {
    try {
      return `${name} ${execFileSync('pkg-config', ['--modversion', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()}`;
    } catch {
      // The next one
    }
  }
  return `not found (looked for ${names.join(', ')})`;
}

function rankLines(world: Communicator): [string, string][] {
  const hosts = world.allgatherObject(hostname());
  const counts = new Map<string, number>();
  for (const host of hosts) counts.set(host, (counts.get(host) ?? 0) + 1);
  const started = detectLaunch(process.env);
  return [
    ['ranks', `${world.size}${started ? ` (launched: ${started.source})` : ' (no launcher)'}`],
    ['hosts', [...counts].map(([host, n]) => `${host} × ${n}`).join(', ')],
  ];
}

/** A report of what there is and what is missing, with the remedies. Collective; the text is rank 0's. */
export function report(): string {
  const world = joinWorld();
  const lines: [string, string][] = [
    ['lops-mpi', packageVersion()],
    ['Node.js', `${process.version} on ${process.platform} ${process.arch}`],
    ['CPU', `${cpus()[0]?.model ?? 'unknown'}; ${coreCount()} cores`],
    ['CPU kernels', kernelLine()],
    ...mpiLines(),
    ['BLAS', packageLine(['openblas', 'cblas', 'blas', 'mkl-dynamic-lp64-seq'])],
    ['FFTW', `${packageLine(['fftw3'])}; single precision: ${packageLine(['fftw3f'])}`],
    ...rankLines(world),
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return world.rank === 0 ? lines.map(([name, text]) => `${name.padEnd(width)}${text}`).join('\n') : '';
}
