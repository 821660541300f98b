import type { NDArray } from '../core/array/ndarray.js';
import type { Scalar } from '../core/base/complex.js';
import { checkList } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { product, type Shape, stridesOf } from '../core/base/shape.js';
import type { Range } from '../core/base/slice.js';
import { checkBoxes, type EitherArray, isDistributed } from '../core/distributed/align.js';
import { assemble } from '../core/distributed/assemble.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import type { Layout } from '../core/distributed/layout.js';
import { splitOnce } from '../core/distributed/unsplit.js';
import {
  flatPositions,
  type IndexEntry,
  type ListOf,
  localEntries,
  maskOf,
  type RangeOf,
  rangeFrom,
  type Selected,
  type Selection,
  select,
  shapeOfSelected,
} from './index-entries.js';
import { hasRowsFor, masked } from './masks.js';
import { type ArrayLike, arrayOf } from './operands.js';
import { takeAs } from './selecting.js';
import { expandedDims, squeezed, transposed, viewOf } from './shaping.js';

/** Along an axis, only some elements in steps. */
function stepped(x: DistributedArray, axis: number, { first, count, step }: RangeOf): EitherArray {
  const n = x.globalShape[axis] as number;
  if (first === 0 && count === n && step === 1) return x;
  const isSplit = (x.layout.grid[axis] as number) > 1;
  if (!isSplit || Math.abs(step) <= 1 || count < 2)
    return assemble('getItem', [x], [{ source: 0, first, count, step }], axis);
  // Each rank chooses of its own part, and only these elements are moved
  const low = step > 0 ? first : first + (count - 1) * step;
  const by = Math.abs(step);
  const before = (i: number): number => Math.min(Math.max(Math.ceil((i - low) / by), 0), count);
  let at = 0;
  const sizes = x.layout.blocks(axis).map((size) => {
    at += size;
    return before(at) - before(at - size);
  });
  const layout = x.layout.withLength(axis, sizes);
  const start = x.box.start[axis] as number;
  const own = layout.localShape(x.comm.rank)[axis] as number;
  const range = rangeFrom({ kind: 'range', first: low + before(start) * by, count: own, step: by }, start);
  const part = x.local.slice(...x.globalShape.map((_, k): Range => (k === axis ? range : [])));
  const kept = x.space.withLayout(layout).wrap(part).redistribute(x.layout.withLength(axis, count));
  return step > 0
    ? kept
    : assemble('getItem', [kept], [{ source: 0, first: count - 1, count, step: -1 }], axis);
}

/** The ranges and integers of an index. */
function basic(x: EitherArray, axes: readonly Selection[]): EitherArray {
  if (!isDistributed(x))
    return x.slice(
      ...axes.map((s) => (s.kind === 'integer' ? s.at : s.kind === 'range' ? rangeFrom(s) : null)),
    );
  const integers = axes.flatMap((s, k) => (s.kind === 'integer' ? [k] : []));
  const y = axes.reduce((z: EitherArray, s, k) => {
    if (s.kind === 'list') return z;
    const range: RangeOf = s.kind === 'range' ? s : { kind: 'range', first: s.at, count: 1, step: 1 };
    return stepped(z as DistributedArray, k, range);
  }, x);
  return integers.length > 0 ? squeezed('getItem', y, integers) : y;
}

/** The first `count` axes as one. They are not split but for the first. */
function merged(x: EitherArray, count: number): EitherArray {
  const { shape } = x.space;
  const inner = product(shape.slice(1, count));
  if (!isDistributed(x)) return x.reshape([(shape[0] as number) * inner, ...shape.slice(count)]);
  const dropped = Array.from({ length: count - 1 }, (_, k) => k + 1);
  const layout = (x.layout.without(dropped) as Layout).withLength(
    0,
    x.layout.replicated ? (shape[0] as number) * inner : x.layout.blocks(0).map((n) => n * inner),
  );
  return x.space.withLayout(layout).wrap(x.local.reshape(layout.localShape(x.comm.rank)));
}

