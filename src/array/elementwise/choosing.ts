import { where as whereLocal } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { type ArrayLike, type ArrayOf, elementwise } from '../operands.js';

/**
 * x where the condition is true (not 0), y elsewhere. All three broadcast; the condition is an
 * array.
 */
export const where = <C extends ArrayLike, X extends ArrayLike, Y extends ArrayLike>(
  condition: C,
  x: X,
  y: Y,
): ArrayOf<C | X | Y> =>
  elementwise('where', [condition, x, y], undefined, (_, flags, a, b) =>
    whereLocal(flags as NDArray, a, b),
  ) as ArrayOf<C | X | Y>;
