import { schemeTableau10 } from 'd3-scale-chromatic';
import { isLocalArray } from '../core/array/elementwise.js';
import { type NumberList, numberList } from '../core/array/number-list.js';
import { isComplex } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import {
  checkList,
  checkOneOf,
  checkPositiveCount,
  checkTexts,
  type Defaults,
  requireOptions,
  type WithDefaults,
  withDefaults,
} from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import {
  type Axis,
  axesMargins,
  drawAxes,
  fraction,
  type Margins,
  TICK_SIZE,
  xTicks,
  yTicks,
} from './axes.js';
import { checkRange, finiteEnds, type ValueRange, within } from './color-range.js';
import { curvesOf, pointsOf } from './curves.js';
import { type Panel, REMOTE } from './panel.js';
import { sameForPicture } from './picture.js';
import { checkDrawable, planeOf } from './plane.js';
import { type Attributes, element, line, px, type Rect, text, textWidth } from './svg.js';

/** One line of a plot. */
export interface Series {
  /** Of a DistributedArray: one axis, real. */
  readonly y: NumberList | DistributedArray;
  /** One number for each of y, also if y is distributed. @default 0, 1, 2, … */
  readonly x?: NumberList;
  readonly label?: string;
  /** Any CSS colour. @default one of ten, in turn */
  readonly color?: string;
  /** @default 1.5 */
  readonly width?: number;
  /** @default 'solid' */
  readonly style?: 'solid' | 'dashed' | 'points';
}

/** Options of {@link linePlot}. */
export interface LinePlotOptions {
  /** Ends of the axis, left and right. @default those of the data */
  readonly xRange?: ValueRange;
  /**
   * Ends of the axis, bottom and top. If the first is the larger one, the axis runs downwards.
   * @default those of the data and a little room
   */
  readonly yRange?: ValueRange;
  /** 'log' leaves out values that are not positive. @default 'linear' */
  readonly yScale?: 'linear' | 'log';
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Width over height. @default the figure's panel size */
  readonly aspect?: number;
  /** The corner with the labels of the series. @default 'top-right' */
  readonly legend?: 'top-right' | 'top-left' | 'bottom-right' | 'bottom-left';
  /**
   * Most points of a curve. Of more, the smallest and the largest of equal runs of elements are
   * drawn, so that no peak is lost.
   * @default 4096
   */
  readonly resolution?: number;
}
const SERIES = {
  y: undefined,
  x: undefined,
  label: undefined,
  color: undefined,
  width: 1.5,
  style: 'solid',
} satisfies Defaults<Series>;
/** A series with the defaults filled in. */
type Curve = Omit<WithDefaults<Series, typeof SERIES>, 'x' | 'y'> & {
  readonly y: ArrayLike<number>;
  readonly x: ArrayLike<number>;
};
type ColoredCurve = Curve & { readonly color: string };

const DEFAULTS = {
  xRange: undefined,
  yRange: undefined,
  yScale: 'linear',
  title: undefined,
  xLabel: undefined,
  yLabel: undefined,
  aspect: undefined,
  legend: 'top-right',
  resolution: 4096,
} satisfies Defaults<LinePlotOptions>;
type Given = WithDefaults<LinePlotOptions, typeof DEFAULTS>;

const GRID = '#e3e3e3';

function xEnds(series: readonly Curve[]): ValueRange {
  const [low, high] = finiteEnds(series.map((s) => s.x)) ?? [0, 1];
  return low < high ? [low, high] : [low - 0.5, low + 0.5];
}

function yEnds(series: readonly Curve[], scale: 'linear' | 'log'): ValueRange {
  const all = series.map((s) => s.y);
  if (scale === 'log') {
    const found = finiteEnds(all, (v) => v > 0);
    if (!found) return [0.1, 1];
    const [low, high] = found;
    const room = Math.max(1.25, 10 ** (0.05 * (Math.log10(high) - Math.log10(low))));
    return [Math.max(low / room, Number.MIN_VALUE), within(high * room)];
  }
  const found = finiteEnds(all);
  if (!found) return [0, 1];
  const [low, high] = found;
  const room = low === high ? Math.max(0.5, Math.abs(low) / 2) : 0.05 * high - 0.05 * low;
  return [within(low - room), within(high + room)];
}

