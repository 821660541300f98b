import { isComplex } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { checkTexts, type Defaults, type WithDefaults, withDefaults } from '../core/base/options.js';
import { formatShape, product, type Shape } from '../core/base/shape.js';
import { checkDistributed, type DistributedArray } from '../core/distributed/distributed-array.js';
import { onAllRanks } from '../core/ports/agreement.js';
import { type ColorMap, type ColorMapName, colorMap, colorOf, makeColorMap } from './color-maps.js';
import { colorRange, type ValueRange } from './color-range.js';
import { Figure } from './figure.js';
import { heatMap } from './heat-map.js';
import type { Panel } from './panel.js';

/** Options of {@link plotDistributedArray} and {@link plotLocalArrays}. */
export interface ArrayPlotOptions {
  /** Title above all panels. */
  readonly title?: string;
  /**
   * By default the first axis runs downwards. If true, the second one does, so that `[x, depth]` is
   * shown with depth downwards.
   * @default false
   */
  readonly transpose?: boolean;
  /** @default 'viridis' */
  readonly colorMap?: ColorMapName | ColorMap;
  /**
   * Values of the first and the last colour.
   * @default the smallest and the largest finite value on all ranks; of a diverging map `[−a, a]`,
   *   with the largest modulus a
   */
  readonly range?: ValueRange;
}

const DEFAULTS = {
  title: undefined,
  transpose: false,
  colorMap: 'viridis',
  range: undefined,
} satisfies Defaults<ArrayPlotOptions>;

type Given = WithDefaults<ArrayPlotOptions, typeof DEFAULTS>;

/** Checks the arguments. Throws on all ranks if those of one are wrong. */
function checked(owner: string, x: DistributedArray, options: ArrayPlotOptions | undefined): Given {
  checkDistributed(owner, x);
  return onAllRanks(x.comm, () => {
    const given = withDefaults(owner, options, DEFAULTS);
    if (x.ndim < 1 || x.ndim > 2)
      throw new ShapeError(
        `${owner}: expected an array of one or two axes, received shape ${formatShape(x.globalShape)}`,
      );
    checkTexts(owner, given, ['title']);
    panel([0], [1, 1], given);
    return given;
  });
}

/** A panel of an array of one or two axes. One without elements is a grey square. */
function panel(
  values: ArrayLike<number>,
  shape: Shape,
  { transpose, colorMap, range }: Omit<Given, 'title'>,
  title?: string,
  colorBarLabel?: string,
): Panel {
  const [rows, columns] = (shape.length === 1 ? [1, ...shape] : shape) as [number, number];
  const options = { transpose, colorMap, range, title, colorBarLabel } as const;
  const shown = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return rows * columns === 0
    ? heatMap([Number.NaN], [1, 1], shown)
    : heatMap(values, [rows, columns], shown);
}

/** The local arrays of all ranks on rank 0; moduli of complex values. Undefined on other ranks. */
function gathered(x: DistributedArray): Float64Array[] | undefined {
  const { comm, layout, dtype, local } = x;
  const real = isComplex(dtype) ? local.abs() : local;
  const mine = Float64Array.from(real.toHost());
  if (real !== local) real.dispose();
  const counts = layout.localShapes.map(product);
  const all = comm.rank === 0 ? new Float64Array(counts.reduce((a, b) => a + b, 0)) : undefined;
  comm.gatherv(mine, all, counts);
  let at = 0;
  return all && counts.map((n) => all.subarray(at, (at += n)));
}

/**
 * Shows an array, and beside it which rank owns which element. Collective: the array is gathered on
 * rank 0. Complex values are shown as moduli.
 *
 * @param x an array of one or two axes that is split over the ranks
 * @returns the figure on rank 0, undefined on other ranks
 * @throws {@link ArgumentError} for an array that every rank has as a whole
 * @example plotDistributedArray(x)?.writePng('x.png')
 */
export function plotDistributedArray(x: DistributedArray, options?: ArrayPlotOptions): Figure | undefined {
  const given = checked('plotDistributedArray', x, options);
  const { layout, globalShape } = x;
  if (layout.replicated)
    throw new ArgumentError(
      `plotDistributedArray: expected an array of partition SCATTER, received ${x.partition}: every ` +
        'rank has the whole array, which plotLocalArrays shows',
    );
  const parts = gathered(x);
  if (!parts) return undefined;
  const [values, owners] = [new Float64Array(layout.size), new Float64Array(layout.size)];
  const columns = globalShape.at(-1) as number;
  parts.forEach((part, rank) => {
    const { start, shape } = layout.box(rank);
    const width = shape.at(-1) as number;
    const [row, column] = start.length === 1 ? [0, start[0] as number] : (start as [number, number]);
    for (let i = 0; i * width < part.length; i++) {
      const at = (row + i) * columns + column;
      values.set(part.subarray(i * width, (i + 1) * width), at);
      owners.fill(rank, at, at + width);
    }
  });
  const { size } = x.comm;
  const ranks = { ...given, colorMap: rankColors(size), range: [-0.5, size - 0.5] } as const;
  const split = layout.grid.filter((parts) => parts > 1).length > 1 ? `grid ${layout.grid.join(' × ')}` : '';
  return figure(given, 2).add(
    panel(values, globalShape, given, `Shape ${globalShape.join(' × ')}`),
    panel(owners, globalShape, ranks, split || `Split along axis ${x.axis}`, 'Rank'),
  );
}

/**
 * Shows the local array of each rank in a panel of its own, all with the same colours. Collective:
 * the local arrays are gathered on rank 0. Complex values are shown as moduli. A rank without
 * elements has an empty panel.
 *
 * @param x an array of one or two axes
 * @returns the figure on rank 0, undefined on other ranks
 * @example plotLocalArrays(x, { title: 'Local arrays' })?.writePng('local.png')
 */
export function plotLocalArrays(x: DistributedArray, options?: ArrayPlotOptions): Figure | undefined {
  const given = checked('plotLocalArrays', x, options);
  const parts = gathered(x);
  if (!parts) return undefined;
  const map = typeof given.colorMap === 'string' ? colorMap(given.colorMap) : given.colorMap;
  const { range = colorRange(parts, { symmetric: map.diverging === true }) } = given;
  const panels = parts.map((part, rank) =>
    panel(part, x.layout.localShape(rank), { ...given, range }, `Rank ${rank}`),
  );
  return figure(given, Math.min(4, panels.length)).add(...panels);
}

const figure = ({ title }: Given, columns: number): Figure =>
  new Figure({ columns, ...(title === undefined ? {} : { title }) });

/** One colour for each rank, evenly spaced in a colour map. */
const rankColors = (ranks: number): ColorMap =>
  makeColorMap('ranks', (t) =>
    colorOf(colorMap('turbo'), [0, 1], (Math.min(ranks - 1, Math.floor(t * ranks)) + 0.5) / ranks),
  );