/** The elements at lists of positions, whose axes come first. */
function atLists(x: EitherArray, axes: readonly Selection[], listShape: Shape): EitherArray {
  const listed = axes.flatMap((s, k) => (s.kind === 'list' ? [k] : []));
  const from = isDistributed(x) ? splitOnce('getItem', x) : x;
  // A split axis must be the first of those that are merged
  const isSplit = (k: number): boolean => isDistributed(from) && (from.layout.grid[k] as number) > 1;
  const order = [...listed.filter(isSplit), ...listed.filter((k) => !isSplit(k))];
  const others = axes.flatMap((s, k) => (s.kind === 'list' ? [] : [k]));
  const front = transposed('getItem', from, [...order, ...others]);
  const sizes = order.map((k) => from.space.shape[k] as number);
  const strides = stridesOf(sizes);
  const lists = order.map((k) => (axes[k] as ListOf).positions);
  const places = flatPositions(lists, strides, product(sizes));
  return takeAs('getItem', merged(front, order.length), places, 0, listShape);
}

/** The elements that an index selects. */
export function chosen(x: EitherArray, selected: Selected): EitherArray {
  const { axes, listShape, result } = selected;
  let y = basic(x, axes);
  if (listShape) {
    const lists = axes.flatMap((s, k) => (s.kind === 'list' ? [k] : []));
    if (lists.length === 1) {
      const [k] = lists as [number];
      y = takeAs('getItem', y, (axes[k] as ListOf).positions, k, listShape);
    } else {
      y = atLists(y, axes, listShape);
      const before = result.filter((r) => r !== 'new').indexOf('lists');
      const { length } = listShape;
      const rest = y.space.shape.map((_, k) => k).slice(length);
      const order = [...rest.slice(0, before), ...Array.from({ length }, (_, k) => k), ...rest.slice(before)];
      if (before > 0) y = transposed('getItem', y, order);
    }
  }
  let at = 0;
  const added = result.flatMap((r) => {
    const k = at;
    at += r === 'lists' ? (listShape as Shape).length : 1;
    return r === 'new' ? [k] : [];
  });
  return added.length > 0 ? expandedDims(y, added) : y;
}

/** Whether an index consists of ranges, and of fewer integers than the array has axes. */
const isShort = (index: readonly IndexEntry[], x: NDArray): index is readonly (number | Range)[] =>
  index.length <= x.ndim &&
  index.every((entry) => typeof entry === 'number' || Array.isArray(entry)) &&
  (index.length < x.ndim || index.some((entry) => typeof entry !== 'number'));

/**
 * The elements that an index selects, as in NumPy `x[i, j, …]`; a number if all axes are indexed by
 * integers. Of an NDArray, the result is a view of its memory, unless there are index arrays or
 * masks; of a distributed array, it is a copy if not all axes are whole. Index arrays and masks are
 * whole on every rank; a mask as the only index may also be split as the array is.
 *
 * Along a split axis, ranges and integers cost at most one message between two ranks, index arrays
 * one all-to-all exchange, and the result is split evenly. A mask as the only index of an array
 * that is split by rows costs one exchange of objects and messages between neighbours. Along other
 * axes nothing is sent.
 * @throws {@link ShapeError} if an index is outside of its axis
 */
export function getItem(x: ArrayLike, index: readonly IndexEntry[]): EitherArray | Scalar {
  checkList('getItem', 'indices', index);
  return tidy(() => {
    const from = arrayOf('getItem', x);
    if (isDistributed(from)) checkBoxes('getItem', from);
    const entries = localEntries(index);
    const mask = maskOf(entries);
    if (mask && hasRowsFor('getItem', from, mask)) return masked(from, mask);
    if (!isDistributed(from) && isShort(entries, from)) return from.slice(...entries);
    const selected = select('getItem', entries, from.space);
    if (shapeOfSelected(selected).length === 0 && !selected.listShape) {
      const at = selected.axes.map((s) => (s as Selection & { kind: 'integer' }).at);
      return isDistributed(from) ? from.get(at) : from.get(...at);
    }
    const y = chosen(from, selected);
    if (isDistributed(y)) return y === from ? viewOf(y) : y;
    return selected.listShape ? y.contiguous() : y;
  });
}
