import { NDArray } from '../array/ndarray.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { product, toAxes, toAxis } from '../base/shape.js';
import type { Index } from '../base/slice.js';
import { textOf } from '../base/text-of.js';
import { checkDistributed, DistributedArray } from './distributed-array.js';
import { Layout } from './layout.js';
import { TransferPlan } from './transfer.js';

/**
 * The block sizes of a layout along every axis. Those along `axis` count only the part within
 * `first ≤ index < end`.
 */
function extentsWithin(layout: Layout, axis: number, first: number, end: number): number[][] {
  return layout.grid.map((blocks, k) => {
    const step = product(layout.grid.slice(k + 1));
    return Array.from({ length: blocks }, (_, b) => {
      const box = layout.box(b * step);
      const [start, n] = [box.start[k] as number, box.shape[k] as number];
      return k === axis ? Math.max(0, Math.min(start + n, end) - Math.max(start, first)) : n;
    });
  });
}

/**
 * This rank's part of the slab `first ≤ index < end` along an axis, as indices into its local
 * array.
 */
function withinBox(x: DistributedArray, axis: number, first: number, end: number): Index[] {
  const { start, shape } = x.box;
  const [from, n] = [start[axis] as number, shape[axis] as number];
  const clamp = (i: number) => Math.min(Math.max(i - from, 0), n);
  return shape.map((_, k): Index => (k === axis ? [clamp(first), clamp(end)] : null));
}

/** Copies a slab of `count` rows along an axis from row `from` of x to row `to` of y. */
function moveSlab(
  x: DistributedArray,
  y: DistributedArray,
  axis: number,
  from: number,
  to: number,
  count: number,
): void {
  if (count === 0) return;
  const { layout, comm } = x;
  const shape = layout.globalShape.map((n, k) => (k === axis ? count : n));
  const slab = (first: number) =>
    Layout.tiles(shape, comm.size, layout.grid, extentsWithin(layout, axis, first, first + count));
  const [source, target] = [slab(from), slab(to)];
  const part = x.local.slice(...withinBox(x, axis, from, from + count));
  const moved = NDArray.empty(target.localShape(comm.rank), { dtype: x.dtype, backend: x.backend });
  TransferPlan.between(source, target, comm).run(part, moved);
  if (moved.size > 0) y.local.set(withinBox(y, axis, to, to + count), moved);
  part.dispose();
  moved.dispose();
}

/**
 * Shifts cyclically by `shift` places along an axis of the global array: element i moves to
 * `(i + shift) mod n`. Cost: if the axis is distributed, one message for each two ranks with
 * intersecting parts; otherwise none.
 * @throws {@link ShapeError} for concatenated arrays, which have no axes
 */
export function roll(x: DistributedArray, shift: number, axis = 0): DistributedArray {
  if (!Number.isSafeInteger(shift))
    throw new ArgumentError(`roll: expected shift to be an integer, received ${textOf(shift)}`);
  checkDistributed('roll', x);
  if (x.layout.kind !== 'boxes') throw new ShapeError('roll: a concatenated array has no axes');
  const k = toAxis(axis, x.ndim);
  const n = x.globalShape[k] as number;
  if (x.layout.replicated || x.layout.grid[k] === 1)
    return DistributedArray.inSpace(x.space, x.local.roll(shift, k));
  const y = x.emptyLike();
  const s = n > 0 ? ((shift % n) + n) % n : 0;
  moveSlab(x, y, k, 0, s, n - s);
  moveSlab(x, y, k, n - s, 0, s);
  return y;
}

/** Rolls along several axes, along each by `shiftOf` of its length. */
function rollAll(
  x: DistributedArray,
  axes: number | readonly number[] | undefined,
  shiftOf: (n: number) => number,
): DistributedArray {
  checkDistributed('fftshift', x);
  let y = x;
  for (const axis of toAxes(axes, x.ndim)) {
    const next = roll(y, shiftOf(x.globalShape[axis] as number), axis);
    if (y !== x) y.dispose();
    y = next;
  }
  return y === x ? x.copy() : y;
}

/**
 * Moves frequency 0 from the first place to the middle (index ⌊n/2⌋) along `axes`. Cost: that of
 * {@link roll} for each axis.
 * @param axes all axes by default
 */
export function fftshift(x: DistributedArray, axes?: number | readonly number[]): DistributedArray {
  return rollAll(x, axes, (n) => Math.floor(n / 2));
}

/** The inverse of {@link fftshift}: moves the middle to the first place. */
export function ifftshift(x: DistributedArray, axes?: number | readonly number[]): DistributedArray {
  return rollAll(x, axes, (n) => -Math.floor(n / 2));
}
