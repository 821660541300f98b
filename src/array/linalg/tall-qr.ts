import { matmul } from '../../core/array/array-functions.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import { splitByRows } from '../../core/distributed/unsplit.js';
import { onAllRanks } from '../../core/ports/agreement.js';
import { decompose } from './matrices.js';

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

/** A matrix with rows on every rank, split by them. */
export function byRows(name: string, given: DistributedArray): DistributedArray {
  const x = splitByRows(name, given);
  return x.layout.hasIdleRanks ? x.redistribute(0) : x;
}

/** The triangular factors of the rows of all ranks, below each other. */
function factorsBelow(x: DistributedArray, r: NDArray): DistributedArray {
  const n = x.globalShape[1] as number;
  const lengths = x.layout.blocks(0).map((length) => Math.min(length, n));
  return x.space.withLayout(ofRows(lengths, n)).wrap(r);
}

/**
 * Q, split by rows, and R, on each rank, of a tall matrix: each rank decomposes its rows, then all
 * decompose the factors R of all ranks. One exchange of objects, by which the ranks agree on
 * errors, and one of at most n² elements of each rank, which all ranks hold. Source: Demmel,
 * Grigori, Hoemmen, Langou, "Communication-optimal parallel and sequential QR and LU
 * factorizations", 2012.
 */
export function tallQr(name: string, given: DistributedArray): { q: DistributedArray; r: NDArray } {
  const x = byRows(name, given);
  const [q, r] = onAllRanks(x.comm, () => decompose(name, 'qr', x.local, [0, 1])) as [NDArray, NDArray];
  const factors = factorsBelow(x, r);
  const [left, all] = decompose(name, 'qr', factors.asArray(), [0, 1]) as [NDArray, NDArray];
  const first = factors.box.start[0] as number;
  const own = left.slice([first, first + (r.shape[0] as number)]);
  const layout = ofRows(x.layout.blocks(0), x.globalShape[1] as number);
  return { q: x.space.withLayout(layout).wrap(matmul(q, own)), r: all };
}

/** R of {@link tallQr}, with the same communication. */
export function tallR(name: string, given: DistributedArray): NDArray {
  const x = byRows(name, given);
  const [r] = onAllRanks(x.comm, () => decompose(name, 'qr', x.local, [1])) as [NDArray];
  return decompose(name, 'qr', factorsBelow(x, r).asArray(), [1])[0] as NDArray;
}
