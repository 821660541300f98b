import { type Shape, stridesOf } from '../base/shape.js';
import type { RandomDraw } from '../ports/backend.js';
import type { NDArray } from './ndarray.js';

/** The random numbers of a draw, without their places. */
export type RandomNumbers = Pick<RandomDraw, 'distribution' | 'seed' | 'draw' | 'parameters'>;

/**
 * Fills a local array with the random numbers of its box in a global array. Returns the array.
 * @param box by default the whole array
 */
export function drawInto(
  x: NDArray,
  numbers: RandomNumbers,
  globalShape: Shape = x.shape,
  box: { readonly start: Shape; readonly shape: Shape } = { start: x.shape.map(() => 0), shape: x.shape },
): NDArray {
  const strides = stridesOf(globalShape);
  const start = box.start.reduce((at, i, k) => at + i * (strides[k] as number), 0);
  x.backend.random(x, { ...numbers, shape: box.shape, start, strides });
  return x;
}
