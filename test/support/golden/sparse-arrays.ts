import * as xp from '../../../src/array/index.js';
import type { NDArray } from '../../../src/core/array/ndarray.js';
import type { Communicator } from '../../../src/core/ports/communicator.js';
import { CooArray } from '../../../src/core/sparse/coo-array.js';
import { CsrArray, type SparseArray } from '../../../src/core/sparse/csr-array.js';
import { DistributedCsrArray } from '../../../src/core/sparse/distributed-csr-array.js';

/** A sparse matrix in case.json. */
export interface SparseArgument {
  readonly sparse: { readonly format: 'csr' | 'coo'; readonly shape: readonly [number, number] };
}

type Compute = (a: CsrArray, ...rest: unknown[]) => unknown;

/** The matrix of a result on every rank, as three arrays. */
function partsOf(a: CsrArray | CooArray | DistributedCsrArray): unknown[] {
  const { data, indices, indptr } = a instanceof DistributedCsrArray ? a.gather() : a.toCsr();
  return [data, indices, indptr];
}

/**
 * The functions of sparse arrays that cases name, which are methods of the library, with the same
 * names for arrays of one rank and for those spread over ranks.
 */
export const SPARSE: Readonly<Record<string, Compute>> = {
  'sparse.matvec': (a, x) => a.matmul(x as NDArray),
  'sparse.rmatvec': (a, x) => a.rmatmul(x as NDArray),
  'sparse.matmat': (a, x) => a.matmul(x as NDArray),
  'sparse.transpose': (a) => a.transpose(),
  'sparse.add': (a, b) => a.add(b as SparseArray),
  'sparse.sum': (a, options) => a.sum((options as { readonly axis?: number } | undefined)?.axis as number),
  'sparse.diagonal': (a, k) => a.diagonal(k as number),
  'sparse.to_dense': (a) => a.toDense(),
  'sparse.to_csr': partsOf,
  'sparse.from_dense': (x) => partsOf(xp.sparse.csrArray(x)),
};

/** The matrix of an argument whose arrays were read. If `comm` is given, its rows are spread. */
export function sparseArray(
  { sparse: { format, shape } }: SparseArgument,
  entries: xp.CompressedEntries | xp.CoordinateEntries,
  comm: Communicator | undefined,
): SparseArray | DistributedCsrArray {
  const a = xp.sparse[format === 'csr' ? 'csrArray' : 'cooArray'](entries, { shape });
  return comm ? DistributedCsrArray.distribute(a, { comm }) : a;
}

/** A sparse result as the array that is compared. */
export const denseOf = (x: unknown): unknown =>
  x instanceof CsrArray || x instanceof CooArray || x instanceof DistributedCsrArray ? x.toDense() : x;
