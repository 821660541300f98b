import { isComplex } from '../base/dtype.js';
import { DTypeError } from '../base/errors.js';
import { checkNumbers } from '../base/options.js';
import { isLocalArray } from './elementwise.js';
import type { NDArray } from './ndarray.js';

/** Numbers of the host, or a real array of one rank on any backend. */
export type NumberList = ArrayLike<number> | NDArray;

/**
 * The numbers of a list, a typed array or an NDArray, whose elements are copied in C order. Waits
 * for the device if they are stored there.
 * @param what the numbers in words, for messages
 * @throws {@link ArgumentError} if they are not numbers
 * @throws {@link DTypeError} if they are complex
 */
export function numberList(owner: string, what: string, values: NumberList): ArrayLike<number> {
  if (!isLocalArray(values)) {
    checkNumbers(owner, what, values);
    return values;
  }
  if (isComplex(values.dtype))
    throw new DTypeError(
      `${owner}: expected ${what} to be real, received ${values.dtype}: take real() or abs()`,
    );
  return values.toHost();
}
