import { floatsOf } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import { broadcastShapes } from '../../core/base/broadcast.js';
import { abs, div, isZero, mul, neg, type Scalar, scalarOf } from '../../core/base/complex.js';
import { type DType, lanesOf, realOf } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, type Shape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed, onEveryRank, ownPart } from '../../core/distributed/align.js';
import { unsplit } from '../../core/distributed/unsplit.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import { alike } from '../joining.js';
import type { ArrayLike } from '../operands.js';
import { numberOr } from '../products/contraction.js';
import { diagonal } from '../products/diagonals.js';
import type { Product } from '../products/products.js';
import { broadcastTo, expandedDims, squeezed } from '../shaping.js';
import {
  checkSquare,
  decompose,
  identitiesLike,
  layoutOfEach,
  matricesOf,
  perMatrix,
  sizesOf,
  squareOf,
  wholeMatrices,
} from './matrices.js';

/** The solutions of `a x = b`, for as many right sides as matrices, on one rank. */
function solved(name: string, a: NDArray, b: NDArray, isChecked = true): NDArray {
  const [factors, pivots] = decompose(name, 'lu', a, [0, 1], { isChecked }) as [NDArray, NDArray];
  const y = b.copy();
  y.backend.solveLu(factors, pivots, y, sizesOf(y));
  return y;
}

/** The solutions for one matrix: all right sides are columns of one array. */
function solvedByOne(name: string, a: NDArray, b: NDArray): NDArray {
  const { count, rows, columns } = sizesOf(b);
  if (count === 1) return solved(name, a, b.reshape([rows, columns])).reshape(b.shape);
  const wide = b
    .reshape([count, rows, columns])
    .transpose([1, 0, 2])
    .reshape([rows, count * columns]);
  const y = solved(name, a, wide.contiguous()).reshape([rows, count, columns]);
  return y.transpose([1, 0, 2]).copy().reshape(b.shape);
}

const batchOf = (x: EitherArray): Shape => x.space.shape.slice(0, -2);

/**
 * The solutions for several matrices, whose leading axes broadcast with those of the right sides.
 */
function solvedByEach(name: string, a: EitherArray, b: EitherArray): EitherArray {
  const batch = broadcastShapes(batchOf(a), batchOf(b));
  const wide = [a, b].map((x) => broadcastTo(x, [...batch, ...x.space.shape.slice(-2)])) as EitherArray[];
  const split = wide.find((x) => isDistributed(x) && !x.layout.replicated) ?? wide.find(isDistributed);
  if (!split || !isDistributed(split))
    return solved(name, ...(wide.map((x) => ownPart(x).contiguous()) as [NDArray, NDArray]));
  const lead = wholeMatrices(name, split);
  const parts = wide.map((x) => {
    const layout = layoutOfEach(lead, x.space.shape.slice(-2));
    if (isDistributed(x)) return x.redistribute(layout).local.contiguous();
    const { start, shape } = layout.box(lead.comm.rank);
    return x.slice(...start.map((s, k): [number, number] => [s, s + (shape[k] as number)])).contiguous();
  }) as [NDArray, NDArray];
  const y = onAllRanks(lead.comm, () => solved(name, ...parts));
  return lead.space
    .withDType(y.dtype)
    .withLayout(layoutOfEach(lead, y.shape.slice(-2)))
    .wrap(y);
}

/**
 * The solution of `a x = b` for square matrices, as `numpy.linalg.solve`: b is a vector, or
 * matrices `[…, n, k]` whose leading axes broadcast with those of a. By LU decompositions, of cost
 * 2/3 n³. A distributed matrix is sent to all ranks; right sides that are split along other axes
 * than that of the equations stay where they are. Of several matrices, each rank solves those that
 * it has, and the right sides are moved to them. The ranks agree on errors.
 * @throws {@link NumericalError} if a matrix is singular
 */
export function solve(a: ArrayLike, b: ArrayLike): EitherArray {
  const name = 'linalg.solve';
  return tidy(() => {
    const [x, given] = alike(name, [a, b]).map(floatsOf) as [EitherArray, EitherArray];
    checkSquare(name, x);
    const isVector = given.space.shape.length === 1;
    const y = matricesOf(name, isVector ? expandedDims(given, [1]) : given);
    const n = x.space.shape.at(-1) as number;
    if (y.space.shape.at(-2) !== n)
      throw new ShapeError(
        `${name}: expected ${n} equations in b, received the shape ${formatShape(given.space.shape)}; ` +
          'several vectors are columns of matrices',
      );
    const result = solvedFor(x, y);
    return isVector ? squeezed(name, result, [result.space.shape.length - 1]) : result;
  });

  function solvedFor(x: EitherArray, y: EitherArray): EitherArray {
    if (x.space.shape.length > 2) return solvedByEach(name, x, y);
    const one = onEveryRank(x);
    if (!isDistributed(y)) {
      const whole = solvedByOne(name, one, y);
      return isDistributed(x) ? x.space.withLayout(layoutOfEach(x, y.shape)).wrap(whole) : whole;
    }
    const moved = unsplit(name, y, [y.globalShape.length - 2]);
    return moved.space.wrap(
      onAllRanks(y.comm, () =>
        moved.local.size === 0 ? moved.local.copy() : solvedByOne(name, one, moved.local),
      ),
    );
  }
}

