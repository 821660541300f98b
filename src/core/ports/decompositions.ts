import { complexOf, type DType, INDEX_DTYPE, isFloat, realOf } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import type { Shape } from '../base/shape.js';
import type { AnyStorage, Decomposition, Elements, Matrices } from './backend.js';
import { refuseDType } from './kernel-dtypes.js';
import { checkReach, sizeOf } from './kernel-sizes.js';

/** One part of a decomposition: for each matrix an array of this shape. */
interface Part {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether it may be left out. */
  readonly optional?: boolean;
}

type PartsOf = (of: Matrices, dtype: DType) => readonly Part[];
const widthOf = ({ rows, columns, full }: Matrices): number => (full ? rows : Math.min(rows, columns));
const vectors = ({ rows }: Matrices, values: DType, dtype: DType): Part[] => [
  { shape: [rows], dtype: values },
  { shape: [rows, rows], dtype, optional: true },
];

/** The parts of each decomposition. */
const PARTS: Readonly<Record<Decomposition, PartsOf>> = {
  /** L below the diagonal and U, of P A = L U; the row that each row was exchanged with. */
  lu: (of, dtype) => [
    { shape: [of.rows, of.columns], dtype },
    { shape: [Math.min(of.rows, of.columns)], dtype: INDEX_DTYPE },
  ],
  /** L of A = L Lᴴ, from the lower triangle of A. */
  cholesky: (of, dtype) => [{ shape: [of.rows, of.rows], dtype }],
  /** Q and R. */
  qr: (of, dtype) => [
    { shape: [of.rows, widthOf(of)], dtype, optional: true },
    { shape: [widthOf(of), of.columns], dtype },
  ],
  /** The singular values, U and Vᴴ. */
  svd: (of, dtype) => [
    { shape: [Math.min(of.rows, of.columns)], dtype: realOf(dtype) },
    { shape: [of.rows, widthOf(of)], dtype, optional: true },
    { shape: [of.full ? of.columns : Math.min(of.rows, of.columns), of.columns], dtype, optional: true },
  ],
  /** The ascending eigenvalues of Hermitian matrices, and the eigenvectors in columns. */
  eigh: (of, dtype) => vectors(of, realOf(dtype), dtype),
  /** The eigenvalues of any square matrices, and the eigenvectors in columns. */
  eig: (of, dtype) => vectors(of, complexOf(dtype), complexOf(dtype)),
};
/** Those of square matrices. */
const SQUARE: readonly Decomposition[] = ['cholesky', 'eigh', 'eig'];

/** The shapes and dtypes of the parts of a decomposition of matrices of a dtype. */
export const decompositionParts = (kind: Decomposition, of: Matrices, dtype: DType): readonly Part[] =>
  PARTS[kind](of, dtype);

/** Whether there are elements to decompose. The parts are checked. */
export function checkDecomposition(
  kind: Decomposition,
  x: Elements<AnyStorage>,
  parts: readonly (Elements<AnyStorage> | undefined)[],
  of: Matrices,
): boolean {
  const { dtype } = x.storage;
  const { count, rows, columns } = of;
  if (!isFloat(dtype)) refuseDType(kind, dtype);
  if (SQUARE.includes(kind) && rows !== columns)
    throw new ShapeError(`${kind}: expected square matrices, received ${rows} rows of ${columns}`);
  checkReach(x, sizeOf([count, rows, columns]));
  const known = decompositionParts(kind, of, dtype);
  if (parts.length > known.length)
    throw new ArgumentError(`${kind}: expected at most ${known.length} parts, received ${parts.length}`);
  known.forEach((part, k) => {
    const y = parts[k];
    if (y) checkReach(y, sizeOf([count, ...part.shape]), part.dtype);
    else if (!part.optional) throw new ArgumentError(`${kind}: expected memory for part ${k}`);
  });
  if (kind === 'svd' && (parts[1] === undefined) !== (parts[2] === undefined))
    throw new ArgumentError('svd: expected memory for U and Vᴴ, or for none of them');
  return count * rows * columns > 0;
}

/** Whether there are solutions to compute, of the kernel `solveLu`. The operands are checked. */
export function checkSolve(
  factors: Elements<AnyStorage>,
  pivots: Elements<AnyStorage>,
  b: Elements<AnyStorage>,
  { count, rows, columns }: Matrices,
): boolean {
  const { dtype } = b.storage;
  if (!isFloat(dtype)) refuseDType('solveLu', dtype);
  checkReach(factors, sizeOf([count, rows, rows]), dtype);
  checkReach(pivots, sizeOf([count, rows]), INDEX_DTYPE);
  checkReach(b, sizeOf([count, rows, columns]), dtype);
  return count * rows * columns > 0;
}
