import type { NDArray } from '../../core/array/ndarray.js';
import { product, type Shape, stridesOf } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { type IndexBox, Layout, splitCount, splitStart } from '../../core/distributed/layout.js';

/** The most bytes of a chunk by default. */
const CHUNK_BYTES = 1 << 22;

/**
 * A chunk shape that depends only on the array: the longest axis is halved until a chunk is small
 * enough.
 */
export function defaultChunks(shape: Shape, itemBytes: number): number[] {
  const chunks = shape.map((n) => Math.max(1, n));
  while (product(chunks) * itemBytes > CHUNK_BYTES) {
    const longest = chunks.indexOf(Math.max(...chunks));
    chunks[longest] = Math.ceil((chunks[longest] as number) / 2);
  }
  return chunks;
}

export const chunkCounts = (shape: Shape, chunks: Shape): number[] =>
  shape.map((n, k) => Math.ceil(n / (chunks[k] as number)));

function primeFactors(n: number): number[] {
  const factors: number[] = [];
  for (let f = 2, rest = n; rest > 1; f = f * f > rest ? rest : f + 1) {
    for (; rest % f === 0; rest /= f) factors.push(f);
    if (rest === 1) break;
  }
  return factors.reverse();
}

/**
 * A process grid of at most `ranks` processes in which each block has at least one chunk. Each
 * prime factor is assigned to the axis with the most chunks per block.
 */
function gridFor(counts: readonly number[], ranks: number): number[] {
  const grid = counts.map(() => 1);
  for (const factor of primeFactors(ranks)) {
    const load = counts.map((n, k) => n / ((grid[k] as number) * factor));
    const axis = load.indexOf(Math.max(...load));
    if ((load[axis] as number) >= 1) grid[axis] = (grid[axis] as number) * factor;
  }
  return grid;
}

/**
 * The layout in which ranks read or write whole chunks. It is `layout` itself if that cuts no
 * chunk, otherwise blocks of chunks over a process grid. The function is pure.
 */
export function chunkLayout(layout: Layout, chunks: Shape): Layout {
  const { globalShape, ranks } = layout;
  const isAligned = (rank: number): boolean => {
    const { start, shape } = layout.box(rank);
    return (
      product(shape) === 0 ||
      chunks.every((c, k) => {
        const from = start[k] as number;
        const to = from + (shape[k] as number);
        return from % c === 0 && (to % c === 0 || to === globalShape[k]);
      })
    );
  };
  if (!layout.replicated && Array.from({ length: ranks }, (_, r) => r).every(isAligned)) return layout;
  const counts = chunkCounts(globalShape, chunks);
  const grid = gridFor(counts, ranks);
  const extents = counts.map((count, k) => {
    const [n, c, parts] = [globalShape[k] as number, chunks[k] as number, grid[k] as number];
    return Array.from({ length: parts }, (_, i) => {
      const from = splitStart(count, parts, i);
      return Math.min(n, (from + splitCount(count, parts, i)) * c) - Math.min(n, from * c);
    });
  });
  return Layout.tiles(globalShape, ranks, grid, extents);
}

/**
 * Calls `body` for each chunk of a box that cuts no chunk, with its index in the array and the part
 * of it inside the array.
 */
export function forChunks(
  box: IndexBox,
  chunks: Shape,
  body: (index: readonly number[], part: IndexBox) => void,
): void {
  if (product(box.shape) === 0) return;
  const first = box.start.map((s, k) => s / (chunks[k] as number));
  const counts = chunkCounts(box.shape, chunks);
  const total = product(counts);
  for (let i = 0; i < total; i++) {
    const index = new Array<number>(counts.length);
    for (let k = counts.length - 1, rest = i; k >= 0; k--) {
      index[k] = (first[k] as number) + (rest % (counts[k] as number));
      rest = Math.floor(rest / (counts[k] as number));
    }
    const start = index.map((j, k) => j * (chunks[k] as number));
    const shape = start.map((s, k) =>
      Math.min(chunks[k] as number, (box.start[k] as number) + (box.shape[k] as number) - s),
    );
    body(index, { start, shape });
  }
}

/**
 * Copies a part of a chunk to or from this rank's array.
 *
 * @param axes the array's axes in the order of the chunk's
 */
export function copyChunk(
  chunk: NDArray,
  x: DistributedArray,
  part: IndexBox,
  toChunk: boolean,
  axes?: readonly number[],
): void {
  const { box, local, backend } = x;
  const strides = stridesOf(box.shape);
  const start = strides.reduce(
    (sum, step, k) => sum + step * ((part.start[k] as number) - (box.start[k] as number)),
    0,
  );
  const stored = stridesOf(chunk.shape);
  const inChunk = {
    elements: chunk,
    start: 0,
    strides: axes ? stored.map((_, axis) => stored[axes.indexOf(axis)] as number) : stored,
  };
  const inArray = { elements: local, start, strides };
  if (toChunk) backend.stridedCopy(part.shape, inArray, inChunk, 'set');
  else backend.stridedCopy(part.shape, inChunk, inArray, 'set');
}
