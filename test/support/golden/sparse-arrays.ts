import * as xp from '../../../src/array/index.js';
import type { NDArray } from '../../../src/core/array/ndarray.js';
import { type CsrArray, isSparseArray, type SparseArray } from '../../../src/core/sparse/csr-array.js';

/** A sparse matrix in case.json: its arrays are arguments as those of other cases. */
export interface SparseArgument {
  readonly sparse: {
    readonly format: 'csr' | 'coo';
    readonly shape: readonly [number, number];
    readonly data: unknown;
  };
}

type Compute = (a: SparseArray, ...rest: unknown[]) => unknown;
const partsOf = ({ data, indices, indptr }: CsrArray): unknown[] => [data, indices, indptr];

/** The functions of sparse arrays that cases name, which are methods of the library. */
export const SPARSE: Readonly<Record<string, Compute>> = {
  'sparse.matvec': (a, x) => a.matmul(x as NDArray),
  'sparse.rmatvec': (a, x) => a.rmatmul(x as NDArray),
  'sparse.matmat': (a, x) => a.matmul(x as NDArray),
  'sparse.transpose': (a) => a.transpose(),
  'sparse.add': (a, b) => a.add(b as SparseArray),
  'sparse.sum': (a, options) => a.sum((options as { readonly axis?: number } | undefined)?.axis as number),
  'sparse.diagonal': (a, k) => a.diagonal(k as number),
  'sparse.to_dense': (a) => a.toDense(),
  'sparse.to_csr': (a) => partsOf(a.toCsr()),
  'sparse.from_dense': (a) => partsOf(xp.sparse.csrArray(a)),
};

/** The matrix of an argument whose arrays were read. */
export const sparseArray = (
  format: SparseArgument['sparse']['format'],
  shape: readonly [number, number],
  entries: xp.CompressedEntries | xp.CoordinateEntries,
): SparseArray => xp.sparse[format === 'csr' ? 'csrArray' : 'cooArray'](entries, { shape });

/** A sparse result as the array that is compared. */
export const denseOf = (result: unknown): unknown => (isSparseArray(result) ? result.toDense() : result);
