import { type Join, normsAlong } from '../../array/norms-along.js';
import { NORM_DEFAULTS, type NormOptions } from '../../array/reductions.js';
import { hostArray, isFloat, realOf } from '../../base/dtype.js';
import { withDefaults } from '../../base/options.js';
import { tidy } from '../../base/scope.js';
import { around, type Shape } from '../../base/shape.js';
import { combineShares } from '../../vector/norm.js';
import type { NormOrder } from '../../vector/vector.js';
import { checkBoxes } from '../align.js';
import type { DistributedArray } from '../distributed-array.js';
import { Layout } from '../layout.js';
import { partsAlong } from '../row-layout.js';

/**
 * Computes the norms along one axis: an array without that axis. The result is replicated if the
 * axis is the distributed one, which costs one reduction of the result. An array that is split
 * along several axes is first redistributed along another axis. Otherwise nothing is sent.
 * @throws {@link PartitionError} if x is concatenated blocks
 */
export function normAlong(
  x: DistributedArray,
  order: NormOrder | undefined,
  axis: number,
  options: NormOptions,
): DistributedArray {
  const { keepdims, exact } = withDefaults('norm', options, NORM_DEFAULTS);
  const { layout, backend } = x;
  checkBoxes('norm', x);
  if (layout.grid.filter((g) => g > 1).length > 1)
    return tidy(() => normAlong(x.redistribute(axis === 0 ? 1 : 0), order, axis, options));
  const across = !layout.replicated && x.axis === axis;
  // A distributed array has at least one axis.
  const cut = (shape: Shape) =>
    keepdims || shape.length === 1 ? shape.map((n, k) => (k === axis ? 1 : n)) : shape.toSpliced(axis, 1);
  const parts = layout.replicated ? layout.localShapes : partsAlong(layout, x.axis);
  const mine = parts[x.rank] as Shape;
  const dtype = isFloat(x.dtype) ? realOf(x.dtype) : realOf(backend.defaultDType);
  const shape = cut(x.globalShape);
  const result =
    layout.replicated || across
      ? Layout.replicated(shape, x.comm.size)
      : Layout.fromLocalShapes(parts.map(cut), !keepdims && x.axis > axis ? x.axis - 1 : x.axis);
  const space = x.space.withDType(dtype).withLayout(result);
  return tidy(() => {
    const from = isFloat(x.dtype) ? x.local : x.local.astype(dtype);
    const join: Join | undefined = across
      ? (shares, combine) => combineShares(x.reducer, shares, combine)
      : undefined;
    // Results along an axis are small, so the host computes the last steps.
    const values = normsAlong(from, around(mine, axis), order, exact, join);
    const y = space.empty();
    const host = hostArray(dtype, values.length);
    host.set(values);
    if (y.local.size > 0) backend.upload(host, y.local);
    return y;
  });
}
