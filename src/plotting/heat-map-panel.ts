import { type Axis, axesMargins, between, drawAxes, LABEL_SIZE, type Margins, TICK_SIZE } from './axes.js';
import { type ColorMap, type ColorMapName, colorMap, colorOf } from './color-maps.js';
import { finiteEnds, rangeOf, type ValueRange } from './color-range.js';
import { type Panel, REMOTE } from './panel.js';
import type { Picture } from './picture.js';
import { type Grid, pngUri, rasterize } from './raster.js';
import { element, INK, line, type Rect, text, textWidth } from './svg.js';
import { linearTicks, type Ticks } from './ticks.js';

/** A vertical line at x, a horizontal line at y, or both. */
export interface Mark {
  readonly x?: number | undefined;
  readonly y?: number | undefined;
  /** Any CSS colour. @default '#262626' */
  readonly color?: string | undefined;
}

/** A text in the picture, in data coordinates. It is light on dark colours. */
export interface Note {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** The value whose colour is below the text. */
  readonly over: number;
}

/** How a heat map looks: its options with their defaults. */
export interface HeatMapLook {
  readonly transpose: boolean;
  readonly extent: readonly [left: number, right: number, top: number, bottom: number] | undefined;
  readonly colorMap: ColorMapName | ColorMap;
  readonly range: ValueRange | undefined;
  readonly aspect: 'equal' | 'auto' | number;
  readonly title: string | undefined;
  readonly xLabel: string | undefined;
  readonly yLabel: string | undefined;
  readonly colorBar: boolean;
  readonly colorBarLabel: string | undefined;
  readonly marks: readonly Mark[];
  /** Values are whole numbers that have no mean, such as ranks. @default false */
  readonly areCategories?: boolean;
  /** @default [] */
  readonly notes?: readonly Note[];
}

/** The colour map of an option. */
export const mapOf = (map: ColorMapName | ColorMap): ColorMap =>
  typeof map === 'string' ? colorMap(map) : map;

/** The range of colours that several pictures share. Undefined ones are on another rank. */
export function commonRange(
  pictures: readonly (Picture | undefined)[],
  { range, colorMap: map }: Pick<HeatMapLook, 'range' | 'colorMap'>,
): ValueRange {
  return range ?? rangeOf(finiteEnds(pictures.map((picture) => picture?.ends ?? [])), mapOf(map).diverging);
}

/** A heat map of what rank 0 received. */
export const panelOf = (picture: Picture | undefined, look: HeatMapLook): Panel =>
  picture ? new HeatMap(picture, look) : REMOTE;

const BAR_GAP = 8;
const BAR_WIDTH = 10;

/** Draws a 2-D array in colours, with axes and a colour bar. */
export class HeatMap implements Panel {
  readonly aspect: number | undefined;
  readonly #grid: Grid;
  readonly #options: HeatMapLook;
  readonly #map: ColorMap;
  readonly #range: ValueRange;
  readonly #x: Axis;
  readonly #y: Axis;

  constructor({ grid, shape, ends }: Picture, options: HeatMapLook) {
    const { values, rows, columns, rowStride, columnStride } = grid;
    const { transpose } = options;
    this.#grid = transpose
      ? { values, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride }
      : grid;
    const [height, width] = transpose ? [shape[1], shape[0]] : shape;
    this.#options = options;
    this.#map = mapOf(options.colorMap);
    this.#range = options.range ?? rangeOf(ends, this.#map.diverging);
    const [left, right, top, bottom] = options.extent ?? [-0.5, width - 0.5, -0.5, height - 0.5];
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
    return linearTicks(...this.#range, Math.min(7, height / 26), this.#options.areCategories);
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
    const pixels = rasterize(this.#grid, this.#map, this.#range, w, h, this.#options.areCategories);
    const parts = [
      element('image', { x, y, width, height, preserveAspectRatio: 'none', href: pngUri(pixels, w, h) }),
    ];
    const at = (axis: Axis, value: number): number => between(value, axis.start, axis.end);
    for (const mark of this.#options.marks) {
      const { color = INK } = mark;
      if (mark.x !== undefined) parts.push(dashed(x + width * at(this.#x, mark.x), y, 0, height, color));
      if (mark.y !== undefined) parts.push(dashed(x, y + height * at(this.#y, mark.y), width, 0, color));
    }
    for (const note of this.#options.notes ?? []) {
      const [red, green, blue] = colorOf(this.#map, this.#range, note.over);
      const color = 0.3 * red + 0.59 * green + 0.11 * blue < 130 ? '#ffffff' : INK;
      const [noteX, noteY] = [x + width * at(this.#x, note.x), y + height * at(this.#y, note.y)];
      parts.push(
        text(noteX, noteY + 0.36 * TICK_SIZE, note.text, { size: TICK_SIZE, anchor: 'middle', color }),
      );
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