/**
 * The inverses of square matrices. Cost 2 n³. Matrices of a distributed array that are not whole on
 * a rank are moved: see `solve`.
 * @throws {@link NumericalError} if a matrix is singular
 */
export function inv(a: ArrayLike): EitherArray {
  return tidy(
    () => perMatrix('linalg.inv', squareOf('linalg.inv', a), (x) => [inverse('linalg.inv', x)])[0],
  ) as EitherArray;
}

/**
 * The inverses of the matrices of an array of one rank. Those of singular ones have no finite
 * elements, or are an error if `isChecked`.
 */
export function inverse(name: string, x: NDArray, isChecked = true): NDArray {
  return solved(name, x, identitiesLike(x), isChecked);
}

/** A determinant: `sign · exp(logarithm)`. */
interface Determinant {
  readonly sign: Scalar;
  readonly logarithm: number;
  /** The product of the pivots; undefined if a part of it is too large or too small. */
  readonly value: Scalar | undefined;
}

/** A factor of modulus 1, or 0. */
const phaseOf = (z: Scalar): Scalar =>
  typeof z === 'number' ? Math.sign(z) : isZero(z) ? 0 : div(z, abs(z));
/** Products of smaller moduli lose digits. */
const LEAST = 2 ** -960;

/** The determinants of matrices, from the diagonals of U. Waits for the device. */
function determinants(name: string, x: NDArray): Determinant[] {
  const [factors, pivots] = decompose(name, 'lu', x, [0, 1], { isChecked: false }) as [NDArray, NDArray];
  const { count, rows: n } = sizesOf(x);
  const lanes = lanesOf(x.dtype);
  const line = diagonal(factors, { axis1: -2, axis2: -1 }).toHost();
  const exchanged = pivots.toHost();
  return Array.from({ length: count }, (_, k) => {
    let [sign, value, logarithm]: [Scalar, Scalar | undefined, number] = [1, 1, 0];
    for (let i = k * n; i < (k + 1) * n; i++) {
      const u = scalarOf(x.dtype, line[lanes * i] as number, lanes === 2 ? (line[2 * i + 1] as number) : 0);
      const turned = exchanged[i] === i - k * n ? u : neg(u);
      sign = mul(sign, phaseOf(turned));
      logarithm += Math.log(abs(u));
      if (value !== undefined) value = mul(value, turned);
      if (value !== undefined && !(abs(value) >= LEAST && abs(value) < Number.POSITIVE_INFINITY))
        value = undefined;
    }
    return { sign, logarithm, value };
  });
}

/** A number for each matrix of x as an array. */
const arrayFor = (x: NDArray, dtype: DType, numbers: readonly Scalar[]): NDArray =>
  NDArray.array([...numbers], { dtype, backend: x.backend }).reshape(x.shape.slice(0, -2));

/** A determinant as a number. */
const numberOf = ({ sign, logarithm, value }: Determinant): Scalar =>
  value ?? (isZero(sign) ? 0 : mul(sign, Math.exp(logarithm)));

/**
 * The determinants of square matrices; a number for one matrix. From LU decompositions; waits.
 * Matrices of a distributed array that are not whole on a rank are moved: see `solve`.
 */
export function det(a: ArrayLike): Product {
  return tidy(() => {
    const [y] = perMatrix('linalg.det', squareOf('linalg.det', a), (x) => [
      arrayFor(x, x.dtype, determinants('linalg.det', x).map(numberOf)),
    ]) as [EitherArray];
    return numberOr(y);
  });
}

/**
 * The signs of determinants, of modulus 1 or 0, and the logarithms of their moduli: they do not
 * overflow. Two numbers for one matrix. Communication as that of {@link det}.
 */
export function slogdet(a: ArrayLike): [sign: Product, logarithm: Product] {
  return tidy(() => {
    const found = perMatrix('linalg.slogdet', squareOf('linalg.slogdet', a), (x) => {
      const all = determinants('linalg.slogdet', x);
      return [
        arrayFor(
          x,
          x.dtype,
          all.map(({ sign }) => sign),
        ),
        arrayFor(
          x,
          realOf(x.dtype),
          all.map(({ logarithm }) => logarithm),
        ),
      ];
    });
    return found.map(numberOr) as [Product, Product];
  });
}
