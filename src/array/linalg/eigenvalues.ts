import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import type { EitherArray } from '../../core/distributed/align.js';
import type { Decomposition } from '../../core/ports/backend.js';
import type { ArrayLike } from '../operands.js';
import { decompose, perMatrix, squareOf } from './matrices.js';

const TRIANGLES = ['L', 'U'] as const;
/** Options of {@link eigh} and {@link eigvalsh}. */
export interface EighOptions {
  /** The triangle that is read: the lower or the upper one. @default 'L' */
  readonly UPLO?: (typeof TRIANGLES)[number];
}
const DEFAULTS = { UPLO: 'L' } satisfies Defaults<EighOptions>;

/** Parts of the decompositions of square matrices. */
function partsOf(
  name: string,
  kind: Decomposition,
  a: ArrayLike,
  wanted: readonly number[],
  lower = true,
): EitherArray[] {
  return tidy(() =>
    perMatrix(name, squareOf(name, a), (x) => decompose(name, kind, x, wanted, { lower })),
  ) as EitherArray[];
}

function isLower(name: string, options: EighOptions | undefined): boolean {
  const { UPLO } = withDefaults(name, options, DEFAULTS);
  return checkOneOf('UPLO', UPLO, TRIANGLES) === 'L';
}

/**
 * The eigenvalues of Hermitian matrices, ascending and real, and orthonormal eigenvectors in
 * columns. Cost about 9 n³. Matrices of a distributed array that are not whole on a rank are moved:
 * see `solve`.
 * @throws {@link NumericalError} for elements that are not finite
 */
export const eigh = (a: ArrayLike, options?: EighOptions): [values: EitherArray, vectors: EitherArray] =>
  partsOf('linalg.eigh', 'eigh', a, [0, 1], isLower('linalg.eigh', options)) as [EitherArray, EitherArray];

/** The eigenvalues of Hermitian matrices, ascending: those of {@link eigh}. */
export const eigvalsh = (a: ArrayLike, options?: EighOptions): EitherArray =>
  partsOf('linalg.eigvalsh', 'eigh', a, [0], isLower('linalg.eigvalsh', options))[0] as EitherArray;

/**
 * The eigenvalues of square matrices, in no order, and eigenvectors of norm 1 in columns. Both are
 * complex, also if all eigenvalues are real, so that the dtype does not depend on the numbers. Cost
 * about 25 n³. Matrices of a distributed array that are not whole on a rank are moved: see `solve`.
 * @throws {@link NumericalError} for elements that are not finite
 */
export const eig = (a: ArrayLike): [values: EitherArray, vectors: EitherArray] =>
  partsOf('linalg.eig', 'eig', a, [0, 1]) as [EitherArray, EitherArray];

/** The eigenvalues of square matrices, complex: those of {@link eig}. */
export const eigvals = (a: ArrayLike): EitherArray =>
  partsOf('linalg.eigvals', 'eig', a, [0])[0] as EitherArray;
