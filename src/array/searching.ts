import { asDType } from '../core/array/casting.js';
import { asArray, binary } from '../core/array/elementwise.js';
import type { NDArray } from '../core/array/ndarray.js';
import { checkOrdered } from '../core/array/shared-reductions.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { INDEX_DTYPE, isBoolean, isComplex, placeDType, promote } from '../core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../core/base/errors.js';
import { checkFlag, checkOneOf, type Defaults, withDefaults } from '../core/base/options.js';
import { tidy } from '../core/base/scope.js';
import { formatShape } from '../core/base/shape.js';
import { type EitherArray, isArrayOfEitherKind, isDistributed, ownPart } from '../core/distributed/align.js';
import { Layout } from '../core/distributed/layout.js';
import { checkReducible, combine } from '../core/distributed/reductions.js';
import type { SearchSide } from '../core/ports/backend.js';
import { checkSameBackend } from '../core/vector/vector.js';
import { type ArrayLike, type ArrayOf, arraysOf, onParts } from './operands.js';

/** Two operands as arrays of the dtype in which both are compared. */
export function comparable(name: string, x: ArrayLike, y: ArrayLike): [EitherArray, EitherArray] {
  const given = arraysOf(name, [x, y]);
  const like = ownPart(given.find(isArrayOfEitherKind) as EitherArray);
  const [a, b] = given.map((z) => (isScalar(z) ? asArray(z, like) : z)) as [EitherArray, EitherArray];
  checkSameBackend(a, b);
  const common = promote(a.dtype, b.dtype);
  const dtype = isBoolean(common) ? INDEX_DTYPE : common;
  const cast = (z: EitherArray): EitherArray => asDType(z, dtype);
  return [cast(a), cast(b)];
}

/**
 * The array of this rank, if every rank has the whole of it.
 * @throws {@link PartitionError} if it is split
 */
export function wholeOn(name: string, what: string, x: EitherArray): NDArray {
  if (isDistributed(x) && !x.layout.replicated)
    throw new PartitionError(
      `${name}: expected ${what} that are whole on each rank: pass an NDArray, or broadcast() them`,
    );
  return ownPart(x);
}

function checkVector(name: string, what: string, { space: { shape } }: EitherArray): void {
  if (shape.length !== 1)
    throw new ShapeError(`${name}: expected ${what} of one axis, received the shape ${formatShape(shape)}`);
}

/**
 * How many elements of `sorted` come before each of x: see {@link Kernels.searchSorted}.
 * @param size that of the whole sorted array, of which `sorted` may be a part
 */
export function search(sorted: NDArray, x: NDArray, side: SearchSide, size = sorted.size): NDArray {
  const places = x.space.withShape(x.shape, placeDType(size + 1)).empty();
  x.backend.searchSorted(sorted, x, side, places);
  return places;
}

/** Options of {@link searchsorted}. */
export interface SearchOptions {
  /**
   * `'left'`: the number of elements less than the value; `'right'`: those less or equal.
   * @default 'left'
   */
  readonly side?: SearchSide;
}
const SEARCH_DEFAULTS = { side: 'left' } satisfies Defaults<SearchOptions>;

/**
 * The positions in an ascending array `a` before which values are inserted to keep it sorted,
 * int32. NaN comes last. Real arrays. If the values are distributed, `a` is whole on each rank,
 * and nothing is sent. If `a` is split, the values are whole on each rank, and so is the result:
 * one reduction of it. A single value gives an array without axes, of one rank.
 */
export function searchsorted<A extends ArrayLike, V extends ArrayLike>(
  a: A,
  v: V,
  options?: SearchOptions,
): V extends Scalar ? NDArray : ArrayOf<A | V> {
  const { side } = withDefaults('searchsorted', options, SEARCH_DEFAULTS);
  checkOneOf('side', side, ['left', 'right']);
  return tidy(() => {
    const [sorted, values] = comparable('searchsorted', a, v);
    checkOrdered('searchsorted', sorted);
    checkVector('searchsorted', 'a sorted array', sorted);
    if (!isDistributed(sorted)) return onParts(values, (part) => search(sorted, part, side));
    checkReducible('searchsorted', sorted);
    if (isDistributed(values) && sorted.layout.replicated)
      return onParts(values, (part) => search(sorted.local, part, side));
    const whole = wholeOn('searchsorted', 'values to search in a distributed array', values);
    const own = search(sorted.local, whole, side, sorted.size);
    const places = sorted.layout.replicated ? own : combine(sorted.comm, 'sum', own);
    // An array without axes cannot be distributed
    if (places.ndim === 0) return places;
    return sorted.space.withLayout(Layout.replicated(places.shape, sorted.comm.size)).wrap(places);
  }) as V extends Scalar ? NDArray : ArrayOf<A | V>;
}

