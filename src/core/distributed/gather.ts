import { NDArray } from '../array/ndarray.js';
import { product } from '../base/shape.js';
import type { Communicator } from '../ports/communicator.js';
import { Layout } from './layout.js';
import { TransferPlan } from './transfer.js';

/**
 * Returns the whole array on every rank. Blocks without a place in a global array are concatenated.
 */
export function gather(local: NDArray, parts: Layout, comm: Communicator): NDArray {
  const layout =
    parts.kind === 'boxes' ? parts : Layout.concatenated(parts.localShapes.map((s) => [product(s)]));
  const whole = NDArray.empty(layout.globalShape, { dtype: local.dtype, backend: local.backend });
  TransferPlan.between(layout, Layout.replicated(layout.globalShape, layout.ranks), comm).run(local, whole);
  return whole;
}
