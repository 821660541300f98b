import { matmul } from '../../core/array/array-functions.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { checkList } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, type Shape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { EitherArray } from '../../core/distributed/align.js';
import { type ArrayLike, arrayOf } from '../operands.js';
import { dot, type Product } from '../products/products.js';
import { checkSquare, identitiesLike, perMatrix, squareOf } from './matrices.js';
import { inverse } from './solving.js';

/**
 * Integer powers of square matrices; negative ones are those of the inverse, in floats. About
 * log₂ n products. Matrices of a distributed array that are not whole on a rank are moved: see
 * `solve`.
 * @throws {@link NumericalError} for negative powers of a singular matrix, or integers beyond
 *   int32
 */
export function matrixPower(a: ArrayLike, n: number): EitherArray {
  const name = 'linalg.matrixPower';
  if (!Number.isSafeInteger(n))
    throw new ArgumentError(`${name}: expected an integer power, received ${textOf(n)}`);
  return tidy(
    () =>
      perMatrix(name, n < 0 ? squareOf(name, a) : checkSquare(name, arrayOf(name, a)), (x) => [
        powerOf(name, x, n),
      ])[0],
  ) as EitherArray;
}

function powerOf(name: string, x: NDArray, n: number): NDArray {
  if (n === 0) return identitiesLike(x).copy();
  let square = n < 0 ? inverse(name, x) : x;
  let product: NDArray | undefined;
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) product = product ? matmul(product, square) : square;
    if (rest > 1) square = matmul(square, square);
  }
  return product === x ? x.copy() : (product as NDArray);
}

/**
 * The product of two or more matrices, in the order of least cost; the first and the last may be
 * vectors. Communication as that of `dot`.
 */
export function multiDot(arrays: readonly ArrayLike[]): Product {
  const name = 'linalg.multiDot';
  checkList(name, 'arrays', arrays);
  if (arrays.length < 2)
    throw new ArgumentError(`${name}: expected at least two arrays, received ${arrays.length}`);
  return tidy(() => {
    const given = arrays.map((a) => arrayOf(name, a));
    const shapes = given.map(({ space: { shape } }, k): Shape => {
      const isEnd = k === 0 || k === given.length - 1;
      if (shape.length !== 2 && !(isEnd && shape.length === 1))
        throw new ShapeError(`${name}: expected matrices, received the shape ${formatShape(shape)}`);
      return shape.length === 2 ? shape : k === 0 ? [1, ...shape] : [...shape, 1];
    });
    const sizes = [shapes[0]?.[0] as number, ...shapes.map((shape) => shape[1] as number)];
    const cuts = bestCuts(sizes);
    const productOf = (first: number, last: number): Product => {
      if (first === last) return given[first] as EitherArray;
      const cut = cuts[first]?.[last] as number;
      return dot(productOf(first, cut) as EitherArray, productOf(cut + 1, last) as EitherArray);
    };
    return productOf(0, given.length - 1);
  });
}

/**
 * After which matrix a product of the matrices `[sizes[k], sizes[k + 1]]`, from the first to the
 * last, is split, for the fewest multiplications. Source: Cormen et al., "Introduction to
 * Algorithms", section 15.2.
 */
function bestCuts(sizes: readonly number[]): number[][] {
  const n = sizes.length - 1;
  const cost = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const cuts = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const at = (i: number): number => sizes[i] as number;
  for (let length = 2; length <= n; length++)
    for (let first = 0; first + length <= n; first++) {
      const last = first + length - 1;
      let best = Number.POSITIVE_INFINITY;
      for (let cut = first; cut < last; cut++) {
        const own =
          (cost[first]?.[cut] as number) +
          (cost[cut + 1]?.[last] as number) +
          at(first) * at(cut + 1) * at(last + 1);
        if (own >= best) continue;
        best = own;
        (cuts[first] as number[])[last] = cut;
      }
      (cost[first] as number[])[last] = best;
    }
  return cuts;
}