const point = (cx: number, cy: number, { width, color }: ColoredCurve): string =>
  element('circle', { cx, cy, r: 1.3 * width, fill: color });

const stroke = ({ color, width, style }: ColoredCurve): Attributes => ({
  stroke: color,
  'stroke-width': width,
  'stroke-dasharray': style === 'dashed' ? '5 3' : undefined,
});

/** Draws curves over a common pair of axes. */
class LinePlot implements Panel {
  readonly aspect: number | undefined;
  readonly #series: readonly ColoredCurve[];
  readonly #options: Given;
  readonly #x: Axis;
  readonly #y: Axis;

  constructor(series: readonly Curve[], options: Given) {
    this.#options = options;
    this.#series = series.map((s, k) => ({
      ...s,
      color: s.color ?? (schemeTableau10[k % schemeTableau10.length] as string),
    }));
    const scale = options.yScale;
    const [left, right] = options.xRange ?? xEnds(series);
    const [bottom, top] = options.yRange ?? yEnds(series, scale);
    const whole = series.every(({ x }) => Array.from(x).every(Number.isInteger));
    this.#x = { start: left, end: right, scale: 'linear', label: options.xLabel, whole };
    this.#y = { start: top, end: bottom, scale, label: options.yLabel };
    this.aspect = options.aspect;
  }

  get #axes(): { x: Axis; y: Axis; title: string | undefined } {
    return { x: this.#x, y: this.#y, title: this.#options.title };
  }

  margins(width: number, height: number): Margins {
    return axesMargins(this.#axes, width, height);
  }

  draw(area: Rect, _density: number, id: string): string {
    const { x, y, width, height } = area;
    const parts = [element('clipPath', { id: `clip-${id}` }, element('rect', { x, y, width, height }))];
    for (const value of yTicks(this.#y, height).at) {
      const at = y + height * fraction(this.#y, value);
      parts.push(line(x, at, x + width, at, GRID));
    }
    for (const value of xTicks(this.#x, width).at) {
      const at = x + width * fraction(this.#x, value);
      parts.push(line(at, y, at, y + height, GRID));
    }
    const curves = this.#series.map((s) => this.#curve(area, s));
    parts.push(
      element('g', { 'clip-path': `url(#clip-${id})` }, curves.join('\n')),
      drawAxes(this.#axes, area),
      this.#legend(area),
    );
    return parts.join('\n');
  }

  #curve(area: Rect, series: ColoredCurve): string {
    const path: string[] = [];
    const points: string[] = [];
    let pen = 'M';
    for (let k = 0; k < series.y.length; k++) {
      const a = area.x + area.width * fraction(this.#x, series.x[k] as number);
      const b = area.y + area.height * fraction(this.#y, series.y[k] as number);
      if (!Number.isFinite(a) || !Number.isFinite(b)) {
        pen = 'M';
        continue;
      }
      if (series.style === 'points') points.push(point(a, b, series));
      else path.push(`${pen}${px(a)} ${px(b)}`);
      pen = 'L';
    }
    if (series.style === 'points') return points.join('\n');
    return element('path', { d: path.join(''), fill: 'none', ...stroke(series), 'stroke-linejoin': 'round' });
  }

  #legend(area: Rect): string {
    const named = this.#series.flatMap((s) => (s.label === undefined ? [] : [{ ...s, label: s.label }]));
    if (named.length === 0) return '';
    const [row, swatch, pad] = [TICK_SIZE + 4.5, 18, 5];
    const width = 3 * pad + swatch + Math.max(...named.map((s) => textWidth(s.label, TICK_SIZE)));
    const height = named.length * row + 1.4 * pad;
    const place = this.#options.legend;
    const x = place.endsWith('right') ? area.x + area.width - width - 6 : area.x + 6;
    const y = place.startsWith('top') ? area.y + 6 : area.y + area.height - height - 6;
    const box = {
      x,
      y,
      width,
      height,
      rx: 2,
      fill: '#ffffff',
      'fill-opacity': '0.85',
      stroke: '#cccccc',
      'stroke-width': 0.7,
    };
    const parts = [element('rect', box)];
    named.forEach((s, k) => {
      const middle = y + 0.7 * pad + (k + 0.5) * row;
      const ends = { x1: x + pad, y1: middle, x2: x + pad + swatch, y2: middle };
      parts.push(
        s.style === 'points'
          ? point(x + pad + swatch / 2, middle, s)
          : element('line', { ...ends, ...stroke(s) }),
      );
      parts.push(text(x + 2 * pad + swatch, middle + 0.36 * TICK_SIZE, s.label, { size: TICK_SIZE }));
    });
    return parts.join('\n');
  }
}

/** A series that was checked. */
type Checked = Omit<WithDefaults<Series, typeof SERIES>, 'x'> & {
  readonly y: NumberList | DistributedArray;
  readonly x: ArrayLike<number> | undefined;
};

/** Checks the arguments. No communication. */
function checked(series: readonly Series[], options: LinePlotOptions | undefined) {
  const given = withDefaults('linePlot', options, DEFAULTS);
  const { xRange, yRange, yScale, legend, resolution } = given;
  if (xRange !== undefined) checkRange('xRange', xRange);
  if (yRange !== undefined) checkRange('yRange', yRange);
  checkOneOf('yScale', yScale, ['linear', 'log']);
  checkOneOf('legend', legend, ['top-right', 'top-left', 'bottom-right', 'bottom-left']);
  checkPositiveCount('linePlot', { resolution });
  checkTexts('linePlot', given, ['title', 'xLabel', 'yLabel']);
  checkList('linePlot', 'series { x, y, label }', series);
  if (yScale === 'log' && yRange?.some((v) => v <= 0)) {
    throw new ArgumentError(`expected a positive yRange for a logarithmic axis, received ${textOf(yRange)}`);
  }
  const all = series.map((one, k): Checked => {
    const s = requireOptions(`linePlot: series ${k}`, one, SERIES);
    const isArray = isDistributed(s.y) || isLocalArray(s.y);
    if (isDistributed(s.y)) checkDrawable(`linePlot: series ${k}`, s.y, [1]);
    const y = isArray ? s.y : numberList(`linePlot: series ${k}`, 'y', s.y as NumberList);
    const size = isDistributed(y) || isLocalArray(y) ? y.size : y.length;
    const x = s.x === undefined ? undefined : numberList(`linePlot: series ${k}`, 'x', s.x);
    checkTexts(`linePlot: series ${k}`, s, ['label', 'color']);
    if (isLocalArray(y) && isComplex(y.dtype)) numberList(`linePlot: series ${k}`, 'y', y);
    if (x && x.length !== size)
      throw new ShapeError(`expected x and y of one length in series ${k}, received ${x.length} and ${size}`);
    return { ...s, x, y };
  });
  return { given, all, resolution };
}

/** The points of a series, on rank 0 if it is distributed. Undefined on other ranks. */
function curveOf({ y, x, ...look }: Checked, resolution: number): Curve | undefined {
  const points =
    isDistributed(y) || (isLocalArray(y) && y.size > 0)
      ? curvesOf(planeOf(isDistributed(y) ? y : y.ravel()), [0], resolution)?.[0]
      : pointsOf(isLocalArray(y) ? [] : y, resolution);
  if (!points) return undefined;
  return { ...look, y: points.value, x: x ? points.index.map((k) => x[k] as number) : points.index };
}

/**
 * A panel of curves. Of more than `resolution` points, the smallest and the largest of equal runs
 * are drawn.
 *
 * With a DistributedArray among the curves: collective. All ranks exchange metadata once, and each
 * rank with elements sends one message to rank 0 for each distributed curve, of 16 bytes for each
 * point of its part. Figures with the panel are written by rank 0.
 *
 * @throws {@link ShapeError} if x and y of a curve differ in length
 * @throws {@link ArgumentError} if a range is empty; with distributed curves, on all ranks if the
 *   options of one are wrong
 * @throws {@link DTypeError} for complex values
 */
export function linePlot(series: readonly Series[], options?: LinePlotOptions): Panel {
  const first = Array.isArray(series) ? series.find((s) => isDistributed(s?.y))?.y : undefined;
  const { given, all, resolution } = isDistributed(first)
    ? sameForPicture(
        'linePlot',
        first,
        () => checked(series, options),
        ({ all: them }) => ({ distributed: them.map(({ y }) => isDistributed(y)) }),
      )
    : checked(series, options);
  const curves = all.map((one) => curveOf(one, resolution));
  const isHere = !isDistributed(first) || first.comm.rank === 0;
  return isHere ? new LinePlot(curves as Curve[], given) : REMOTE;
}
