import { type NumberList, numberList } from '../array/number-list.js';
import { ArgumentError } from '../base/errors.js';
import { checkCount } from '../base/options.js';
import type { Shape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { BandSegment } from '../ports/backend.js';

/**
 * A banded matrix as parts of diagonals: `A[i, i + offset] = value` for `start ≤ i < end`. All
 * algebra of bands uses this form. Its cost depends on the number of segments and taps, never on
 * the size of the matrix.
 */
interface Diagonal {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly value: number;
}

/**
 * Checks that these are segments of a band.
 * @throws {@link ArgumentError} if they are not
 */
function checkBand(segments: readonly BandSegment[]): void {
  const isWhole = Number.isSafeInteger;
  const fits = (s: BandSegment): boolean =>
    isWhole(s?.start) &&
    isWhole(s.end) &&
    isWhole(s.lo) &&
    Array.isArray(s.taps) &&
    s.taps.every((t) => typeof t === 'number');
  // A copy has no holes, which every() would leave out
  if (!Array.isArray(segments) || ![...segments].every(fits))
    throw new ArgumentError(
      `expected a list of band segments { start, end, lo, taps }, received ${textOf(segments)}`,
    );
}

const diagonalsOf = (segments: readonly BandSegment[]): Diagonal[] => {
  checkBand(segments);
  return segments.flatMap(({ start, end, lo, taps }) =>
    taps.map((value, k) => ({ start, end, offset: lo + k, value })).filter((d) => d.value !== 0),
  );
};

/** A banded matrix along one axis of an array. */
export interface AxisScheme {
  readonly axis: number;
  readonly segments: readonly BandSegment[];
}

/** True if the matrix is 0. */
export const isZeroBand = (segments: readonly BandSegment[]): boolean =>
  segments.every(({ taps }) => taps.every((t) => t === 0));

const sameTaps = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((t, k) => t === b[k]);

/**
 * Converts diagonals to segments that tile the rows `0 … rows − 1` in order. Each run of rows with
 * the same taps is one segment.
 */
function segmentsOf(diagonals: readonly Diagonal[], rows: number): BandSegment[] {
  if (rows === 0) return [];
  const begins = [...diagonals].sort((a, b) => a.start - b.start);
  const bounds = [...new Set([0, rows, ...diagonals.flatMap((d) => [d.start, d.end])])]
    .filter((b) => b >= 0 && b <= rows)
    .sort((a, b) => a - b);
  const segments: BandSegment[] = [];
  let active: Diagonal[] = [];
  let next = 0;
  for (let b = 0; b + 1 < bounds.length; b++) {
    const start = bounds[b] as number;
    const end = bounds[b + 1] as number;
    while (next < begins.length && (begins[next] as Diagonal).start <= start)
      active.push(begins[next++] as Diagonal);
    active = active.filter((d) => d.end > start);
    const { lo, taps } = rowOf(active);
    const last = segments.at(-1);
    if (last && (taps.length === 0 || last.lo === lo) && sameTaps(last.taps, taps))
      segments[segments.length - 1] = { ...last, end };
    else segments.push({ start, end, lo, taps });
  }
  return segments;
}

function rowOf(diagonals: readonly Diagonal[]): { lo: number; taps: number[] } {
  let lo = Number.POSITIVE_INFINITY;
  let hi = Number.NEGATIVE_INFINITY;
  for (const { offset } of diagonals) {
    lo = Math.min(lo, offset);
    hi = Math.max(hi, offset);
  }
  if (lo > hi) return { lo: 0, taps: [] };
  const taps = new Array<number>(hi - lo + 1).fill(0);
  for (const { offset, value } of diagonals) taps[offset - lo] = (taps[offset - lo] as number) + value;
  return { lo, taps };
}

/**
 * The transpose of a banded matrix of `rows × columns`, as segments that tile its `columns` rows.
 * Each run of equal rows is one segment. Taps outside `0 … columns − 1` are cut off.
 */
export function transposeBand(
  segments: readonly BandSegment[],
  rows: number,
  columns: number,
): BandSegment[] {
  const transposed = diagonalsOf(segments).map(({ start, end, offset, value }) => ({
    start: Math.max(0, start + offset),
    end: Math.min(columns, Math.min(rows, end) + offset),
    offset: -offset,
    value,
  }));
  return segmentsOf(
    transposed.filter((d) => d.start < d.end),
    columns,
  );
}

/** The transposes of square bands along axes of an array of shape `dims`. */
export const transposeBands = (dims: Shape, bands: readonly AxisScheme[]): AxisScheme[] =>
  bands.map(({ axis, segments }) => {
    const n = dims[axis] as number;
    return { axis, segments: transposeBand(segments, n, n) };
  });

/**
 * The product `A B` of two banded matrices as one. A has `rows` rows. Rows of B without a segment
 * are zero.
 */
export function multiplyBands(
  a: readonly BandSegment[],
  b: readonly BandSegment[],
  rows: number,
): BandSegment[] {
  const right = diagonalsOf(b);
  const products = diagonalsOf(a).flatMap((p) =>
    right.map((q) => ({
      start: Math.max(p.start, q.start - p.offset),
      end: Math.min(p.end, q.end - p.offset),
      offset: p.offset + q.offset,
      value: p.value * q.value,
    })),
  );
  return segmentsOf(
    products.filter((d) => d.start < d.end),
    rows,
  );
}

/**
 * `A[i, i + lo + k] = taps[k]` on all rows of `rows × columns`: a convolution with zeros outside.
 * Taps outside the columns are cut off.
 */
export function toeplitzBand(lo: number, taps: NumberList, rows: number, columns: number): BandSegment[] {
  if (!Number.isSafeInteger(lo))
    throw new ArgumentError(
      `toeplitzBand: expected an integer as the first diagonal, received ${textOf(lo)}`,
    );
  checkCount('toeplitzBand', { rows, columns });
  const diagonals = Array.from(numberList('toeplitzBand', 'taps', taps), (value, k) => ({
    start: Math.max(0, -(lo + k)),
    end: Math.min(rows, columns - (lo + k)),
    offset: lo + k,
    value,
  }));
  return segmentsOf(
    diagonals.filter((d) => d.value !== 0 && d.start < d.end),
    rows,
  );
}

/** `α A` */
export function scaleBand(segments: readonly BandSegment[], alpha: number): BandSegment[] {
  checkBand(segments);
  if (typeof alpha !== 'number')
    throw new ArgumentError(`scaleBand: expected a number, received ${textOf(alpha)}`);
  return segments.map((s) => ({ ...s, taps: s.taps.map((t) => alpha * t) }));
}

/**
 * The rows `start … start + count − 1`, which one rank computes. Their indices count from `start`.
 */
export function clipBand(segments: readonly BandSegment[], start: number, count: number): BandSegment[] {
  checkBand(segments);
  const clipped: BandSegment[] = [];
  for (const s of segments) {
    const from = Math.max(s.start, start);
    const to = Math.min(s.end, start + count);
    if (from < to) clipped.push({ start: from - start, end: to - start, lo: s.lo, taps: s.taps });
  }
  return clipped;
}

/**
 * The ghost cells of a block of `n` cells: the number of cells that its rows read before the first
 * and after the last cell. With `from` and `to`, only the rows `from ≤ i < to` count.
 */
export function bandReach(
  segments: readonly BandSegment[],
  n: number,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): { before: number; after: number } {
  checkBand(segments);
  let before = 0;
  let after = 0;
  for (const { start, end, lo, taps } of segments) {
    const first = Math.max(start, from);
    const last = Math.min(end, to) - 1;
    if (taps.length === 0 || first > last) continue;
    before = Math.max(before, -(first + lo));
    after = Math.max(after, last + lo + taps.length - n);
  }
  return { before, after };
}
