import { stridesOf } from '../base/shape.js';
import type { IndexBox } from './layout.js';

/** True if a box contains the element at a global index. */
export const contains = (box: IndexBox, index: readonly number[]): boolean =>
  index.every(
    (i, k) => i >= (box.start[k] as number) && i < (box.start[k] as number) + (box.shape[k] as number),
  );

/**
 * The position of a global index among a box's elements in C order. Undefined if the box does not
 * contain it.
 */
export function placeIn(box: IndexBox, index: readonly number[]): number | undefined {
  if (!contains(box, index)) return undefined;
  return stridesOf(box.shape).reduce(
    (at, step, k) => at + step * ((index[k] as number) - (box.start[k] as number)),
    0,
  );
}
