import { ArgumentError } from '../base/errors.js';
import { toAxes, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { assemble, rollRuns } from './assemble.js';
import { checkDistributed, type DistributedArray } from './distributed-array.js';

/**
 * Shifts cyclically by `shift` places along an axis of the global array: element i moves to
 * `(i + shift) mod n`. Cost: if the axis is distributed, one message for each two ranks with
 * intersecting parts; otherwise none.
 * @throws {@link PartitionError} for concatenated blocks
 */
export function roll(x: DistributedArray, shift: number, axis = 0): DistributedArray {
  if (!Number.isSafeInteger(shift))
    throw new ArgumentError(`roll: expected shift to be an integer, received ${textOf(shift)}`);
  checkDistributed('roll', x);
  const k = toAxis(axis, x.ndim);
  return assemble('roll', [x], rollRuns(x.globalShape[k] as number, shift), k) as DistributedArray;
}

/** Rolls along several axes, along each by `shiftOf` of its length. */
function rollAll(
  x: DistributedArray,
  axes: number | readonly number[] | undefined,
  shiftOf: (n: number) => number,
): DistributedArray {
  checkDistributed('fftshift', x);
  let y = x;
  for (const axis of toAxes(axes, x.ndim)) {
    const next = roll(y, shiftOf(x.globalShape[axis] as number), axis);
    if (y !== x) y.dispose();
    y = next;
  }
  return y === x ? x.copy() : y;
}

/**
 * Moves frequency 0 from the first place to the middle (index ⌊n/2⌋) along `axes`. Cost: that of
 * {@link roll} for each axis.
 * @param axes all axes by default
 */
export function fftshift(x: DistributedArray, axes?: number | readonly number[]): DistributedArray {
  return rollAll(x, axes, (n) => Math.floor(n / 2));
}

/** The inverse of {@link fftshift}: moves the middle to the first place. */
export function ifftshift(x: DistributedArray, axes?: number | readonly number[]): DistributedArray {
  return rollAll(x, axes, (n) => -Math.floor(n / 2));
}
