import type { NDArray } from '../../array/ndarray.js';
import { argsortLines, keysOf, sortLines, takeLines } from '../../array/ordering.js';
import { isComplex, placeDType } from '../../base/dtype.js';
import { around, product } from '../../base/shape.js';
import type { DistributedArray } from '../distributed-array.js';
import { Layout } from '../layout.js';
import type { DistributedSpace } from '../space.js';
import { splitPoints } from './split-points.js';

/** What elements carry when they are sorted: an element of an array, or their place in the line. */
export type Carried = DistributedArray | 'place';

/** Arrays of one layout whose lines along an axis are sorted together. */
export interface Lines {
  /** By these, the most significant last. */
  readonly keys: readonly DistributedArray[];
  readonly axis: number;
  /** What is returned in the order of the keys. A key may be among them. */
  readonly carried: readonly Carried[];
}

/** Whether real numbers are sorted, and nothing else. */
const isPlain = ({ keys, carried }: Lines): boolean =>
  keys.length === 1 &&
  carried.length === 1 &&
  carried[0] === keys[0] &&
  !isComplex((keys[0] as DistributedArray).dtype);

/** The order of the lines of keys on this rank. */
function orderOf(keys: readonly NDArray[], axis: number): NDArray {
  const by = keysOf(keys);
  const order = argsortLines(by, axis);
  for (const key of by) if (!keys.includes(key)) key.dispose();
  return order;
}

/** This rank's part as `[lines, n]`. It shares memory if lines lie together in it. */
function asLines(x: NDArray, axis: number, lines: number): NDArray {
  const [, n, inner] = around(x.shape, axis);
  if (inner === 1 || x.size === 0) return x.reshape([lines, n]);
  const others = x.shape.map((_, k) => k).filter((k) => k !== axis);
  return x
    .transpose([...others, axis])
    .copy()
    .reshape([lines, n]);
}

/** The inverse of {@link asLines}. */
function fromLines(y: NDArray, axis: number, shape: readonly number[]): NDArray {
  if (product(shape.slice(axis + 1)) === 1 || y.size === 0) return y.reshape(shape);
  const moved = y.reshape([...shape.filter((_, k) => k !== axis), shape[axis] as number]);
  const last = shape.length - 1;
  return moved.transpose(shape.map((_, k) => (k === axis ? last : k < axis ? k : k - 1))).contiguous();
}

/**
 * Sends pieces of lines `[lines, n]` to ranks. `sizes[r][l]` and `received[r][l]` are the lengths
 * of the pieces of line l that go to rank r, and that come from it. One all-to-all exchange.
 */
function exchangePieces(
  space: DistributedSpace,
  x: NDArray,
  sizes: readonly (readonly number[])[],
  received: readonly (readonly number[])[],
): NDArray {
  const [lines, n] = x.shape as [number, number];
  const { comm } = space;
  const totals = (pieces: readonly (readonly number[])[]): number[] =>
    pieces.map((p) => p.reduce((a, b) => a + b, 0));
  const run = ({ storage, offset }: NDArray, start: number, size: number) => ({
    storage,
    offset: offset + start,
    size,
  });
  /** Calls back for each piece: its place in lines, its place among the messages, its length. */
  const walk = (
    pieces: readonly (readonly number[])[],
    each: (at: number, packed: number, size: number) => void,
  ) => {
    const from = new Array<number>(lines).fill(0);
    const length = totals(pieces).reduce((a, b) => a + b, 0) / Math.max(1, lines);
    let packed = 0;
    for (const piece of pieces)
      piece.forEach((size, l) => {
        if (size > 0) each(l * length + (from[l] as number), packed, size);
        from[l] = (from[l] as number) + size;
        packed += size;
      });
  };
  let outgoing = x;
  if (lines > 1) {
    outgoing = x.space.withShape([lines * n]).empty();
    walk(sizes, (at, packed, size) => x.backend.copy(run(x, at, size), run(outgoing, packed, size)));
    x.dispose();
  }
  const m = totals(received).reduce((a, b) => a + b, 0) / Math.max(1, lines);
  const incoming = x.space.withShape([lines * m]).empty();
  comm.alltoallv(outgoing, totals(sizes), incoming, totals(received));
  outgoing.dispose();
  if (lines <= 1) return incoming.reshape([lines, m]);
  const y = x.space.withShape([lines, m]).empty();
  walk(received, (at, packed, size) => x.backend.copy(run(incoming, packed, size), run(y, at, size)));
  incoming.dispose();
  return y;
}

