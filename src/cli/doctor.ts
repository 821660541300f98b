import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, hostname, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../core/base/package-root.js';
import type { BackendReport } from '../core/ports/backend-report.js';
import type { Communicator } from '../core/ports/communicator.js';
import { backendNames, reportBackend, resolveBackend } from '../core/ports/defaults.js';
import { cpuAddon } from '../cpu/cpu-addon.js';
import { cudaAddon } from '../gpu/cuda/index.js';
import { SelfCommunicator } from '../mpi/communicator/self-communicator.js';
import { detectLaunch } from '../mpi/launch-environment.js';
import { deviceTransport } from '../mpi/memory/device-transport.js';
import { addonPath, loadMpi, type MpiDescription } from '../mpi/mpi-addon.js';
import { joinWorld } from '../mpi/world.js';
import { allowedCpus, coreCount } from './cores.js';
import { findProblems, type Problem } from './doctor-problems.js';
import { findMpiexec } from './find-mpiexec.js';
import { findSrun, srunMpiTypes } from './find-srun.js';
import { type LinkSpeed, measureLinks } from './link-speed.js';

/** A native addon: whether it can be used, and what helps where it can't. */
export interface AddonReport {
  readonly name: string;
  readonly available: boolean;
  /** What it was built with, or why it is not there. */
  readonly details: string;
  readonly remedy?: string | undefined;
}

/** What one rank sees. */
export interface RankReport {
  readonly rank: number;
  readonly host: string;
  readonly pid: number;
  /** Cores that it may use, and their hardware threads as the system lists them. */
  readonly cores: number;
  readonly cpus: string;
  readonly memoryBytes: number;
  readonly node: string;
  readonly version: string;
  readonly mpi: string;
  readonly backends: Readonly<Record<string, BackendReport>>;
  readonly transport: { readonly transport: string; readonly reason: string };
}

export interface DoctorReport {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly addons: readonly AddonReport[];
  readonly mpi: (MpiDescription & { readonly addon: string }) | undefined;
  /**
   * How ranks are started here: the path of an mpiexec, and what srun offers; or why there is none.
   */
  readonly launchers: { readonly mpiexec: string; readonly srun: string };
  /** What started these ranks. */
  readonly launch: { readonly source: string; readonly size: number | undefined } | undefined;
  /** What pkg-config finds to build with. */
  readonly libraries: Readonly<Record<string, string>>;
  readonly ranks: readonly RankReport[];
  readonly network: readonly LinkSpeed[];
  readonly problems: readonly Problem[];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8')) as { version: string })
    .version;
}

/** The first of these packages that pkg-config knows. */
function packageLine(...names: string[]): string {
  for (const name of names) {
    try {
      return (
        `${name} ` +
        `${execFileSync('pkg-config', ['--modversion', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()}`
      );
    } catch {
      // The next one
    }
  }
  return `not found (looked for ${names.join(', ')})`;
}

/** What a look-up finds, or its error's message. */
function attempt(find: () => string): string {
  try {
    return find();
  } catch (error) {
    return `none: ${messageOf(error)}`;
  }
}

function mpiOf(): DoctorReport['mpi'] | string {
  try {
    return { ...loadMpi().describe(), addon: addonPath() };
  } catch (error) {
    return messageOf(error);
  }
}

function addonReports(mpi: ReturnType<typeof mpiOf>): AddonReport[] {
  const cpu = cpuAddon();
  return [
    cpu.available
      ? {
          name: 'cpu',
          available: true,
          details: `${cpu.info.simd}, ${cpu.info.blas || 'no BLAS'}, ${cpu.info.fft || 'no FFT'}`,
        }
      : { name: 'cpu', available: false, details: cpu.reason, remedy: cpu.remedy },
    typeof mpi === 'object'
      ? { name: 'mpi', available: true, details: `${mpi.library}, ${mpi.addon}` }
      : {
          name: 'mpi',
          available: false,
          details: mpi ?? 'missing',
          remedy: "install an MPI or load its module, then 'npx lops setup'",
        },
    ...deviceAddons(),
  ];
}

