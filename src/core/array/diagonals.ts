/** Diagonals of matrices, and matrices that are constant along diagonals. */

import { ArgumentError } from '../base/errors.js';
import { stridesOf } from '../base/shape.js';
import type { Range } from '../base/slice.js';
import { textOf } from '../base/text-of.js';
import type { NDArray, NDArraySpace } from './ndarray.js';

/** Throws {@link ArgumentError} unless a diagonal is an integer. */
export function checkDiagonal(owner: string, k: number): number {
  if (Number.isSafeInteger(k)) return k;
  throw new ArgumentError(`${owner}: expected k to be an integer, received ${textOf(k)}`);
}

/**
 * The matrix `[n, m]` whose element [i, j] is `values[n − 1 + j − i]`. The kernel reads along
 * negative strides.
 */
function toeplitz(values: NDArray, n: number, m: number): NDArray {
  const y = values.space.withShape([n, m]).empty();
  if (y.size > 0)
    y.backend.stridedCopy(
      y.shape,
      { elements: values, start: n - 1, strides: [-1, 1] },
      { elements: y, start: 0, strides: stridesOf(y.shape) },
      'set',
    );
  return y;
}

/** The matrix of zeros with ones on the diagonals from `first` to `last`. */
export function bandOfOnes(space: NDArraySpace, first: number, last: number): NDArray {
  const [n, m] = space.shape as readonly [number, number];
  const count = Math.max(0, n + m - 1);
  const within = (diagonal: number): number => Math.min(Math.max(0, diagonal + n - 1), count);
  const values = space.withShape([count]).zeros();
  values.set([[within(first), within(last + 1)]], 1);
  const y = toeplitz(values, n, m);
  values.dispose();
  return y;
}

/** The number of elements of diagonal `k` of a matrix `[n, m]`. */
export const diagonalLength = (n: number, m: number, k: number): number =>
  Math.max(0, Math.min(n + Math.min(k, 0), m - Math.max(k, 0)));

/** The positions of diagonal `k` in the flattened matrix `[n, m]`. */
export function diagonalRange(n: number, m: number, k: number): Range {
  const count = diagonalLength(n, m, k);
  if (count === 0) return [0, 0];
  const start = k < 0 ? -k * m : k;
  return [start, start + (count - 1) * (m + 1) + 1, m + 1];
}
