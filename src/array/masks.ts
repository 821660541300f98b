import type { NDArray } from '../core/array/ndarray.js';
import { gatherAlong } from '../core/array/shaping.js';
import { truePositions } from '../core/array/true-positions.js';
import { PartitionError } from '../core/base/errors.js';
import { product, type Shape, sameShape } from '../core/base/shape.js';
import type { Range } from '../core/base/slice.js';
import { type EitherArray, isDistributed, ownPart } from '../core/distributed/align.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import { isRows } from '../core/distributed/redistribution.js';
import { splitByRows } from '../core/distributed/unsplit.js';
import { checkMask } from './index-entries.js';

/** The rows of an array: the axes that a mask of `axes` axes covers, as one. */
export function asRows(x: NDArray, axes: number, rest: Shape): NDArray {
  const shape = [product(x.shape.slice(0, axes)), ...rest];
  // A rank that owns nothing has another shape
  return x.size > 0 ? x.reshape(shape) : x.space.withShape(shape).empty();
}

/** This rank's part of a mask of the leading axes of an array. */
export function partOfMask(name: string, x: DistributedArray, mask: EitherArray): NDArray {
  const { start, shape } = x.box;
  if (!isDistributed(mask) || mask.layout.replicated) {
    const whole = ownPart(mask);
    return whole.slice(
      ...start.slice(0, whole.ndim).map((first, k): Range => [first, first + (shape[k] as number)]),
    );
  }
  if (mask.layout.equals(x.layout)) return mask.local;
  const flags = splitByRows(name, mask);
  const isAlike = isRows(x.layout) && sameShape(x.layout.blocks(0), flags.layout.blocks(0));
  if (!isAlike)
    throw new PartitionError(`${name}: the mask is split differently: move it with redistribute() first`);
  return flags.local;
}

/** Whether a mask selects rows of an array, so that nothing is moved before. */
export function hasRowsFor(name: string, x: EitherArray, mask: EitherArray): boolean {
  const isSplit = isDistributed(mask) && !mask.layout.replicated;
  if (isSplit && (!isDistributed(x) || x.layout.replicated))
    throw new PartitionError(`${name}: the mask is split over ranks and the array is not`);
  return isSplit || !isDistributed(x) || x.layout.replicated || isRows(x.layout);
}

/** The elements where a mask is true: rows of an array, one for each true element of the mask. */
export function masked(x: EitherArray, mask: EitherArray): EitherArray {
  const { shape } = x.space;
  const { length } = mask.space.shape;
  checkMask('getItem', mask.space.shape, shape);
  const rest = shape.slice(length);
  const rowsAt = (part: NDArray, flags: NDArray): NDArray =>
    gatherAlong(asRows(part, length, rest), truePositions(flags), 0);
  if (!isDistributed(x)) return rowsAt(x, mask as NDArray);
  const from = splitByRows('getItem', x);
  const part = rowsAt(from.local, partOfMask('getItem', from, mask));
  if (from.layout.replicated)
    return from.space.withLayout(Layout.replicated(part.shape, from.comm.size)).wrap(part);
  const counts = from.comm.allgatherObject(part.shape[0] as number);
  const layout = Layout.fromLocalShapes(counts.map((count) => [count, ...rest]));
  const total = counts.reduce((a, b) => a + b, 0);
  return from.space.withLayout(layout).wrap(part).redistribute(layout.withLength(0, total));
}
