import { ShapeError } from './errors.js';
import { formatShape, type Shape, sameShape, stridesOf } from './shape.js';
import type { Strides } from './strides.js';

/**
 * Returns the shape that arrays of these shapes broadcast to. Shapes are aligned at the last axis,
 * and axes of length 1 are stretched.
 * @throws {@link ShapeError} if the shapes do not broadcast together
 */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  const [first, second] = shapes;
  if (first && second && shapes.length === 2 && sameShape(first, second)) return first;
  const ndim = Math.max(0, ...shapes.map((s) => s.length));
  const out = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    const skip = ndim - shape.length;
    shape.forEach((n, k) => {
      const m = out[skip + k] as number;
      if (m !== 1 && n !== 1 && m !== n)
        throw new ShapeError(`shapes ${shapes.map(formatShape).join(' and ')} do not broadcast together`);
      if (m === 1) out[skip + k] = n;
    });
  }
  return out;
}

/**
 * Strides with which an array of shape `from` is read as if it had the shape `to`. They are 0 along
 * stretched axes.
 * @param strides those of the array, by default those of a C-contiguous one
 * @throws {@link ShapeError} if `from` does not broadcast to `to`
 */
export function broadcastStrides(from: Shape, to: Shape, strides: Strides = stridesOf(from)): number[] {
  const skip = to.length - from.length;
  const fits = skip >= 0 && from.every((n, k) => n === 1 || n === to[skip + k]);
  if (!fits)
    throw new ShapeError(`an array of shape ${formatShape(from)} does not broadcast to ${formatShape(to)}`);
  return to.map((_, k) => (k < skip || from[k - skip] === 1 ? 0 : (strides[k - skip] as number)));
}
