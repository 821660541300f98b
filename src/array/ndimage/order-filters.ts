import type { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { isComplex } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, product, type Shape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import { continuedPart } from '../../core/schemes/continuation.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { wholeOn } from '../searching.js';
import { resultBox, wrapped } from '../signal/convolving.js';
import {
  BORDER_DEFAULTS,
  type BorderOptions,
  checkConstant,
  continuationsOf,
  originsOf,
  sizesOf,
} from './windows-of-axes.js';

/** Options of filters by rank. */
export interface OrderFilterOptions extends BorderOptions {
  /**
   * Which elements of the window count: those that are not 0, an array of as many axes as x.
   * @default all of a window of `size`
   */
  readonly footprint?: ArrayLike | undefined;
  /**
   * The displacement of the window, one number or one for each axis: positive ones move it to lower
   * indices.
   * @default 0
   */
  readonly origin?: number | readonly number[];
}
const DEFAULTS = {
  ...BORDER_DEFAULTS,
  footprint: undefined,
  origin: 0,
} satisfies Defaults<OrderFilterOptions>;

type Size = number | readonly number[];

/** The shape of a window, and the places in it that count. */
interface Footprint {
  readonly shape: Shape;
  readonly offsets: readonly (readonly number[])[];
}

function footprintOf(
  name: string,
  x: EitherArray,
  size: Size | undefined,
  footprint: ArrayLike | undefined,
): Footprint {
  const ndim = x.space.shape.length;
  if ((size === undefined) === (footprint === undefined))
    throw new ArgumentError(`${name}: expected either a size or a footprint`);
  const mask: NDArray | undefined =
    footprint === undefined ? undefined : wholeOn(name, 'footprints', arrayOf(name, footprint));
  if (mask && mask.ndim !== ndim)
    throw new ShapeError(
      `${name}: expected a footprint of ${ndim} axes, received the shape ${formatShape(mask.shape)}`,
    );
  const shape = sizesOf(name, mask ? [...mask.shape] : (size as Size), ndim);
  let offsets: number[][] = [[]];
  for (const n of shape)
    offsets = offsets.flatMap((place) => Array.from({ length: n }, (_, i) => [...place, i]));
  if (!mask) return { shape, offsets };
  const flags = (isComplex(mask.dtype) ? mask.abs() : mask).toHost();
  const kept = offsets.filter((_, i) => flags[i] !== 0);
  if (kept.length === 0) throw new ArgumentError(`${name}: expected a footprint with at least one element`);
  return { shape, offsets: kept };
}

/** A filter that takes the element of a rank of each window. */
function ranked<X extends ArrayLike>(
  name: string,
  x: X,
  size: Size | undefined,
  options: OrderFilterOptions | undefined,
  rankOf: (count: number) => number,
): ArrayOf<X> {
  const { mode, cval, footprint, origin } = withDefaults(name, options, DEFAULTS);
  return tidy(() => {
    const a = arrayOf(name, x);
    if (isComplex(a.dtype))
      throw new DTypeError(`${name}: complex numbers have no order, received ${a.dtype}`);
    const lengths = a.space.shape;
    const { shape, offsets } = footprintOf(name, a, size, footprint);
    const origins = originsOf(name, origin, shape);
    const kinds = continuationsOf(name, mode, lengths.length);
    checkConstant(name, a, cval);
    const rank = rankOf(offsets.length);
    const layout = isDistributed(a) ? a.layout : undefined;
    const before = shape.map((n, k) => Math.floor(n / 2) + (origins[k] as number));
    const boxOf = (r: number): IndexBox => {
      const box = resultBox(layout, lengths, r);
      if (product(box.shape) === 0) return box;
      return {
        start: box.start.map((s, k) => s - (before[k] as number)),
        shape: box.shape.map((n, k) => n + (shape[k] as number) - 1),
      };
    };
    const part = continuedPart(name, a, boxOf, kinds, cval as Scalar);
    const own = layout ? layout.localShape((a as { comm: { rank: number } }).comm.rank) : lengths;
    const y = part.space.withShape(own).empty();
    if (y.size > 0) part.backend.orderFilter(part, y, { xShape: part.shape, yShape: own, offsets, rank });
    return wrapped(a, layout, y);
  }) as ArrayOf<X>;
}

const filter =
  (name: string, rankOf: (count: number) => number) =>
  <X extends ArrayLike>(x: X, size?: Size, options?: OrderFilterOptions): ArrayOf<X> =>
    ranked(name, x, size, options, rankOf);

/**
 * The median of the window around each element, the upper one of an even number. NaN counts as the
 * largest. Real arrays, whose dtype stays. Along split axes each rank receives the elements that
 * its windows reach: one exchange. The result is split as x.
 * @param size the number of elements of the window, one or one for each axis; none with a footprint
 */
export const medianFilter = filter('ndimage.medianFilter', (count) => Math.floor(count / 2));
/** The smallest element of the window around each one. As {@link medianFilter}. */
export const minimumFilter = filter('ndimage.minimumFilter', () => 0);
/** The largest element of the window around each one. As {@link medianFilter}. */
export const maximumFilter = filter('ndimage.maximumFilter', (count) => count - 1);

/**
 * The element of the window around each one that has a rank. As {@link medianFilter}.
 * @param rank from 0, the smallest; negative ones count from the largest
 */
export const rankFilter = <X extends ArrayLike>(
  x: X,
  rank: number,
  size?: Size,
  options?: OrderFilterOptions,
): ArrayOf<X> =>
  ranked('ndimage.rankFilter', x, size, options, (count) => {
    const k = rank < 0 ? rank + count : rank;
    if (!Number.isSafeInteger(k) || k < 0 || k >= count)
      throw new ArgumentError(
        `ndimage.rankFilter: expected a rank between ${-count} and ${count - 1}, received ${textOf(rank)}`,
      );
    return k;
  });

/**
 * The percentile of the window around each element: of n elements that of rank ⌊n percentile/100⌋.
 * As {@link medianFilter}.
 * @param percentile from 0 to 100; negative ones count from 100
 */
export const percentileFilter = <X extends ArrayLike>(
  x: X,
  percentile: number,
  size?: Size,
  options?: OrderFilterOptions,
): ArrayOf<X> =>
  ranked('ndimage.percentileFilter', x, size, options, (count) => {
    const p = percentile < 0 ? percentile + 100 : percentile;
    if (!(p >= 0 && p <= 100))
      throw new ArgumentError(
        `ndimage.percentileFilter: expected a percentile between -100 and 100, received ` +
          textOf(percentile),
      );
    return p === 100 ? count - 1 : Math.floor((count * p) / 100);
  });
