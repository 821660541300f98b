import { floatsOf } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import { epsilonOf } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { checkFinite, checkNonNegative, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed, onEveryRank, ownPart } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { checkReducible, dropAxes, reduceOver } from '../../core/distributed/reductions.js';
import { multiply, subtract } from '../elementwise/arithmetic.js';
import { alike, concatenate } from '../joining.js';
import { type ArrayLike, onParts } from '../operands.js';
import { matmul } from '../products/products.js';
import { expandDims, expandedDims, squeezed } from '../shaping.js';
import { decompose, matricesOf } from './matrices.js';
import { adjointOf, svd } from './singular-values.js';
import { byRows, isOneSplitMatrix, isTall, ofRows, replicatedIn, tallR } from './tall-qr.js';

/**
 * The reciprocals of the singular values of each matrix that are larger than a part of its largest
 * one, which is the first, and 0 for the others. Computed on the host.
 */
const reciprocals = (s: EitherArray, rcond: number): EitherArray =>
  onParts(s, (part) => {
    const n = part.shape.at(-1) as number;
    const values = part.toHost();
    for (let first = 0; first < values.length; first += n) {
      const least = (values[first] as number) * rcond;
      for (let k = first; k < first + n; k++) {
        const value = values[k] as number;
        values[k] = value > least ? 1 / value : 0;
      }
    }
    return part.space.upload(values);
  });

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
    const scale = expandDims(reciprocals(s, rcond), -2);
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
 * Of a distributed matrix with at least twice as many rows as columns of both, each rank decomposes
 * its rows, as `qr` does, and b is moved to them. With fewer rows, or more columns of b than of a,
 * two reductions of the sizes of x and the residuals are needed too. Other operands are sent to all
 * ranks, which agree on the rank by one broadcast. x is whole on each rank.
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
    const [m, n] = x.space.shape as [number, number];
    const columns = right.space.shape[1] as number;
    const epsilon = epsilonOf(x.dtype);
    const part =
      rcond === undefined || rcond === null ? epsilon * Math.max(m, n) : rcond < 0 ? epsilon : rcond;
    const isSplit = isOneSplitMatrix(x) && isTall(x);
    // Q is not needed, unless b has so many columns that Qᴴ b is cheaper than R of both
    const isReducible = columns <= n && m >= 2 * (n + columns);
    const [p, q] =
      (isReducible ? triangular(name, x, right) : undefined) ??
      (isSplit ? [x, right] : [onEveryRank(x), onEveryRank(right)]);
    const like = [x, right].find(isDistributed);
    const [y, rest, own, s] = fitted(p, q, part);
    // Each rank has computed the rank: they agree on one
    const rank = like ? like.comm.bcastObject(own) : own;
    const isUnique = rank === n && m > n;
    const residuals = isUnique
      ? dropAxes(reduceOver(name, 'sumSquares', rest, [0]), [0])
      : NDArray.empty(0, { dtype: s.dtype, backend: s.space.backend });
    const back = (z: EitherArray): EitherArray => (like && !isDistributed(z) ? replicatedIn(like, z) : z);
    return [back(isVector ? squeezed(name, y, [1]) : y), back(residuals), rank, back(s)];
  });

  /** x, b − a x, the rank, and the singular values. */
  function fitted(
    x: EitherArray,
    y: EitherArray,
    part: number,
  ): [EitherArray, EitherArray, number, EitherArray] {
    const [u, s, vh] = svd(x, { fullMatrices: false });
    const scale = reciprocals(s, part);
    const rank = Array.from(ownPart(scale).toHost()).filter((value) => value > 0).length;
    const columns = y.space.shape[1] as number;
    const rows =
      isDistributed(u) && isDistributed(y) ? y.redistribute(ofRows(u.layout.blocks(0), columns)) : y;
    const projected = matmul(adjointOf(u), rows) as EitherArray;
    const solution = matmul(adjointOf(vh), multiply(expandDims(scale, 1), projected)) as EitherArray;
    return [solution, subtract(rows, matmul(x, solution) as EitherArray), rank, s];
  }
}

/**
 * R of the decomposition of [a b], as the columns of a and those of b: their least squares have the
 * same solutions and residuals. On every rank. Undefined if some of it is not finite, since a
 * column of b would spoil the others.
 */
function triangular(name: string, a: EitherArray, b: EitherArray): [NDArray, NDArray] | undefined {
  const [n, columns] = [a.space.shape[1] as number, b.space.shape[1] as number];
  const r = isOneSplitMatrix(a)
    ? tallR(name, beside(name, a, b))
    : (decompose(name, 'qr', concatenate([onEveryRank(a), onEveryRank(b)], { axis: 1 }), [1])[0] as NDArray);
  if (!r.isfinite().all()) return undefined;
  return [r.slice(null, [0, n]).contiguous(), r.slice(null, [n, n + columns]).contiguous()];
}

/** The matrix [a b], with the rows of b moved to those of a. */
function beside(name: string, a: DistributedArray, b: EitherArray): DistributedArray {
  const x = byRows(name, a);
  const lengths = x.layout.blocks(0);
  const columns = b.space.shape[1] as number;
  const first = x.box.start[0] as number;
  const own = isDistributed(b)
    ? b.redistribute(ofRows(lengths, columns)).local
    : b.slice([first, first + (x.local.shape[0] as number)]);
  const layout = ofRows(lengths, (x.globalShape[1] as number) + columns);
  return x.space.withLayout(layout).wrap(concatenate([x.local, own], { axis: 1 }));
}