/** Addons of devices: their backends say more, where they are built. */
function deviceAddons(): AddonReport[] {
  const file = fileURLToPath(new URL('native/cuda/build/Release/lops_cuda.node', PACKAGE_ROOT));
  if (!existsSync(new URL('native/cuda/binding.gyp', PACKAGE_ROOT))) return [];
  return existsSync(file)
    ? [{ name: 'cuda', available: true, details: file }]
    : [
        {
          name: 'cuda',
          available: false,
          details: `not built (no ${file})`,
          remedy: "'npx lops setup' builds it; it needs no CUDA to be built",
        },
      ];
}

/**
 * How device memory would travel between the ranks, decided as a program's first use of the backend
 * does. Collective.
 */
function transportOf(world: Communicator): RankReport['transport'] {
  const state = cudaAddon();
  const missing = world.allgatherObject(state.available ? '' : state.reason);
  const rank = missing.findIndex((reason) => reason !== '');
  if (rank >= 0)
    return {
      transport: 'none',
      reason: `${missing.includes('') ? `rank ${rank} has no CUDA` : 'no CUDA'}: ${missing[rank]}`,
    };
  try {
    resolveBackend('cuda');
    const { transport, reason } = deviceTransport();
    return { transport, reason };
  } catch (error) {
    return { transport: 'none', reason: messageOf(error) };
  }
}

async function rankReport(world: Communicator, mpi: ReturnType<typeof mpiOf>): Promise<RankReport> {
  const backends: Record<string, BackendReport> = {};
  for (const name of backendNames()) backends[name] = await reportBackend(name);
  return {
    rank: world.rank,
    host: hostname(),
    pid: process.pid,
    cores: coreCount(),
    cpus: allowedCpus(),
    memoryBytes: totalmem(),
    node: process.version,
    version: packageVersion(),
    mpi: typeof mpi === 'object' ? mpi.version : 'none',
    backends,
    transport: transportOf(world),
  };
}

/** All ranks of the launch; where they can't be joined, this one alone and why. */
async function join(): Promise<{ world: Communicator; failure: string | undefined }> {
  try {
    const world = joinWorld();
    await import('../import-side-effects.js');
    return { world, failure: undefined };
  } catch (error) {
    process.env['LOPS_MPI'] = 'off';
    await import('../import-side-effects.js');
    return { world: new SelfCommunicator(), failure: messageOf(error) };
  }
}

/**
 * What there is and what is missing, with the remedies, on all ranks of the launch. Collective; the
 * report goes to rank 0 (of the launcher, where the ranks don't see each other), the others get
 * undefined.
 */
export async function examine(): Promise<DoctorReport | undefined> {
  const { world, failure } = await join();
  const launch = detectLaunch(process.env);
  const mpi = mpiOf();
  const mine = await rankReport(world, mpi);
  const ranks = world.allgatherObject(mine);
  const network = measureLinks(
    world,
    ranks.map((r) => r.host),
  );
  if ((failure === undefined ? world.rank : (launch?.rank ?? 0)) !== 0) return undefined;
  const report = {
    version: packageVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    addons: addonReports(mpi),
    mpi: typeof mpi === 'object' ? mpi : undefined,
    launchers: {
      mpiexec: attempt(() => {
        const { path, library } = findMpiexec(loadMpi().describe());
        return `${path} (${library})`;
      }),
      srun: attempt(
        () => `${findSrun()} (--mpi: ${srunMpiTypes().join(', ') || 'it knows of no cluster here'})`,
      ),
    },
    launch: launch && { source: launch.source, size: launch.size },
    libraries: {
      BLAS: packageLine('openblas', 'cblas', 'blas', 'mkl-dynamic-lp64-seq'),
      FFTW: `${packageLine('fftw3')}; single precision: ${packageLine('fftw3f')}`,
    },
    ranks,
    network,
  };
  return { ...report, problems: findProblems(report, failure) };
}
