import type { DistributedArray } from './distributed-array.js';
import { hostArray, isFloat, realOf } from './dtype.js';
import { PartitionError, ShapeError } from './errors.js';
import { Layout } from './layout.js';
import { NDArray } from './ndarray.js';
import { combineShares, normRecipe } from './norm.js';
import { partsAlong } from './row-layout.js';
import { tidy } from './scope.js';
import { around, type Shape } from './shape.js';
import type { NormOrder } from './vector.js';

/** Norms along one axis: an array without it, replicated where it is the distributed one (one reduction of the result, otherwise none). */
export function normAlong(x: DistributedArray, order: NormOrder | undefined, axis: number): DistributedArray {
  const { kernel, combine, finish } = normRecipe(order);
  const { layout, backend } = x;
  if (layout.kind !== 'boxes') throw new ShapeError('a concatenated array has no axes');
  if (layout.grid.filter((g) => g > 1).length > 1)
    throw new PartitionError('norms along an axis need an array split along one axis: redistribute it first');
  const across = !layout.replicated && x.axis === axis;
  const cut = (shape: Shape) => (shape.length === 1 ? [1] : shape.filter((_, k) => k !== axis));
  const parts = layout.replicated ? layout.localShapes : partsAlong(layout, x.axis);
  const mine = parts[x.rank] as Shape;
  const dtype = isFloat(x.dtype) ? realOf(x.dtype) : realOf(backend.defaultDType);
  const shape = cut(x.globalShape);
  const result =
    layout.replicated || across
      ? Layout.replicated(shape, x.comm.size)
      : Layout.fromLocalShapes(parts.map(cut), x.axis > axis ? x.axis - 1 : x.axis);
  const space = x.space.withDType(dtype).withLayout(result);
  return tidy(() => {
    const from = isFloat(x.dtype) ? x.local : x.local.astype(dtype);
    const shares = NDArray.empty(cut(mine), { dtype, backend });
    backend.reduceAxis(kernel, from, around(mine, axis), shares, order);
    // results along an axis are small: the last steps are done on the host
    const values = Float64Array.from(shares.toHost());
    if (across) combineShares(x.reducer, values, combine);
    const y = space.empty();
    const host = hostArray(dtype, values.length);
    values.forEach((v, i) => {
      host[i] = finish(v);
    });
    if (y.local.size > 0) backend.upload(host, y.local);
    return y;
  });
}
