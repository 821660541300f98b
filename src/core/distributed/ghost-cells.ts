import { NDArray } from '../array/ndarray.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { product, stridesOf } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { DistributedArray } from './distributed-array.js';
import { AxisHaloPlan } from './halo.js';

/**
 * Returns this rank's part of an array with `front` and `back` ghost cells along the distributed
 * axis. One halo exchange.
 */
export function ghosted(x: DistributedArray, front: number, back: number): NDArray {
  if (![front, back].every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new ArgumentError(`expected numbers of cells, received ${textOf(front)} and ${back}`);
  if (x.layout.kind !== 'boxes') throw new ShapeError('a concatenated array has no neighbours');
  const { axis, localShape } = x;
  const plan = AxisHaloPlan.create(x.layout, x.comm, { axis, front, back }, x.dtype, x.backend);
  plan.start(x.local);
  plan.finish();
  const n = localShape[axis] as number;
  const widths = [plan.frontWidth, n, plan.backWidth];
  const shape = localShape.map((m, k) => (k === axis ? plan.frontWidth + n + plan.backWidth : m));
  const result = NDArray.empty(shape, { dtype: x.dtype, backend: x.backend });
  const strides = stridesOf(shape);
  let at = 0;
  for (const [i, part] of [plan.front, x.local, plan.back].entries()) {
    const piece = localShape.map((m, k) => (k === axis ? (widths[i] as number) : m));
    if (part && product(piece) > 0) {
      x.backend.stridedCopy(
        piece,
        { elements: part, start: 0, strides: stridesOf(piece) },
        { elements: result, start: at * (strides[axis] as number), strides },
        'set',
      );
    }
    at += widths[i] as number;
  }
  plan.dispose();
  return result;
}
