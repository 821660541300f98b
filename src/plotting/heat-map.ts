import { isLocalArray } from '../core/array/elementwise.js';
import type { NDArray } from '../core/array/ndarray.js';
import { type NumberList, numberList } from '../core/array/number-list.js';
import { ArgumentError } from '../core/base/errors.js';
import {
  checkFlag,
  checkList,
  checkPositiveCount,
  checkTexts,
  type Defaults,
  isListOf,
  requireOptions,
  type WithDefaults,
  withDefaults,
} from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { type ColorMap, type ColorMapName, checkColorMap, colorMap } from './color-maps.js';
import { finiteEnds, type ValueRange } from './color-range.js';
import { HeatMap, type HeatMapLook, type Mark, panelOf } from './heat-map-panel.js';
import type { Panel } from './panel.js';
import { pictureOf, sameForPicture } from './picture.js';
import { checkDrawable, checkPlane, planeOf } from './plane.js';
import { INK } from './svg.js';

/** Options of {@link heatMap}. */
export interface HeatMapOptions {
  /**
   * By default the first axis of `shape` runs downwards. If true, the second one does, so that
   * `[x, depth]` is shown with depth downwards.
   * @default false
   */
  readonly transpose?: boolean;
  /**
   * Data coordinates of the edges of the picture.
   * @default indices, cell centres on the integers
   */
  readonly extent?: readonly [left: number, right: number, top: number, bottom: number];
  /** @default 'viridis' */
  readonly colorMap?: ColorMapName | ColorMap;
  /**
   * Values of the first and the last colour.
   * @default the smallest and the largest finite value; of a diverging map `[−a, a]`, with the
   *   largest modulus a
   */
  readonly range?: ValueRange;
  /**
   * `'equal'`: one unit has the same length on both axes. A number: width over height. `'auto'`:
   * the panel size of the figure.
   * @default 'auto'
   */
  readonly aspect?: 'equal' | 'auto' | number;
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** @default true */
  readonly colorBar?: boolean;
  readonly colorBarLabel?: string;
  /**
   * Straight lines across the picture, for example at the position of another section.
   * @default []
   */
  readonly marks?: readonly Mark[];
  /**
   * Most cells along each axis of an NDArray or a DistributedArray. More elements are drawn as
   * means of cells, which are computed where the elements are.
   * @default 1024
   */
  readonly resolution?: number;
}

const DEFAULTS = {
  transpose: false,
  extent: undefined,
  colorMap: 'viridis',
  range: undefined,
  aspect: 'auto',
  title: undefined,
  xLabel: undefined,
  yLabel: undefined,
  colorBar: true,
  colorBarLabel: undefined,
  marks: [],
  resolution: 1024,
} satisfies Defaults<HeatMapOptions>;
type Given = WithDefaults<HeatMapOptions, typeof DEFAULTS>;
const MARK = { x: undefined, y: undefined, color: INK } satisfies Defaults<Mark>;

const isExtent = (extent: unknown): boolean => isListOf(extent, Number.isFinite) && extent.length === 4;

/**
 * Checks the options of a heat map. No communication.
 *
 * @throws {@link ArgumentError} for wrong ones
 */
export function heatMapLook(
  owner: string,
  options: { readonly [K in keyof HeatMapOptions]?: HeatMapOptions[K] | undefined } | undefined,
): Given & HeatMapLook {
  const given: Given = withDefaults(owner, options as HeatMapOptions | undefined, DEFAULTS);
  const { range, extent, aspect, marks, resolution, transpose, colorBar } = given;
  if (range !== undefined && !(isListOf(range, Number.isFinite) && range.length === 2 && range[0] < range[1]))
    throw new ArgumentError(`expected range to be [low, high] with low < high, received ${textOf(range)}`);
  if (extent !== undefined && !(isExtent(extent) && extent[0] !== extent[1] && extent[2] !== extent[3]))
    throw new ArgumentError(
      `expected extent to be [left, right, top, bottom] of some width and height, received ${textOf(extent)}`,
    );
  if (typeof given.colorMap === 'object') checkColorMap(given.colorMap);
  else colorMap(given.colorMap);
  checkList(owner, 'marks { x, y, color }', marks);
  for (const mark of marks) requireOptions(`${owner}: a mark`, mark, MARK);
  checkTexts(owner, given, ['title', 'xLabel', 'yLabel', 'colorBarLabel']);
  checkFlag(owner, { transpose, colorBar });
  checkPositiveCount(owner, { resolution });
  if (
    aspect !== 'equal' &&
    aspect !== 'auto' &&
    !(typeof aspect === 'number' && aspect > 0 && Number.isFinite(aspect))
  ) {
    throw new ArgumentError(
      `expected aspect to be 'equal', 'auto' or a positive number, received ${textOf(aspect)}`,
    );
  }
  return given;
}

/**
 * A panel that shows a 2-D array in colours. NaN has the colour map's `nan` colour. A pixel that
 * covers several elements shows their mean.
 *
 * Of a DistributedArray: collective. Each rank reduces its own part to `resolution` cells along
 * each axis of the whole, so that the array is nowhere whole. Sends: one exchange of metadata, and
 * from each rank with elements one message to rank 0, of 8 bytes a cell of its part (16 where a
 * cell has several elements) and 16 more; nothing of an array that all ranks have. The panel of
 * rank 0 has the picture; on other ranks figures with the panel write nothing.
 *
 * @param values real, in C order; of an NDArray of two axes the shape may be left out
 * @param x real, of two axes
 * @throws {@link ShapeError} if `shape` does not fit the values
 * @throws {@link DTypeError} for complex values
 * @throws {@link ArgumentError} if the range or the extent is empty; of a DistributedArray, on all
 *   ranks if the options of one are wrong
 */
export function heatMap(x: NDArray | DistributedArray, options?: HeatMapOptions): Panel;
export function heatMap(
  values: NumberList,
  shape: readonly [number, number],
  options?: HeatMapOptions,
): Panel;
export function heatMap(
  source: NumberList | DistributedArray,
  ...rest: readonly (readonly [number, number] | HeatMapOptions | undefined)[]
): Panel {
  if (isDistributed(source)) {
    const given = sameForPicture('heatMap', source, () => {
      checkDrawable('heatMap', source, [2]);
      return heatMapLook('heatMap', rest[0] as HeatMapOptions | undefined);
    });
    return panelOf(pictureOf(planeOf(source), given.resolution), given);
  }
  const isShapeLeftOut = isLocalArray(source) && !Array.isArray(rest[0]);
  const [shape, options] = (isShapeLeftOut ? [source.shape, rest[0]] : rest) as [
    readonly [number, number],
    HeatMapOptions?,
  ];
  const look = heatMapLook('heatMap', options);
  if (isLocalArray(source)) {
    checkPlane('heatMap', shape, source.size);
    const array = source.reshape(shape);
    checkDrawable('heatMap', array, [2]);
    return panelOf(pictureOf(planeOf(array), look.resolution), look);
  }
  const values = numberList('heatMap', 'the values', source);
  checkPlane('heatMap', shape, values.length);
  const [rows, columns] = shape;
  const grid = { values, rows, columns, rowStride: columns, columnStride: 1 };
  return new HeatMap({ grid, shape, ends: finiteEnds([values]) }, look);
}
