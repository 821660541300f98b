import { element, fittingSize, INK, line, type Rect, text, textWidth } from './svg.js';
import { linearTicks, logTicks, type Ticks } from './ticks.js';

export const LABEL_SIZE = 11;
export const TICK_SIZE = 9.5;
export const TITLE_SIZE = 12;
const TICK_LENGTH = 3.5;
const MINOR_LENGTH = 2;
/** Distance between a tick, its label and the axis label. */
const GAP = 3;

/** The space that a panel needs around its data. */
export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** One axis: the data coordinates at its start (left, top) and at its end. */
export interface Axis {
  readonly start: number;
  readonly end: number;
  readonly scale: 'linear' | 'log';
  readonly label: string | undefined;
  /** Ticks at whole numbers only, for indices. @default false */
  readonly whole?: boolean;
}

/** The position of a data coordinate on the axis: 0 at the start and 1 at the end. */
export function fraction({ start, end, scale }: Axis, value: number): number {
  return scale === 'log'
    ? (Math.log10(value) - Math.log10(start)) / (Math.log10(end) - Math.log10(start))
    : between(value, start, end);
}

/** Computes `(value − start) / (end − start)`, even if the difference of the ends overflows. */
export function between(value: number, start: number, end: number): number {
  const span = end - start;
  return Number.isFinite(span) ? (value - start) / span : (value / 4 - start / 4) / (end / 4 - start / 4);
}

function ticksOf({ start, end, scale, whole }: Axis, count: number): Ticks {
  return scale === 'log'
    ? logTicks(Math.min(start, end), Math.max(start, end), count)
    : linearTicks(start, end, count, whole);
}

/** The ticks of a horizontal axis of some width in pixels. */
export const xTicks = (axis: Axis, width: number): Ticks => ticksOf(axis, width / 48);
/** The ticks of a vertical axis of some height in pixels. */
export const yTicks = (axis: Axis, height: number): Ticks => ticksOf(axis, height / 32);
const widest = (labels: readonly string[]): number =>
  Math.max(0, ...labels.map((l) => textWidth(l, TICK_SIZE)));

export interface AxesOptions {
  readonly x: Axis;
  readonly y: Axis;
  readonly title: string | undefined;
}

export function axesMargins({ x, y, title }: AxesOptions, width: number, height: number): Margins {
  const yLabels = yTicks(y, height);
  const xLabels = xTicks(x, width);
  const lastWidth = textWidth(xLabels.labels.at(-1) ?? '', TICK_SIZE);
  return {
    left: TICK_LENGTH + 2 * GAP + widest(yLabels.labels) + (y.label ? LABEL_SIZE + 2 * GAP : 0),
    right: Math.max(6, lastWidth / 2 + 2, xLabels.factor ? textWidth(xLabels.factor, TICK_SIZE) : 0),
    top: (title ? TITLE_SIZE + 8 : 5) + (yLabels.factor ? TICK_SIZE + 2 : 0),
    bottom: TICK_LENGTH + GAP + TICK_SIZE + (x.label ? LABEL_SIZE + 2 * GAP : 2),
  };
}

/** Draws frame, ticks, labels and title around the data of a panel. */
export function drawAxes({ x, y, title }: AxesOptions, area: Rect): string {
  const parts: string[] = [];
  const { x: left, y: top, width, height } = area;
  const [right, bottom] = [left + width, top + height];
  const horizontal = xTicks(x, width);
  const vertical = yTicks(y, height);

  parts.push(
    element('rect', { x: left, y: top, width, height, fill: 'none', stroke: INK, 'stroke-width': 0.8 }),
  );
  for (const value of horizontal.minor) {
    const at = left + width * fraction(x, value);
    parts.push(line(at, bottom, at, bottom + MINOR_LENGTH));
  }
  for (const value of vertical.minor) {
    const at = top + height * fraction(y, value);
    parts.push(line(left - MINOR_LENGTH, at, left, at));
  }
  horizontal.at.forEach((value, k) => {
    const at = left + width * fraction(x, value);
    parts.push(line(at, bottom, at, bottom + TICK_LENGTH));
    parts.push(
      text(at, bottom + TICK_LENGTH + GAP + 0.8 * TICK_SIZE, horizontal.labels[k] as string, {
        size: TICK_SIZE,
        anchor: 'middle',
      }),
    );
  });
  vertical.at.forEach((value, k) => {
    const at = top + height * fraction(y, value);
    parts.push(line(left - TICK_LENGTH, at, left, at));
    parts.push(
      text(left - TICK_LENGTH - GAP, at + 0.36 * TICK_SIZE, vertical.labels[k] as string, {
        size: TICK_SIZE,
        anchor: 'end',
      }),
    );
  });
  if (horizontal.factor) parts.push(text(right + 4, bottom + 4, horizontal.factor, { size: TICK_SIZE }));
  if (vertical.factor) parts.push(text(left, top - 4, vertical.factor, { size: TICK_SIZE }));
  if (x.label) {
    const baseline = bottom + TICK_LENGTH + GAP + TICK_SIZE + GAP + 0.9 * LABEL_SIZE;
    parts.push(text(left + width / 2, baseline, x.label, { size: LABEL_SIZE, anchor: 'middle' }));
  }
  if (y.label) {
    const at = left - TICK_LENGTH - 2 * GAP - widest(vertical.labels) - GAP;
    parts.push(text(at, top + height / 2, y.label, { size: LABEL_SIZE, anchor: 'middle', vertical: true }));
  }
  if (title) {
    const above = vertical.factor ? TICK_SIZE + 8 : 6;
    parts.push(
      text(left + width / 2, top - above, title, {
        size: fittingSize(title, TITLE_SIZE, width + 60),
        anchor: 'middle',
      }),
    );
  }
  return parts.join('\n');
}
