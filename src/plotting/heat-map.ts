import { isLocalArray } from '../core/array/elementwise.js';
import type { NDArray } from '../core/array/ndarray.js';
import { type NumberList, numberList } from '../core/array/number-list.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import {
  checkList,
  checkTexts,
  type Defaults,
  isListOf,
  requireOptions,
  type WithDefaults,
  withDefaults,
} from '../core/base/options.js';
import type { Shape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { type Axis, axesMargins, between, drawAxes, LABEL_SIZE, type Margins, TICK_SIZE } from './axes.js';
import { type ColorMap, type ColorMapName, checkColorMap, colorMap } from './color-maps.js';
import { colorRange, type ValueRange } from './color-range.js';
import type { Panel } from './panel.js';
import { type Grid, pngUri, rasterize } from './raster.js';
import { element, INK, line, type Rect, text, textWidth } from './svg.js';
import { linearTicks, type Ticks } from './ticks.js';

/** A vertical line at x, a horizontal line at y, or both. */
export interface Mark {
  readonly x?: number;
  readonly y?: number;
  /** Any CSS colour. @default '#262626' */
  readonly color?: string;
}

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
} satisfies Defaults<HeatMapOptions>;
type Given = WithDefaults<HeatMapOptions, typeof DEFAULTS>;
const MARK = { x: undefined, y: undefined, color: INK } satisfies Defaults<Mark>;

const BAR_GAP = 8;
const BAR_WIDTH = 10;

/** Draws a 2-D array in colours, with axes and a colour bar. */
class HeatMap implements Panel {
  readonly aspect: number | undefined;
  readonly #grid: Grid;
  readonly #options: Given;
  readonly #map: ColorMap;
  readonly #range: ValueRange;
  readonly #x: Axis;
  readonly #y: Axis;

  constructor(grid: Grid, options: Given) {
    this.#grid = grid;
    this.#options = options;
    this.#map = typeof options.colorMap === 'object' ? options.colorMap : colorMap(options.colorMap);
    this.#range = options.range ?? colorRange(grid.values, { symmetric: this.#map.diverging === true });
    const [left, right, top, bottom] = options.extent ?? [-0.5, grid.columns - 0.5, -0.5, grid.rows - 0.5];
    const whole = options.extent === undefined;
    this.#x = { start: left, end: right, scale: 'linear', label: options.xLabel, whole };
    this.#y = { start: top, end: bottom, scale: 'linear', label: options.yLabel, whole };
    const { aspect } = options;
    this.aspect =
      aspect === 'auto' ? undefined : aspect === 'equal' ? Math.abs((right - left) / (bottom - top)) : aspect;
  }

  get #axes(): { x: Axis; y: Axis; title: string | undefined } {
    return { x: this.#x, y: this.#y, title: this.#options.title };
  }

  #barTicks(height: number): Ticks {
    return linearTicks(...this.#range, Math.min(7, height / 26));
  }

