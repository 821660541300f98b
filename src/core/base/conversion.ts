import { ArgumentError } from './errors.js';

/**
 * The implementation of `Symbol.toPrimitive` for arrays and operators. `String(x)` and templates
 * return the text. A conversion to a number (`x * 2`, `x + 1`, `x > 0`, `Math.abs(x)`) throws,
 * because JavaScript would silently compute with NaN or with the text.
 * @param what the converted object in words, with its article
 * @param instead the methods to call instead
 * @throws {@link ArgumentError} unless `hint` is `'string'`
 */
export function textOnly(value: { toString(): string }, hint: string, what: string, instead: string): string {
  if (hint === 'string') return value.toString();
  throw new ArgumentError(`${what} cannot be converted to a number: ${instead}`);
}
