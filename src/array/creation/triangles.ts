import {
  type ArrayOptions,
  diagonalArguments,
  type EyeOptions,
  type NumbersAndOptions,
} from '../../core/array/creation.js';
import { bandOfOnes, checkDiagonal } from '../../core/array/diagonals.js';
import { where } from '../../core/array/elementwise.js';
import { NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { FLAG_DTYPE, isBoolean } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape } from '../../core/base/shape.js';
import { checkBoxes, isDistributed } from '../../core/distributed/align.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';

/** As {@link NDArray.eye}. */
export const eye = NDArray.eye;

/** The identity matrix `[n, n]`. */
export const identity = (n: number, options?: ArrayOptions): NDArray => NDArray.eye(n, options);

/** A matrix `[n, m]` with ones on and below diagonal `k`, and zeros above. */
export function tri(n: number, options?: EyeOptions): NDArray;
export function tri(n: number, m?: number, options?: EyeOptions): NDArray;
export function tri(n: number, m?: number, k?: number, options?: EyeOptions): NDArray;
export function tri(rows: number, ...rest: NumbersAndOptions<EyeOptions>): NDArray {
  const { n, m, k, dtype, backend } = diagonalArguments('tri', rows, rest);
  return bandOfOnes(NDArraySpace.of([n, m], dtype, backend), Number.NEGATIVE_INFINITY, k);
}

/**
 * A copy of the diagonals that `span` names, and zeros elsewhere.
 * @param span the first and the last diagonal
 */
function diagonalsOf<X extends ArrayLike>(
  name: string,
  x: X,
  span: readonly [first: number, last: number],
): ArrayOf<X> {
  return tidy(() => {
    const given = arrayOf(name, x);
    const { shape } = given.space;
    checkBoxes(name, given);
    if (shape.length < 2)
      throw new ShapeError(`${name}: expected at least two axes, received ${formatShape(shape)}`);
    const [local, start] = isDistributed(given)
      ? [given.local, given.box.start]
      : [given, shape.map(() => 0)];
    const shift = (start.at(-2) as number) - (start.at(-1) as number);
    const flags = bandOfOnes(
      local.space.withShape(local.shape.slice(-2), FLAG_DTYPE),
      span[0] + shift,
      span[1] + shift,
    );
    const part = isBoolean(local.dtype) ? local.multiply(flags) : where(flags, local, 0);
    return isDistributed(given) ? given.space.wrap(part) : part;
  }) as ArrayOf<X>;
}

/**
 * A copy of x with zeros above diagonal `k` of its last two axes. In any layout; nothing is sent.
 * Extra memory: one mask of dtype bool.
 */
export const tril = <X extends ArrayLike>(x: X, k = 0): ArrayOf<X> =>
  diagonalsOf('tril', x, [Number.NEGATIVE_INFINITY, checkDiagonal('tril', k)]);

/** As {@link tril}, with zeros below diagonal `k`. */
export const triu = <X extends ArrayLike>(x: X, k = 0): ArrayOf<X> =>
  diagonalsOf('triu', x, [checkDiagonal('triu', k), Number.POSITIVE_INFINITY]);
