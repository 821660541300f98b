import type { NDArray } from '../core/array/ndarray.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import type { IndexBox } from '../core/distributed/layout.js';
import { sameOnAllRanks } from '../core/ports/agreement.js';
import type { ValueRange } from './color-range.js';
import { chunksOf, type Plane, toFirstRank } from './plane.js';
import type { Grid } from './raster.js';

/** A 2-D array in the resolution of a picture. */
export interface Picture {
  /** Means of cells; NaN where a cell has no number. */
  readonly grid: Grid;
  /** Rows and columns of the array itself. */
  readonly shape: readonly [rows: number, columns: number];
  /** The smallest and the largest finite value of the array; undefined if there is none. */
  readonly ends: ValueRange | undefined;
}

/** The cell of an index, if an axis of `n` indices has `cells` cells. */
const cellOf = (index: number, n: number, cells: number): number => Math.floor(((index + 1) * cells - 1) / n);

/** The cells along one axis that a run of indices touches. */
function touched(start: number, count: number, n: number, cells: number): { first: number; count: number } {
  const first = cellOf(start, n, cells);
  return { first, count: cellOf(start + count - 1, n, cells) - first + 1 };
}

/** The finite ends at the start of a message, before its cells. */
const HEAD = 2;

/**
 * An array as means of at most `resolution` × `resolution` cells, on the first rank. Each rank
 * reduces its own part, a quarter of a million elements at a time.
 *
 * Sends: each rank with elements one message to rank 0, of 8 bytes for each of its cells (16 if
 * cells have more than one element) and 16 more. Nothing if the array is on one rank or on all.
 *
 * @returns undefined on all ranks but the first
 */
export function pictureOf(plane: Plane, resolution: number): Picture | undefined {
  const { shape } = plane;
  const cells = shape.map((n) => Math.min(n, resolution)) as [number, number];
  const [rows, columns] = cells;
  const isReduced = rows < shape[0] || columns < shape[1];
  // a power of two, so that sums of a cell do not overflow, and scaling does not round
  const weight = 2 ** -Math.ceil(Math.log2(Math.ceil(shape[0] / rows) * Math.ceil(shape[1] / columns)));
  const spans = ({ start, shape: part }: IndexBox) =>
    [0, 1].map((k) =>
      touched(start[k] as number, part[k] as number, shape[k] as number, cells[k] as number),
    ) as [{ first: number; count: number }, { first: number; count: number }];
  const countOf = (box: IndexBox): number => {
    const [down, across] = spans(box);
    return HEAD + (isReduced ? 2 : 1) * down.count * across.count;
  };

  /** `[low, high, sums …, counts …]`; without counts if each cell is one element. */
  const reduced = (x: NDArray, box: IndexBox): Float64Array => {
    const [down, across] = spans(box);
    const message = new Float64Array(countOf(box));
    const size = down.count * across.count;
    const [sums, counts] = [message.subarray(HEAD, HEAD + size), message.subarray(HEAD + size)];
    const [top, left] = box.start as [number, number];
    const places = Int32Array.from(
      { length: box.shape[1] as number },
      (_, j) => cellOf(left + j, shape[1], columns) - across.first,
    );
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { row, column, rows: n, columns: m, values } of chunksOf(x)) {
      for (let i = 0, k = 0; i < n; i++) {
        const line = (cellOf(top + row + i, shape[0], rows) - down.first) * across.count;
        for (let j = 0; j < m; j++, k++) {
          const value = values[k] as number;
          const at = line + (places[column + j] as number);
          if (Number.isFinite(value)) {
            if (value < low) low = value;
            if (value > high) high = value;
          }
          if (!isReduced) sums[at] = value;
          else if (!Number.isNaN(value)) {
            sums[at] = (sums[at] as number) + value * weight;
            counts[at] = (counts[at] as number) + 1;
          }
        }
      }
    }
    message[0] = low;
    message[1] = high;
    return message;
  };

  const rank = plane.comm?.rank ?? 0;
  const all = rank === 0 ? new Float64Array(rows * columns) : undefined;
  const counts = all && isReduced ? new Float64Array(rows * columns) : undefined;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  toFirstRank(
    plane,
    countOf,
    (box) => reduced(plane.part(), box),
    (message, box) => {
      const [down, across] = spans(box);
      const size = down.count * across.count;
      low = Math.min(low, message[0] as number);
      high = Math.max(high, message[1] as number);
      for (let k = 0; k < size; k++) {
        const at = (down.first + Math.floor(k / across.count)) * columns + across.first + (k % across.count);
        if (all) all[at] = (all[at] as number) + (message[HEAD + k] as number);
        if (counts) counts[at] = (counts[at] as number) + (message[HEAD + size + k] as number);
      }
    },
  );
  if (!all) return undefined;
  if (counts)
    for (let k = 0; k < all.length; k++) all[k] = (all[k] as number) / ((counts[k] as number) * weight);
  return {
    grid: { values: all, rows, columns, rowStride: columns, columnStride: 1 },
    shape,
    ends: low <= high ? [low, high] : undefined,
  };
}

/**
 * Runs the checks of a picture on all ranks. Collective; one exchange of metadata.
 *
 * @param place what else decides how much each rank sends
 * @throws on all ranks if `check` throws on one, or if the resolutions differ
 */
export function sameForPicture<T extends { readonly resolution: number }>(
  owner: string,
  { comm }: DistributedArray,
  check: () => T,
  place: (given: T) => object = () => ({}),
): T {
  let given!: T;
  sameOnAllRanks(comm, owner, () => {
    given = check();
    return { resolution: given.resolution, ...place(given) };
  });
  return given;
}
