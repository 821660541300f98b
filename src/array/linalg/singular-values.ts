import { matmul as matmulLocal } from '../../core/array/array-functions.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { epsilonOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkFlag, checkNonNegative, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import type { EitherArray } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { reduceOver } from '../../core/distributed/reductions.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import { multiply } from '../elementwise/arithmetic.js';
import { greater } from '../elementwise/comparisons.js';
import { conj } from '../elementwise/complex-parts.js';
import { sum } from '../methods.js';
import { type ArrayLike, arrayOf } from '../operands.js';
import { numberOr } from '../products/contraction.js';
import type { Product } from '../products/products.js';
import { swapaxes } from '../shaping.js';
import { decompose, matricesOf, perMatrix } from './matrices.js';
import { isOneSplitMatrix, isTall, replicatedIn, tallQr, tallR } from './tall-qr.js';

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

export const adjointOf = <X extends EitherArray>(x: X): X => conj(swapaxes(x, -2, -1)) as X;

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
  const r = tallR(name, tall);
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

export const largerSide = (x: EitherArray): number => Math.max(...x.space.shape.slice(-2));

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