/** Options of {@link digitize}. */
export interface DigitizeOptions {
  /** Whether an edge belongs to the bin before it instead of the bin after it. @default false */
  readonly right?: boolean;
}
const DIGITIZE_DEFAULTS = { right: false } satisfies Defaults<DigitizeOptions>;

/**
 * The number of the bin of each element, int32: 0 before the first edge, the number of edges after
 * the last. Edges ascend or descend and are whole on each rank. Real arrays. Nothing is sent.
 */
export function digitize<X extends ArrayLike>(x: X, bins: ArrayLike, options?: DigitizeOptions): ArrayOf<X> {
  const { right } = withDefaults('digitize', options, DIGITIZE_DEFAULTS);
  checkFlag('digitize', { right });
  return tidy(() => {
    const [from, given] = comparable('digitize', x, bins);
    checkOrdered('digitize', from);
    checkVector('digitize', 'edges', given);
    const edges = wholeOn('digitize', 'edges', given);
    const values = edges.toHost();
    if (values.every((v, i) => i === 0 || !(v < (values[i - 1] as number))))
      return onParts(from, (part) => search(edges, part, right ? 'left' : 'right'));
    if (!values.every((v, i) => i === 0 || !(v > (values[i - 1] as number))))
      throw new ArgumentError('digitize: expected edges that ascend or descend');
    const ascending = edges.flip();
    return onParts(from, (part) =>
      binary('subtract', edges.size, search(ascending, part, right ? 'left' : 'right')),
    );
  }) as ArrayOf<X>;
}

/** Whether the elements of x are among the real numbers `sorted`. */
function among(sorted: NDArray, x: NDArray): NDArray {
  const n = sorted.size;
  const nearest = x.emptyLike();
  const index = search(sorted, x, 'left').minimum(n - 1);
  x.backend.gather(sorted, nearest, { outer: 1, nx: n, ny: x.size, inner: 1, width: 1, index });
  return nearest.equal(x);
}

/** Options of {@link isin}. */
export interface IsinOptions {
  /** Whether elements that are not among the others are true. @default false */
  readonly invert?: boolean;
}
const ISIN_DEFAULTS = { invert: false } satisfies Defaults<IsinOptions>;

/**
 * Whether each element is among those of another array, of dtype bool. NaN is not among any. The
 * other array is whole on each rank, and each rank sorts it; of complex numbers, each is compared
 * with all elements. Nothing is sent.
 */
export function isin<X extends ArrayLike>(
  element: X,
  testElements: ArrayLike,
  options?: IsinOptions,
): ArrayOf<X> {
  const { invert } = withDefaults('isin', options, ISIN_DEFAULTS);
  checkFlag('isin', { invert });
  return tidy(() => {
    const [x, given] = comparable('isin', element, testElements);
    const tests = wholeOn('isin', 'test elements', given).ravel();
    const none = (part: NDArray): NDArray => part.space.withShape(part.shape, 'bool').empty().fill(0);
    const found = (): ((part: NDArray) => NDArray) => {
      if (tests.size === 0) return none;
      if (isComplex(tests.dtype))
        return (part) => {
          let any = none(part);
          for (let k = 0; k < tests.size; k++)
            any = any.maximum(part.equal(tests.slice([k, k + 1]).reshape([])));
          return any;
        };
      const sorted = tests.emptyLike();
      tests.backend.sort(tests, [1, tests.size, 1], sorted);
      return (part) => among(sorted, part);
    };
    const isAmong = found();
    return onParts(x, (part) => (invert ? isAmong(part).equal(0) : isAmong(part)));
  }) as ArrayOf<X>;
}
