import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { checkFlag, checkTexts, type Defaults, isListOf, withDefaults } from '../core/base/options.js';
import { product } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import { isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import { type ColorMap, colorMap, colorOf, makeColorMap } from './color-maps.js';
import { HeatMap, type HeatMapLook, type Note } from './heat-map-panel.js';
import { type Panel, REMOTE } from './panel.js';

/** Options of {@link layoutMap}. */
export interface LayoutMapOptions {
  /**
   * The axes that run downwards and across. Of the others, the first index is shown.
   * @default the two axes with the most blocks, the first one downwards
   */
  readonly axes?: readonly [down: number, across: number];
  /** The first of the axes runs across, the second one downwards. @default false */
  readonly transpose?: boolean;
  /** @default the process grid in words */
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
}

const DEFAULTS = {
  axes: undefined,
  transpose: false,
  title: undefined,
  xLabel: undefined,
  yLabel: undefined,
} satisfies Defaults<LayoutMapOptions>;

/** Cells of the picture along each axis. */
const CELLS = 1024;
/** More blocks along an axis have no numbers, which would overlap. */
const MOST_NOTES = 12;

/**
 * A panel that shows which rank owns which elements of an array: a colour and the number of the
 * rank in each block. No communication; every rank has the layout of all ranks.
 *
 * @param source a layout, which any rank draws, or a split array, which rank 0 draws
 * @throws {@link ArgumentError} if every rank has the whole array, or `axes` are not two of its
 *   axes
 * @throws {@link ShapeError} for an array without elements
 * @example new Figure().add(layoutMap(x, { xLabel: 'column' })).writePng('layout.png')
 */
export function layoutMap(source: DistributedArray | Layout, options?: LayoutMapOptions): Panel {
  const given = withDefaults('layoutMap', options, DEFAULTS);
  checkTexts('layoutMap', given, ['title', 'xLabel', 'yLabel']);
  checkFlag('layoutMap', { transpose: given.transpose });
  const layout = isDistributed(source) ? source.layout : source;
  if (!(layout instanceof Layout))
    throw new ArgumentError(`layoutMap: expected a DistributedArray or a Layout, received ${textOf(source)}`);
  if (layout.replicated) throw new ArgumentError('layoutMap: every rank has the whole array');
  if (layout.size === 0) throw new ShapeError('layoutMap: expected an array with elements');
  const { length } = layout.globalShape;
  const isAxis = (axis: unknown): boolean =>
    Number.isInteger(axis) && (axis as number) >= 0 && (axis as number) < length;
  if (given.axes && !(isListOf(given.axes, isAxis) && new Set(given.axes).size === 2))
    throw new ArgumentError(
      `layoutMap: expected two different axes from 0 to ${length - 1}, received ${textOf(given.axes)}`,
    );
  const panel = owners(layout, given.transpose, given);
  return isDistributed(source) && source.comm.rank > 0 ? REMOTE : panel;
}

/** The two axes with the most blocks, in ascending order; one axis of an array of one. */
const splitAxes = ({ grid }: Layout): readonly number[] =>
  [...grid.keys()]
    .sort((a, b) => (grid[b] as number) - (grid[a] as number) || a - b)
    .slice(0, 2)
    .sort((a, b) => a - b);

/** Which rank owns what, in words. */
const titleOf = ({ grid, axis }: Layout): string =>
  grid.filter((parts) => parts > 1).length > 1 ? `grid ${grid.join(' × ')}` : `Split along axis ${axis}`;

interface OwnersLook {
  readonly axes?: readonly number[] | undefined;
  readonly title?: string | undefined;
  readonly xLabel?: string | undefined;
  readonly yLabel?: string | undefined;
}

/** The panel of {@link layoutMap}, of arguments that were checked. */
export function owners(
  layout: Layout,
  transpose: boolean,
  { axes = splitAxes(layout), title, xLabel, yLabel }: OwnersLook = {},
): Panel {
  const plane = (list: readonly number[], lead: number): [number, number] => {
    const two = axes.map((axis) => list[axis] as number);
    return (two.length === 1 ? [lead, ...two] : two) as [number, number];
  };
  const shape = layout.size > 0 ? plane(layout.globalShape, 1) : ([1, 1] as [number, number]);
  const [rows, columns] = shape.map((n) => Math.min(n, CELLS)) as [number, number];
  const middles = [rows, columns].map((cells, k) =>
    Float64Array.from({ length: cells }, (_, p) => Math.floor(((p + 0.5) * (shape[k] as number)) / cells)),
  ) as [Float64Array, Float64Array];
  const values = new Float64Array(rows * columns).fill(Number.NaN);
  const notes: Note[] = [];
  const isNumbered = layout.grid.every((parts) => parts <= MOST_NOTES);
  for (let rank = 0; rank < layout.ranks; rank++) {
    const box = layout.box(rank);
    const isBehind = box.start.some((start, axis) => start > 0 && !axes.includes(axis));
    if (isBehind || product(box.shape) === 0) continue;
    const [[top, left], [height, width]] = [plane(box.start, 0), plane(box.shape, 1)];
    const within = (middle: Float64Array, start: number, count: number): [number, number] => [
      lowerBound(middle, start),
      lowerBound(middle, start + count),
    ];
    const [from, to] = within(middles[0], top, height);
    const [first, last] = within(middles[1], left, width);
    for (let i = from; i < to; i++) values.fill(rank, i * columns + first, i * columns + last);
    const [down, across] = [top + (height - 1) / 2, left + (width - 1) / 2];
    const [x, y] = transpose ? [down, across] : [across, down];
    if (isNumbered) notes.push({ x, y, text: String(rank), over: rank });
  }
  const look: HeatMapLook = {
    transpose,
    extent: undefined,
    colorMap: rankColors(layout.ranks),
    range: [-0.5, layout.ranks - 0.5],
    aspect: 'auto',
    title: title ?? titleOf(layout),
    xLabel,
    yLabel,
    colorBar: true,
    colorBarLabel: 'Rank',
    marks: [],
    areCategories: true,
    notes,
  };
  const grid = { values, rows, columns, rowStride: columns, columnStride: 1 };
  return new HeatMap({ grid, shape, ends: undefined }, look);
}

/** The first place in an ascending list whose element is not below a value. */
function lowerBound(list: Float64Array, value: number): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((list[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** One colour for each rank, evenly spaced in a colour map. */
const rankColors = (ranks: number): ColorMap =>
  makeColorMap('ranks', (t) =>
    colorOf(colorMap('turbo'), [0, 1], (Math.min(ranks - 1, Math.floor(t * ranks)) + 0.5) / ranks),
  );
