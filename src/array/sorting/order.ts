import type { NDArray } from '../../core/array/ndarray.js';
import { argsortLines, keysOf } from '../../core/array/ordering.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { sortOverRanks } from '../../core/distributed/sorting/sort-over-ranks.js';

/**
 * The positions along an axis in the order of keys, the most significant last. All keys are of one
 * kind and layout.
 */
export function orderOf(keys: readonly EitherArray[], axis: number): EitherArray {
  if (keys.every(isDistributed))
    return sortOverRanks({
      keys: keys as readonly DistributedArray[],
      axis,
      carried: ['place'],
    })[0] as EitherArray;
  return argsortLines(keysOf(keys as readonly NDArray[]), axis);
}
