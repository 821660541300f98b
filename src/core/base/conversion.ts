import { ArgumentError } from './errors.js';

/**
 * What `Symbol.toPrimitive` of arrays and operators does: `String(x)` and templates give the text,
 * everything that wants a number (`x * 2`, `x + 1`, `x > 0`, `Math.abs(x)`) throws
 * {@link ArgumentError}. JavaScript would take NaN, or the text, silently.
 * @param what what is converted, with its article
 * @param instead the methods to call
 */
export function textOnly(value: { toString(): string }, hint: string, what: string, instead: string): string {
  if (hint === 'string') return value.toString();
  throw new ArgumentError(`${what} cannot be converted to a number: ${instead}`);
}
