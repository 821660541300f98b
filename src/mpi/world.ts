import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { ArgumentError, MpiError, messageOf } from '../core/base/errors.js';
import type { Communicator } from '../core/ports/communicator.js';
import { environment, setting } from '../environment/environment.js';
import { MpiCommunicator } from './communicator/mpi-communicator.js';
import { SelfCommunicator } from './communicator/self-communicator.js';
import { startWatch, watchAsked, watched } from './communicator/watched.js';
import {
  detectLaunch,
  hasJoined,
  isInherited,
  type LaunchEnvironment,
  launchName,
  markJoined,
} from './launch-environment.js';
import { guardLife, makeOutputBlocking, say } from './life-cycle.js';
import { loadMpi, type MpiAddon } from './mpi-addon.js';

let world: Communicator | undefined;

/**
 * All ranks of this launch: MPI_COMM_WORLD if a launcher started this process, otherwise a single
 * rank. The first call initialises MPI, and MPI is finalized when the process ends. Worker threads,
 * child processes of a rank and programs with `LOPS_MPI=off` also have a single rank.
 *
 * @throws {@link MpiError} if there are several ranks, but no matching MPI
 */
export function joinWorld(): Communicator {
  world ??= join();
  return world;
}

function join(): Communicator {
  const launch = setting('LOPS_MPI') === 'on' && isMainThread ? detectLaunch(environment) : undefined;
  if (!launch || isInherited(launch, environment, process.pid)) return new SelfCommunicator();
  // Slurm without a process manager has no MPI. salloc and srun --pty start a single task of that
  // kind.
  if (launch.source === 'Slurm' && launch.size === 1) return new SelfCommunicator();
  let mpi: MpiAddon;
  try {
    mpi = loadMpi();
  } catch (error) {
    if (launch.size === 1) return new SelfCommunicator();
    const why = messageOf(error);
    throw new MpiError(
      `rank ${launch.rank} of ${launch.size ?? 'several'}: ${why} (LOPS_MPI=off runs every rank alone)`,
      { cause: error },
    );
  }
  return initialise(mpi, launch);
}

function initialise(addon: MpiAddon, launch: LaunchEnvironment): Communicator {
  const most = setting('LOPS_MPI_MAX_COUNT');
  if (most !== undefined) addon.setMaxCount(most);
  const watch = watchAsked();
  makeOutputBlocking();
  // MPI_Init would end the process with an unhelpful message
  if (launch.source === 'Slurm' && launch.rank === 0 && addon.describe().library === 'Open MPI')
    say(
      'lops-mpi: srun started these tasks without PMIx, by which Open MPI finds its ranks: srun ' +
        '--mpi=pmix, or LOPS_MPI=off to run each alone',
    );
  if (watch.report > 0 || watch.limit > 0) {
    const { rank, size = 0, nodeSize = 0 } = launch;
    const name = launchName(environment, process.ppid);
    addon.watchJoining(watch.report, watch.limit, rank, size, nodeSize, name);
  }
  const handle = addon.init();
  const mpi = watched(addon, watch);
  const all = new MpiCommunicator(mpi, handle);
  leaveTrace(all.rank);
  // The first copy of the package that joins ties the end of the process to the end of the job.
  // Other copies only watch their own calls
  if (hasJoined(launch, environment, process.pid)) mpi.watchSignals([]);
  else guardLife(mpi, all.rank, all.size);
  markJoined(launch, environment, process.pid);
  checkAlike(new MpiCommunicator(addon, handle));
  startWatch(addon, watch);
  if (launch.size !== undefined && launch.size !== all.size) {
    throw new MpiError(
      `the launcher started ${launch.size} ranks (this is ${launch.rank}), but ` +
        `${mpi.describe().library} sees ${all.size}: the launcher belongs to another MPI ` +
        "than the one that the addon was built with. Use the mpiexec of that MPI ('lops run' does), or " +
        "run 'npx lops setup' with MPICC set to this launcher's mpicc",
    );
  }
  return all;
}

/**
 * The settings with which ranks make additional collective calls. Ranks with and ranks without one
 * would wait for each other.
 */
const COLLECTIVE_SETTINGS = ['LOPS_DEBUG', 'LOPS_TRACE'] as const;

/** Throws on all ranks unless each of these settings is alike on all of them. One reduction. */
function checkAlike(comm: Communicator): void {
  // The largest hash is also the smallest one
  const found = Float64Array.from(
    COLLECTIVE_SETTINGS.flatMap((name) => {
      const hash = createHash('sha256').update(JSON.stringify([setting(name)]));
      const number = hash.digest().readUIntBE(0, 6);
      return [number, -number];
    }),
  );
  comm.allreduce(found, 'max');
  for (const [k, name] of COLLECTIVE_SETTINGS.entries())
    if (found[2 * k] !== -(found[2 * k + 1] as number))
      throw new ArgumentError(
        `expected ${name} to be alike on all ranks: pass it to all of them (mpirun -x ${name})`,
      );
}

/**
 * Writes a file by which `lops run` sees that this rank has completed MPI_Init, in which launches
 * sometimes fail.
 */
function leaveTrace(rank: number): void {
  const folder = setting('LOPS_LAUNCH_TRACE');
  if (!folder) return;
  try {
    writeFileSync(`${folder}/${rank}`, '');
  } catch {
    // The folder is on the launcher's node and does not exist on other nodes
  }
}
