import { cpus, hostname } from 'node:os';
import { ArgumentError } from '../../core/base/errors.js';
import {
  checkList,
  checkOptionsObject,
  checkTexts,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import { onRoot } from '../../core/ports/agreement.js';
import type { Backend } from '../../core/ports/backend.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../../core/ports/defaults.js';
import { cpuAddon } from '../../cpu/index.js';
import { settingsInForce } from '../../environment/environment.js';
import { writeDocument } from '../../io/output.js';
import { loadMpi } from '../../mpi/mpi-addon.js';
import { packageVersion } from '../../package/package-version.js';
import { Figure } from '../../plotting/figure.js';
import { linePlot } from '../../plotting/line-plot.js';
import { interpose } from '../../tracing/interposition.js';
import { observeLog } from '../../tracing/observe-log.js';
import { profile, TIME_PARTS, type TimeSplit } from '../profile.js';
import type { Cell } from '../table.js';
import { type OperatorTime, OperatorTimes } from './operator-times.js';
import { pageOf, type Section } from './page.js';
import { type PageRows, pairs } from './page-parts.js';
import { SolverRuns } from './solver-runs.js';

/** Options of {@link startReport}. */
export interface ReportOptions {
  /** The heading of the page. @default the name of the script */
  readonly title?: string;
  /** The parameters of the run, for a table. @default none */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The backend with the kernels to time. @default the default backend */
  readonly backend?: Backend | string;
  /** The ranks of the run. @default the default communicator */
  readonly comm?: Communicator;
}

/** A report of a running program. What is added on other ranks than 0 is not used. */
export interface Report {
  /** Adds a figure. */
  addFigure(caption: string, figure: Figure): void;
  /** Adds a table, of rows as `formatTable` takes them. */
  addTable(title: string, rows: readonly Readonly<Record<string, Cell>>[]): void;
  /** Adds text as it is, such as a line that the program prints. */
  addText(text: string): void;
  /**
   * Ends the measurement on this rank, such as before figures are drawn on rank 0. Without it,
   * `write` ends it.
   */
  stop(): void;
  /**
   * Writes the page on rank 0. Collective.
   *
   * @throws {@link ArgumentError} on all ranks if rank 0 cannot write the file
   */
  write(path: string): void;
}

const DEFAULTS = {
  title: undefined,
  parameters: undefined,
  backend: undefined,
  comm: undefined,
} satisfies Defaults<ReportOptions>;

/** The most operators of the table. */
const MOST_OPERATORS = 20;

/** What each rank reports. */
interface RankPart {
  readonly host: string;
  readonly pid: number;
  readonly split: Pick<TimeSplit, 'total' | 'parts'>;
  readonly operators: readonly OperatorTime[];
  readonly sent: Readonly<Record<'messages' | 'bytes' | 'reductions' | 'collectives', number>>;
}

const COUNTERS = ['messages', 'bytes', 'reductions', 'collectives'] as const;

const countsOf = ({ counters }: Communicator): RankPart['sent'] =>
  Object.fromEntries(COUNTERS.map((name) => [name, counters[name]])) as RankPart['sent'];

/** Milliseconds with one digit after the point. */
const milliseconds = (seconds: number): number => Math.round(1e4 * seconds) / 10;

/** The products of operators of all ranks: those with the most time of their own first. */
function productsOf(all: readonly RankPart[]): PageRows {
  const names = new Set(all.flatMap(({ operators }) => operators.map(({ name }) => name)));
  const rows = [...names].map((name) => {
    const times = all.map(({ operators }) => operators.find((one) => one.name === name));
    const own = times.map((time) => time?.own ?? 0);
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / all.length;
    const slowest = Math.max(...own);
    return {
      operator: name,
      calls: Math.max(...times.map((time) => time?.calls ?? 0)),
      'its own, mean [ms]': milliseconds(mean(own)),
      'slowest [ms]': milliseconds(slowest),
      'on rank': own.indexOf(slowest),
      'with operators inside, mean [ms]': milliseconds(mean(times.map((time) => time?.seconds ?? 0))),
    };
  });
  const key = 'its own, mean [ms]';
  return rows.sort((a, b) => b[key] - a[key]).slice(0, MOST_OPERATORS);
}

/** A section with a figure of the costs; none if there are no costs. */
function convergenceOf({ drawn, others }: SolverRuns): Section[] {
  if (drawn.length === 0) return [];
  const positive = drawn.every(({ costs }) => costs.every((cost) => cost > 0));
  const series = drawn.map(({ label, iterations, costs }) => ({ label, y: costs, x: iterations }));
  const figure = new Figure({ panelWidth: 560, panelHeight: 300 }).add(
    linePlot(series, { yScale: positive ? 'log' : 'linear', xLabel: 'iteration', yLabel: 'cost' }),
  );
  const caption = `Costs of the solvers${others > 0 ? `; ${others} later runs are not drawn` : ''}`;
  return [{ title: 'Convergence', figures: [{ caption, svg: figure.toSvg() }] }];
}

function environmentOf(backend: Backend, comm: Communicator): Readonly<Record<string, unknown>> {
  const kernels = cpuAddon();
  const set = Object.entries(settingsInForce()).filter(([, { isSet }]) => isSet);
  return {
    'lops-mpi': packageVersion(),
    'Node.js': `${process.version}, ${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model,
    MPI: comm.size > 1 ? loadMpi().describe().version.split('\n')[0] : 'one rank, without MPI',
    backend: backend.name,
    'CPU kernels': kernels.available ? `native, ${JSON.stringify(kernels.addon.info())}` : 'TypeScript',
    settings: set.map(([name, { value }]) => `${name}=${value}`).join(' ') || 'none',
    command: process.argv.slice(1).join(' '),
  };
}

/**
 * Begins a report of this run: one page of HTML with its parameters and environment, the
 * convergence of its solvers, its figures and tables, the times of all ranks and of their
 * operators, and what they sent. The page is one file, has no scripts and loads nothing.
 *
 * From this call to `stop()` the program is measured as by `profile`, with the same cost.
 *
 * @throws {@link ArgumentError} for a wrong option
 * @throws {@link BackendError} if there is no such backend
 * @example
 * const report = startReport({ title: 'Inversion', parameters: { niter: 30 } });
 * const { x } = cgls(A, y, { niter: 30 });
 * report.addFigure('The model', new Figure().add(heatMap(x.local)));
 * report.write('inversion.html');
 */
export function startReport(options?: ReportOptions): Report {
  const given = withDefaults('startReport', options, DEFAULTS);
  checkTexts('startReport', given, ['title']);
  checkOptionsObject('startReport: parameters', given.parameters);
  const backend = resolveBackend(given.backend);
  const comm = resolveCommunicator(given.comm);
  const title = given.title ?? process.argv[1]?.replace(/^.*[\\/]/, '') ?? 'lops-mpi';
  const began = new Date();
  const before = countsOf(comm);
  const operators = new OperatorTimes();
  const runs = new SolverRuns();
  const endRuns = observeLog(runs.observe);
  const profiling = profile({ backend, comm });
  const endOperators = interpose(backend, comm, operators.around);

  const added: Section[] = [];
  const figures: { readonly caption: string; readonly svg: string }[] = [];
  const lines: string[] = [];
  let mine: RankPart | undefined;

  /** What this rank has measured. The first call ends the measurement. */
  const measured = (): RankPart => {
    if (mine) return mine;
    endOperators();
    const { total, parts } = profiling.stop();
    endRuns();
    const after = countsOf(comm);
    const sent = Object.fromEntries(COUNTERS.map((name) => [name, after[name] - before[name]]));
    mine = {
      host: hostname(),
      pid: process.pid,
      split: { total, parts },
      operators: operators.all(),
      sent: sent as RankPart['sent'],
    };
    return mine;
  };

  const sections = (all: readonly RankPart[]): Section[] => {
    const total = Math.max(...all.map(({ split }) => split.total));
    const table = (name: string, rows: PageRows): Section[] =>
      rows.length > 0 ? [{ title: name, table: rows }] : [];
    return [
      ...table('Parameters', pairs(given.parameters ?? {})),
      ...convergenceOf(runs),
      ...(figures.length > 0 ? [{ title: 'Figures', figures }] : []),
      ...added,
      ...(lines.length > 0 ? [{ title: 'Output', text: lines.join('\n') }] : []),
      {
        title: 'Time by rank',
        legend: TIME_PARTS,
        bars: all.map(({ split }, rank) => ({
          label: `rank ${rank}, ${split.total.toFixed(2)} s`,
          shares: TIME_PARTS.map((part) => (100 * split.parts[part]) / total),
        })),
      },
      ...table(
        'Seconds by rank',
        all.map(({ split }, rank) => ({
          rank,
          ...Object.fromEntries(
            TIME_PARTS.map((part) => [part, Math.round(1000 * split.parts[part]) / 1000]),
          ),
          total: Math.round(1000 * split.total) / 1000,
        })),
      ),
      ...table('Products of operators', productsOf(all)),
      ...table(
        'Messages by rank',
        all.map(({ sent }, rank) => ({ rank, ...sent })),
      ),
      ...table('Environment', [
        ...pairs(environmentOf(backend, comm)),
        {
          name: 'ranks',
          value: all.map(({ host, pid }, rank) => `${rank}: ${host}, process ${pid}`).join('; '),
        },
      ]),
    ];
  };

  return {
    stop: () => void measured(),
    addFigure(caption, figure) {
      if (typeof caption !== 'string' || !(figure instanceof Figure))
        throw new ArgumentError(
          `addFigure: expected a caption and a Figure, received ${textOf(caption)} and ${textOf(figure)}`,
        );
      if (comm.rank === 0) figures.push({ caption, svg: figure.toSvg() });
    },
    addTable(name, rows) {
      if (typeof name !== 'string')
        throw new ArgumentError(`addTable: expected a title, received ${textOf(name)}`);
      checkList('addTable', 'rows { column: cell }', rows);
      for (const row of rows) checkOptionsObject('addTable: a row', row ?? null);
      if (comm.rank === 0) added.push({ title: name, table: rows });
    },
    addText(text) {
      if (typeof text !== 'string')
        throw new ArgumentError(`addText: expected a text, received ${textOf(text)}`);
      if (comm.rank === 0) lines.push(text);
    },
    write(path) {
      const all = comm.allgatherObject(measured());
      const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
      const hosts = new Set(all.map(({ host }) => host)).size;
      const moment = began.toISOString().slice(0, 19).replace('T', ' ');
      const subtitle = `${plural(all.length, 'rank')} on ${plural(hosts, 'machine')}, ${moment} UTC`;
      onRoot(comm, () => writeDocument(path, pageOf(title, subtitle, sections(all))));
    },
  };
}
