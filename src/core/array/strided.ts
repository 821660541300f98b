/** Arrays as operands of strided copies. */

import { mayShare, type Strides } from '../base/strides.js';
import { checkWritable } from '../kernels/strided-operands.js';
import type { Elements, Strided } from '../ports/backend.js';
import type { NDArray } from './ndarray.js';

/** Elements of an array, from `start` after its first element on. */
export function within(x: NDArray, start: number, strides: Strides): Strided {
  const { strided } = x;
  return strided
    ? { elements: strided.elements, start: strided.start + start, strides }
    : { elements: x, start, strides };
}

/** All elements of an array. */
export const walkOver = (x: NDArray): Strided => within(x, 0, x.strides);

/** One element of an array: the one that lies `start` after the first one. */
export const elementAt = (x: NDArray, start: number): Elements => ({
  storage: x.memory,
  offset: x.offset + start,
  size: 1,
});

/** Throws {@link ArgumentError} if an array is a broadcast view. */
export function checkWritableArray({ strided }: NDArray): void {
  if (strided) checkWritable(strided);
}

/**
 * True if two arrays share memory, wholly or in part. For some views with strides that share
 * nothing, it is true as well: see {@link mayShare}.
 */
export function overlaps(x: NDArray, y: NDArray): boolean {
  if (x.memory !== y.memory) return false;
  if (x.isContiguous && y.isContiguous) return x.offset < y.offset + y.size && y.offset < x.offset + x.size;
  const placed = (a: NDArray) => ({ start: a.offset, shape: a.shape, strides: a.strides });
  return mayShare(placed(x), placed(y));
}
