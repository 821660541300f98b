import { byHost } from './doctor-problems.js';
import type { DoctorReport, RankReport } from './doctor-report.js';
import { formatTable } from './table.js';

/**
 * With up to this many ranks the table has a line for each rank; with more it has one for each
 * host.
 */
const MOST_LINES = 32;

const deviceOf = (rank: RankReport): string =>
  Object.entries(rank.backends)
    .flatMap(([name, { device, devices = [] }]) =>
      device === undefined
        ? []
        : [`${name} ${device} ${devices.find((d) => d.index === device)?.name ?? ''}`.trim()],
    )
    .join(', ') || '-';

function rankTable(ranks: readonly RankReport[]): string {
  if (ranks.length === 1) return '';
  if (ranks.length <= MOST_LINES)
    return formatTable(
      ranks.map((r) => ({
        rank: r.rank,
        host: r.host,
        process: r.pid,
        cores: r.cores,
        'hardware threads': r.cpus,
        device: deviceOf(r),
      })),
    );
  return formatTable(
    [...byHost(ranks)].map(([host, there]) => ({
      host,
      ranks: there.length,
      first: there[0]?.rank ?? 0,
      last: there.at(-1)?.rank ?? 0,
      cores: Math.max(...there.map((r) => r.cores)),
      devices: new Set(there.map(deviceOf).filter((d) => d !== '-')).size,
    })),
  );
}

/** Whether programs run, in one line. */
function verdict({ mpi, ranks, problems }: DoctorReport): string {
  const [errors, warnings] = (['error', 'warning'] as const).map((severity) => {
    const n = problems.filter((p) => p.severity === severity).length;
    return n === 0 ? '' : `${n} ${severity}${n > 1 ? 's' : ''}`;
  });
  const backends = Object.entries(ranks[0]?.backends ?? {}).filter(([, { available }]) => available);
  const ready =
    `ready: ${mpi ? `several ranks by ${mpi.library}` : 'one rank, without MPI'}, backends ` +
    `${backends.map(([name]) => name).join(', ')}`;
  const found = [errors, warnings].filter(Boolean).join(' and ');
  return `${errors ? 'not ready' : ready}${found ? `; ${found}, see the end` : ''}`;
}

function settingLines({ settings }: DoctorReport): string {
  const width = Math.max(...Object.keys(settings).map((name) => name.length)) + 2;
  return [
    'environment variables (* is set):',
    ...Object.entries(settings).map(
      ([name, { value, isSet }]) => `${isSet ? '*' : ' '} ${name.padEnd(width)}${value}`,
    ),
  ].join('\n');
}

/** Formats a report for the user. */
export function doctorText(report: DoctorReport): string {
  const { mpi, launch, ranks } = report;
  const first = ranks[0];
  const lines: [string, string][] = [
    ['lops-mpi', report.version],
    ['Node.js', `${report.node} on ${report.platform}`],
    ['CPU', `${report.cpu}; ${first?.cores ?? 0} cores`],
    ['CPU kernels', first?.backends['cpu']?.summary ?? 'missing'],
    ...report.addons.map(({ name, available, details }): [string, string] => [
      `addon ${name}`,
      available ? details : `missing: ${details}`,
    ]),
    ['MPI library', mpi ? `${mpi.library}: ${mpi.version.split('\n')[0]?.trim()}` : 'none'],
    ...(mpi
      ? ([
          [
            'MPI standard',
            `${mpi.standard}; counts above 2³¹ ${mpi.largeCounts ? 'by calls of the library' : 'in pieces'}`,
          ],
        ] as [string, string][])
      : []),
    ['mpiexec', report.launchers.mpiexec],
    ['srun', report.launchers.srun],
    ...Object.entries(report.libraries),
    ...Object.entries(first?.backends ?? {})
      .filter(([name]) => name !== 'cpu')
      .map(([name, { available, summary, remedy, devices = [] }]): [string, string] => [
        `backend ${name}`,
        `${available ? '' : 'not there: '}${summary}${remedy === undefined ? '' : `; ${remedy}`}` +
          `${devices.length > 0 ? `; devices ${devices.map((d) => `${d.index} ${d.name}`).join(', ')}` : ''}`,
      ]),
    ['GPUs', gpuLine(ranks)],
    ['transport', `host memory by MPI; device memory ${first?.transport.name}: ${first?.transport.reason}`],
    ['ranks', `${ranks.length}${launch ? ` (launched: ${launch.source})` : ' (no launcher)'}`],
    ['hosts', [...byHost(ranks)].map(([host, there]) => `${host} × ${there.length}`).join(', ')],
    ...report.network.map(
      ({ between, ranks: pair, latencyMicroseconds, gigabytesPerSecond }): [string, string] => [
        `on ${between}`,
        `ranks ${pair.join(' and ')}: ${latencyMicroseconds.toPrecision(3)} µs, ` +
          `${gigabytesPerSecond.toPrecision(3)} GB/s`,
      ],
    ),
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  const problems = report.problems.map(({ severity, what, remedy }) => `${severity}: ${what}\n  → ${remedy}`);
  return [
    verdict(report),
    lines.map(([name, text]) => `${name.padEnd(width)}${text}`).join('\n'),
    rankTable(ranks).trimEnd(),
    settingLines(report),
    problems.join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function gpuLine(ranks: readonly RankReport[]): string {
  const names = new Map<string, string>();
  for (const { host, backends } of ranks) {
    for (const { devices = [] } of Object.values(backends))
      for (const d of devices) names.set(`${host} ${d.id ?? d.index}`, d.name);
  }
  const counts = new Map<string, number>();
  for (const name of names.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, n]) => `${n} × ${name}`).join(', ') || 'none that a backend sees';
}
