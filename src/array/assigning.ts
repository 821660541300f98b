import { concatenate } from '../core/array/array-functions.js';
import { where } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import { gatherAlong } from '../core/array/shaping.js';
import { truePositions } from '../core/array/true-positions.js';
import { checkHolds } from '../core/array/vector-methods.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { type HostArray, hostArray, placeDType } from '../core/base/dtype.js';
import { ArgumentError, PartitionError } from '../core/base/errors.js';
import { checkList } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { product, type Shape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import {
  checkBoxes,
  type EitherArray,
  isArrayOfEitherKind,
  isDistributed,
  ownPart,
} from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { isRows } from '../core/distributed/redistribution.js';
import {
  type IndexEntry,
  localEntries,
  type RangeOf,
  rangeFrom,
  type Selected,
  type Selection,
  select,
  shapeOfSelected,
  splitMaskOf,
} from './index-entries.js';
import { chosen } from './indexing.js';
import { type ArrayLike, arraysOf } from './operands.js';

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
  const local = ownPart(x);
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
