import { cpuList } from './cores.js';
import type { DoctorReport, Problem, RankReport } from './doctor-report.js';

/** The ranks of each host. */
export const byHost = (ranks: readonly RankReport[]): Map<string, RankReport[]> => {
  const hosts = new Map<string, RankReport[]>();
  for (const rank of ranks) hosts.set(rank.host, [...(hosts.get(rank.host) ?? []), rank]);
  return hosts;
};

/** The set of hardware threads of some ranks. */
const threadsOf = (ranks: readonly RankReport[]): Set<number> =>
  new Set(ranks.flatMap((r) => (r.cpus === '' ? [] : cpuList(r.cpus))));

function placement(ranks: readonly RankReport[]): Problem[] {
  return [...byHost(ranks)].flatMap(([host, there]): Problem[] => {
    const cores = Math.max(...there.map((r) => r.cores));
    const threads = threadsOf(there).size;
    if (there.length > 1 && threads > 0 && threads < there.length && cores === 1)
      return [
        {
          severity: 'warning',
          what:
            `${host}: ${there.length} ranks are bound to ${threads} hardware ` +
            `thread${threads > 1 ? 's' : ''}`,
          remedy:
            'bind each to a core of its own: srun --cpu-bind=cores, mpiexec --bind-to core, or ' +
            '--bind-to none',
        },
      ];
    if (threads === 0 || there.every((r) => r.cpus === there[0]?.cpus)) {
      if (there.length > cores)
        return [
          {
            severity: 'warning',
            what:
              `${host}: ${there.length} ranks on ${cores} core${cores > 1 ? 's' : ''}; they wait for ` +
              'each other',
            remedy: 'a rank for each core: fewer ranks, or more nodes',
          },
        ];
    }
    return [];
  });
}

/** Problems of devices that several ranks use. */
function sharedDevices(ranks: readonly RankReport[]): Problem[] {
  const users = new Map<string, number[]>();
  for (const { host, rank, backends } of ranks) {
    for (const [name, { device, devices = [] }] of Object.entries(backends)) {
      if (device === undefined) continue;
      const key = `${host}: ${name} device ${devices.find((d) => d.index === device)?.id ?? device}`;
      users.set(key, [...(users.get(key) ?? []), rank]);
    }
  }
  return [...users].flatMap(([key, those]): Problem[] =>
    those.length < 2
      ? []
      : [
          {
            severity: 'warning',
            what: `${key} is used by ranks ${those.join(', ')}`,
            remedy: 'one rank for each device: --ntasks-per-node, --gpus-per-task',
          },
        ],
  );
}

/** A problem if a value differs between ranks. */
function difference(
  ranks: readonly RankReport[],
  what: string,
  of: (r: RankReport) => string,
  remedy: string,
): Problem[] {
  const values = [...new Set(ranks.map(of))];
  if (values.length < 2) return [];
  return [{ severity: 'warning', what: `ranks have different ${what}: ${values.join(' | ')}`, remedy }];
}

/** Problems of values that differ between ranks but should be equal. */
function differences(ranks: readonly RankReport[]): Problem[] {
  const fields: readonly [string, (r: RankReport) => string][] = [
    ['versions of lops-mpi', (r) => r.version],
    ['versions of Node.js', (r) => r.node],
    ['MPI libraries', (r) => r.mpi.split('\n')[0] ?? ''],
    ['CPU kernels', (r) => r.backends['cpu']?.summary ?? ''],
  ];
  const remedy = 'load the same modules on all nodes; lops setup on a node of each kind';
  return fields.flatMap(([what, of]) => difference(ranks, what, of, remedy));
}

/** The settings that may differ between ranks. */
const OF_RANKS = ['LOPS_CUDA_DEVICE'];

/** Problems of environment variables that the launcher did not pass to all ranks. */
function differentSettings(ranks: readonly RankReport[]): Problem[] {
  const names = new Set(ranks.flatMap(({ settings }) => Object.keys(settings)));
  return [...names]
    .filter((name) => !OF_RANKS.includes(name))
    .flatMap((name) =>
      difference(
        ranks,
        name,
        ({ settings }) => settings[name] ?? 'not set',
        `pass it to all nodes: mpiexec -x ${name} of Open MPI, -genvlist ${name} of MPICH`,
      ),
    );
}

/**
 * Missing parts, and settings that make programs slow.
 *
 * @param failure the reason why the ranks of the launch cannot be connected
 * @param unknown messages on environment variables that are not known
 */
export function findProblems(
  report: Omit<DoctorReport, 'problems'>,
  failure: string | undefined,
  unknown: readonly string[] = [],
): Problem[] {
  const problems: Problem[] = [];
  if (failure !== undefined)
    problems.push({
      severity: 'error',
      what: `the ranks of this launch do not see each other: ${failure}`,
      remedy: 'see docs/mpi.md, troubleshooting',
    });
  for (const { name, available, details, remedy } of report.addons) {
    if (!available)
      problems.push({
        severity: 'warning',
        what: `addon ${name}: ${details}`,
        remedy: remedy ?? "'npx lops setup'",
      });
  }
  return [
    ...problems,
    ...placement(report.ranks),
    ...sharedDevices(report.ranks),
    ...differences(report.ranks),
    ...differentSettings(report.ranks),
    ...unknown.map((what): Problem => ({ severity: 'warning', what, remedy: 'docs/mpi.md lists all' })),
  ];
}
