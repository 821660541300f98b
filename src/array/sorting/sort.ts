import { isLocalArray } from '../../core/array/elementwise.js';
import { NDArray } from '../../core/array/ndarray.js';
import { sortLines } from '../../core/array/ordering.js';
import { FLAG_DTYPE, isBoolean } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, sameShape, toAxis } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { align, type EitherArray, isDistributed, partOf } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { checkReducible, reduceOver } from '../../core/distributed/reductions.js';
import { sortOverRanks } from '../../core/distributed/sorting/sort-over-ranks.js';
import { type ArrayLike, type ArrayOf, arrayOf, arraysOf, onParts } from '../operands.js';
import { flatOf } from '../shaping.js';
import { orderOf } from './order.js';

/** The algorithms that NumPy has. */
const SORT_KINDS = ['quicksort', 'mergesort', 'heapsort', 'stable'] as const;
/** One of NumPy's names of algorithms. */
export type SortKind = (typeof SORT_KINDS)[number];

/** Options of {@link sort} and its like. */
export interface SortOptions {
  /** The axis; null for the flattened array. @default -1 */
  readonly axis?: number | null | undefined;
  /** NumPy's name of an algorithm. All of them are stable here. @default 'stable' */
  readonly kind?: SortKind | undefined;
}
const DEFAULTS = { axis: -1, kind: 'stable' } satisfies Defaults<SortOptions>;

/** An array and the axis along which it is sorted. */
function onAxis(name: string, x: ArrayLike, options: SortOptions | undefined): [EitherArray, number] {
  const { axis = -1, kind = 'stable' } = withDefaults(name, options, DEFAULTS);
  checkOneOf('kind', kind, SORT_KINDS);
  const given = arrayOf(name, x);
  checkReducible(name, given);
  const from = axis === null ? flatOf(name, given) : given;
  return [from, toAxis(axis ?? 0, from.space.shape.length)];
}

/** Sorted flags: as many are false as before, and those come first. */
function sortFlags(name: string, x: EitherArray, axis: number): EitherArray {
  const counts = reduceOver(name, 'sum', x, [axis]);
  const n = x.space.shape[axis] as number;
  const [part, count] = isDistributed(x)
    ? [x.local, (counts as DistributedArray).local]
    : [x, counts as NDArray];
  const { start, shape } = isDistributed(x) ? x.box : { start: x.shape.map(() => 0), shape: x.shape };
  if (part.size === 0) return x.copy();
  const own = partOf(count, x.space.shape.with(axis, 1), start.with(axis, 0), shape.with(axis, 1));
  const [from, length] = [start[axis] as number, shape[axis] as number];
  const places = NDArray.arange(from, from + length, 1, { dtype: own.dtype, backend: own.backend });
  const sorted = places
    .reshape(shape.map((_, k) => (k === axis ? length : 1)))
    .greaterEqual(own.negative().add(n));
  return isDistributed(x) ? x.space.withDType(FLAG_DTYPE).wrap(sorted) : sorted;
}

/** An array of either kind, sorted along an axis. Of whole lines, at places if they are given. */
function sorted(name: string, x: EitherArray, axis: number, places?: readonly number[]): EitherArray {
  if (isBoolean(x.dtype)) return sortFlags(name, x, axis);
  if (!isDistributed(x) || x.layout.grid[axis] === 1)
    return onParts(x, (part) => sortLines(part, axis, places));
  return sortOverRanks({ keys: [x], axis, carried: [x] })[0] as DistributedArray;
}

/**
 * The elements sorted along an axis, or those of the flattened array: a new array, as `numpy.sort`
 * gives it. NaN comes last, and −0 before 0. Complex numbers are sorted by real, then imaginary
 * parts; those with NaN come last.
 *
 * Nothing is sent if the axis is not split. Otherwise the result is split as the array is. The
 * ranks sort their parts, find the exact splitters by at most log₁₆ of the longest part (log₂, if
 * there are many ranks and lines) all-gathers and reductions of some numbers for each line, and
 * exchange the elements in one all-to-all exchange. Beside the array and the result they need as
 * much memory as one of them, whatever the order. Many lines that are shorter than 64 times the
 * square of the number of ranks are moved to ranks that have whole ones, and back. Flags are
 * counted by one reduction.
 */
