import { checkBoxes } from './align.js';
import type { DistributedArray } from './distributed-array.js';
import { isRows } from './redistribution.js';

/** The array as rows: split along its first axis only, or replicated. Moves it if it is not. */
export function splitByRows(name: string, x: DistributedArray): DistributedArray {
  checkBoxes(name, x);
  return isRows(x.layout) ? x : x.redistribute(0);
}

/** The longest axis of an array, of those that are not in `axes`. Undefined if there is none. */
function longestAxis(x: DistributedArray, axes: readonly number[]): number | undefined {
  const rest = x.globalShape.flatMap((_, k) => (axes.includes(k) ? [] : [k]));
  const longer = (a: number, b: number): number =>
    (x.globalShape[b] as number) > (x.globalShape[a] as number) ? b : a;
  return rest.length === 0 ? undefined : rest.reduce(longer);
}

/**
 * An array with the same elements that is split along none of `axes`. If the array is, it is moved:
 * to a split along its longest other axis, or, if there is no other, to all ranks. Each rank then
 * sends at most one message to each other rank.
 */
export function unsplit(name: string, x: DistributedArray, axes: readonly number[]): DistributedArray {
  checkBoxes(name, x);
  if (axes.every((k) => (x.layout.grid[k] as number) === 1)) return x;
  const to = longestAxis(x, axes);
  return to === undefined ? x.broadcast() : x.redistribute(to);
}

/**
 * An array with the same elements that is split along at most one axis: the longest if it moves.
 */
export function splitOnce(name: string, x: DistributedArray): DistributedArray {
  checkBoxes(name, x);
  const isSplitOnce = x.layout.grid.filter((parts) => parts > 1).length <= 1;
  return isSplitOnce ? x : x.redistribute(longestAxis(x, []) as number);
}
