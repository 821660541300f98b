import { placeDType } from '../base/dtype.js';
import type { NDArray } from './ndarray.js';

/**
 * The positions of the true elements of a flattened array of dtype bool, ascending. They are int32,
 * or float64 if the array is longer than 2^31. Only their number is downloaded.
 */
export function truePositions(flags: NDArray): NDArray {
  const count = flags.backend.reduce('countNonzero', flags) as number;
  const positions = flags.space.withShape([count], placeDType(flags.size)).empty();
  flags.backend.truePositions(flags, positions);
  return positions;
}
