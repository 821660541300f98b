import { spawnSync } from 'node:child_process';
import { MpiError } from '../core/base/errors.js';
import type { MpiDescription } from '../mpi/mpi-addon.js';
import { executablesOnPath } from './executables.js';

/**
 * The path of Slurm's srun.
 *
 * @throws {@link MpiError} if it is not on the PATH
 */
export function findSrun(): string {
  const [srun] = executablesOnPath(['srun']);
  if (srun === undefined)
    throw new MpiError(
      'no srun on the PATH: it comes with Slurm, on the login and compute nodes of a cluster',
    );
  return srun;
}

/** The `--mpi` types that srun supports. */
export function srunMpiTypes(): string[] {
  const { stdout, stderr } = spawnSync(findSrun(), ['--mpi=list'], { encoding: 'utf8', timeout: 20_000 });
  return `${stdout}${stderr}`
    .split('\n')
    .flatMap((line) => /^\s*(?:srun: )?([a-z]\w*)\s*$/.exec(line)?.[1] ?? []);
}

const WANTED: Readonly<Record<string, readonly string[]>> = {
  'Open MPI': ['pmix', 'pmi2'],
  MPICH: ['pmi2', 'pmix'],
};

/**
 * The `--mpi` type with which srun starts ranks of an MPI. Undefined if the cluster's default must
 * be kept.
 */
export function srunMpiType(
  mpi: Pick<MpiDescription, 'library' | 'version'>,
  offered: readonly string[] = srunMpiTypes(),
): string | undefined {
  // Cray MPI has a plugin of its own, which is the default of its clusters
  if (/\bcray\b/i.test(mpi.version)) return undefined;
  return (WANTED[mpi.library] ?? WANTED['MPICH'])?.find((type) => offered.includes(type));
}
