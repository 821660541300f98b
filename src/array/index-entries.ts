import { NDArray } from '../core/array/ndarray.js';
import { broadcastShapes, broadcastStrides } from '../core/base/broadcast.js';
import { isBoolean, isInteger } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { formatShape, product, type Shape, sameShape, stridesOf } from '../core/base/shape.js';
import { type Range, resolveIndex, resolveRange } from '../core/base/slice.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';

/**
 * One index of several, as NumPy has them: an integer, a range `[start, end, step]`, `':'` for a
 * whole axis, `'...'` for all axes that are left, null for a new axis, an array of integers, or a
 * mask: an array of bool, which stands for as many axes as it has.
 */
export type IndexEntry = number | Range | ':' | '...' | null | EitherArray;

/** Positions along one axis. */
export type Selection =
  | { readonly kind: 'integer'; readonly at: number }
  | { readonly kind: 'range'; readonly first: number; readonly count: number; readonly step: number }
  | { readonly kind: 'list'; readonly positions: readonly number[] };

/** Of an axis, a range. */
export type RangeOf = Selection & { kind: 'range' };
/** Of an axis, a list of positions. */
export type ListOf = Selection & { kind: 'list' };

/** The range of resolved positions, counted from `start`. */
export const rangeFrom = ({ first, count, step }: RangeOf, start = 0): Range => {
  const end = first - start + count * step;
  return count === 0 ? [0, 0] : [first - start, end < 0 ? null : end, step];
};

/** What an index selects of an array. */
export interface Selected {
  /**
   * One for each axis of the array. All lists have as many positions. Beside lists, integers are
   * lists.
   */
  readonly axes: readonly Selection[];
  /** The shape to which the index arrays broadcast. Undefined if there is none. */
  readonly listShape: Shape | undefined;
  /**
   * The axes of the result, in order: an axis of the array, 'lists' for those of `listShape`, or
   * 'new'.
   */
  readonly result: readonly (number | 'lists' | 'new')[];
}

/** The shape of the result. */
export const shapeOfSelected = ({ axes, listShape, result }: Selected): number[] =>
  result.flatMap((k): readonly number[] => {
    if (k === 'new') return [1];
    if (k === 'lists') return listShape as Shape;
    return [(axes[k] as Selection & { kind: 'range' }).count];
  });

/** The positions of true elements, one list for each axis. */
function positionsOfMask(mask: NDArray): NDArray[] {
  const flags = mask.toHost();
  const strides = stridesOf(mask.shape);
  const found: number[] = [];
  for (let i = 0; i < flags.length; i++) if (flags[i] !== 0) found.push(i);
  return mask.shape.map((n, k) =>
    NDArray.array(
      found.map((i) => Math.floor(i / (strides[k] as number)) % n),
      { dtype: 'int32', backend: mask.backend },
    ),
  );
}

/** An entry with the first of its axes; a mask has become lists. */
type Placed =
  | { readonly kind: 'new' }
  | { readonly kind: 'integer' | 'range' | 'list'; readonly axis: number; readonly entry: IndexEntry };

/** How many axes of the array an entry stands for. */
const axesOf = (entry: IndexEntry): number =>
  entry === null || entry === '...' ? 0 : entry instanceof NDArray && isBoolean(entry.dtype) ? entry.ndim : 1;

