// MPICH beside the MPI that the package is built for: found or installed, with an addon in
// build/mpich.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonFile, buildNative, onPath } from './build-native.mjs';
import { canInstall, installPackages, run } from './system-packages.mjs';

const into = join(fileURLToPath(new URL('..', import.meta.url)), 'build/mpich');
const prefix = process.env.LOPS_MPICH;
const mpicc = prefix ? join(prefix, 'bin/mpicc') : 'mpicc.mpich';
const mpiexec = prefix ? join(prefix, 'bin/mpiexec') : 'mpiexec.hydra';
const present = () => onPath(mpicc) && onPath(mpiexec);

/** Finds MPICH, or installs it. Returns the reason why there is none, or undefined. */
export function needMpich(say) {
  if (present()) return undefined;
  if (prefix) return `LOPS_MPICH=${prefix} has no bin/mpicc and bin/mpiexec`;
  if (!canInstall())
    return 'there is no mpicc.mpich and mpiexec.hydra; Debian: apt-get install mpich libmpich-dev';
  const failure = installPackages(['mpich', 'libmpich-dev'], say);
  if (!failure && present()) return undefined;
  return `MPICH could not be installed: ${failure ?? 'its packages have no mpicc.mpich'}`.replaceAll(
    '\n',
    ' ',
  );
}

/** Builds the addon. Returns the environment in which programs use MPICH, or undefined. */
export async function buildForMpich(say) {
  process.env.MPICC = mpicc;
  if ((await buildNative({ names: ['mpi'], into })).length > 0) return undefined;
  say(run(mpiexec, ['--version']).output.match(/Version:\s*\S+/)?.[0] ?? mpiexec);
  const path = run('which', [mpiexec]).output.trim() || mpiexec;
  return { LOPS_MPI_ADDON: addonFile('mpi', into), LOPS_MPIEXEC: path };
}
