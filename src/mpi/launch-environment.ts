import type { Communicator } from '../core/ports/communicator.js';
import type { Environment } from '../environment/environment.js';

/** The place of this process in a launch. */
export interface LaunchEnvironment {
  /**
   * The launcher or interface that set the variables. Only 'Slurm' (`srun --mpi=none`) means that
   * there is no MPI between the ranks.
   */
  readonly source: 'OMPI' | 'PMIx' | 'PMI' | 'Slurm';
  readonly rank: number;
  /** Unknown under some launchers. */
  readonly size: number | undefined;
  /**
   * The same for all processes that inherit this rank's variables, different for another launch.
   */
  readonly identity: string;
  /** The number of ranks on this node; unknown under some launchers. */
  readonly nodeSize: number | undefined;
}

/**
 * Set when a process joins a launch. Its child processes inherit the launcher's variables, but they
 * are not ranks.
 */
const JOINED = 'LOPS_MPI_JOINED';

const integer = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** Reads the launcher's variables. Returns undefined if no launcher started this process. */
export function detectLaunch(env: Environment): LaunchEnvironment | undefined {
  // Slurm also sets its rank variable in batch scripts and under mpirun, where it is not the rank
  // of this process.
  const inStep = env['SLURM_STEP_ID'] !== undefined;
  const stepSize = inStep ? integer(env['SLURM_STEP_NUM_TASKS']) : undefined;
  const candidates = [
    {
      source: 'OMPI',
      rank: integer(env['OMPI_COMM_WORLD_RANK']),
      size: integer(env['OMPI_COMM_WORLD_SIZE']),
    },
    { source: 'PMIx', rank: integer(env['PMIX_RANK']), size: stepSize },
    { source: 'PMI', rank: integer(env['PMI_RANK']), size: integer(env['PMI_SIZE']) ?? stepSize },
    { source: 'Slurm', rank: inStep ? integer(env['SLURM_PROCID']) : undefined, size: stepSize },
  ] as const;
  for (const { source, rank, size } of candidates) {
    if (rank === undefined) continue;
    const job = [
      env['PMIX_NAMESPACE'],
      env['PMI_PORT'],
      env['PMI_FD'],
      env['PMI_ID'],
      env['SLURM_JOB_ID'],
      env['SLURM_STEP_ID'],
    ];
    return {
      source,
      rank,
      size,
      identity: [...job, rank].join('/'),
      nodeSize: firstInteger(env, NODE_SIZES),
    };
  }
  return undefined;
}

/** Whether these variables were inherited from a process that joined as this rank. */
export function isInherited(launch: LaunchEnvironment, env: Environment, pid: number): boolean {
  const mark = env[JOINED];
  return mark !== undefined && mark !== markOf(launch, pid) && mark.endsWith(`@${launch.identity}`);
}

/** Whether this process has joined already, through another copy of the package. */
export const hasJoined = (launch: LaunchEnvironment, env: Environment, pid: number): boolean =>
  env[JOINED] === markOf(launch, pid);

/**
 * Marks this process as the one that is the rank. Child processes and other copies of the package
 * read the mark.
 */
export function markJoined(launch: LaunchEnvironment, env: NodeJS.ProcessEnv, pid: number): void {
  env[JOINED] = markOf(launch, pid);
}

const markOf = (launch: LaunchEnvironment, pid: number): string => `${pid}@${launch.identity}`;

/** Slurm's variables of the job (nodes, tasks per node) are kept, because a launcher needs them. */
const LAUNCHER_VARIABLES =
  /^(PMIX|OMPI|OPAL|ORTE|PRTE|PMI|MPI_LOCAL|MPIR_|HYDI?_|HYDRA_|SLURM_(PROCID|LOCALID|STEP|TASK_|GTIDS|NODEID)|LOPS_MPI_JOINED)/;
/**
 * Settings of the user that match the pattern above but are kept: parameters, and where an Open MPI
 * lies that was moved.
 */
const SETTINGS =
  /^(OMPI|OPAL|PMIX|PRTE|ORTE)_MCA_(?!orte_|ess|pmix|prte_|mca_base_param_file_path)|^OMPI_ALLOW_RUN_AS_ROOT|^(OPAL|PMIX)_PREFIX$/;

/**
 * The environment without the launcher's variables of this process. It is used to start another
 * launch from within a rank.
 */
export function withoutLaunch(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (!LAUNCHER_VARIABLES.test(name) || SETTINGS.test(name))) kept[name] = value;
  }
  return kept;
}

/**
 * The variables with the number of a rank within its node, as set by Open MPI, Hydra, Cray PALS,
 * MVAPICH and Slurm.
 */
const NODE_RANKS = [
  'OMPI_COMM_WORLD_LOCAL_RANK',
  'MPI_LOCALRANKID',
  'PALS_LOCAL_RANKID',
  'MV2_COMM_WORLD_LOCAL_RANK',
  'SLURM_LOCALID',
];

/**
 * This rank's number within its node, from the launcher's variables; without communication.
 * Undefined if the launcher does not set one.
 */
export function nodeRankOf(env: Environment): number | undefined {
  // Slurm also sets its variable in batch scripts
  const names = NODE_RANKS.filter((name) => !name.startsWith('SLURM') || env['SLURM_STEP_ID'] !== undefined);
  return firstInteger(env, names);
}

/**
 * This rank's number within its node. If the launcher sets no variable, the ranks that share memory
 * are counted, which is collective: a launcher sets its variables for all ranks or for none.
 */
export function nodeRankIn(comm: Communicator, env: Environment): number {
  const known = nodeRankOf(env);
  if (known !== undefined || comm.size === 1) return known ?? 0;
  const node = comm.splitShared();
  const { rank } = node;
  node.free();
  return rank;
}

/** The variables with the number of ranks of a node, as set by Open MPI, Hydra and MVAPICH. */
const NODE_SIZES = ['OMPI_COMM_WORLD_LOCAL_SIZE', 'MPI_LOCALNRANKS', 'MV2_COMM_WORLD_LOCAL_SIZE'];

const firstInteger = (env: Environment, names: readonly string[]): number | undefined =>
  names.map((name) => integer(env[name])).find((value) => value !== undefined);

/**
 * A name of the launch: the same for all ranks of one node, different for other launches. Hydra
 * sets no name, but its process on a node starts all ranks of that node.
 */
export function launchName(env: Environment, parent: number): string {
  const { PMIX_NAMESPACE, SLURM_JOB_ID, SLURM_STEP_ID } = env;
  if (PMIX_NAMESPACE !== undefined) return `PMIx ${PMIX_NAMESPACE}`;
  return SLURM_STEP_ID !== undefined ? `Slurm ${SLURM_JOB_ID}.${SLURM_STEP_ID}` : `parent ${parent}`;
}
