import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { MpiError } from '../core/base/errors.js';
import { setting } from '../environment/environment.js';
import { pathFolders } from '../environment/path-folders.js';
import type { MpiDescription } from '../mpi/mpi-addon.js';
import { executablesOnPath, isExecutable } from './executables.js';

/** A launcher and the MPI library of which it is a part. */
export interface Mpiexec {
  readonly path: string;
  readonly library: string;
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'Open MPI': ['mpiexec.openmpi', 'mpiexec', 'mpirun.openmpi', 'mpirun'],
  MPICH: ['mpiexec.mpich', 'mpiexec.hydra', 'mpiexec', 'mpirun.mpich', 'mpirun'],
};

/**
 * The MPI library that the version text of a launcher names. Undefined if the launcher does not
 * run.
 */
export function libraryOf(path: string): string | undefined {
  const { stdout, stderr, status } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  if (status !== 0) return undefined;
  const text = `${stdout}${stderr}`;
  if (/open-?mpi|OpenRTE|PRRTE|prte/i.test(text)) return 'Open MPI';
  if (/Intel\(R\) MPI/i.test(text)) return 'Intel MPI';
  return /HYDRA|MPICH/i.test(text) ? 'MPICH' : 'MPI';
}

/** Launchers and libraries of the MPICH family work with each other. */
const fits = (launcher: string, library: string): boolean =>
  (launcher === 'Open MPI') === (library === 'Open MPI');

/**
 * The mpiexec of the MPI with which the addon was built: `LOPS_MPIEXEC`, one in the folder of its
 * wrapper compiler, or one on the PATH.
 *
 * @throws {@link MpiError} if none of them fits
 */
export function findMpiexec(mpi: MpiDescription): Mpiexec {
  const chosen = setting('LOPS_MPIEXEC');
  if (chosen) {
    const library = libraryOf(chosen);
    if (library === undefined)
      throw new MpiError(`LOPS_MPIEXEC=${chosen} does not run: expected the path of an mpiexec`);
    if (!fits(library, mpi.library)) {
      throw new MpiError(
        `LOPS_MPIEXEC=${chosen} is ${library}'s, but the addon is built with ${mpi.library}: choose ` +
          `the other launcher, or set MPICC and run 'npx lops setup'`,
      );
    }
    return { path: chosen, library };
  }
  const folders = pathFolders();
  if (mpi.mpicc && isExecutable(mpi.mpicc))
    folders.unshift(dirname(mpi.mpicc), dirname(realpathSync(mpi.mpicc)));
  const found = executablesOnPath(NAMES[mpi.library] ?? NAMES['MPICH'] ?? [], folders);
  for (const path of found) {
    const library = libraryOf(path);
    if (library !== undefined && fits(library, mpi.library)) return { path, library };
  }
  throw new MpiError(
    `no mpiexec of ${mpi.library} found (the addon is built with it; tried ` +
      `${found.join(', ') || 'nothing: there is none on the PATH'}): ` +
      'install it (Debian: openmpi-bin or mpich), load its module, or set LOPS_MPIEXEC',
  );
}
