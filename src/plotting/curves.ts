import type { NDArray } from '../core/array/ndarray.js';
import type { IndexBox } from '../core/distributed/layout.js';
import { CHUNK, hostValues, type Plane, toFirstRank } from './plane.js';

/** Points of a curve in the order of their indices. */
export interface Points {
  readonly index: Float64Array;
  readonly value: Float64Array;
}

/** The points that are drawn of `count` consecutive ones of a curve of `n`, and their bins. */
function sizes(count: number, n: number, most: number): { readonly points: number; readonly bins: number } {
  const bins = Math.max(1, Math.floor((most * count) / (2 * n)));
  return n <= most || count <= 2 * bins ? { points: count, bins: count } : { points: 2 * bins, bins };
}

/**
 * Writes `[index, value]` of the smallest and the largest value of `values[from … to]`, in the
 * order of their indices. NaN counts only where there is nothing else.
 */
function writeExtremes(
  values: ArrayLike<number>,
  from: number,
  to: number,
  first: number,
  out: Float64Array,
): void {
  let [low, high] = [from, from];
  for (let k = from + 1; k < to; k++) {
    const v = values[k] as number;
    if (Number.isNaN(v)) continue;
    if (!(v >= (values[low] as number))) low = k;
    if (!(v <= (values[high] as number))) high = k;
  }
  const [a, b] = low <= high ? [low, high] : [high, low];
  out.set([first + a, values[a] as number, first + b, values[b] as number]);
}

/** The points of `count` consecutive elements of a row, as pairs. `read` copies some of them. */
function writePoints(
  read: (from: number, to: number) => ArrayLike<number>,
  count: number,
  first: number,
  { points, bins }: { readonly points: number; readonly bins: number },
  out: Float64Array,
): void {
  if (points === count) {
    const values = read(0, count);
    for (let k = 0; k < count; k++) out.set([first + k, values[k] as number], 2 * k);
    return;
  }
  const edge = (bin: number): number => Math.floor((bin * count) / bins);
  const atATime = Math.max(1, Math.floor((CHUNK * bins) / count));
  for (let bin = 0; bin < bins; bin += atATime) {
    const last = Math.min(bins, bin + atATime);
    const [from, to] = [edge(bin), edge(last)];
    const values = read(from, to);
    for (let b = bin; b < last; b++)
      writeExtremes(values, edge(b) - from, edge(b + 1) - from, first + from, out.subarray(4 * b));
  }
}

const split = (pairs: Float64Array): Points => ({
  index: pairs.filter((_, k) => k % 2 === 0),
  value: pairs.filter((_, k) => k % 2 === 1),
});

/** The points of a list. If it has more than `most`, those that decide how its curve looks. */
export function pointsOf(values: ArrayLike<number>, most: number): Points {
  const size = sizes(values.length, values.length, most);
  const pairs = new Float64Array(2 * size.points);
  const read = (from: number, to: number): ArrayLike<number> =>
    Array.prototype.slice.call(values, from, to) as number[];
  writePoints(read, values.length, 0, size, pairs);
  return split(pairs);
}

/**
 * The points of rows of an array, on the first rank. Of a row of more than `most` elements, the
 * smallest and the largest of equal runs of elements. Each rank reduces its own parts of rows.
 *
 * Sends: each rank with elements of the rows one message to rank 0, of 16 bytes for each point.
 *
 * @param rows in ascending order, the same on all ranks
 * @returns undefined on all ranks but the first
 */
export function curvesOf(plane: Plane, rows: readonly number[], most: number): Points[] | undefined {
  const n = plane.shape[1];
  const rowsIn = ({ start, shape }: IndexBox): readonly number[] => {
    const [top, height] = [start[0] as number, shape[0] as number];
    return rows.filter((row) => row >= top && row < top + height);
  };
  const boxOf = (rank: number): IndexBox | undefined => {
    const box = plane.boxOf(rank);
    return box && rowsIn(box).length > 0 ? box : undefined;
  };
  const sizeOf = ({ shape }: IndexBox) => sizes(shape[1] as number, n, most);
  const countOf = (box: IndexBox): number => 2 * rowsIn(box).length * sizeOf(box).points;
  const reduced = (x: NDArray, box: IndexBox): Float64Array => {
    const pairs = new Float64Array(countOf(box));
    const size = sizeOf(box);
    rowsIn(box).forEach((row, k) => {
      const local = row - (box.start[0] as number);
      const read = (from: number, to: number) => hostValues(x.slice(local, [from, to]));
      const out = pairs.subarray(2 * k * size.points, 2 * (k + 1) * size.points);
      writePoints(read, box.shape[1] as number, box.start[1] as number, size, out);
    });
    return pairs;
  };

  const found = new Map<number, { readonly start: number; readonly pairs: Float64Array }[]>();
  const isFirst = toFirstRank(
    { ...plane, boxOf },
    countOf,
    (box) => reduced(plane.part(), box),
    (pairs, box) => {
      const { points } = sizeOf(box);
      rowsIn(box).forEach((row, k) => {
        const part = {
          start: box.start[1] as number,
          pairs: pairs.subarray(2 * k * points, 2 * (k + 1) * points),
        };
        found.set(row, [...(found.get(row) ?? []), part]);
      });
    },
  );
  if (!isFirst) return undefined;
  return rows.map((row) => {
    const parts = (found.get(row) ?? []).sort((a, b) => a.start - b.start);
    const all = new Float64Array(parts.reduce((sum, { pairs }) => sum + pairs.length, 0));
    let at = 0;
    for (const { pairs } of parts) {
      all.set(pairs, at);
      at += pairs.length;
    }
    return split(all);
  });
}
