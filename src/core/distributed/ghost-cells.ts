import { NDArray } from '../array/ndarray.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import type { DistributedArray } from './distributed-array.js';
import { BoxHaloPlan } from './halo.js';

/**
 * Returns this rank's part of an array with `front` and `back` ghost cells along the distributed
 * axis. One halo exchange.
 */
export function ghosted(x: DistributedArray, front: number, back: number): NDArray {
  if (![front, back].every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new ArgumentError(`expected numbers of cells, received ${textOf(front)} and ${textOf(back)}`);
  if (x.layout.kind !== 'boxes') throw new ShapeError('a concatenated array has no neighbours');
  const { layout, comm, axis, dtype, backend } = x;
  const along = (width: number) => layout.globalShape.map((_, k) => (k === axis ? width : 0));
  const plan = BoxHaloPlan.create(layout, comm, { before: along(front), after: along(back) }, dtype, backend);
  const result = NDArray.empty(plan.box.shape, { dtype, backend });
  plan.start(x.local, result);
  plan.finish();
  plan.dispose();
  return result;
}