  margins(width: number, height: number): Margins {
    const axes = axesMargins(this.#axes, width, height);
    if (!this.#options.colorBar) return axes;
    const { labels, factor } = this.#barTicks(height);
    const widest = Math.max(0, ...labels.map((l) => textWidth(l, TICK_SIZE)));
    const label = this.#options.colorBarLabel ? LABEL_SIZE + 8 : 0;
    const bar =
      BAR_GAP +
      BAR_WIDTH +
      6 +
      Math.max(widest, factor ? textWidth(factor, TICK_SIZE) - BAR_WIDTH : 0) +
      label;
    return { ...axes, right: Math.max(axes.right, bar) };
  }

  draw(area: Rect, density: number): string {
    const { x, y, width, height } = area;
    const [w, h] = [Math.round(width * density), Math.round(height * density)];
    const pixels = rasterize(this.#grid, this.#map, this.#range, w, h);
    const parts = [
      element('image', { x, y, width, height, preserveAspectRatio: 'none', href: pngUri(pixels, w, h) }),
    ];
    for (const mark of this.#options.marks) {
      const at = (axis: Axis, value: number): number => between(value, axis.start, axis.end);
      const { color } = withDefaults('heatMap: a mark', mark, MARK);
      if (mark.x !== undefined) parts.push(dashed(x + width * at(this.#x, mark.x), y, 0, height, color));
      if (mark.y !== undefined) parts.push(dashed(x, y + height * at(this.#y, mark.y), width, 0, color));
    }
    parts.push(drawAxes(this.#axes, area));
    if (this.#options.colorBar) parts.push(this.#drawBar(area, density));
    return parts.join('\n');
  }

  #drawBar({ x, y, width, height }: Rect, density: number): string {
    const [low, high] = this.#range;
    const left = x + width + BAR_GAP;
    const ramp = Float64Array.from({ length: 256 }, (_, k) => 255 - k);
    const [w, h] = [Math.round(BAR_WIDTH * density), Math.round(height * density)];
    const grid = { values: ramp, rows: 256, columns: 1, rowStride: 1, columnStride: 1 };
    const uri = pngUri(rasterize(grid, this.#map, [0, 256], w, h), w, h);
    const bar = { x: left, y, width: BAR_WIDTH, height };
    const parts = [element('image', { ...bar, preserveAspectRatio: 'none', href: uri })];
    parts.push(element('rect', { ...bar, fill: 'none', stroke: INK, 'stroke-width': 0.8 }));
    const { at, labels, factor } = this.#barTicks(height);
    const end = left + BAR_WIDTH;
    at.forEach((value, k) => {
      const place = y + height * (1 - between(value, low, high));
      parts.push(line(end, place, end + 2.5, place));
      parts.push(text(end + 5, place + 0.36 * TICK_SIZE, labels[k] as string, { size: TICK_SIZE }));
    });
    if (factor) parts.push(text(left, y - 4, factor, { size: TICK_SIZE }));
    const { colorBarLabel } = this.#options;
    if (colorBarLabel) {
      const widest = Math.max(0, ...labels.map((l) => textWidth(l, TICK_SIZE)));
      const baseline = end + 5 + widest + 4 + 0.9 * LABEL_SIZE;
      parts.push(
        text(baseline, y + height / 2, colorBarLabel, { size: LABEL_SIZE, anchor: 'middle', vertical: true }),
      );
    }
    return parts.join('\n');
  }
}

const isExtent = (extent: unknown): boolean => isListOf(extent, Number.isFinite) && extent.length === 4;

function dashed(x: number, y: number, dx: number, dy: number, stroke: string): string {
  return element('line', {
    x1: x,
    y1: y,
    x2: x + dx,
    y2: y + dy,
    stroke,
    'stroke-width': 1,
    'stroke-dasharray': '4 3',
  });
}

/**
 * A panel that shows a 2-D array in colours. NaN has the colour map's `nan` colour.
 *
 * @param values real, in C order; of an NDArray of two axes the shape may be left out
 * @throws {@link ShapeError} if `shape` does not fit the values
 * @throws {@link ArgumentError} if the range or the extent is empty
 */
export function heatMap(x: NDArray, options?: HeatMapOptions): Panel;
export function heatMap(
  values: NumberList,
  shape: readonly [number, number],
  options?: HeatMapOptions,
): Panel;
export function heatMap(
  source: NumberList,
  ...rest: readonly (readonly [number, number] | HeatMapOptions | undefined)[]
): Panel {
  const isShapeLeftOut = isLocalArray(source) && !Array.isArray(rest[0]);
  const [shape, options] = (isShapeLeftOut ? [source.shape, rest[0]] : rest) as [Shape, HeatMapOptions?];
  const given = withDefaults('heatMap', options, DEFAULTS);
  const { range, extent, aspect, marks, colorMap, transpose } = given;
  const values = numberList('heatMap', 'the values', source);
  if (!isListOf(shape, (s: number) => Number.isSafeInteger(s) && s > 0) || shape.length !== 2)
    throw new ShapeError(`heatMap: expected a shape of two positive integers, received ${textOf(shape)}`);
  const [n = 0, m = 0] = shape;
  if (values.length !== n * m)
    throw new ShapeError(`expected ${n * m} values for shape [${n}, ${m}], received ${values.length}`);
  if (range !== undefined && !(isListOf(range, Number.isFinite) && range.length === 2 && range[0] < range[1]))
    throw new ArgumentError(`expected range to be [low, high] with low < high, received ${textOf(range)}`);
  if (extent !== undefined && !(isExtent(extent) && extent[0] !== extent[1] && extent[2] !== extent[3]))
    throw new ArgumentError(
      `expected extent to be [left, right, top, bottom] of some width and height, received ${textOf(extent)}`,
    );
  if (typeof colorMap === 'object') checkColorMap(colorMap);
  checkList('heatMap', 'marks { x, y, color }', marks);
  for (const mark of marks) requireOptions('heatMap: a mark', mark, MARK);
  checkTexts('heatMap', given, ['title', 'xLabel', 'yLabel', 'colorBarLabel']);
  if (
    aspect !== 'equal' &&
    aspect !== 'auto' &&
    !(typeof aspect === 'number' && aspect > 0 && Number.isFinite(aspect))
  ) {
    throw new ArgumentError(
      `expected aspect to be 'equal', 'auto' or a positive number, received ${textOf(aspect)}`,
    );
  }
  const grid: Grid = transpose
    ? { values, rows: m, columns: n, rowStride: 1, columnStride: m }
    : { values, rows: n, columns: m, rowStride: m, columnStride: 1 };
  return new HeatMap(grid, given);
}
