import type { NDArray } from '../array/ndarray.js';
import type { Communicator } from '../ports/communicator.js';

/** The tag of the messages of scans. */
const TAG = 91;

/**
 * Joins the arrays of all lower ranks, in the order of ranks. Undefined on rank 0. Each rank sends
 * and receives at most ⌈log₂ ranks⌉ messages.
 */
export function exclusiveScan(
  comm: Communicator,
  x: NDArray,
  join: (lower: NDArray, upper: NDArray) => NDArray,
): NDArray | undefined {
  let before: NDArray | undefined;
  let inclusive = x;
  for (let step = 1; step < comm.size; step *= 2) {
    const to = comm.rank + step;
    const sent = to < comm.size ? comm.isend(inclusive, to, TAG) : undefined;
    let joined = inclusive;
    if (comm.rank >= step) {
      const lower = x.emptyLike();
      comm.recv(lower, comm.rank - step, TAG);
      before = before ? join(lower, before) : lower;
      joined = join(lower, inclusive);
    }
    sent?.wait();
    inclusive = joined;
  }
  return before;
}