export function sort<X extends ArrayLike>(x: X, options?: SortOptions): ArrayOf<X> {
  return tidy(() => {
    const [from, axis] = onAxis('sort', x, options);
    return sorted('sort', from, axis);
  }) as ArrayOf<X>;
}

/**
 * The positions along an axis, or in the flattened array, in the order of the elements: int32.
 * Equal elements, such as −0 and 0, keep their order. NaN and communication as those of
 * {@link sort}; the elements and their positions are exchanged.
 */
export function argsort<X extends ArrayLike>(x: X, options?: SortOptions): ArrayOf<X> {
  return tidy(() => {
    const [from, axis] = onAxis('argsort', x, options);
    return orderOf([from], axis);
  }) as ArrayOf<X>;
}

/** Positions at which an array is partitioned, from 0, ascending. */
function placesOf(
  name: string,
  kth: number | readonly number[],
  x: EitherArray,
  axis: number,
): readonly number[] {
  const n = x.space.shape[axis] as number;
  const list: readonly number[] = Array.isArray(kth) ? kth : [kth];
  for (const k of list) {
    if (!Number.isInteger(k))
      throw new ArgumentError(`${name}: expected kth to be integers, received ${textOf(kth)}`);
    if (k < -n || k >= n)
      throw new ShapeError(`${name}: position ${k} is outside axis ${axis} of length ${n}`);
  }
  return [...new Set(list.map((k) => (k < 0 ? k + n : k)))].sort((a, b) => a - b);
}

/**
 * The elements along an axis in an order in which that at position `kth` is the one of the sorted
 * array, none before it is larger, and none after it is smaller. Along a split axis this is the
 * sorted array: communication as that of {@link sort}.
 * @param kth one position or several
 */
export function partition<X extends ArrayLike>(
  x: X,
  kth: number | readonly number[],
  options?: SortOptions,
): ArrayOf<X> {
  return tidy(() => {
    const [from, axis] = onAxis('partition', x, options);
    return sorted('partition', from, axis, placesOf('partition', kth, from, axis));
  }) as ArrayOf<X>;
}

/** The positions of the elements in the order of {@link partition}, as {@link argsort}. */
export function argpartition<X extends ArrayLike>(
  x: X,
  kth: number | readonly number[],
  options?: SortOptions,
): ArrayOf<X> {
  return tidy(() => {
    const [from, axis] = onAxis('argpartition', x, options);
    placesOf('argpartition', kth, from, axis);
    return orderOf([from], axis);
  }) as ArrayOf<X>;
}

/** Options of {@link lexsort}. */
export interface LexsortOptions {
  /** The axis. Negative ones count from the end. @default -1 */
  readonly axis?: number;
}
const LEXSORT_DEFAULTS = { axis: -1 } satisfies Defaults<LexsortOptions>;

/**
 * The positions along an axis in the order of several keys, int32. The last key counts most; equal
 * elements keep their order. Keys have one shape, and those that are distributed one layout. NaN
 * and communication as those of {@link argsort}; each key is exchanged.
 * @param keys a list of arrays, or an array whose first axis is that of keys
 */
export function lexsort<K extends ArrayLike>(keys: readonly K[], options?: LexsortOptions): ArrayOf<K>;
export function lexsort(keys: NDArray, options?: LexsortOptions): NDArray;
export function lexsort(keys: readonly ArrayLike[] | NDArray, options?: LexsortOptions): EitherArray {
  const { axis } = withDefaults('lexsort', options, LEXSORT_DEFAULTS);
  return tidy(() => {
    const list = Array.isArray(keys) || !isLocalArray(keys) ? keys : [...keys];
    if (!Array.isArray(list) || list.length === 0)
      throw new ArgumentError(`lexsort: expected a list of keys, received ${textOf(keys)}`);
    const given = arraysOf('lexsort', list).map((key) => arrayOf('lexsort', key));
    for (const key of given) checkReducible('lexsort', key);
    const { shape } = (given[0] as EitherArray).space;
    const other = given.find((key) => !sameShape(key.space.shape, shape));
    if (other)
      throw new ShapeError(
        `lexsort: expected keys of one shape, received ${formatShape(shape)} and ` +
          formatShape(other.space.shape),
      );
    const { space, locals } = align('lexsort', given);
    const aligned = locals as readonly NDArray[];
    return orderOf(space ? aligned.map((key) => space.wrap(key)) : aligned, toAxis(axis, shape.length));
  });
}
