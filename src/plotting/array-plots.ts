import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { formatShape } from '../core/base/shape.js';
import { checkDistributed, type DistributedArray } from '../core/distributed/distributed-array.js';
import { onAllRanks } from '../core/ports/agreement.js';
import type { ColorMap, ColorMapName } from './color-maps.js';
import type { ValueRange } from './color-range.js';
import { Figure } from './figure.js';
import { heatMapLook } from './heat-map.js';
import { commonRange, HeatMap } from './heat-map-panel.js';
import { owners } from './layout-map.js';
import { type Picture, pictureOf } from './picture.js';
import { planeOf } from './plane.js';

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

/** Cells along each axis of a picture, and of one of many pictures of the same figure. */
const RESOLUTION = 1024;
const RESOLUTION_OF_PARTS = 256;

/** Checks the arguments. Throws on all ranks if those of one are wrong. */
function checked(owner: string, x: DistributedArray, options: ArrayPlotOptions | undefined) {
  checkDistributed(owner, x);
  return onAllRanks(x.comm, () => {
    const given = withDefaults(owner, options, DEFAULTS);
    // the blocks of a concatenated array have shapes of their own
    const wrong = [x.globalShape, ...x.layout.localShapes].find(({ length }) => length < 1 || length > 2);
    if (wrong)
      throw new ShapeError(
        `${owner}: expected an array of one or two axes, received shape ${formatShape(wrong)}`,
      );
    const { title, transpose, colorMap, range } = given;
    const look = heatMapLook(owner, { title, transpose, colorMap, range });
    return { ...look, figure: new Figure(title === undefined ? {} : { title }) };
  });
}

/**
 * Shows an array, and beside it which rank owns which element. Collective, as {@link heatMap} of a
 * DistributedArray, and with the same messages. Complex values are shown as moduli.
 *
 * @param x an array of one or two axes that is split over the ranks
 * @returns the figure on rank 0, undefined on other ranks
 * @throws {@link ArgumentError} for an array that every rank has as a whole
 * @example plotDistributedArray(x)?.writePng('x.png')
 */
export function plotDistributedArray(x: DistributedArray, options?: ArrayPlotOptions): Figure | undefined {
  const { figure, ...look } = checked('plotDistributedArray', x, options);
  if (x.layout.replicated)
    throw new ArgumentError(
      `plotDistributedArray: expected an array of partition SCATTER, received ${x.partition}: every ` +
        'rank has the whole array, which plotLocalArrays shows',
    );
  const picture = x.size > 0 ? pictureOf(planeOf(x), RESOLUTION) : EMPTY;
  if (!picture || x.comm.rank > 0) return undefined;
  const title = `Shape ${x.globalShape.join(' × ')}`;
  return figure.add(new HeatMap(picture, { ...look, title }), owners(x.layout, look.transpose));
}

/** The picture of an array without elements: a grey square. */
const EMPTY: Picture = {
  grid: { values: [Number.NaN], rows: 1, columns: 1, rowStride: 1, columnStride: 1 },
  shape: [1, 1],
  ends: undefined,
};

/**
 * Shows the local array of each rank in a panel of its own, all with the same colours. Collective.
 * Complex values are shown as moduli. A rank without elements has an empty panel. Each rank reduces
 * its array to at most 256 cells along each axis, and sends one message to rank 0.
 *
 * @param x an array of one or two axes
 * @returns the figure on rank 0, undefined on other ranks
 * @example plotLocalArrays(x, { title: 'Local arrays' })?.writePng('local.png')
 */
export function plotLocalArrays(x: DistributedArray, options?: ArrayPlotOptions): Figure | undefined {
  const { figure, ...look } = checked('plotLocalArrays', x, options);
  const { comm, layout } = x;
  const pictures = Array.from({ length: comm.size }, (_, owner) => {
    const local = layout.localShape(owner);
    if (local.includes(0)) return EMPTY;
    const shape = (local.length === 1 ? [1, ...local] : local) as [number, number];
    const boxOf = (rank: number) => (rank === owner ? { start: [0, 0], shape } : undefined);
    return (
      pictureOf({ shape, comm, boxOf, part: () => x.local.reshape(shape) }, RESOLUTION_OF_PARTS) ?? EMPTY
    );
  });
  if (comm.rank > 0) return undefined;
  const range = commonRange(pictures, look);
  figure.add(
    ...pictures.map((picture, rank) => new HeatMap(picture, { ...look, range, title: `Rank ${rank}` })),
  );
  return figure;
}
