import { matmul as matmulLocal } from '../../core/array/array-functions.js';
import { floatsOf } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import { epsilonOf } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import {
  checkFinite,
  checkFlag,
  checkNonNegative,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { checkReducible, dropAxes, reduceOver } from '../../core/distributed/reductions.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import { divide, multiply, subtract } from '../elementwise/arithmetic.js';
import { where } from '../elementwise/choosing.js';
import { greater } from '../elementwise/comparisons.js';
import { conj } from '../elementwise/complex-parts.js';
import { alike } from '../joining.js';
import { sum } from '../methods.js';
import { type ArrayLike, arrayOf } from '../operands.js';
import { numberOr } from '../products/contraction.js';
import { matmul, type Product } from '../products/products.js';
import { expandDims, expandedDims, squeezed, swapaxes } from '../shaping.js';
import { decompose, matricesOf, perMatrix } from './matrices.js';
import { isOneSplitMatrix, isTall, ofRows, replicatedIn, tallQr } from './tall-qr.js';

/** Options of {@link svd}. */
export interface SvdOptions {
  /**
   * Whether U and Vᴴ are square. Otherwise they have k columns, and k rows, k being the smaller
   * number of rows and columns.
   * @default true
   */
  readonly fullMatrices?: boolean;
  /** Whether U and Vᴴ are computed, and not the singular values only. @default true */
  readonly computeUv?: boolean;
}
const DEFAULTS = { fullMatrices: true, computeUv: true } satisfies Defaults<SvdOptions>;

const adjointOf = <X extends EitherArray>(x: X): X => conj(swapaxes(x, -2, -1)) as X;

/** The numbers of the parts of a decomposition: the kernel has the singular values first. */
const ALL_PARTS = [1, 0, 2];

/** U, the singular values and Vᴴ of one matrix that is split over ranks, none of them square. */
function splitSvd(name: string, x: DistributedArray): [DistributedArray, DistributedArray, DistributedArray] {
  if (!isTall(x)) {
    const [u, s, vh] = splitSvd(name, adjointOf(x));
    return [adjointOf(vh), s, adjointOf(u)];
  }
  const { q, r } = tallQr(name, x);
  const parts = onAllRanks(x.comm, () => decompose(name, 'svd', r, ALL_PARTS));
  const [u, s, vh] = parts as [NDArray, NDArray, NDArray];
  return [q.space.wrap(matmulLocal(q.local, u)), replicatedIn(x, s), replicatedIn(x, vh)];
}

/** The singular values of matrices, descending. */
export function singularValues(name: string, x: EitherArray): EitherArray {
  if (!isOneSplitMatrix(x))
    return perMatrix(name, x, (part) => decompose(name, 'svd', part, [0]))[0] as EitherArray;
  const tall = isTall(x) ? x : adjointOf(x);
  const { r } = tallQr(name, tall);
  return replicatedIn(
    x,
    onAllRanks(x.comm, () => decompose(name, 'svd', r, [0])[0] as NDArray),
  );
}

/**
 * Singular value decompositions, as `numpy.linalg.svd`: U, the singular values, descending, and Vᴴ,
 * with `U diag(s) Vᴴ = a`. Cost about 20 m n² for m rows and n columns, m ≥ n. Of one matrix that
 * is split over ranks, U is split by rows if there are more rows than columns, otherwise Vᴴ by
 * columns; the rest is whole on each rank. Communication as that of `qr`. Other matrices that are
 * not whole on a rank are moved: see `solve`.
 * @throws {@link NumericalError} for elements that are not finite
 * @throws {@link ArgumentError} for full matrices of one matrix that is split over ranks
 */
export function svd(a: ArrayLike, options: SvdOptions & { readonly computeUv: false }): EitherArray;
export function svd(a: ArrayLike, options?: SvdOptions): [u: EitherArray, s: EitherArray, vh: EitherArray];
export function svd(
  a: ArrayLike,
  options?: SvdOptions,
): EitherArray | [u: EitherArray, s: EitherArray, vh: EitherArray] {
  const name = 'linalg.svd';
  const { fullMatrices: full, computeUv } = withDefaults(name, options, DEFAULTS);
  checkFlag(name, { fullMatrices: full, computeUv });
  return tidy(() => {
    const x = matricesOf(name, a);
    if (!computeUv) return singularValues(name, x);
    if (isOneSplitMatrix(x)) {
      if (full && x.globalShape[0] !== x.globalShape[1])
        throw new ArgumentError(
          `${name}: square factors of a distributed matrix are not supported: choose fullMatrices: false, ` +
            'or gather it with asArray() first',
        );
      return splitSvd(name, x);
    }
    return perMatrix(name, x, (part) => decompose(name, 'svd', part, ALL_PARTS, { full })) as [
      EitherArray,
      EitherArray,
      EitherArray,
    ];
  });
}

/** The singular values of matrices, descending: those of {@link svd}. */
export const svdvals = (a: ArrayLike): EitherArray =>
  tidy(() => singularValues('linalg.svdvals', matricesOf('linalg.svdvals', a)));

const largerSide = (x: EitherArray): number => Math.max(...x.space.shape.slice(-2));

/** Options of {@link matrixRank}. */
export interface MatrixRankOptions {
  /**
   * Singular values up to this one count as 0.
   * @default the largest one times the larger side of the matrix times the precision of the dtype
   */
  readonly tol?: number | null | undefined;
}
const RANK_DEFAULTS = { tol: undefined } satisfies Defaults<MatrixRankOptions>;

/**
 * The number of singular values of matrices that are larger than a bound: int32; a number for one
 * matrix. An array of fewer than two axes has the rank 1, or 0 if all its elements are 0.
 * Communication as that of {@link svdvals}.
 */
export function matrixRank(a: ArrayLike, options?: MatrixRankOptions): Product {
  const name = 'linalg.matrixRank';
  const { tol } = withDefaults(name, options, RANK_DEFAULTS);
  if (typeof tol === 'number') checkNonNegative(name, { tol });
  return tidy(() => {
    const given = arrayOf(name, a);
    if (given.space.shape.length < 2) return given.norm(Number.POSITIVE_INFINITY) === 0 ? 0 : 1;
    const x = matricesOf(name, given);
    const s = singularValues(name, x);
    const bound = tol ?? multiply(largestOf(name, s), largerSide(x) * epsilonOf(x.dtype));
    return numberOr(sum(greater(s, bound), { axis: -1 }) as EitherArray);
  });
}

/** The largest singular value of each matrix, as an axis of length 1. */
const largestOf = (name: string, s: EitherArray): EitherArray =>
  reduceOver(name, 'max', s, [s.space.shape.length - 1]);

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
    const [y, residuals, rank, s] = isSplit ? fitted(x, right) : fitted(whole(x), whole(right));
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

const whole = (x: EitherArray): NDArray => (isDistributed(x) ? x.broadcast().local : x);