/** The parts `[lines, n]` of keys and of what else is carried on this rank, each sorted. */
function sortParts(lines: Lines, others: readonly Carried[], count: number): NDArray[] {
  const { keys, axis } = lines;
  const first = keys[0] as DistributedArray;
  const own = keys.map((key) => asLines(key.local, axis, count));
  const free = (x: NDArray, of: DistributedArray): void => {
    if (x.storage !== of.local.storage) x.dispose();
  };
  if (isPlain(lines)) {
    const sorted = sortLines(own[0] as NDArray, 1);
    free(own[0] as NDArray, first);
    return [sorted];
  }
  const order = orderOf(own, 1);
  const columns = own.map((x, k) => {
    const sorted = takeLines(x, order, 1);
    free(x, keys[k] as DistributedArray);
    return sorted;
  });
  for (const other of others) {
    if (other === 'place') {
      const dtype = placeDType(first.globalShape[axis] as number);
      columns.push(order.astype(dtype).addInPlace(first.box.start[axis] as number));
      continue;
    }
    const x = asLines(other.local, axis, count);
    columns.push(takeLines(x, order, 1));
    free(x, other);
  }
  order.dispose();
  return columns;
}

/** Sorts lines whose parts are on the ranks of one axis, by exact splitters. */
function sortByExchange(lines: Lines): NDArray[] {
  const { keys, axis, carried } = lines;
  const first = keys[0] as DistributedArray;
  const { comm, layout, space } = first;
  const { size } = comm;
  const { shape } = first.local;
  const count = product(first.globalShape.with(axis, 1));
  const lengths = Array.from({ length: size }, (_, r) => layout.box(r).shape[axis] as number);
  const isSigned = isPlain(lines);
  const others = carried.filter((c) => c === 'place' || !keys.includes(c));
  const columns = sortParts(lines, others, count);

  const points = splitPoints({ columns: columns.slice(0, keys.length), isSigned, lengths, comm });
  const sizes = Array.from({ length: size }, (_, r) =>
    Array.from({ length: count }, (_unused, l) => {
      const at = l * size + r;
      return (points[at] as number) - (r === 0 ? 0 : (points[at - 1] as number));
    }),
  );
  const counts = new Float64Array(size * count);
  comm.alltoall(Float64Array.from(sizes.flat()), counts);
  const received = Array.from({ length: size }, (_, r) =>
    Array.from(counts.subarray(r * count, (r + 1) * count)),
  );
  const moved = columns.map((x) => exchangePieces(space, x, sizes, received));

  if (isSigned) {
    const [y] = moved as [NDArray];
    y.backend.sort(y, [count, y.shape[1] as number, 1], y);
    return [fromLines(y, axis, shape)];
  }
  const order = orderOf(moved.slice(0, keys.length), 1);
  const result = carried.map((c) => {
    const at = c === 'place' ? -1 : keys.indexOf(c);
    return takeLines(moved[at >= 0 ? at : keys.length + others.indexOf(c)] as NDArray, order, 1);
  });
  for (const x of [order, ...moved]) x.dispose();
  return result.map((y) => fromLines(y, axis, shape));
}

/** Sorts lines that are whole on each rank. */
function sortWhole(lines: Lines): NDArray[] {
  const { keys, axis, carried } = lines;
  const locals = keys.map((key) => key.local);
  if (isPlain(lines)) return [sortLines(locals[0] as NDArray, axis)];
  const order = orderOf(locals, axis);
  const result = carried.map((c) => (c === 'place' ? order : takeLines(c.local, order, axis)));
  if (!result.includes(order)) order.dispose();
  return result;
}

