import { concatenate } from '../core/array/array-functions.js';
import { where } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import { gatherAlong, placesIn } from '../core/array/shaping.js';
import { truePositions } from '../core/array/true-positions.js';
import { checkHolds } from '../core/array/vector-methods.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { type HostArray, hostArray, isBoolean, placeDType } from '../core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../core/base/errors.js';
import { checkList } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape, product, type Shape, sameShape, stridesOf } from '../core/base/shape.js';
import type { Range } from '../core/base/slice.js';
import { textOf } from '../core/base/text-of.js';
import {
  checkBoxes,
  type EitherArray,
  isArrayOfEitherKind,
  isDistributed,
} from '../core/distributed/align.js';
import { assemble } from '../core/distributed/assemble.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import { isRows } from '../core/distributed/redistribution.js';
import { splitOnce } from '../core/distributed/unsplit.js';
import { type IndexEntry, type Selected, type Selection, select, shapeOfSelected } from './index-entries.js';
import { type ArrayLike, arrayOf, arraysOf } from './operands.js';
import { takeAs } from './selecting.js';
import { expandedDims, rowsOf, squeezed, transposed } from './shaping.js';

type RangeOf = Selection & { kind: 'range' };
type ListOf = Selection & { kind: 'list' };

/** The range of resolved positions. */
const rangeFrom = ({ first, count, step }: RangeOf, start = 0): Range => {
  const end = first - start + count * step;
  return count === 0 ? [0, 0] : [first - start, end < 0 ? null : end, step];
};

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

/** The ranges and integers of an index; axes of integers stay, with length 1, if `keeps`. */
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
function listed(x: EitherArray, axes: readonly Selection[], listShape: Shape): EitherArray {
  const lists = axes.flatMap((s, k) => (s.kind === 'list' ? [k] : []));
  const from = isDistributed(x) ? splitOnce('getItem', x) : x;
  // A split axis must be the first of those that are merged
  const isSplit = (k: number): boolean => isDistributed(from) && (from.layout.grid[k] as number) > 1;
  const order = [...lists.filter(isSplit), ...lists.filter((k) => !isSplit(k))];
  const others = axes.flatMap((s, k) => (s.kind === 'list' ? [] : [k]));
  const front = transposed('getItem', from, [...order, ...others]);
  const sizes = order.map((k) => from.space.shape[k] as number);
  const strides = stridesOf(sizes);
  const positions = (axes[order[0] as number] as ListOf).positions.map((_, i) =>
    order.reduce(
      (sum, k, j) => sum + ((axes[k] as ListOf).positions[i] as number) * (strides[j] as number),
      0,
    ),
  );
  return takeAs(
    'getItem',
    merged(front, order.length),
    placesIn('getItem', positions, product(sizes), 0),
    0,
    listShape,
  );
}

