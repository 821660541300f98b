import { binary } from '../core/array/elementwise.js';
import { NDArray } from '../core/array/ndarray.js';
import { placesOf } from '../core/array/shaping.js';
import { truePositions } from '../core/array/true-positions.js';
import { broadcastShapes } from '../core/base/broadcast.js';
import { INDEX_DTYPE, isBoolean, isInteger, placeDType } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { formatShape, type Shape, sameShape, stridesOf } from '../core/base/shape.js';
import { type Range, resolveIndex, resolveRange } from '../core/base/slice.js';
import { textOf } from '../core/base/text-of.js';
import { type EitherArray, isArrayOfEitherKind, isDistributed } from '../core/distributed/align.js';

/**
 * One index of several, as NumPy has them: an integer, a range `[start, end, step]`, `':'` for a
 * whole axis, `'...'` for all axes that are left, null for a new axis, an array of integers, or a
 * mask: an array of bool, which stands for as many axes as it has.
 */
export type IndexEntry = number | Range | ':' | '...' | null | EitherArray;

/** Positions along one axis, each from 0 to the length of the axis − 1. A list has any shape. */
export type Selection =
  | { readonly kind: 'integer'; readonly at: number }
  | { readonly kind: 'range'; readonly first: number; readonly count: number; readonly step: number }
  | { readonly kind: 'list'; readonly positions: NDArray };

/** Of an axis, a range. */
export type RangeOf = Selection & { kind: 'range' };
/** Of an axis, a list of positions. */
export type ListOf = Selection & { kind: 'list' };

/** The range of resolved positions, counted from `start`. */
export const rangeFrom = ({ first, count, step }: RangeOf, start = 0): Range => {
  const end = first - start + count * step;
  return count === 0 ? [0, 0] : [first - start, end < 0 ? null : end, step];
};

/** Places in a flattened array: the sum of positions along axes times the strides of these. */
export function flatPositions(parts: readonly NDArray[], strides: readonly number[], size: number): NDArray {
  const dtype = placeDType(size);
  return parts
    .map((part, k) => part.astype(dtype).multiply(strides[k] as number))
    .reduce((sum, part) => sum.add(part));
}

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

/** Throws {@link ShapeError} unless a mask has the leading axes of `shape`. */
export function checkMask(name: string, mask: Shape, shape: Shape): void {
  const covered = shape.slice(0, mask.length);
  if (mask.length === 0 || !sameShape(covered, mask))
    throw new ShapeError(
      `${name}: a mask of shape ${formatShape(mask)} does not fit axes of ${formatShape(covered)}`,
    );
}

/** The positions of true elements, one list for each axis. */
function positionsOfMask(mask: NDArray): NDArray[] {
  const flat = truePositions(mask);
  const strides = stridesOf(mask.shape);
  return mask.shape.map((n, k) =>
    binary(
      'remainder',
      binary('floorDivide', flat, Math.max(1, strides[k] as number)),
      Math.max(1, n),
    ).astype(INDEX_DTYPE),
  );
}

/** An entry with the first of its axes; a mask has become lists. */
type Placed =
  | { readonly kind: 'new' }
  | { readonly kind: 'ellipsis' }
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
      return [
        { kind: 'ellipsis' },
        ...Array.from({ length: left }, (): Placed => ({ kind: 'range', axis: axis++, entry: [] })),
      ];
    if (typeof entry === 'number') return [{ kind: 'integer', axis: axis++, entry }];
    if (entry === ':') return [{ kind: 'range', axis: axis++, entry: [] }];
    if (entry instanceof NDArray && isBoolean(entry.dtype)) {
      checkMask(name, entry.shape, shape.slice(axis));
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

/** The shape of an array, and where its kernels run. */
type Whole = Pick<EitherArray['space'], 'shape' | 'backend'>;

/**
 * What an index selects of an array. Axes without an index are whole.
 * @throws {@link ShapeError} if an index does not fit
 * @throws {@link ArgumentError} if an index is of none of the kinds
 */
export function select(name: string, index: readonly IndexEntry[], { shape, backend }: Whole): Selected {
  const placed = place(name, index, shape);
  const lists = placed.flatMap((p) => (p.kind === 'list' ? [p.entry as NDArray] : []));
  const listShape = lists.length > 0 ? broadcastShapes(...lists.map((list) => list.shape)) : undefined;
  const isListed = (p: Placed): boolean =>
    p.kind === 'list' || (p.kind === 'integer' && listShape !== undefined);
  const axes: Selection[] = [];
  for (const p of placed) {
    if (p.kind === 'new' || p.kind === 'ellipsis') continue;
    const n = shape[p.axis] as number;
    if (p.kind === 'range') {
      const [first, count, step] = resolveRange(p.entry as Range, n);
      axes.push({ kind: 'range', first, count, step });
    } else if (listShape) {
      const given =
        p.kind === 'list'
          ? (p.entry as NDArray).to(backend)
          : NDArray.full([], resolveIndex(p.entry as number, n, p.axis), { dtype: placeDType(n), backend });
      axes.push({ kind: 'list', positions: placesOf(name, given, n, p.axis).broadcastTo(listShape) });
    } else axes.push({ kind: 'integer', at: resolveIndex(p.entry as number, n, p.axis) });
  }
  // As in NumPy: index arrays that stand together keep their place, others come first; '...' parts
  // them even where it stands for no axis
  const places = placed.flatMap((p, i) => (isListed(p) ? [i] : []));
  const isTogether = places.every((i, k) => i === (places[0] as number) + k);
  const result = placed.flatMap((p, i): (number | 'lists' | 'new')[] => {
    if (isListed(p)) return isTogether && i === places[0] ? ['lists'] : [];
    if (p.kind === 'integer' || p.kind === 'ellipsis') return [];
    return [p.kind === 'new' ? 'new' : p.axis];
  });
  return { axes, listShape, result: isTogether ? result : ['lists', ...result] };
}

/** The only index, if it is a mask. */
export function maskOf(index: readonly IndexEntry[]): EitherArray | undefined {
  const [entry] = index;
  const isArray = isArrayOfEitherKind(entry);
  return index.length === 1 && isArray && isBoolean(entry.dtype) ? entry : undefined;
}

/** Replicated arrays as arrays of one rank. */
export const localEntries = (index: readonly IndexEntry[]): IndexEntry[] =>
  index.map((entry) => (isDistributed(entry) && entry.layout.replicated ? entry.local : entry));
