import type { NDArray } from '../../core/array/ndarray.js';
import type { Shape } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';

/**
 * The array of these parts, one after another along the first axis. If x is replicated, so is the
 * array. Nothing is sent.
 * @param localShapes those of all ranks
 */
export function alongRanks(
  x: DistributedArray,
  localShapes: readonly Shape[],
  local: NDArray,
): DistributedArray {
  const layout = x.layout.replicated
    ? Layout.replicated(local.shape, x.comm.size)
    : Layout.fromLocalShapes(localShapes);
  return x.space.withLayout(layout).wrap(local);
}
