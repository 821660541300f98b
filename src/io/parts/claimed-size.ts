import { ArgumentError } from '../../core/base/errors.js';
import { textOf } from '../../core/base/text-of.js';

/** Arrays up to this size, in bytes, are read without a comparison with what is stored. */
export const FREE_BYTES = 1 << 26;
/** No compression of meaningful data reaches a higher factor. */
export const MOST_GAIN = 1024;

/** @throws {@link ArgumentError} unless the limit of the bytes of an array is one */
export function checkMaxBytes({ maxBytes }: { readonly maxBytes?: number }): void {
  if (maxBytes !== undefined && !(typeof maxBytes === 'number' && maxBytes >= 0))
    throw new ArgumentError(`expected maxBytes of at least 0, received ${textOf(maxBytes)}`);
}
