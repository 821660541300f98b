import { isLocalArray } from '../core/array/elementwise.js';
import type { NDArray } from '../core/array/ndarray.js';
import { type NumberList, numberList } from '../core/array/number-list.js';
import { ArgumentError } from '../core/base/errors.js';
import {
  checkPositiveCount,
  checkTexts,
  type Defaults,
  type WithDefaults,
  withDefaults,
} from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { type Axis, axesMargins, drawAxes, fraction, type Margins } from './axes.js';
import { finiteEnds } from './color-range.js';
import { type Coordinates, checkAxes, coordinate, edges, type VolumeAxis } from './coordinates.js';
import { curvesOf, type Points, pointsOf } from './curves.js';
import { type Panel, REMOTE } from './panel.js';
import { sameForPicture } from './picture.js';
import { checkDrawable, checkPlane, planeOf, shapeOf } from './plane.js';
import { element, INK, px, type Rect } from './svg.js';

/** Options of {@link wiggle}. */
export interface WiggleOptions {
  /** The coordinates of traces and of samples. @default 'trace' and 'sample', indices */
  readonly axes?: readonly [trace: VolumeAxis, sample: VolumeAxis];
  readonly title?: string;
  /** The largest modulus in distances between drawn traces. @default 1 */
  readonly gain?: number;
  /** Any CSS colour, of lines and of the areas of positive values. @default '#262626' */
  readonly color?: string;
  /** Most traces. Of more, every second, third, … is drawn. @default 80 */
  readonly traces?: number;
  /**
   * Most points of a trace. Of more, the smallest and the largest of equal runs of samples are
   * drawn.
   * @default 1024
   */
  readonly resolution?: number;
}

const DEFAULTS = {
  axes: undefined,
  title: undefined,
  gain: 1,
  color: INK,
  traces: 80,
  resolution: 1024,
} satisfies Defaults<WiggleOptions>;

interface Look extends WithDefaults<Omit<WiggleOptions, 'axes'>, Omit<typeof DEFAULTS, 'axes'>> {
  readonly coords: readonly Coordinates[];
}

function checked(options: WiggleOptions | undefined): Look {
  const given = withDefaults('wiggle', options, DEFAULTS);
  const { gain, traces, resolution } = given;
  if (!(Number.isFinite(gain) && gain > 0))
    throw new ArgumentError(`wiggle: expected gain above 0, received ${textOf(gain)}`);
  checkPositiveCount('wiggle', { traces, resolution });
  checkTexts('wiggle', given, ['title', 'color']);
  return { ...given, coords: checkAxes('wiggle', given.axes, ['trace', 'sample']) };
}

/** The traces that are drawn of `n`. */
const shownOf = (n: number, traces: number): number[] => {
  const stride = Math.ceil(n / traces);
  return Array.from({ length: Math.ceil(n / stride) }, (_, k) => k * stride);
};

/** Draws traces as curves along a vertical axis, with their positive values filled. */
class Wiggle implements Panel {
  readonly aspect = undefined;
  readonly #look: Look;
  readonly #shown: readonly number[];
  readonly #points: readonly Points[];
  readonly #x: Axis;
  readonly #y: Axis;

  constructor(
    shape: readonly [number, number],
    shown: readonly number[],
    points: readonly Points[],
    look: Look,
  ) {
    this.#look = look;
    this.#shown = shown;
    this.#points = points;
    const [trace, sample] = look.coords as [Coordinates, Coordinates];
    // room for the excursions of the outer traces
    const room = Math.max(0.5, look.gain * this.#stride);
    const [left, right] = [coordinate(trace, -room), coordinate(trace, shape[0] - 1 + room)];
    const [top, bottom] = edges(sample, shape[1]);
    const whole = ({ start, step }: Coordinates): boolean =>
      Number.isInteger(start) && Number.isInteger(step);
    this.#x = { start: left, end: right, scale: 'linear', label: trace.label, whole: whole(trace) };
    this.#y = { start: top, end: bottom, scale: 'linear', label: sample.label, whole: whole(sample) };
  }

  /** The distance of two drawn traces. */
  get #stride(): number {
    return this.#shown.length > 1 ? (this.#shown[1] as number) - (this.#shown[0] as number) : 1;
  }

  get #axes(): { x: Axis; y: Axis; title: string | undefined } {
    return { x: this.#x, y: this.#y, title: this.#look.title };
  }

