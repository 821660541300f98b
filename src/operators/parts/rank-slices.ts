import { checkArray } from '../../core/array/elementwise.js';
import { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { formatShape, type Shape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { Layout, splitCount, splitStart } from '../../core/distributed/layout.js';
import { checkSame, gatherFromAllRanks } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';

/**
 * Matrices `[slices, rows, columns]` distributed over the ranks, in rank order. The description is
 * the same on all ranks, except for `start`.
 */
export interface RankSlices {
  /** The number of slices on each rank, and the number before those of this rank. */
  readonly counts: readonly number[];
  readonly start: number;
  readonly total: number;
  readonly rows: number;
  readonly columns: number;
  readonly dtype: DType;
}

/**
 * Collective: one object exchange. An error on one rank is thrown on all ranks.
 * @param check checks further arguments and returns those that must be the same on all ranks
 */
export function rankSlices(owner: string, G: NDArray, comm: Communicator, check: () => object): RankSlices {
  const all = gatherFromAllRanks(comm, () => {
    const further = check();
    if (!(G instanceof NDArray))
      throw new ArgumentError(`${owner}: expected G to be an NDArray, received ${textOf(G)}`);
    if (G.ndim !== 3)
      throw new ShapeError(
        `${owner}: expected G of three axes, [slices, rows, columns], received ${formatShape(G.shape)}`,
      );
    return { count: G.shape[0] as number, shape: G.shape.slice(1), dtype: G.dtype, arguments: further };
  });
  checkSame(owner, all, ['dtype', 'shape', 'arguments']);
  const counts = all.map((a) => a.count);
  const [rows, columns] = (all[0] as { readonly shape: Shape }).shape as [number, number];
  const start = counts.slice(0, comm.rank).reduce((a, b) => a + b, 0);
  return { counts, start, total: counts.reduce((a, b) => a + b, 0), rows, columns, dtype: G.dtype };
}

/** The layout of slices that are distributed as the matrices are. */
export const sliceLayout = (counts: readonly number[], inner: Shape): Layout =>
  Layout.fromLocalShapes(
    counts.map((n) => [n, ...inner]),
    0,
  );

/** A copy of this rank's even share of the slices of a global array. */
export function ownSlices(G: NDArray, comm: Communicator): NDArray {
  checkArray('fromGlobal: G', G);
  if (G.ndim === 0) throw new ShapeError('fromGlobal: expected G of three axes, received []');
  const [total = 0] = G.shape;
  const start = splitStart(total, comm.size, comm.rank);
  const share = G.slice([start, start + splitCount(total, comm.size, comm.rank)]);
  const copy = share.copy();
  share.dispose();
  return copy;
}
