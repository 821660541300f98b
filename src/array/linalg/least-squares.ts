import { floatsOf } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import { epsilonOf } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { checkFinite, checkNonNegative, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed, onEveryRank } from '../../core/distributed/align.js';
import { checkReducible, dropAxes, reduceOver } from '../../core/distributed/reductions.js';
import { divide, multiply, subtract } from '../elementwise/arithmetic.js';
import { where } from '../elementwise/choosing.js';
import { greater } from '../elementwise/comparisons.js';
import { alike } from '../joining.js';
import { sum } from '../methods.js';
import type { ArrayLike } from '../operands.js';
import { matmul } from '../products/products.js';
import { expandDims, expandedDims, squeezed } from '../shaping.js';
import { matricesOf } from './matrices.js';
import { adjointOf, largestOf, svd } from './singular-values.js';
import { isOneSplitMatrix, isTall, ofRows, replicatedIn } from './tall-qr.js';

/** The reciprocals of the singular values that are larger than a part of the largest, else 0. */
function reciprocals(name: string, s: EitherArray, rcond: number): EitherArray {
  const isKept = greater(s, multiply(largestOf(name, s), rcond));
  return where(isKept, divide(1, where(isKept, s, 1)), 0) as EitherArray;
}

/** Options of {@link pinv}. */
export interface PinvOptions {
  /** Singular values up to this part of the largest one count as 0. @default 1e-15 */
  readonly rcond?: number;
}
const PINV_DEFAULTS = { rcond: 1e-15 } satisfies Defaults<PinvOptions>;

/**
 * The Moore-Penrose inverses of matrices, by singular values. Of one matrix that is split over
 * ranks, the inverse is split by columns if the matrix has more rows than columns, otherwise by
 * rows. Communication as that of {@link svd}.
 * @throws {@link NumericalError} for elements that are not finite
 */
export function pinv(a: ArrayLike, options?: PinvOptions): EitherArray {
  const name = 'linalg.pinv';
  const { rcond } = withDefaults(name, options, PINV_DEFAULTS);
  checkNonNegative(name, { rcond });
  return tidy(() => {
    const [u, s, vh] = svd(matricesOf(name, a), { fullMatrices: false });
    const scale = expandDims(reciprocals(name, s, rcond), -2);
    return matmul(multiply(adjointOf(vh), scale), adjointOf(u)) as EitherArray;
  });
}

/** Options of {@link lstsq}. */
export interface LstsqOptions {
  /**
   * Singular values up to this part of the largest one count as 0. Negative: the precision of the
   * dtype.
   * @default the larger side of the matrix times the precision of the dtype
   */
  readonly rcond?: number | null | undefined;
}
const LSTSQ_DEFAULTS = { rcond: undefined } satisfies Defaults<LstsqOptions>;

/** The result of {@link lstsq}: as `numpy.linalg.lstsq` has it. */
export type LeastSquares = [
  x: EitherArray,
  residuals: EitherArray,
  rank: number,
  singularValues: EitherArray,
];

/**
 * The vectors x of smallest norm that minimise `‖b − a x‖`, by singular values: x, the squared
 * norms of the residuals, one for each column of b, none if the rank of a is less than its number
 * of columns or there are no more rows than columns; the rank; the singular values.
 * Of a distributed matrix with at least as many rows as columns, each rank decomposes its rows, as
 * `qr` does; beside this two reductions of the sizes of x and the residuals are needed, and b is
 * moved to the rows of the matrix. Other operands are sent to all ranks. x is whole on each rank.
 * @throws {@link NumericalError} for elements that are not finite
 */
export function lstsq(a: ArrayLike, b: ArrayLike, options?: LstsqOptions): LeastSquares {
  const name = 'linalg.lstsq';
  const { rcond } = withDefaults(name, options, LSTSQ_DEFAULTS);
  if (typeof rcond === 'number') checkFinite(name, { rcond });
  return tidy(() => {
    const [x, given] = alike(name, [a, b]).map(floatsOf) as [EitherArray, EitherArray];
    checkReducible(name, x);
    const [{ length: ndim }, shape] = [x.space.shape, given.space.shape];
    if (ndim !== 2 || shape.length < 1 || shape.length > 2 || shape[0] !== x.space.shape[0])
      throw new ShapeError(
        `${name}: expected a matrix and as many rows of b, received ${formatShape(x.space.shape)} and ` +
          formatShape(shape),
      );
    const isVector = shape.length === 1;
    const right = isVector ? expandedDims(given, [1]) : given;
    const isSplit = isOneSplitMatrix(x) && isTall(x);
    const like = [x, right].find(isDistributed);
    const [y, residuals, rank, s] = isSplit ? fitted(x, right) : fitted(onEveryRank(x), onEveryRank(right));
    const back = (z: EitherArray): EitherArray => (like && !isDistributed(z) ? replicatedIn(like, z) : z);
    return [back(isVector ? squeezed(name, y, [1]) : y), back(residuals), rank, back(s)];
  });

  function fitted(x: EitherArray, y: EitherArray): LeastSquares {
    const [m, n] = x.space.shape as [number, number];
    const [u, s, vh] = svd(x, { fullMatrices: false });
    const epsilon = epsilonOf(x.dtype);
    const part =
      rcond === undefined || rcond === null ? epsilon * Math.max(m, n) : rcond < 0 ? epsilon : rcond;
    const scale = reciprocals(name, s, part);
    // Each rank has computed it: the ranks agree on one
    const own = sum(greater(scale, 0)) as number;
    const rank = isDistributed(x) ? x.comm.bcastObject(own) : own;
    const columns = y.space.shape[1] as number;
    const rows =
      isDistributed(u) && isDistributed(y) ? y.redistribute(ofRows(u.layout.blocks(0), columns)) : y;
    const projected = matmul(adjointOf(u), rows) as EitherArray;
    const solution = matmul(adjointOf(vh), multiply(expandDims(scale, 1), projected)) as EitherArray;
    const residuals =
      rank === n && m > n
        ? dropAxes(
            reduceOver(name, 'sumSquares', subtract(rows, matmul(x, solution) as EitherArray), [0]),
            [0],
          )
        : NDArray.empty(0, { dtype: s.dtype, backend: s.space.backend });
    return [solution, residuals, rank, s];
  }
}
