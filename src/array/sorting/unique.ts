import { stack } from '../../core/array/array-functions.js';
import { asDType } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import { argsortLines, keysOf, sortLines, takeLines } from '../../core/array/ordering.js';
import { truePositions } from '../../core/array/true-positions.js';
import {
  type DType,
  FLAG_DTYPE,
  INDEX_DTYPE,
  isBoolean,
  isFloat,
  placeDType,
} from '../../core/base/dtype.js';
import { checkFlag, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { product, type Shape, toAxis } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import { checkReducible } from '../../core/distributed/reductions.js';
import { sortOverRanks } from '../../core/distributed/sorting/sort-over-ranks.js';
import { splitByRows } from '../../core/distributed/unsplit.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { flatOf, reshaped, transposed } from '../shaping.js';

/** Options of {@link unique}. */
export interface UniqueOptions {
  /** Whether the position of the first of equal elements is returned. @default false */
  readonly returnIndex?: boolean;
  /** Whether the number of its value is returned for each element. @default false */
  readonly returnInverse?: boolean;
  /** Whether it is returned how often each value occurs. @default false */
  readonly returnCounts?: boolean;
  /**
   * The axis whose slices are compared; null for the elements of the flattened array.
   * @default the flattened array
   */
  readonly axis?: number | null | undefined;
}
const DEFAULTS = {
  returnIndex: false,
  returnInverse: false,
  returnCounts: false,
  axis: undefined,
} satisfies Defaults<UniqueOptions>;

/** Records of a vector of n elements, in a split or not, and their order. */
interface SortedRecords {
  /** Arrays of this rank's records, sorted, the most significant last. */
  readonly columns: readonly NDArray[];
  /** The places of these records in the vector, if they are wanted. */
  readonly places: NDArray | undefined;
}

/** The ranks over which a vector is split; undefined for one that is whole on each rank. */
type Split = DistributedArray | undefined;
const splitOf = (x: EitherArray): Split => (isDistributed(x) && !x.layout.replicated ? x : undefined);

function sortRecords(columns: readonly EitherArray[], wantsPlaces: boolean): SortedRecords {
  const [first] = columns as readonly [EitherArray];
  const split = splitOf(first);
  const locals = columns.map((x) => (isDistributed(x) ? x.local : x));
  const isPlain = columns.length === 1 && !wantsPlaces;
  if (!split) {
    if (isPlain) return { columns: [sortLines(locals[0] as NDArray, 0)], places: undefined };
    const places = argsortLines(keysOf(locals), 0);
    return { columns: locals.map((x) => takeLines(x, places, 0)), places };
  }
  const keys = columns as readonly DistributedArray[];
  const carried = wantsPlaces ? [...keys, 'place' as const] : keys;
  const sorted = sortOverRanks({ keys, axis: 0, carried }).map(({ local }) => local);
  return { columns: sorted.slice(0, keys.length), places: wantsPlaces ? sorted.at(-1) : undefined };
}

/** Whether numbers differ; NaN is equal to NaN. */
function differs(x: NDArray, y: NDArray): NDArray {
  const differ = x.notEqual(y);
  return isFloat(x.dtype) ? differ.minimum(x.isnan().multiply(y.isnan()).equal(0)) : differ;
}

/** Whether each of sorted records differs from the one before it, which may be on another rank. */
function firstsOf(columns: readonly NDArray[], split: Split): NDArray {
  const [first] = columns as readonly [NDArray];
  const n = first.size;
  const flags = first.space.withShape([n], FLAG_DTYPE).empty().fill(1);
  const last = (x: NDArray): NDArray => x.slice([n - 1, n]);
  if (n > 1) {
    const changed = columns
      .map((x) => differs(x.slice([1, n]), x.slice([0, n - 1])))
      .reduce((a, b) => a.maximum(b));
    flags.set([[1, n]], changed);
  }
  if (!split) return flags;
  const ends = split.comm.allgatherObject(n === 0 ? undefined : columns.map((x) => last(x).toHost()));
  const before = ends.slice(0, split.comm.rank).findLast((end) => end !== undefined);
  if (n > 0 && before) {
    const isFirst = columns.some((x, k) => {
      const other = last(x).space.upload(before[k] as Float64Array);
      return differs(x.slice([0, 1]), other).any();
    });
    flags.set([0], Number(isFirst));
  }
  return flags;
}

/** What the ranks tell of their values. */
interface Found {
  readonly count: number;
  /** The place of the first value among all sorted records. Undefined without values. */
  readonly first: number | undefined;
}

/** The values of records, and what is asked of them; each rank has those that start on it. */
function uniqueOf(
  columns: readonly EitherArray[],
  { returnIndex, returnInverse, returnCounts }: Required<Omit<UniqueOptions, 'axis'>>,
): { columns: EitherArray[]; index?: EitherArray; inverse?: EitherArray; counts?: EitherArray } {
  const [source] = columns as readonly [EitherArray];
  const split = splitOf(source);
  const [n] = source.space.shape as [number];
  const sorted = sortRecords(columns, returnIndex || returnInverse);
  const isFirst = firstsOf(sorted.columns, split);
  const firsts = truePositions(isFirst);
  const start = split ? (split.box.start[0] as number) : 0;
  const own: Found = {
    count: firsts.size,
    first: firsts.size === 0 ? undefined : start + (firsts.get(0) as number),
  };
  const found = split ? split.comm.allgatherObject(own) : [own];
  const rank = split ? split.comm.rank : 0;
  const joined = (part: NDArray): EitherArray => {
    if (!isDistributed(source)) return part;
    const rest = part.shape.slice(1);
    const layout = split
      ? Layout.fromLocalShapes(found.map(({ count }) => [count, ...rest]))
      : Layout.replicated(part.shape, source.comm.size);
    return source.space.withLayout(layout).wrap(part);
  };
  const dtype = placeDType(n);
  const result: ReturnType<typeof uniqueOf> = {
    columns: sorted.columns.map((x) => joined(takeLines(x, firsts, 0))),
  };
  if (returnIndex) result.index = joined(takeLines(sorted.places as NDArray, firsts, 0));
  if (returnCounts) {
    const next = found.slice(rank + 1).find(({ first }) => first !== undefined)?.first ?? n;
    const counts = firsts.space.withShape([firsts.size], dtype).empty();
    if (firsts.size > 0) {
      const places = firsts.astype(dtype).addInPlace(start);
      counts.set([[0, -1]], places.slice([1, null]));
      counts.set([-1], next);
      counts.subtractInPlace(places);
    }
    result.counts = joined(counts);
  }
  if (returnInverse) {
    const before = found.slice(0, rank).reduce((sum, { count }) => sum + count, 0);
    // Values start before the records of a rank without a first one
    const numbers = isFirst
      .astype(INDEX_DTYPE)
      .cumsum(0)
      .astype(dtype)
      .addInPlace(before - 1);
    const places = sorted.places as NDArray;
    if (!split) {
      const inverse = takeLines(numbers, argsortLines([places], 0), 0);
      result.inverse = isDistributed(source) ? source.space.wrap(inverse) : inverse;
    } else {
      const keys = [split.space.wrap(places)];
      const carried = [split.space.wrap(numbers)];
      result.inverse = sortOverRanks({ keys, axis: 0, carried })[0] as DistributedArray;
    }
  }
  return result;
}

/** The elements of rows as vectors, the first of a row last: by it, rows are sorted first. */
function columnsOf(rows: EitherArray): EitherArray[] {
  const width = rows.space.shape[1] as number;
  const column = (part: NDArray, k: number): NDArray => {
    // Without elements, all rows are equal
    if (part.size === 0) return NDArray.zeros([part.shape[0] as number], { dtype, backend: part.backend });
    return part.slice(null, k).contiguous();
  };
  const dtype = width === 0 ? INDEX_DTYPE : rows.dtype;
  const layout = isDistributed(rows) ? (rows.layout.withLength(1, 1).without([1]) as Layout) : undefined;
  return Array.from({ length: Math.max(1, width) }, (_, k) => {
    if (!isDistributed(rows)) return column(rows, width - 1 - k);
    return rows.space.withLayout(layout as Layout).wrap(column(rows.local, width - 1 - k));
  });
}

/** The array of vectors that {@link columnsOf} has made. */
function rowsFrom(columns: readonly EitherArray[], width: number, dtype: DType): EitherArray {
  const [first] = columns as readonly [EitherArray];
  const locals = columns.toReversed().map((x) => (isDistributed(x) ? x.local : x));
  const local = (locals[0] as NDArray).space;
  const part = width === 0 ? local.withShape([product(local.shape), 0], dtype).empty() : stack(locals, 1);
  if (!isDistributed(first)) return part;
  return first.space
    .withLayout(first.layout.transposed([0, null])?.withLength(1, width) as Layout)
    .wrap(part);
}

/** What `unique` returns: the values, or a list with what else was asked for. */
export type Unique<X, O extends UniqueOptions> = O extends
  | { readonly returnIndex: true }
  | { readonly returnInverse: true }
  | { readonly returnCounts: true }
  ? ArrayOf<X>[]
  : ArrayOf<X>;

/**
 * The values that occur, in ascending order; or with `axis`, the slices along it, in the order of
 * their first elements that differ. NaN are one value, the last; −0 is 0. With options, a list: the
 * values, then the positions of their first occurrences, then for each element the number of its
 * value, in the shape of the array, then how often each value occurs, all int32.
 *
 * Of a distributed array, each rank has the values that start among its sorted elements: their
 * number is known only after the call. The ranks sort as `sort` and `argsort` do, by each element
 * of a slice, and exchange what their neighbours need in two exchanges of objects. The numbers of
 * values are sent back in one more sort, of positions.
 */
export function unique<X extends ArrayLike, const O extends UniqueOptions = UniqueOptions>(
  x: X,
  options?: O,
): Unique<X, O> {
  const given: UniqueOptions | undefined = options;
  const { axis, returnIndex, returnInverse, returnCounts } = withDefaults('unique', given, DEFAULTS);
  checkFlag('unique', { returnIndex, returnInverse, returnCounts });
  const wanted = { returnIndex, returnInverse, returnCounts };
  return tidy(() => {
    const from = arrayOf('unique', x);
    checkReducible('unique', from);
    const { shape } = from.space;
    const isFlat = axis === null || axis === undefined;
    const found = isFlat ? ofElements(from, wanted) : ofSlices(from, toAxis(axis, shape.length), wanted);
    const inverse = found.inverse && isFlat ? reshaped('unique', found.inverse, shape) : found.inverse;
    const list = [found.values, found.index, inverse, found.counts].filter((y) => y !== undefined);
    return list.length === 1 ? list[0] : list;
  }) as Unique<X, O>;
}

type Wanted = Required<Omit<UniqueOptions, 'axis'>>;
type Parts = Omit<ReturnType<typeof uniqueOf>, 'columns'> & { values: EitherArray };

function ofElements(x: EitherArray, wanted: Wanted): Parts {
  const flat = flatOf('unique', x);
  const numbers = isBoolean(x.dtype) ? flat.astype(INDEX_DTYPE) : flat;
  const { columns, ...rest } = uniqueOf([numbers], wanted);
  const [values] = columns as [EitherArray];
  return { values: asDType(values, x.dtype), ...rest };
}

function ofSlices(x: EitherArray, axis: number, wanted: Wanted): Parts {
  const order = [axis, ...x.space.shape.map((_, k) => k).filter((k) => k !== axis)];
  const front = transposed('unique', x, order);
  const rows = isDistributed(front) ? splitByRows('unique', front) : front;
  const { shape } = rows.space;
  const width = product(shape.slice(1));
  const as = (y: EitherArray, to: Shape): EitherArray => reshaped('unique', y, to);
  const flat = as(rows, [shape[0] as number, width]);
  const numbers = isBoolean(x.dtype) ? flat.astype(INDEX_DTYPE) : flat;
  const { columns, ...rest } = uniqueOf(columnsOf(numbers), wanted);
  const joined = rowsFrom(columns, width, numbers.dtype);
  const values = as(joined, [joined.space.shape[0] as number, ...shape.slice(1)]);
  const back = order.map((_, k) => order.indexOf(k));
  return { values: transposed('unique', values.astype(x.dtype), back), ...rest };
}
