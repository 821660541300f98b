import { checkOneOf, checkTexts, type Defaults, withDefaults } from '../core/base/options.js';
import { sameOnAllRanks } from '../core/ports/agreement.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveCommunicator } from '../core/ports/defaults.js';
import { finiteEnds } from './color-range.js';
import { HeatMap } from './heat-map-panel.js';
import { type Panel, REMOTE } from './panel.js';

/** Options of {@link communicationMatrix}. */
export interface CommunicationMatrixOptions {
  /** @default 'bytes' */
  readonly quantity?: 'bytes' | 'messages';
  /** @default 'Sent from rank to rank' */
  readonly title?: string;
}

const DEFAULTS = {
  quantity: 'bytes',
  title: 'Sent from rank to rank',
} satisfies Defaults<CommunicationMatrixOptions>;

/** More ranks have no numbers in the cells, which would overlap. */
const MOST_NOTES = 8;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/**
 * A panel that shows what each rank sent to each other rank since the communicator was made or its
 * counters were reset: a row for each sender, a column for each receiver. Cells between which
 * nothing was sent are grey. Messages from point to point count, as `comm.counters` counts them;
 * collectives and reductions do not.
 *
 * Collective; one exchange of metadata, and a gather of one number for each pair of ranks. Only
 * rank 0 draws.
 *
 * @throws {@link ArgumentError} on all ranks if the options of one are wrong
 * @example
 * comm.counters.reset();
 * A.matvec(x);
 * new Figure().add(communicationMatrix(comm)).writePng('messages.png');
 */
export function communicationMatrix(comm: Communicator, options?: CommunicationMatrixOptions): Panel {
  resolveCommunicator(comm);
  const { size, rank } = comm;
  // before the calls below, which count too
  const sent = Array.from({ length: size }, (_, to) => comm.counters.sentTo(to));
  const { quantity, title } = sameOnAllRanks(comm, 'communicationMatrix', () => {
    const given = withDefaults('communicationMatrix', options, DEFAULTS);
    checkOneOf('quantity', given.quantity, ['bytes', 'messages']);
    checkTexts('communicationMatrix', given, ['title']);
    return given;
  });
  const row = Float64Array.from(sent, (to) => (to[quantity] > 0 ? to[quantity] : Number.NaN));
  const all = rank === 0 ? new Float64Array(size * size) : undefined;
  comm.gather(row, all);
  if (!all) return REMOTE;
  const most = finiteEnds([all])?.[1] ?? 0;
  const power = quantity === 'bytes' && most > 0 ? Math.floor(Math.log2(most) / 10) : 0;
  const unit = Math.min(power, UNITS.length - 1);
  const values = all.map((value) => value / 1024 ** unit);
  const notes = [...values.entries()].flatMap(([k, value]) =>
    size > MOST_NOTES || Number.isNaN(value)
      ? []
      : [{ x: k % size, y: Math.floor(k / size), text: String(Number(value.toPrecision(3))), over: value }],
  );
  const grid = { values, rows: size, columns: size, rowStride: size, columnStride: 1 };
  return new HeatMap(
    { grid, shape: [size, size], ends: undefined },
    {
      transpose: false,
      extent: undefined,
      colorMap: 'viridis',
      range: [0, most > 0 ? most / 1024 ** unit : 1],
      aspect: 'equal',
      title,
      xLabel: 'to rank',
      yLabel: 'from rank',
      colorBar: true,
      colorBarLabel: quantity === 'bytes' ? `sent [${UNITS[unit]}]` : 'messages',
      marks: [],
      notes,
    },
  );
}