function chosen(x: EitherArray, selected: Selected): EitherArray {
  const { axes, listShape, result } = selected;
  let y = basic(x, axes);
  if (listShape) {
    const lists = axes.flatMap((s, k) => (s.kind === 'list' ? [k] : []));
    if (lists.length === 1) {
      const [k] = lists as [number];
      const { positions } = axes[k] as ListOf;
      y = takeAs('getItem', y, placesIn('getItem', positions, y.space.shape[k] as number, k), k, listShape);
    } else {
      y = listed(y, axes, listShape);
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

/** The elements of a distributed array where a distributed mask is true. */
function masked(x: DistributedArray, mask: DistributedArray): EitherArray {
  const [from, flags] = [rowsOf('getItem', x), rowsOf('getItem', mask)];
  const leading = x.globalShape.slice(0, mask.ndim);
  if (!sameShape(leading, mask.globalShape))
    throw new ShapeError(
      `getItem: a mask of shape ${formatShape(mask.globalShape)} does not fit ${formatShape(x.globalShape)}`,
    );
  if (String(from.layout.blocks(0)) !== String(flags.layout.blocks(0)))
    throw new PartitionError('getItem: the mask is split differently: move it with redistribute() first');
  const { comm, local } = from;
  const rest = x.globalShape.slice(mask.ndim);
  const rows = local.reshape([product(local.shape.slice(0, mask.ndim)), ...local.shape.slice(mask.ndim)]);
  const places = truePositions(flags.local);
  const part = gatherAlong(rows, places.toHost(), 0);
  const counts = comm.allgatherObject(places.size);
  const layout = Layout.fromLocalShapes(counts.map((count) => [count, ...rest]));
  const total = counts.reduce((a, b) => a + b, 0);
  return from.space.withLayout(layout).wrap(part).redistribute(layout.withLength(0, total));
}

/** The only entry, if it is a mask that is split over ranks. */
function splitMaskOf(index: readonly IndexEntry[]): DistributedArray | undefined {
  const [entry, ...others] = index;
  return others.length === 0 && isDistributed(entry) && isBoolean(entry.dtype) && !entry.layout.replicated
    ? entry
    : undefined;
}

/** Replicated arrays as arrays of one rank. */
const localEntries = (index: readonly IndexEntry[]): IndexEntry[] =>
  index.map((entry) => (isDistributed(entry) && entry.layout.replicated ? entry.local : entry));

/** Whether an index consists of ranges, and of fewer integers than the array has axes. */
const isShort = (index: readonly IndexEntry[], x: NDArray): index is readonly (number | Range)[] =>
  index.length <= x.ndim &&
  index.every((entry) => typeof entry === 'number' || Array.isArray(entry)) &&
  (index.length < x.ndim || index.some((entry) => typeof entry !== 'number'));

/**
 * The elements that an index selects, as in NumPy `x[i, j, …]`; a number if all axes are indexed by
 * integers. Slices of an NDArray may share its memory. Index arrays and masks are whole on every
 * rank; a mask as the only index may also be split as the array is.
 *
 * Along a split axis, ranges and integers cost at most one message between two ranks, index arrays
 * one all-to-all exchange, and the result is split evenly. A split mask costs one exchange of
 * objects and messages between neighbours. Along other axes nothing is sent.
 * @throws {@link ShapeError} if an index is outside of its axis
 */
export function getItem(x: ArrayLike, index: readonly IndexEntry[]): EitherArray | Scalar {
  checkList('getItem', 'indices', index);
  return tidy(() => {
    const from = arrayOf('getItem', x);
    if (isDistributed(from)) checkBoxes('getItem', from);
    const mask = splitMaskOf(index);
    if (mask) {
      if (isDistributed(from) && !from.layout.replicated) return masked(from, mask);
      throw new PartitionError('getItem: the mask is split over ranks and the array is not');
    }
    if (!isDistributed(from) && isShort(index, from)) return from.slice(...index);
    const selected = select('getItem', localEntries(index), from.space.shape);
    if (shapeOfSelected(selected).length === 0 && !selected.listShape) {
      const at = selected.axes.map((s) => (s as Selection & { kind: 'integer' }).at);
      return isDistributed(from) ? from.get(at) : from.get(...at);
    }
    return chosen(from, selected);
  });
}

/** `x.ravel()[positions] ← values`; the last of equal positions counts. */
export function putFlat(x: NDArray, positions: HostArray, values: NDArray): void {
  if (positions.length === 0) return;
  const n = x.size;
  const table = hostArray(placeDType(n + positions.length), n);
  for (let i = 0; i < n; i++) table[i] = i;
  for (let j = 0; j < positions.length; j++) table[positions[j] as number] = n + j;
  x.assign(gatherAlong(concatenate([x.ravel(), values.ravel()]), table, 0).reshape(x.shape));
}

/**
 * Values for the elements that are selected, of the dtype of the array: a number stays a number.
 */
function valuesFor(x: EitherArray, value: ArrayLike, shape: Shape): NDArray | Scalar {
  const [, given] = arraysOf('setItem', [x, value]) as [EitherArray, EitherArray | Scalar];
  const local = isDistributed(x) ? x.local : x;
  if (isScalar(given)) return local.checkFits(given);
  const whole = isDistributed(given) ? given.broadcast().local : given;
  checkHolds('setItem', local, whole);
  const cast = whole.dtype === x.dtype ? whole : whole.astype(x.dtype);
  // As in NumPy, the values may have more axes of length 1
  const extra = Math.max(cast.ndim - shape.length, 0);
  const fits = cast.shape.slice(0, extra).every((n) => n === 1);
  return (fits ? cast.reshape(cast.shape.slice(extra)) : cast).broadcastTo(shape);
}

/** What is assigned to elements: the values, or a function of the elements and the values. */
export type Combine = (x: NDArray, values: NDArray | Scalar) => NDArray;

/** The places of positions, in lists in which each position occurs once. */
function withoutRepeats(positions: HostArray): number[][] {
  const seen = new Map<number, number>();
  const rounds: number[][] = [];
  positions.forEach((p, j) => {
    const round = seen.get(p) ?? 0;
    seen.set(p, round + 1);
    rounds[round] ??= [];
    (rounds[round] as number[]).push(j);
  });
  return rounds;
}

/**
 * `x.ravel()[positions] ← combine(x.ravel()[positions], values)`; equal positions one after
 * another.
 */
function combineFlat(x: NDArray, positions: HostArray, values: NDArray | Scalar, combine: Combine): void {
  for (const round of withoutRepeats(positions)) {
    const places = hostArray(placeDType(x.size), round.length);
    round.forEach((j, i) => {
      places[i] = positions[j] as number;
    });
    const own = isScalar(values) ? values : values.ravel().take(round);
    putFlat(x, places, fitting(x, combine(gatherAlong(x.ravel(), places, 0), own)));
  }
}

/** A result as an array of the dtype of x. */
function fitting(x: NDArray, values: NDArray): NDArray {
  checkHolds('at', x, values);
  return values.dtype === x.dtype ? values : values.astype(x.dtype);
}

function setLocal(
  x: NDArray,
  selected: Selected,
  value: NDArray | Scalar,
  combine: Combine | undefined,
): void {
  const { axes, listShape } = selected;
  if (!listShape) {
    const region = axes.map((s) => (s.kind === 'integer' ? s.at : rangeFrom(s as RangeOf)));
    const shape = axes.flatMap((s) => (s.kind === 'range' ? [s.count] : []));
    const values = isScalar(value) ? value : value.reshape(shape);
    x.set(region, combine ? fitting(x, combine(x.slice(...region), values)) : values);
    return;
  }
  const places = NDArray.arange(x.size, { dtype: placeDType(x.size), backend: x.backend }).reshape(x.shape);
  const positions = (chosen(places, selected) as NDArray).toHost();
  if (combine) return combineFlat(x, positions, value, combine);
  const filler = (): NDArray =>
    NDArray.full([positions.length], value as Scalar, { dtype: x.dtype, backend: x.backend });
  putFlat(x, positions, isScalar(value) ? filler() : value);
}

/** What an index selects of this rank's part, and the part of the values for it. */
function onPart(
  x: DistributedArray,
  { axes, listShape, result }: Selected,
  value: NDArray | Scalar,
): { selected: Selected; part: NDArray | Scalar } {
  const { start, shape } = x.box;
  const bounds = axes.map(
    (_, k) => [start[k] as number, (start[k] as number) + (shape[k] as number)] as const,
  );
  const isIn = (i: number, k: number): boolean => i >= (bounds[k]?.[0] ?? 0) && i < (bounds[k]?.[1] ?? 0);
  const rows = listShape ? Array.from({ length: product(listShape) }, (_, j) => j) : [];
  const kept = rows.filter((j) =>
    axes.every((s, k) => s.kind !== 'list' || isIn(s.positions[j] as number, k)),
  );
  const isOutside = axes.some((s, k) => s.kind === 'integer' && !isIn(s.at, k));
  /** Which of the positions of a range are on this rank. */
  const windows = axes.map((s, k): readonly [number, number] => {
    if (s.kind !== 'range' || isOutside) return [0, 0];
    const [low, high] = bounds[k] as readonly [number, number];
    const reach = (i: number): number => Math.min(Math.max(Math.ceil(i), 0), s.count);
    return s.step > 0
      ? [reach((low - s.first) / s.step), reach((high - s.first) / s.step)]
      : [reach((s.first - high + 1) / -s.step), reach((s.first - low + 1) / -s.step)];
  });
  const own = axes.map((s, k): Selection => {
    const from = bounds[k]?.[0] ?? 0;
    if (s.kind === 'integer') return { ...s, at: s.at - from };
    if (s.kind === 'list') return { ...s, positions: kept.map((j) => (s.positions[j] as number) - from) };
    const [first, end] = windows[k] as readonly [number, number];
    return { ...s, first: s.first + first * s.step - from, count: Math.max(end - first, 0) };
  });
  const selected: Selected = { axes: own, listShape: listShape && [kept.length], result };
  if (isScalar(value)) return { selected, part: value };
  // The axes of index arrays become one
  const flat = result.flatMap((r): number[] => {
    if (r === 'lists') return [rows.length];
    return [r === 'new' ? 1 : (axes[r] as RangeOf).count];
  });
  const cut = value
    .reshape(flat)
    .slice(...result.map((r) => (typeof r === 'number' ? (windows[r] as readonly [number, number]) : null)));
  const at = result.indexOf('lists');
  return { selected, part: at < 0 ? cut : cut.take(kept, at) };
}

/** `x[mask] ← value`, of a mask that is split as the array is. */
function setMasked(
  x: DistributedArray,
  mask: DistributedArray,
  value: ArrayLike,
  combine: Combine | undefined,
): void {
  if (!mask.layout.equals(x.layout))
    throw new PartitionError(
      `setItem: the mask (${mask.layout}) is split differently from the array (${x.layout}): move one ` +
        'with redistribute() first',
    );
  const [, given] = arraysOf('setItem', [x, value]) as [EitherArray, EitherArray | Scalar];
  if (isScalar(given)) {
    const fits = x.local.checkFits(given);
    const values = combine ? fitting(x.local, combine(x.local, fits)) : fits;
    x.local.assign(where(mask.local, values, x.local).astype(x.dtype));
    return;
  }
  if (!isRows(x.layout))
    throw new PartitionError('setItem: values for a split mask need rows: redistribute(0) the array first');
  const places = truePositions(mask.local);
  const counts = x.comm.allgatherObject(places.size);
  const total = counts.reduce((a, b) => a + b, 0);
  const values = valuesFor(x, given, [total]) as NDArray;
  const before = counts.slice(0, x.comm.rank).reduce((a, b) => a + b, 0);
  const own = values.slice([before, before + places.size]);
  if (combine) combineFlat(x.local, places.toHost(), own, combine);
  else putFlat(x.local, places.toHost(), own);
}

/** {@link setItem}, of the values or of a function of the elements and the values. */
export function assignItems(
  name: string,
  x: EitherArray,
  index: readonly IndexEntry[],
  value: ArrayLike,
  combine?: Combine,
): void {
  if (!isArrayOfEitherKind(x)) throw new ArgumentError(`${name}: expected an array, received ${textOf(x)}`);
  checkList(name, 'indices', index);
  tidy(() => {
    const mask = splitMaskOf(index);
    if (mask) {
      if (isDistributed(x)) return setMasked(x, mask, value, combine);
      throw new PartitionError(`${name}: the mask is split over ranks and the array is not`);
    }
    if (isDistributed(x)) checkBoxes(name, x);
    const selected = select(name, localEntries(index), x.space.shape);
    const values = valuesFor(x, value, shapeOfSelected(selected));
    if (!isDistributed(x)) return setLocal(x, selected, values, combine);
    const own = onPart(x, selected, values);
    const isEmpty = product(shapeOfSelected(own.selected)) === 0 || x.local.size === 0;
    const isElsewhere = own.selected.axes.some(
      (s, k) => s.kind === 'integer' && !(s.at >= 0 && s.at < (x.localShape[k] as number)),
    );
    if (!isEmpty && !isElsewhere) setLocal(x.local, own.selected, own.part, combine);
  });
}

/**
 * Assigns to the elements that an index selects, as in NumPy `x[i, j, …] = value`, in place. The
 * value broadcasts to the shape of {@link getItem}; of equal positions, the last counts. On a
 * distributed array each rank sets its own elements; values are whole on every rank, and those that
 * are split are replicated first. Nothing else is sent, but for values of a split mask: one
 * exchange of objects.
 * @returns the array
 * @throws {@link ShapeError} if an index is outside of its axis, or the value does not fit
 */
export function setItem<X extends EitherArray>(x: X, index: readonly IndexEntry[], value: ArrayLike): X {
  assignItems('setItem', x, index, value);
  return x;
}
