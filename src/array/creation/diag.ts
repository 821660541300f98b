import { checkDiagonal, diagonalLength, diagonalRange } from '../../core/array/diagonals.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { ShapeError } from '../../core/base/errors.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape } from '../../core/base/shape.js';
import { checkBoxes, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { alongRanks } from './along-ranks.js';

/** A matrix `[rows, columns]` of zeros with `values` on diagonal `k`. */
function matrixOf(values: NDArray, rows: number, columns: number, k: number): NDArray {
  const y = values.space.withShape([rows, columns]).zeros();
  if (values.size > 0) y.ravel().set([diagonalRange(rows, columns, k)], values);
  return y;
}

/** A copy of diagonal `k` of a matrix. */
function diagonal(x: NDArray, k: number): NDArray {
  const [n, m] = x.shape as readonly [number, number];
  return x
    .ravel()
    .slice(diagonalRange(n, m, k))
    .copy();
}

/** The diagonal of the parts lies in the order of the ranks, because their blocks are row-major. */
function distributedDiagonal(x: DistributedArray, k: number): DistributedArray {
  const own = (rank: number): number => {
    const { start } = x.layout.box(rank);
    return k + (start[0] as number) - (start[1] as number);
  };
  const counts = x.localShapes.map(([n = 0, m = 0], rank) => [diagonalLength(n, m, own(rank))]);
  return alongRanks(x, counts, diagonal(x.local, own(x.rank)));
}

/** Each rank has the rows of its values. Rows without a value are on the first or the last rank. */
function distributedMatrix(x: DistributedArray, k: number): DistributedArray {
  const n = x.size + Math.abs(k);
  const hasRest = (rank: number): boolean => x.layout.replicated || rank === (k < 0 ? 0 : x.comm.size - 1);
  const shapes = x.localShapes.map(([count = 0], rank) => [count + (hasRest(rank) ? Math.abs(k) : 0), n]);
  const own = k < 0 && hasRest(x.rank) ? k : (x.box.start[0] as number) + Math.max(k, 0);
  return alongRanks(x, shapes, matrixOf(x.local, shapes[x.rank]?.[0] as number, n, own));
}

/**
 * Diagonal `k` of a matrix, or of a vector the matrix that has it on diagonal `k` and is 0
 * elsewhere. Nothing is sent: in the result each rank has the elements that it has in x, and the
 * first or the last rank the rows without one.
 * @throws {@link ShapeError} if x has another number of axes than one or two
 */
export function diag<X extends ArrayLike>(x: X, k = 0): ArrayOf<X> {
  checkDiagonal('diag', k);
  return tidy(() => {
    const from = arrayOf('diag', x);
    const { shape } = from.space;
    checkBoxes('diag', from);
    if (shape.length === 1) {
      const n = from.size + Math.abs(k);
      return isDistributed(from) ? distributedMatrix(from, k) : matrixOf(from, n, n, k);
    }
    if (shape.length !== 2)
      throw new ShapeError(`diag: expected one or two axes, received ${formatShape(shape)}`);
    return isDistributed(from) ? distributedDiagonal(from, k) : diagonal(from, k);
  }) as ArrayOf<X>;
}
