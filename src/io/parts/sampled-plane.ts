import type { NDArray } from '../../core/array/ndarray.js';
import { tidy } from '../../core/base/scope.js';
import { product, type Shape } from '../../core/base/shape.js';
import { realValues, type Slice, titleOf } from './array-slice.js';

/** The memory for the chunks that are read, in bytes, and that for one of them. */
const MOST = 2 ** 26;
const LARGEST = 2 ** 28;
/** The most chunks that are read: a picture has few more cells. */
const MOST_CHUNKS = 2 ** 12;

/** An array in chunks. */
interface Chunked {
  readonly shape: Shape;
  readonly chunkShape: Shape;
  /** The bytes of one element. */
  readonly bytes: number;
}

/** The chunks along one axis that are read. */
interface Line {
  /** The number of all chunks. */
  readonly all: number;
  /** Their numbers and their extents inside the array. */
  readonly chosen: readonly (readonly [chunk: number, extent: number])[];
  /** The sum of the extents. */
  readonly length: number;
}

/** Chooses chunks at even distances. */
function lineOf(n: number, chunk: number, take: number): Line {
  const all = Math.ceil(n / chunk);
  const chosen = Array.from({ length: take }, (_, k) => {
    const at = Math.floor(((k + 0.5) * all) / take);
    return [at, Math.min(chunk, n - at * chunk)] as const;
  });
  return { all, chosen, length: chosen.reduce((sum, [, extent]) => sum + extent, 0) };
}

/**
 * Reads the plane in the middle of the leading axes for a picture: all its chunks, or some at even
 * distances. Time and memory are bounded, however large the array is. Undefined for an array
 * without elements, and if one chunk is too large.
 *
 * @param read returns a chunk by its index in the array, or the part of it inside the array. It is
 * disposed of
 */
export function sampledPlane(array: Chunked, read: (index: readonly number[]) => NDArray): Slice | undefined {
  const more = array.shape.length < 2 ? [1, 1].slice(array.shape.length) : [];
  const shape = [...more, ...array.shape];
  const chunkShape = [...more, ...array.chunkShape];
  // numbers of a picture have 8 bytes
  const chunkBytes = product(chunkShape) * Math.max(8, array.bytes);
  if (product(shape) === 0 || chunkBytes > LARGEST) return undefined;
  const [n, m] = shape.slice(-2) as [number, number];
  const [height, width] = chunkShape.slice(-2) as [number, number];
  let [down, across] = [Math.ceil(n / height), Math.ceil(m / width)];
  while (down * across > Math.max(1, Math.min(MOST_CHUNKS, MOST / chunkBytes))) {
    if (down > across) down = Math.ceil(down / 2);
    else across = Math.ceil(across / 2);
  }
  const rows = lineOf(n, height, down);
  const columns = lineOf(m, width, across);
  const middle = shape.slice(0, -2).map((extent) => Math.floor(extent / 2));
  const around = middle.map((at, k) => Math.floor(at / (chunkShape[k] as number)));
  const inside = middle.map((at, k) => at % (chunkShape[k] as number));

  const values = new Float64Array(rows.length * columns.length);
  let title = '';
  let row = 0;
  for (const [i, lines] of rows.chosen) {
    let column = 0;
    for (const [j, length] of columns.chosen) {
      const first = row * columns.length + column;
      tidy(() => {
        const chunk = read([...around, i, j].slice(more.length));
        const plane = chunk.reshape([...more, ...chunk.shape]).slice(...inside, [0, lines], [0, length]);
        const part = realValues(plane);
        for (let r = 0; r < lines; r++)
          for (let c = 0; c < length; c++)
            values[first + r * columns.length + c] = part[r * length + c] as number;
        title ||= titleOf([...middle, ':', ':'].slice(more.length), chunk.dtype);
      });
      column += length;
    }
    row += lines;
  }
  const [some, all] = [down * across, rows.all * columns.all];
  return {
    title: some < all ? `${title}, ${some} of its ${all} parts` : title,
    values,
    rows: rows.length,
    columns: columns.length,
    rowStride: columns.length,
    columnStride: 1,
  };
}
