import { ArgumentError, ShapeError } from './errors.js';
import { isNumeric } from './options.js';
import { textOf } from './text-of.js';

/**
 * Expands an option to one value for each of `count` axes. The option is one value for all axes, or
 * a list of `count` values.
 * @param is the type of the values; numbers have to be finite
 * @throws {@link ShapeError} if the list has another length
 * @throws {@link ArgumentError} if a value has another type or is not finite
 */
export function perAxis<T extends number | boolean = number>(
  owner: string,
  name: string,
  value: T | readonly T[],
  count: number,
  is: T extends number ? 'number' : 'boolean' = 'number' as never,
): T[] {
  if (typeof value === is) return new Array<T>(count).fill(checkedValue(owner, name, value as T, is));
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && isNumeric(value)))
    throw new ArgumentError(
      `${owner}: expected ${name} to be a ${is} or a list of them, received ${textOf(value)}`,
    );
  const list = [...(value as readonly T[])];
  if (list.length !== count)
    throw new ShapeError(`${owner}: expected ${name} for ${count} axes, received ${list.length}`);
  return list.map((one) => checkedValue(owner, name, one, is));
}

function checkedValue<T extends number | boolean>(owner: string, name: string, value: T, is: string): T {
  if (typeof value === is && (is !== 'number' || Number.isFinite(value))) return value;
  const expected = is === 'number' ? 'finite numbers' : 'booleans';
  throw new ArgumentError(`${owner}: expected ${expected} for ${name}, received ${textOf(value)}`);
}
