import type { NDArray } from '../array/ndarray.js';
import type { DistributedArray } from './distributed-array.js';
import { Exchange } from './exchange.js';
import { patternOf } from './exchange-pattern.js';
import type { IndexBox } from './layout.js';

/**
 * A box of the elements of a split array, on each rank its own. Each rank sends at most one message
 * to each other rank.
 * @param wanted the box of each rank, the same function on all ranks
 */
export function fetchBox(x: DistributedArray, wanted: (rank: number) => IndexBox): NDArray {
  const { comm, backend, dtype, layout } = x;
  const y = x.local.space.withShape(wanted(comm.rank).shape).empty();
  const pattern = patternOf(
    {
      globalShape: x.globalShape,
      replicated: layout.replicated,
      held: (rank) => layout.box(rank),
      wanted: (rank) => [wanted(rank)],
    },
    comm.rank,
    comm.size,
  );
  const exchange = new Exchange(pattern, comm, dtype, backend, { buffers: 'pooled' });
  exchange.start(x.local, [y.size > 0 ? y : undefined]);
  exchange.finish();
  exchange.dispose();
  return y;
}
