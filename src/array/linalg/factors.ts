import { matmul } from '../../core/array/array-functions.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import { splitByRows } from '../../core/distributed/unsplit.js';
import type { ArrayLike } from '../operands.js';
import { decompose, matricesOf, perMatrix, squareOf } from './matrices.js';

/**
 * The lower triangular factors L of Hermitian matrices `L Lᴴ`, from their lower triangles. Cost
 * 1/3 n³. Matrices of a distributed array that are not whole on a rank are moved: see `solve`.
 * @throws {@link NumericalError} if a matrix is not positive definite
 */
export function cholesky(a: ArrayLike): EitherArray {
  const name = 'linalg.cholesky';
  return tidy(
    () => perMatrix(name, squareOf(name, a), (x) => decompose(name, 'cholesky', x, [0]))[0],
  ) as EitherArray;
}

const MODES = ['reduced', 'complete', 'r'] as const;
/** Options of {@link qr}. */
export interface QrOptions {
  /**
   * `reduced`: for m rows and n columns Q is `[m, k]` and R `[k, n]`, with k the smaller of both.
   * `complete`: `[m, m]` and `[m, n]`. `r`: R of `reduced` only.
   * @default 'reduced'
   */
  readonly mode?: (typeof MODES)[number];
}
const DEFAULTS = { mode: 'reduced' } satisfies Defaults<QrOptions>;

/** Whether x is one matrix whose rows, or columns, are on several ranks. */
export const isOneSplitMatrix = (x: EitherArray): x is DistributedArray =>
  isDistributed(x) && x.ndim === 2 && !x.layout.replicated && x.comm.size > 1;

/** Whether a matrix has at least as many rows as columns. */
export const isTall = ({ globalShape }: DistributedArray): boolean =>
  (globalShape[0] as number) >= (globalShape[1] as number);

/** An array that is whole on each rank, as one of a distributed array's space. */
export const replicatedIn = (x: DistributedArray, whole: NDArray): DistributedArray =>
  x.space.withDType(whole.dtype).withLayout(Layout.replicated(whole.shape, x.comm.size)).wrap(whole);

/** The layout of rows of n elements, so many on each rank. */
export const ofRows = (lengths: readonly number[], n: number): Layout =>
  Layout.fromLocalShapes(lengths.map((rows) => [rows, n]));

/**
 * Q, split by rows, and R, on each rank, of a tall matrix: each rank decomposes its rows, then all
 * decompose the factors R of all ranks. One exchange of at most n² elements of each rank, which all
 * ranks hold. Source: Demmel, Grigori, Hoemmen, Langou, "Communication-optimal parallel and
 * sequential QR and LU factorizations", 2012.
 */
export function tallQr(name: string, given: DistributedArray): { q: DistributedArray; r: NDArray } {
  const rows = splitByRows(name, given);
  const x = rows.layout.hasIdleRanks ? rows.redistribute(0) : rows;
  const n = x.globalShape[1] as number;
  const lengths = x.layout.blocks(0);
  const [q, r] = decompose(name, 'qr', x.local, [0, 1]) as [NDArray, NDArray];
  const layout = ofRows(
    lengths.map((length) => Math.min(length, n)),
    n,
  );
  const factors = x.space.withLayout(layout).wrap(r);
  const [left, all] = decompose(name, 'qr', factors.asArray(), [0, 1]) as [NDArray, NDArray];
  const first = factors.box.start[0] as number;
  const own = left.slice([first, first + (r.shape[0] as number)]);
  return { q: x.space.withLayout(ofRows(lengths, n)).wrap(matmul(q, own)), r: all };
}

/**
 * QR decompositions: Q with orthonormal columns and R upper triangular, `Q R = a`. Of a distributed
 * matrix with at least as many rows as columns, Q is split by rows, and R is whole on each rank:
 * each rank decomposes its rows, and sends at most n² elements to all ranks. Other matrices that
 * are not whole on a rank are moved: see `solve`.
 */
export function qr(a: ArrayLike, options: QrOptions & { readonly mode: 'r' }): EitherArray;
export function qr(a: ArrayLike, options?: QrOptions): [q: EitherArray, r: EitherArray];
export function qr(a: ArrayLike, options?: QrOptions): EitherArray | [EitherArray, EitherArray] {
  const name = 'linalg.qr';
  const { mode } = withDefaults(name, options, DEFAULTS);
  checkOneOf('mode', mode, MODES);
  return tidy(() => {
    const x = matricesOf(name, a);
    if (isOneSplitMatrix(x) && isTall(x)) {
      if (mode === 'complete')
        throw new ArgumentError(
          `${name}: a complete Q of a distributed matrix is not supported: gather it with asArray() first`,
        );
      const { q, r } = tallQr(name, x);
      const whole = replicatedIn(x, r);
      return mode === 'r' ? whole : [q, whole];
    }
    const parts = perMatrix(name, x, (part) =>
      decompose(name, 'qr', part, mode === 'r' ? [1] : [0, 1], { full: mode === 'complete' }),
    );
    return (mode === 'r' ? parts[0] : parts) as EitherArray | [EitherArray, EitherArray];
  });
}
