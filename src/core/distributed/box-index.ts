import { product, type Shape, stridesOf } from '../base/shape.js';
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

/**
 * Calls `body` for each run of elements that is contiguous both in a box and in the global array.
 */
export function forEachRun(
  box: IndexBox,
  globalShape: Shape,
  body: (globalStart: number, localStart: number, count: number) => void,
): void {
  const size = product(box.shape);
  if (size === 0) return;
  const strides = stridesOf(globalShape);
  const run = box.shape.at(-1) ?? 1;
  for (let at = 0; at < size; at += run) {
    let rest = at / run;
    let start = box.start.at(-1) ?? 0;
    for (let k = box.shape.length - 2; k >= 0; k--) {
      const n = box.shape[k] as number;
      start += ((rest % n) + (box.start[k] as number)) * (strides[k] as number);
      rest = Math.floor(rest / n);
    }
    body(start, at, run);
  }
}
