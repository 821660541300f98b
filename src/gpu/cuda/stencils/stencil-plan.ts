import { around, product, type Shape } from '../../../core/base/shape.js';
import type { AnyStorage, AxisBand, BandSegment } from '../../../core/ports/backend.js';
import { BLOCK_THREADS, FEWEST_INNER, MOST_BLOCKS, threadsAlong } from '../launch-grid.js';
import { type BandForm, outputsOf, type StencilForm, usedTaps } from './stencil-source.js';

/** The most taps that are arguments of a kernel. */
const MOST_TAPS = 7;
/** A band with fewer rows of the same taps is read from its table. */
const FEWEST_ROWS = 16;
/** So long rows, of which there are fewer than a thread has outputs, are divided among blocks. */
const LONG_ROW = 8192;
/** Rows with the same taps, all of whose elements are within the array. */
interface InsideRows {
  /** In units of the coordinate: of elements on axis 0. */
  readonly from: number;
  readonly to: number;
  readonly lo: number;
  /** The number of the segment, and of its taps. */
  readonly segment: number;
  readonly count: number;
}

/** The launch of a generated kernel. */
export interface PlannedStencil {
  readonly form: StencilForm;
  /** The arguments for planes and axes. */
  readonly sizes: readonly number[];
  readonly bands: readonly {
    readonly n: number;
    readonly stride: number;
    readonly inside: InsideRows | undefined;
  }[];
  /** The taps that are arguments. */
  readonly taps: readonly number[];
  readonly grid: readonly [number, number, number];
  readonly block: readonly [number, number];
}

/** Neighbouring axes as one. */
interface Joined {
  size: number;
  /** The axis of bands, or of the range. */
  readonly axis: number | undefined;
  /** The distance of neighbours of that axis in elements of this one. */
  readonly step: number;
}

/** Axes from the innermost one on; those without a band or a range are joined. */
function joinAxes(shape: Shape, lanes: number, marked: ReadonlySet<number>): Joined[] {
  const joined: Joined[] = [{ size: lanes, axis: undefined, step: 1 }];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] as number;
    const last = joined.at(-1) as Joined;
    if (marked.has(axis)) joined.push({ size: n, axis, step: 1 });
    else if (last.axis === undefined) last.size *= n;
    else if (n > 1) joined.push({ size: n, axis: undefined, step: 1 });
  }
  const [inner, next] = joined as [Joined, Joined | undefined];
  if (next && inner.size < FEWEST_INNER)
    joined.splice(0, 2, { size: inner.size * next.size, axis: next.axis, step: inner.size });
  if (joined.length === 1) joined.push({ size: 1, axis: undefined, step: 1 });
  return joined;
}

/** True if the rows of segments follow each other and do not overlap. */
export const areSorted = (segments: readonly BandSegment[]): boolean =>
  segments.every((s, k) => k === 0 || (segments[k - 1] as BandSegment).end <= s.start);

/** The longest run of rows with the same taps, within the array and the range. */
function insideRows(
  segments: readonly BandSegment[],
  n: number,
  start: number,
  end: number,
): InsideRows | undefined {
  if (!areSorted(segments)) return undefined;
  let longest: InsideRows | undefined;
  segments.forEach((s, segment) => {
    if (s.taps.length === 0) return;
    const from = Math.max(s.start, start, -s.lo);
    const to = Math.min(s.end, end, n - s.lo - s.taps.length + 1);
    if (to - from >= Math.max(FEWEST_ROWS, longest ? longest.to - longest.from + 1 : 0))
      longest = { from, to, lo: s.lo, segment, count: s.taps.length };
  });
  return longest;
}

const patternOf = (taps: readonly number[]): string =>
  taps.length > MOST_TAPS ? 'many' : taps.map((t) => (t === 0 ? '0' : '1')).join('');

/**
 * How a generated kernel computes a stencil of up to four bands; undefined if too few rows have the
 * same taps. `wide`: indices have 64 bits.
 */
export function planStencil(
  shape: Shape,
  lanes: number,
  bands: readonly AxisBand<AnyStorage>[],
  range: { readonly axis: number; readonly start: number; readonly end: number },
  wide: boolean,
): PlannedStencil | undefined {
  if (shape.length === 0 || bands.length === 0) return undefined;
  const isRange = range.end - range.start < (shape[range.axis] as number);
  const joined = joinAxes(
    shape,
    lanes,
    new Set([...bands.map((b) => b.axis), ...(isRange ? [range.axis] : [])]),
  );
  const planned = bands.map(({ axis, segments }) => {
    const place = joined.findIndex((j) => j.axis === axis);
    const { step } = joined[place] as Joined;
    const [, n, inner] = around(shape, axis);
    const [start, end] = isRange && range.axis === axis ? [range.start, range.end] : [0, n];
    const rows = insideRows(segments, n, start, end);
    const inside = rows && { ...rows, from: rows.from * step, to: rows.to * step };
    const taps = inside ? patternOf((segments[inside.segment] as BandSegment).taps) : '';
    const literal = place === 0 && step <= 2 ? (step as 1 | 2) : 0;
    return {
      n,
      stride: inner * lanes,
      inside,
      form: { axis: place, step: literal, taps } satisfies BandForm,
    };
  });
  if (!planned.some(({ form }) => form.taps !== '')) return undefined;
  const limits = joined.map(({ size, axis, step }) =>
    isRange && axis === range.axis ? [size, range.start * step, range.end * step] : [size, 0, size],
  ) as (readonly [size: number, first: number, last: number])[];
  const [row, rows] = limits as [(typeof limits)[0], (typeof limits)[0]];
  const [width, height] = [row[2] - row[1], rows[2] - rows[1]];
  const outputsAlong = height < 4 && width >= LONG_ROW ? 0 : 1;
  const outputs = outputsOf(planned.map((p) => p.form));
  const threads = outputsAlong === 0 ? BLOCK_THREADS : threadsAlong(width);
  const rowsOfBlock = BLOCK_THREADS / threads;
  const [across, down] = outputsAlong === 0 ? [threads * outputs, 1] : [threads, rowsOfBlock * outputs];
  const planes = limits.slice(2).map(([size, first, last]) => [size, first, last - first] as const);
  const count = product(planes.map(([, , n]) => n));
  const blocks = Math.ceil(height / down);
  const form: StencilForm = {
    wide,
    axes: joined.length,
    outputsAlong,
    once: Math.max(blocks, count) <= MOST_BLOCKS,
    bands: planned.map((p) => p.form),
  };
  return {
    form,
    sizes: [count, ...row, ...rows, ...planes.flat()],
    bands: planned,
    taps: planned.flatMap(({ form: { taps }, inside }, b) =>
      inside && taps !== 'many'
        ? usedTaps(taps).map((k) => bands[b]?.segments[inside.segment]?.taps[k] as number)
        : [],
    ),
    grid: [Math.ceil(width / across), Math.min(MOST_BLOCKS, blocks), Math.min(MOST_BLOCKS, count)],
    block: [threads, rowsOfBlock],
  };
}
