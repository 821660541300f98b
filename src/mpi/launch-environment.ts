/** Where a launcher has put this process. */
export interface LaunchEnvironment {
  /**
   * Whose variables told. Slurm's alone (`srun --mpi=none`) mean that there is no MPI between the
   * ranks.
   */
  readonly source: 'OMPI' | 'PMIx' | 'PMI' | 'Slurm';
  readonly rank: number;
  /** Unknown under some launchers. */
  readonly size: number | undefined;
  /** The same for all that inherits this rank's variables, another for another launch. */
  readonly identity: string;
  /** Ranks on this node; unknown under some launchers. */
  readonly nodeSize: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Set once a process has joined: its children inherit the launcher's variables, but are no ranks.
 */
const JOINED = 'LOPS_MPI_JOINED';

const integer = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** The launcher's variables, or nothing in a process that no launcher started. */
export function detectLaunch(env: Environment): LaunchEnvironment | undefined {
  // Slurm sets its rank in batch scripts and under mpirun too, where it is not this process's.
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

/** Whether these variables were inherited from a process that has joined as this rank. */
export function isInherited(launch: LaunchEnvironment, env: Environment, pid: number): boolean {
  const mark = env[JOINED];
  return mark !== undefined && mark !== markOf(launch, pid) && mark.endsWith(`@${launch.identity}`);
}

/** Whether this process has joined already: another copy of the package did. */
export const hasJoined = (launch: LaunchEnvironment, env: Environment, pid: number): boolean =>
  env[JOINED] === markOf(launch, pid);

/**
 * Marks this process, for its children and for other copies of the package, as the one that is the
 * rank.
 */
export function markJoined(launch: LaunchEnvironment, env: NodeJS.ProcessEnv, pid: number): void {
  env[JOINED] = markOf(launch, pid);
}

const markOf = (launch: LaunchEnvironment, pid: number): string => `${pid}@${launch.identity}`;

/** Slurm's of the job (nodes, tasks a node) stay: a launcher needs them. */
const LAUNCHER_VARIABLES =
  /^(PMIX|OMPI|OPAL|ORTE|PRTE|PMI|MPI_LOCAL|MPIR_|HYDI?_|HYDRA_|SLURM_(PROCID|LOCALID|STEP|TASK_|GTIDS|NODEID)|LOPS_MPI_JOINED)/;
/** Settings of the user that only look like it. */
const SETTINGS =
  /^(OMPI|OPAL|PMIX|PRTE|ORTE)_MCA_(?!orte_|ess|pmix|prte_|mca_base_param_file_path)|^OMPI_ALLOW_RUN_AS_ROOT/;

/**
 * The environment without what a launcher says about this process: for starting another launch from
 * within a rank.
 */
export function withoutLaunch(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (!LAUNCHER_VARIABLES.test(name) || SETTINGS.test(name))) kept[name] = value;
  }
  return kept;
}

/**
 * The variables that number the ranks of one node, by who sets them: Open MPI, Hydra, Cray PALS,
 * MVAPICH, Slurm.
 */
const NODE_RANKS = [
  'OMPI_COMM_WORLD_LOCAL_RANK',
  'MPI_LOCALRANKID',
  'PALS_LOCAL_RANKID',
  'MV2_COMM_WORLD_LOCAL_RANK',
  'SLURM_LOCALID',
];

/**
 * This rank's number among those of its node, as the launcher says; without communication.
 * Undefined where it doesn't say.
 */
export function nodeRankOf(env: Environment): number | undefined {
  // Slurm sets its own in batch scripts too
  const names = NODE_RANKS.filter((name) => !name.startsWith('SLURM') || env['SLURM_STEP_ID'] !== undefined);
  return firstInteger(env, names);
}

/** The variables that say how many ranks a node has, by who sets them: Open MPI, Hydra, MVAPICH. */
const NODE_SIZES = ['OMPI_COMM_WORLD_LOCAL_SIZE', 'MPI_LOCALNRANKS', 'MV2_COMM_WORLD_LOCAL_SIZE'];

const firstInteger = (env: Environment, names: readonly string[]): number | undefined =>
  names.map((name) => integer(env[name])).find((value) => value !== undefined);

/**
 * A name of the launch that the ranks of one node share, and those of other launches do not have.
 * Hydra gives none, but starts all ranks of a node itself.
 */
export function launchName(env: Environment, parent: number): string {
  const { PMIX_NAMESPACE, SLURM_JOB_ID, SLURM_STEP_ID } = env;
  if (PMIX_NAMESPACE !== undefined) return `PMIx ${PMIX_NAMESPACE}`;
  return SLURM_STEP_ID !== undefined ? `Slurm ${SLURM_JOB_ID}.${SLURM_STEP_ID}` : `parent ${parent}`;
}
