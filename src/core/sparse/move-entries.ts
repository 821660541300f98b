import type { NDArray } from '../array/ndarray.js';
import type { Communicator } from '../ports/communicator.js';
import { valuesAt } from './entry-values.js';

/** Entries of a matrix at global places. */
export interface Entries {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly data: NDArray;
}

/**
 * Moves entries to the ranks that have their rows. They arrive in the order of ranks, and those of
 * one rank in their order. Collective: one exchange of counts and three of entries.
 * @param cuts where the rows of each rank begin, and where the last end
 */
export function moveEntries(
  { rows, columns, data }: Entries,
  cuts: readonly number[],
  comm: Communicator,
): Entries {
  const counts = new Int32Array(comm.size);
  const owners = new Int32Array(rows.length);
  for (let e = 0; e < rows.length; e++) {
    const row = rows[e] as number;
    // The last rank whose rows begin at or before this one
    let [low, high] = [0, comm.size];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((cuts[middle] as number) <= row) low = middle;
      else high = middle;
    }
    owners[e] = low;
    counts[low] = (counts[low] as number) + 1;
  }
  const next = new Int32Array(comm.size);
  for (let rank = 1; rank < comm.size; rank++)
    next[rank] = (next[rank - 1] as number) + (counts[rank - 1] as number);
  const order = new Int32Array(rows.length);
  owners.forEach((owner, e) => {
    const at = next[owner] as number;
    next[owner] = at + 1;
    order[at] = e;
  });
  const arriving = new Int32Array(comm.size);
  comm.alltoall(counts, arriving);
  const total = arriving.reduce((sum, n) => sum + n, 0);
  const [sent, received] = [[...counts], [...arriving]];
  const move = (places: Int32Array): Int32Array => {
    const moved = new Int32Array(total);
    comm.alltoallv(
      order.map((e) => places[e] as number),
      sent,
      moved,
      received,
    );
    return moved;
  };
  const packed = valuesAt(data, order);
  const values = data.space.withShape([total]).empty();
  comm.alltoallv(packed, sent, values, received);
  packed.dispose();
  return { rows: move(rows), columns: move(columns), data: values };
}
