import { ArgumentError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import type { EitherArray } from '../../core/distributed/align.js';
import type { ArrayLike } from '../operands.js';
import { decompose, matricesOf, perMatrix, squareOf } from './matrices.js';
import { isOneSplitMatrix, isTall, replicatedIn, tallQr, tallR } from './tall-qr.js';

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
      if (mode === 'r') return replicatedIn(x, tallR(name, x));
      const { q, r } = tallQr(name, x);
      return [q, replicatedIn(x, r)];
    }
    const parts = perMatrix(name, x, (part) =>
      decompose(name, 'qr', part, mode === 'r' ? [1] : [0, 1], { full: mode === 'complete' }),
    );
    return (mode === 'r' ? parts[0] : parts) as EitherArray | [EitherArray, EitherArray];
  });
}