/** Lines along a split axis that are shorter than this times the square of ranks are moved. */
const SHORT = 64;

/**
 * Moves lines that are split along their axis only so that each rank has whole lines, sorts them,
 * and moves them back. Two messages between each two ranks, for each array.
 */
function sortMoved({ keys, axis, carried }: Lines): NDArray[] {
  const first = keys[0] as DistributedArray;
  const { comm, layout } = first;
  const count = product(first.globalShape.with(axis, 1));
  const blocks = layout.blocks(axis);
  const n = first.globalShape[axis] as number;
  const rows = Layout.tiles([n, count], comm.size, [blocks.length, 1], [blocks, undefined]);
  const { shape } = first.local;
  const axes = shape.map((_, k) => k);
  const isFirst = around(shape, axis)[0] === 1;
  const toLines = (x: DistributedArray): DistributedArray => {
    const part = isFirst ? x.local : x.local.transpose([axis, ...axes.filter((k) => k !== axis)]).copy();
    const own = part.reshape(rows.localShape(comm.rank));
    const moved = x.space.withLayout(rows).wrap(own).redistribute(1);
    if (part !== x.local) part.dispose();
    return moved;
  };
  const fromRows = (y: NDArray): NDArray => {
    if (isFirst || y.size === 0) return y.reshape(shape);
    const others = shape.filter((_, k) => k !== axis);
    const order = axes.map((k) => (k === axis ? 0 : k < axis ? k + 1 : k));
    return y
      .reshape([shape[axis] as number, ...others])
      .transpose(order)
      .contiguous();
  };
  const arrays = [...new Set([...keys, ...carried.filter((c) => c !== 'place')])];
  const moved = arrays.map(toLines);
  const of = <C extends Carried>(c: C): C => (c === 'place' ? c : (moved[arrays.indexOf(c)] as C));
  const sorted = sortWhole({ keys: keys.map(of), axis: 0, carried: carried.map(of) });
  const { space } = moved[0] as DistributedArray;
  for (const x of moved) x.dispose();
  return sorted.map((y) => {
    const back = space.wrap(y).redistribute(rows).local;
    y.dispose();
    return fromRows(back);
  });
}

/**
 * What the elements of lines along an axis carry, in the stable order of keys and in their layout.
 * If the axis is not split, nothing is sent. Otherwise, see {@link splitPoints}, and then one
 * all-to-all exchange of each array: each rank keeps as many elements of each line as it has. Many
 * short lines are moved to ranks that sort whole ones, and back. Arrays that are split along
 * several axes are first moved to a split along this one, and back. Flags are not sorted alone.
 */
export function sortOverRanks(lines: Lines): DistributedArray[] {
  const { keys, axis, carried } = lines;
  const first = keys[0] as DistributedArray;
  const { layout, space, comm } = first;
  if ((layout.grid[axis] as number) === 1) return sortWhole(lines).map((y) => space.wrap(y));
  if (layout.grid.some((parts, k) => parts > 1 && k !== axis)) {
    const arrays = [...new Set([...keys, ...carried.filter((c) => c !== 'place')])];
    const moved = arrays.map((x) => x.redistribute(axis));
    const of = <C extends Carried>(c: C): C => (c === 'place' ? c : (moved[arrays.indexOf(c)] as C));
    const sorted = sortOverRanks({ keys: keys.map(of), axis, carried: carried.map(of) });
    for (const x of moved) x.dispose();
    return sorted.map((y) => {
      const back = y.redistribute(layout);
      y.dispose();
      return back;
    });
  }
  const count = product(layout.globalShape.with(axis, 1));
  if (count === 0) return sortWhole(lines).map((y) => space.wrap(y));
  const isShort = (layout.globalShape[axis] as number) < SHORT * comm.size ** 2;
  return (count >= 2 * comm.size && isShort ? sortMoved : sortByExchange)(lines).map((y) => space.wrap(y));
}
