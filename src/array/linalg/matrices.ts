import { floatsOf } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import { NumericalError, ShapeError } from '../../core/base/errors.js';
import { formatShape, product, type Shape } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import { checkReducible } from '../../core/distributed/reductions.js';
import { unsplit } from '../../core/distributed/unsplit.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import type { Decomposition, Matrices } from '../../core/ports/backend.js';
import { decompositionParts } from '../../core/ports/decompositions.js';
import { type ArrayLike, arrayOf } from '../operands.js';

/** The matrices over the last two axes of an operand, as floats. */
export function matricesOf(name: string, given: ArrayLike): EitherArray {
  const x = floatsOf(arrayOf(name, given));
  checkMatrices(name, x);
  return x;
}

/** Throws unless the last two axes of an array are matrices, which ranks have or have parts of. */
function checkMatrices(name: string, x: EitherArray): void {
  checkReducible(name, x);
  const { shape } = x.space;
  if (shape.length < 2)
    throw new ShapeError(`${name}: expected matrices, received the shape ${formatShape(shape)}`);
}

/** As {@link matricesOf}, for square matrices. */
export const squareOf = (name: string, given: ArrayLike): EitherArray =>
  checkSquare(name, matricesOf(name, given));

/** An array whose last two axes are square matrices. */
export function checkSquare(name: string, x: EitherArray): EitherArray {
  checkMatrices(name, x);
  const [rows, columns] = x.space.shape.slice(-2);
  if (rows !== columns)
    throw new ShapeError(`${name}: expected square matrices, received ${formatShape(x.space.shape)}`);
  return x;
}

/** The matrices of an array of one rank, for kernels. */
export function sizesOf({ shape }: NDArray): Matrices {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return { count: product(shape.slice(0, -2)), rows, columns };
}

/** What it means that a matrix has no decomposition. `lu` is there for singular matrices too. */
const FAILURES: Readonly<Record<Decomposition, string>> = {
  lu: 'is singular',
  cholesky: 'is not positive definite',
  qr: 'has no decomposition',
  svd: 'has no singular values: expected finite elements',
  eigh: 'has no eigenvalues: expected finite elements',
  eig: 'has no eigenvalues: expected finite elements',
};

/** Options of {@link decompose}. */
interface DecomposeOptions extends Partial<Pick<Matrices, 'full' | 'lower'>> {
  /** Whether matrices without a decomposition are an error. @default true */
  readonly isChecked?: boolean;
}

/**
 * Parts of the decompositions of the matrices of an array of one rank, those of the numbers in
 * `wanted`.
 * @throws {@link NumericalError} if a matrix has none
 */
export function decompose(
  name: string,
  kind: Decomposition,
  x: NDArray,
  wanted: readonly number[],
  { isChecked = true, ...flags }: DecomposeOptions = {},
): NDArray[] {
  const of: Matrices = { ...sizesOf(x), ...flags };
  const parts = decompositionParts(kind, of, x.dtype).map(({ shape, dtype, optional = false }, k) =>
    optional && !wanted.includes(k)
      ? undefined
      : x.space.withShape([...x.shape.slice(0, -2), ...shape], dtype).empty(),
  );
  const failed = x.backend.decompose(kind, x, parts, of);
  if (isChecked && failed >= 0)
    throw new NumericalError(
      `${name}: ${of.count > 1 ? `matrix ${failed} of ${of.count}` : 'the matrix'} ${FAILURES[kind]}`,
    );
  // The square factors of matrices without elements, which the kernel does not see
  if (x.size === 0) for (const y of parts) if (y && y.size > 0) y.assign(identitiesLike(y));
  return wanted.map((k) => parts[k] as NDArray);
}

/** An identity matrix for each matrix of an array of one rank, as a view. */
export function identitiesLike({ shape, dtype, backend }: NDArray): NDArray {
  return NDArray.eye(shape.at(-1) as number, { dtype, backend }).broadcastTo(shape);
}

/**
 * The layout of one array of `shape` for each matrix of x, whose matrices are whole on their ranks.
 */
export function layoutOfEach(x: DistributedArray, shape: Shape): Layout {
  const { layout, comm, globalShape } = x;
  const batch = globalShape.length - 2;
  const whole = [...globalShape.slice(0, batch), ...shape];
  if (layout.replicated || batch === 0) return Layout.replicated(whole, comm.size);
  return Layout.tiles(
    whole,
    comm.size,
    whole.map((_, k) => (k < batch ? (layout.grid[k] as number) : 1)),
    whole.map((_, k) => (k < batch ? layout.blocks(k) : undefined)),
  );
}

/** A distributed array whose matrices are whole on their ranks, which all have some. */
export function wholeMatrices(name: string, x: DistributedArray): DistributedArray {
  const batch = x.globalShape.length - 2;
  if (batch === 0) return x.broadcast();
  const y = unsplit(name, x, [batch, batch + 1]);
  return y.layout.hasIdleRanks ? y.redistribute(0) : y;
}

/**
 * Computes results for each matrix. Those of a distributed array are laid out as its matrices are.
 * If these are not whole on their ranks, the array is moved, to a split along another axis or, if
 * there is none, to all ranks. The ranks agree on errors, in one exchange of objects.
 */
export function perMatrix(
  name: string,
  x: EitherArray,
  compute: (part: NDArray) => readonly NDArray[],
): EitherArray[] {
  if (!isDistributed(x)) return [...compute(x)];
  const whole = wholeMatrices(name, x);
  const batch = x.globalShape.length - 2;
  return onAllRanks(x.comm, () => compute(whole.local)).map((part) => {
    if (part.ndim === 0) return part;
    return whole.space.withLayout(layoutOfEach(whole, part.shape.slice(batch))).wrap(part);
  });
}
