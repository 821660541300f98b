import { asDType } from '../core/array/casting.js';
import { where } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import { gatherAlong } from '../core/array/shaping.js';
import { truePositions } from '../core/array/true-positions.js';
import { checkHolds } from '../core/array/vector-methods.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { type HostArray, placeDType } from '../core/base/dtype.js';
import { ArgumentError, PartitionError } from '../core/base/errors.js';
import { checkList } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { product, type Shape, sameShape, stridesOf } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import {
  checkBoxes,
  type EitherArray,
  isArrayOfEitherKind,
  isDistributed,
  onEveryRank,
  ownPart,
} from '../core/distributed/align.js';
import { Layout } from '../core/distributed/layout.js';
import { isRows } from '../core/distributed/redistribution.js';
import {
  checkMask,
  flatPositions,
  type IndexEntry,
  localEntries,
  maskOf,
  type RangeOf,
  rangeFrom,
  type Selected,
  select,
  shapeOfSelected,
} from './index-entries.js';
import { onPart, partOfSplit, partOfWhole } from './index-parts.js';
import { asRows, hasRowsFor, partOfMask } from './masks.js';
import { type ArrayLike, valueFor } from './operands.js';

/**
 * `x[positions] ← values`, of the elements of a flattened array, or of rows of `inner` elements.
 * The last of equal positions counts.
 */
export function putAt(x: NDArray, positions: NDArray, values: NDArray, inner = 1): void {
  const [nx, ny] = [x.size / inner, positions.size];
  if (values.size === 0) return;
  const from = values.overlaps(x) ? values.copy() : values;
  x.backend.put(from, x, { outer: 1, nx, ny, inner, width: 1, index: positions });
}

/** Values of the dtype of x and of `shape`. As in NumPy, they may have more axes of length 1. */
function stretched(x: NDArray, values: NDArray, shape: Shape): NDArray {
  const cast = asDType(values, x.dtype);
  const extra = Math.max(cast.ndim - shape.length, 0);
  const fits = cast.shape.slice(0, extra).every((n) => n === 1);
  return (fits ? cast.reshape(cast.shape.slice(extra)) : cast).broadcastTo(shape);
}

/** Values for the elements that are selected: whole on every rank; a number stays a number. */
function valuesFor(name: string, x: EitherArray, value: ArrayLike, shape: Shape): NDArray | Scalar {
  const given = valueFor(name, x, value);
  if (isScalar(given)) return given;
  return stretched(ownPart(x), onEveryRank(given), shape);
}

/** What is assigned to elements: the values, or a function of the elements and the values. */
export type Combine = (x: NDArray, values: NDArray | Scalar) => NDArray;

/** The places of positions below n, in lists in which each position occurs once. */
function withoutRepeats(positions: HostArray, n: number): number[][] {
  const seen = new Uint32Array(n);
  const rounds: number[][] = [];
  positions.forEach((p, j) => {
    const round = seen[p] as number;
    seen[p] = round + 1;
    rounds[round] ??= [];
    (rounds[round] as number[]).push(j);
  });
  return rounds;
}

/** `x[positions] ← combine(x[positions], values)`; equal positions one after another. */
function combineAt(
  name: string,
  x: NDArray,
  positions: NDArray,
  values: NDArray | Scalar,
  combine: Combine,
): void {
  const put = (at: NDArray, own: NDArray | Scalar): void =>
    putAt(x, at, fitting(name, x, combine(gatherAlong(x.ravel(), at, 0), own)));
  const rounds = withoutRepeats(positions.toHost(), x.size);
  const flat = isScalar(values) ? values : values.ravel();
  if (rounds.length === 1) return put(positions.ravel(), flat);
  for (const round of rounds) put(positions.take(round), isScalar(flat) ? flat : flat.take(round));
}

/** A result as an array of the dtype of x. */
function fitting(name: string, x: NDArray, values: NDArray): NDArray {
  checkHolds(name, x, values);
  return asDType(values, x.dtype);
}

function setLocal(
  name: string,
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
    x.set(region, combine ? fitting(name, x, combine(x.slice(...region), values)) : values);
    return;
  }
  const positions = placesOfSelected(x, selected);
  if (combine) return combineAt(name, x, positions, value, combine);
  const values = isScalar(value) ? positions.space.withDType(x.dtype).empty().fill(value) : value;
  putAt(x, positions, values);
}

/** Where the selected elements are in the flattened array, of the shape of the selection. */
function placesOfSelected(x: NDArray, { axes, listShape, result }: Selected): NDArray {
  const dtype = placeDType(x.size);
  const shape = shapeOfSelected({ axes, listShape, result });
  const ones = shape.map(() => 1);
  const lists = (listShape as Shape).length;
  /** Where an entry of the result begins in its shape. */
  const startOf = (entry: number | 'lists'): number =>
    result.slice(0, result.indexOf(entry)).reduce<number>((at, r) => at + (r === 'lists' ? lists : 1), 0);
  const parts = axes.map((s, k) => {
    if (s.kind === 'list')
      return s.positions.reshape(ones.toSpliced(startOf('lists'), lists, ...(listShape as Shape)));
    const { first, count, step } = s as RangeOf;
    return NDArray.arange(count, { dtype, backend: x.backend })
      .multiply(step)
      .add(first)
      .reshape(ones.with(startOf(k), count));
  });
  return flatPositions(parts, stridesOf(x.shape), x.size).broadcastTo(shape);
}