function place(name: string, index: readonly IndexEntry[], shape: Shape): Placed[] {
  for (const entry of index)
    if (isDistributed(entry))
      throw new ArgumentError(
        `${name}: expected index arrays that every rank has as a whole: replicate it with broadcast()`,
      );
  const given: readonly IndexEntry[] = index.includes('...') ? index : [...index, '...'];
  const left = shape.length - given.reduce<number>((sum, entry) => sum + axesOf(entry), 0);
  if (left < 0 || given.filter((entry) => entry === '...').length > 1)
    throw new ShapeError(
      `${name}: expected at most ${shape.length} indices for an array of shape ${formatShape(shape)} and ` +
        `one '...', received ${textOf(index)}`,
    );
  let axis = 0;
  return given.flatMap((entry): Placed[] => {
    if (entry === null) return [{ kind: 'new' }];
    if (entry === '...')
      return Array.from({ length: left }, () => ({ kind: 'range', axis: axis++, entry: [] }));
    if (typeof entry === 'number') return [{ kind: 'integer', axis: axis++, entry }];
    if (entry === ':') return [{ kind: 'range', axis: axis++, entry: [] }];
    if (entry instanceof NDArray && isBoolean(entry.dtype)) {
      const covered = shape.slice(axis, axis + entry.ndim);
      if (entry.ndim === 0 || !sameShape(covered, entry.shape))
        throw new ShapeError(
          `${name}: a mask of shape ${formatShape(entry.shape)} does not fit axes of ${formatShape(covered)}`,
        );
      return positionsOfMask(entry).map((list) => ({ kind: 'list', axis: axis++, entry: list }));
    }
    if (entry instanceof NDArray && isInteger(entry.dtype)) return [{ kind: 'list', axis: axis++, entry }];
    if (Array.isArray(entry)) return [{ kind: 'range', axis: axis++, entry }];
    throw new ArgumentError(
      `${name}: expected an integer, a range [start, end, step], ':', '...', null, or an array of int32 or ` +
        `bool, received ${textOf(entry)}`,
    );
  });
}

/** The elements of an array as if it had another shape, to which it broadcasts. */
function stretchedValues(x: NDArray, shape: Shape): number[] {
  const values = x.toHost();
  const strides = broadcastStrides(x.shape, shape);
  const own = stridesOf(shape);
  return Array.from({ length: product(shape) }, (_, i) => {
    const at = strides.reduce(
      (sum, stride, k) => sum + (Math.floor(i / (own[k] as number)) % (shape[k] as number)) * stride,
      0,
    );
    return values[at] as number;
  });
}

/**
 * What an index selects of an array of `shape`. Axes without an index are whole.
 * @throws {@link ShapeError} if an index does not fit
 * @throws {@link ArgumentError} if an index is of none of the kinds
 */
export function select(name: string, index: readonly IndexEntry[], shape: Shape): Selected {
  const placed = place(name, index, shape);
  const lists = placed.flatMap((p) => (p.kind === 'list' ? [p.entry as NDArray] : []));
  const listShape = lists.length > 0 ? broadcastShapes(...lists.map((list) => list.shape)) : undefined;
  const isListed = (p: Placed): boolean =>
    p.kind === 'list' || (p.kind === 'integer' && listShape !== undefined);
  const axes: Selection[] = [];
  for (const p of placed) {
    if (p.kind === 'new') continue;
    const n = shape[p.axis] as number;
    if (p.kind === 'range') {
      const [first, count, step] = resolveRange(p.entry as Range, n);
      axes.push({ kind: 'range', first, count, step });
    } else if (listShape) {
      const values =
        p.kind === 'list'
          ? stretchedValues(p.entry as NDArray, listShape)
          : new Array<number>(product(listShape)).fill(p.entry as number);
      axes.push({ kind: 'list', positions: values.map((i) => resolveIndex(i, n, p.axis)) });
    } else axes.push({ kind: 'integer', at: resolveIndex(p.entry as number, n, p.axis) });
  }
  // As in NumPy: index arrays that stand together keep their place, others come first
  const places = placed.flatMap((p, i) => (isListed(p) ? [i] : []));
  const isTogether = places.every((i, k) => i === (places[0] as number) + k);
  const result = placed.flatMap((p, i): (number | 'lists' | 'new')[] => {
    if (isListed(p)) return isTogether && i === places[0] ? ['lists'] : [];
    if (p.kind === 'integer') return [];
    return [p.kind === 'new' ? 'new' : p.axis];
  });
  return { axes, listShape, result: isTogether ? result : ['lists', ...result] };
}

/** The only entry, if it is a mask that is split over ranks. */
export function splitMaskOf(index: readonly IndexEntry[]): DistributedArray | undefined {
  const [entry, ...others] = index;
  return others.length === 0 && isDistributed(entry) && isBoolean(entry.dtype) && !entry.layout.replicated
    ? entry
    : undefined;
}

/** Replicated arrays as arrays of one rank. */
export const localEntries = (index: readonly IndexEntry[]): IndexEntry[] =>
  index.map((entry) => (isDistributed(entry) && entry.layout.replicated ? entry.local : entry));