  margins(width: number, height: number): Margins {
    return axesMargins(this.#axes, width, height);
  }

  draw(area: Rect, _density: number, id: string): string {
    const { x, y, width, height } = area;
    const { gain, color, coords } = this.#look;
    const [trace, sample] = coords as [Coordinates, Coordinates];
    const [low, high] = finiteEnds(this.#points.map(({ value }) => value)) ?? [0, 0];
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const spacing = (Math.abs(trace.step) * this.#stride) / Math.abs(this.#x.end - this.#x.start);
    const unit = (gain * spacing * width) / most;
    const areas: string[] = [];
    const lines: string[] = [];
    this.#points.forEach(({ index, value }, k) => {
      const base = x + width * fraction(this.#x, coordinate(trace, this.#shown[k] as number));
      let pen = 'M';
      let [lastAt, lastValue] = [Number.NaN, Number.NaN];
      let lobe = '';
      const close = (at: number): void => {
        if (lobe) areas.push(`${lobe}L${px(base)} ${px(at)}Z`);
        lobe = '';
      };
      for (let i = 0; i < index.length; i++) {
        const at = y + height * fraction(this.#y, coordinate(sample, index[i] as number));
        const v = value[i] as number;
        if (!Number.isFinite(v)) {
          close(lastAt);
          pen = 'M';
          [lastAt, lastValue] = [Number.NaN, Number.NaN];
          continue;
        }
        const place = `${px(base + unit * v)} ${px(at)}`;
        lines.push(`${pen}${place}`);
        // where the curve crosses its base line
        const zero = lastAt + ((at - lastAt) * lastValue) / (lastValue - v);
        if (v > 0) {
          if (!lobe) lobe = `M${px(base)} ${px(lastValue <= 0 ? zero : at)}`;
          lobe += `L${place}`;
        } else close(lastValue > 0 ? zero : at);
        pen = 'L';
        [lastAt, lastValue] = [at, v];
      }
      close(lastAt);
    });
    const clip = element('clipPath', { id: `clip-${id}` }, element('rect', { x, y, width, height }));
    const curves = [
      element('path', { d: areas.join(''), fill: color, stroke: 'none' }),
      element('path', { d: lines.join(''), fill: 'none', stroke: color, 'stroke-width': 0.7 }),
    ];
    const group = element('g', { 'clip-path': `url(#clip-${id})` }, curves.join('\n'));
    return [clip, group, drawAxes(this.#axes, area)].join('\n');
  }
}

/**
 * A panel of seismic traces: each is a curve along the vertical axis, with its positive values
 * filled. All have one scale: the largest modulus is `gain` distances of two traces.
 *
 * Of a DistributedArray: collective. All ranks exchange metadata once, and each rank with elements
 * of the traces that are drawn sends one message to rank 0, of 16 bytes for each point. Figures
 * with the panel are written by rank 0.
 *
 * @param x real, `[traces, samples]`
 * @param values the same as numbers in C order
 * @throws {@link ShapeError} unless there are two axes, with elements
 * @throws {@link DTypeError} for complex values
 * @throws {@link ArgumentError} for wrong options; of a DistributedArray on all ranks
 * @example
 * const axes = [{ label: 'offset [m]', step: 25 }, { label: 'time [s]', step: 0.004 }] as const;
 * new Figure().add(wiggle(gather, { axes })).writePng('gather.png');
 */
export function wiggle(x: NDArray | DistributedArray, options?: WiggleOptions): Panel;
export function wiggle(
  values: NumberList,
  shape: readonly [traces: number, samples: number],
  options?: WiggleOptions,
): Panel;
export function wiggle(
  source: NumberList | DistributedArray,
  ...rest: readonly (readonly [number, number] | WiggleOptions | undefined)[]
): Panel {
  if (isDistributed(source) || (isLocalArray(source) && !Array.isArray(rest[0]))) {
    const check = (): Look => {
      checkDrawable('wiggle', source, [2]);
      return checked(rest[0] as WiggleOptions | undefined);
    };
    const look = isDistributed(source)
      ? sameForPicture('wiggle', source, check, ({ traces }) => ({ traces }))
      : check();
    const shape = shapeOf(source) as readonly [number, number];
    const shown = shownOf(shape[0], look.traces);
    const points = curvesOf(planeOf(source), shown, look.resolution);
    return points ? new Wiggle(shape, shown, points, look) : REMOTE;
  }
  const [shape, options] = rest as [readonly [number, number], WiggleOptions?];
  const look = checked(options);
  const values = numberList('wiggle', 'the values', source);
  checkPlane('wiggle', shape, values.length);
  const [n, samples] = shape;
  const shown = shownOf(n, look.traces);
  const all = Float64Array.from(values);
  const points = shown.map((k) => pointsOf(all.subarray(k * samples, (k + 1) * samples), look.resolution));
  return new Wiggle(shape, shown, points, look);
}
