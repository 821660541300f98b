import { execFileSync } from 'node:child_process';
import { cpus, hostname, totalmem } from 'node:os';
import { BackendError, messageOf } from '../core/base/errors.js';
import { onAllRanks } from '../core/ports/agreement.js';
import type { AddonReport, BackendReport } from '../core/ports/backend-report.js';
import type { Communicator } from '../core/ports/communicator.js';
import { backendNames, reportBackend, resolveBackend } from '../core/ports/defaults.js';
import { deviceTransport } from '../core/ports/device-transport.js';
import { environment, settingsInForce, unknownSettings } from '../environment/environment.js';
import { SelfCommunicator } from '../mpi/communicator/self-communicator.js';
import { detectLaunch } from '../mpi/launch-environment.js';
import { addonPath, loadMpi } from '../mpi/mpi-addon.js';
import { joinWorld } from '../mpi/world.js';
import { packageVersion } from '../package/package-version.js';
import { allowedCpus, coreCount } from './cores.js';
import { findProblems } from './doctor-problems.js';
import type { DoctorReport, RankReport } from './doctor-report.js';
import { findMpiexec } from './find-mpiexec.js';
import { findSrun, srunMpiTypes } from './find-srun.js';
import { measureLinks } from './link-speed.js';

/** Name and version of the first of these packages that pkg-config finds. */
function packageLine(...names: string[]): string {
  for (const name of names) {
    try {
      return (
        `${name} ` +
        `${execFileSync('pkg-config', ['--modversion', name], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }).trim()}`
      );
    } catch {
      // try the next one
    }
  }
  return `not found (looked for ${names.join(', ')})`;
}

/** The result of a function, or the message of its error. */
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

const mpiAddonReport = (mpi: ReturnType<typeof mpiOf>): AddonReport =>
  typeof mpi === 'object'
    ? { name: 'mpi', available: true, details: `${mpi.library}, ${mpi.addon}` }
    : {
        name: 'mpi',
        available: false,
        details: mpi ?? 'missing',
        remedy: "install an MPI or load its module, then 'npx lops setup'",
      };

/**
 * The transport that would send device memory between the ranks. It is chosen in the same way as at
 * a program's first use of the backend. Collective.
 */
function transportOf(
  world: Communicator,
  backends: Readonly<Record<string, BackendReport>>,
): RankReport['transport'] {
  const own = Object.keys(backends).find((key) => backends[key]?.devices);
  // also if the report of one rank has no devices, all ranks make the same calls
  const name = world.allgatherObject(own).find((found) => found !== undefined);
  if (name === undefined) return { name: 'none', reason: 'no backend uses devices' };
  const report = backends[name];
  try {
    onAllRanks(world, () => {
      if (!report?.available) throw new BackendError(`no backend '${name}': ${report?.summary}`);
    });
    resolveBackend(name);
    return deviceTransport();
  } catch (error) {
    return { name: 'none', reason: messageOf(error) };
  }
}

/** The settings that are not defaults. */
const ownSettings = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settingsInForce()).flatMap(([name, { value, isSet }]) => (isSet ? [[name, value]] : [])),
  );

async function rankReport(world: Communicator, mpi: ReturnType<typeof mpiOf>): Promise<RankReport> {
  const backends: Record<string, BackendReport> = {};
  for (const name of backendNames()) backends[name] = await reportBackend(name);
  const transport = transportOf(world, backends);
  return {
    rank: world.rank,
    host: hostname(),
    pid: process.pid,
    cores: coreCount(),
    cpus: allowedCpus(),
    memoryBytes: totalmem(),
    node: process.version,
    version: packageVersion(),
    settings: ownSettings(),
    mpi: typeof mpi === 'object' ? mpi.version : 'none',
    backends,
    transport: { name: transport.name, reason: transport.reason },
  };
}

/** Connects all ranks of the launch. If that fails, returns this rank alone and the reason. */
async function join(): Promise<{ world: Communicator; failure: string | undefined }> {
  try {
    const world = joinWorld();
    await import('../import-side-effects.js');
    return { world, failure: undefined };
  } catch (error) {
    environment['LOPS_MPI'] = 'off';
    await import('../import-side-effects.js');
    return { world: new SelfCommunicator(), failure: messageOf(error) };
  }
}

/**
 * The report on all ranks of the launch: the parts that are available, the parts that are missing,
 * and remedies. Collective.
 *
 * @returns the report on rank 0 and undefined on other ranks; the rank is that of the launcher if
 *   the ranks cannot be connected
 */
export async function examine(): Promise<DoctorReport | undefined> {
  const { world, failure } = await join();
  const launch = detectLaunch(environment);
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
    addons: [...Object.values(mine.backends).flatMap(({ addon }) => addon ?? []), mpiAddonReport(mpi)],
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
      SLEEF: packageLine('sleef'),
    },
    settings: settingsInForce(),
    ranks,
    network,
  };
  return { ...report, problems: findProblems(report, failure, unknownSettings()) };
}
