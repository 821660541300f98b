import { canHold } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import { type AnyVector, inSpace, isVector, sameMemory, type Vector, viewAs } from './vector.js';

/**
 * The return value of a function that fills a vector: that vector, another one with the result, or
 * nothing.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that fills y returns nothing
export type Filled<V> = V | void;

/**
 * `y ← returned`, for the return value of a function that fills y. If it is y itself, nothing is
 * done. Another vector of the same memory is copied, also real values into complex ones.
 * @throws {@link ArgumentError} if the value is not a vector: nothing from a function without the
 *   argument y, or a promise
 * @throws {@link ShapeError} or {@link DTypeError} if the vector does not fit
 */
export function takeReturned<V extends Vector<V>>(owner: string, returned: unknown, y: V): void {
  if (returned === y) return;
  if (!isVector(returned)) {
    const what =
      returned === undefined
        ? 'nothing, from a function that takes no argument to fill'
        : returned instanceof Promise
          ? 'a promise: operators are synchronous'
          : textOf(returned);
    throw new ArgumentError(
      `${owner}: expected the result to be returned, or filled into the last argument, received ${what}`,
    );
  }
  if (!sameMemory(returned.space, y.space))
    throw new ShapeError(`${owner}: expected a result ${inSpace(y.space, returned.space)}`);
  if (!canHold(y.dtype, returned.dtype))
    throw new DTypeError(
      `${owner}: expected a result of ${y.dtype}, received ${returned.dtype}: cast it, or state that dtype`,
    );
  y.assign(viewAs<AnyVector>(returned, y.space) as V);
}
