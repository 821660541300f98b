import { NDArray } from '../../core/array/ndarray.js';
import { ShapeError } from '../../core/base/errors.js';
import { checkCount, checkPositiveCount, type Defaults, withDefaults } from '../../core/base/options.js';
import { checkSeed } from '../../core/base/random.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape } from '../../core/base/shape.js';
import type { EitherArray } from '../../core/distributed/align.js';
import { abs, divide, multiply } from '../elementwise/arithmetic.js';
import { where } from '../elementwise/choosing.js';
import { equal } from '../elementwise/comparisons.js';
import { conj } from '../elementwise/complex-parts.js';
import { getItem } from '../indexing.js';
import type { ArrayLike } from '../operands.js';
import { settled } from '../products/contraction.js';
import { matmul, tensordot } from '../products/products.js';
import { expandDims } from '../shaping.js';
import { qr } from './factors.js';
import { matricesOf } from './matrices.js';
import { adjointOf, svd } from './singular-values.js';

/** Options of {@link randomizedSvd}. */
export interface RandomizedSvdOptions {
  /** How many random vectors are used beyond the rank. @default 10 */
  readonly oversamples?: number;
  /**
   * How often the vectors are multiplied with `a aᴴ`, each time made orthonormal. More are needed
   * where singular values decrease slowly. @default 4
   */
  readonly powerIterations?: number;
  /** The seed of the random vectors. @default 0 */
  readonly seed?: number;
}
const DEFAULTS = { oversamples: 10, powerIterations: 4, seed: 0 } satisfies Defaults<RandomizedSvdOptions>;

/** Vᴴ x, where the vectors are the columns of V. x is not copied. */
const projected = (vectors: EitherArray, x: EitherArray): EitherArray =>
  tensordot(conj(vectors), x, { axes: [0, 0] }) as EitherArray;
const times = (x: EitherArray, y: ArrayLike): EitherArray => matmul(x, y) as EitherArray;

/**
 * The largest singular values of a matrix and their vectors, by random vectors: U `[m, rank]`, s,
 * descending, and Vᴴ `[rank, n]`. `U diag(s) Vᴴ` is near the best approximation of a of that rank,
 * and a itself, up to rounding, if a has no larger rank.
 *
 * `l = rank + oversamples` normal vectors, at most as many as the smaller side, are multiplied with
 * a, and with `a aᴴ` for each power iteration; then a is projected onto the span of the products.
 * With p oversamples, q power iterations and the singular values σ of a, the projection's error in
 * the 2-norm, and so that of each value of s, is expected to be at most
 * `(1 + √(rank/(p − 1)) + e √l √(min(m, n) − rank) / p)^(1/(2q + 1)) σ[rank]`. That of
 * `U diag(s) Vᴴ` is at most `σ[rank]` larger. No value of s is larger than that of σ.
 *
 * The product of a row of Vᴴ and the first random vector is real and positive, which determines the
 * signs of rows and columns. So a seed gives the same result, up to rounding, on every backend and
 * any number of ranks.
 *
 * Cost: `4 m n l (q + 1)` flops, for complex numbers four times as many. Memory: a few arrays of
 * `l (m + n)` elements; a is neither copied nor gathered if it is split along one axis. Split by
 * rows, each of the `q + 1` products with aᴴ is one reduction of `l n` elements, and the factors of
 * tall matrices are found as by `qr`; U is split by rows, s and Vᴴ are whole on each rank. Split by
 * columns, each product with a is one reduction of `l m` elements, and Vᴴ is split by columns.
 *
 * Source: Halko, Martinsson, Tropp, "Finding structure with randomness", SIAM Review 53, 2011,
 * algorithms 4.4 and 5.1, theorem 9.3 and corollary 10.10.
 * @param rank how many singular values, from 1 to the smaller side of the matrix
 * @returns U, s of the real dtype, and Vᴴ
 * @throws {@link ShapeError} unless a is one matrix with at least `rank` rows and columns
 * @throws {@link NumericalError} for elements that are not finite
 */
export function randomizedSvd(
  a: ArrayLike,
  rank: number,
  options?: RandomizedSvdOptions,
): [u: EitherArray, s: EitherArray, vh: EitherArray] {
  const name = 'linalg.randomizedSvd';
  const { oversamples, powerIterations, seed } = withDefaults(name, options, DEFAULTS);
  checkPositiveCount(name, { rank });
  checkCount(name, { oversamples, powerIterations });
  checkSeed(seed);
  return tidy(() => {
    const x = oneMatrix(name, a, rank);
    const [m, n] = x.space.shape as [number, number];
    const { dtype, backend } = x.space;
    const random = NDArray.normal([n, Math.min(rank + oversamples, m, n)], { dtype, backend, seed });
    let left = orthonormal(times(x, random));
    for (let k = 0; k < powerIterations; k++)
      left = orthonormal(times(x, orthonormal(adjointOf(projected(left, x)))));
    const [inner, s, vh] = svd(projected(left, x), { fullMatrices: false });
    const right = getItem(vh, [[0, rank]]) as EitherArray;
    const phases = phasesOf(times(right, random.slice(null, 0)));
    const u = multiply(times(left, getItem(inner, ['...', [0, rank]]) as EitherArray), phases);
    return [u, getItem(s, [[0, rank]]) as EitherArray, multiply(expandDims(conj(phases), 1), right)];
  });
}

const orthonormal = (x: EitherArray): EitherArray => qr(x)[0];

/** Numbers divided by their moduli; 1 for 0. */
const phasesOf = (z: EitherArray): EitherArray => where(equal(z, 0), 1, divide(z, abs(z))) as EitherArray;

/** A matrix that is whole on each rank, or split along one axis over all ranks. */
function oneMatrix(name: string, a: ArrayLike, rank: number): EitherArray {
  const x = matricesOf(name, a);
  const { shape } = x.space;
  if (shape.length !== 2 || Math.min(...shape) < rank)
    throw new ShapeError(
      `${name}: expected one matrix with at least ${rank} rows and columns, received ${formatShape(shape)}`,
    );
  return settled(name, { x, labels: ['row', 'column'] }).x;
}