/** Rows of values for the true elements of each rank's part of a mask. */
function rowsOfValues(x: EitherArray, given: EitherArray, own: number, rest: Shape): NDArray {
  if (!isDistributed(x)) return stretched(x, given as NDArray, [own, ...rest]);
  const { comm, local, layout } = x;
  const counts = layout.replicated
    ? new Array<number>(comm.size).fill(0).with(comm.rank, own)
    : comm.allgatherObject(own);
  const shape = [counts.reduce((a, b) => a + b, 0), ...rest];
  if (isDistributed(given) && !given.layout.replicated && sameShape(given.globalShape, shape)) {
    const parts = Layout.fromLocalShapes(counts.map((count) => [count, ...rest]));
    return stretched(local, given.redistribute(parts).local, [own, ...rest]);
  }
  const whole = onEveryRank(given);
  const first = layout.replicated ? 0 : counts.slice(0, comm.rank).reduce((a, b) => a + b, 0);
  return stretched(local, whole, shape).slice([first, first + own]);
}

/** `x[mask] ← value`, of a mask of the leading axes. */
function setWhere(
  name: string,
  x: EitherArray,
  mask: EitherArray,
  value: ArrayLike,
  combine: Combine | undefined,
): void {
  const { length } = mask.space.shape;
  checkMask(name, mask.space.shape, x.space.shape);
  const given = valueFor(name, x, value);
  const isFill = isScalar(given) && !combine;
  if (isDistributed(x) && !isScalar(given) && !isRows(x.layout) && !x.layout.replicated)
    throw new PartitionError(
      `${name}: values for a split mask need rows: redistribute(0) the array and the mask first`,
    );
  const local = ownPart(x);
  const flags = isDistributed(x) ? partOfMask(name, x, mask) : (mask as NDArray);
  if (isFill) {
    const wide = flags.reshape([...flags.shape, ...local.shape.slice(length).map(() => 1)]);
    if (local.size > 0) local.assign(fitting(name, local, where(wide, given, local)));
    return;
  }
  const rest = x.space.shape.slice(length);
  const rows = asRows(local, length, rest);
  const places = truePositions(flags);
  const values = isScalar(given) ? given : rowsOfValues(x, given, places.size, rest);
  if (places.size === 0 || rows.size === 0) return;
  const found = combine
    ? fitting(name, local, combine(gatherAlong(rows, places, 0), values))
    : (values as NDArray);
  putAt(rows, places, found, product(rest));
  // rows of a view with strides may be a copy
  if (!rows.overlaps(local)) local.assign(rows.reshape(local.shape));
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
    if (isDistributed(x)) checkBoxes(name, x);
    const entries = localEntries(index);
    const mask = maskOf(entries);
    const isFill = isScalar(value) && !combine;
    if (mask && (hasRowsFor(name, x, mask) || isFill)) return setWhere(name, x, mask, value, combine);
    const selected = select(name, entries, x.space);
    const shape = shapeOfSelected(selected);
    if (!isDistributed(x)) return setLocal(name, x, selected, valuesFor(name, x, value, shape), combine);
    const part = onPart(x, selected, x.comm.rank);
    const given = valueFor(name, x, value);
    const isSplit = !isScalar(given) && isDistributed(given) && !given.layout.replicated;
    const isFetched = isSplit && !selected.listShape && sameShape(given.globalShape, shape);
    const partOfValues = (): NDArray | Scalar => {
      if (isScalar(given)) return given;
      if (isFetched)
        return stretched(x.local, partOfSplit(x, given, selected), shapeOfSelected(part.selected));
      return partOfWhole(stretched(x.local, onEveryRank(given), shape), selected, part);
    };
    const values = partOfValues();
    if (!part.isEmpty) setLocal(name, x.local, part.selected, values, combine);
  });
}

/**
 * Assigns to the elements that an index selects, as in NumPy `x[i, j, …] = value`, in place. The
 * value broadcasts to the shape of {@link getItem}; of equal positions, the last counts. Numbers in
 * lists must fit the dtype of the array. On a distributed array each rank sets its own elements.
 * Nothing is sent, but for values that are split over ranks: for ranges, those of each rank are
 * fetched in one exchange; beside index arrays, or if they broadcast, they are replicated first.
 * Values for a mask cost one exchange of objects.
 * @returns the array
 * @throws {@link ShapeError} if an index is outside of its axis, or the value does not fit
 */
export function setItem<X extends EitherArray>(x: X, index: readonly IndexEntry[], value: ArrayLike): X {
  assignItems('setItem', x, index, value);
  return x;
}
