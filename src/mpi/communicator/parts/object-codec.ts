import { deserialize, serialize } from 'node:v8';
import { MpiError } from '../../../core/base/errors.js';
import { textOf } from '../../../core/base/text-of.js';

/**
 * A value for the object collectives, as whole int32 words. A value that can't be sent becomes its
 * error, so that the other ranks, who are already waiting, learn of it too.
 */
export interface EncodedObject {
  readonly words: Int32Array<ArrayBuffer>;
  /** Bytes of the value; negative (−1 − bytes) where the words hold an error's message. */
  readonly mark: number;
}

export function encodeObject(value: unknown): EncodedObject {
  try {
    const bytes = serialize(value);
    return { words: padded(bytes), mark: bytes.length };
  } catch {
    const bytes = Buffer.from(`${textOf(value)}: expected what structuredClone() takes`);
    return { words: padded(bytes), mark: -1 - bytes.length };
  }
}

/** Throws {@link MpiError} on every rank where one rank's value could not be sent. */
export function decodeObject(call: string, words: Int32Array, mark: number, rank: number): unknown {
  const bytes = Buffer.from(words.buffer, words.byteOffset, mark < 0 ? -1 - mark : mark);
  if (mark < 0) throw new MpiError(`${call}: the value of rank ${rank} can't be sent: ${bytes.toString()}`);
  return deserialize(bytes);
}

/** Words of an object with this mark. */
export const wordsOf = (mark: number): number => Math.ceil((mark < 0 ? -1 - mark : mark) / 4);

function padded(bytes: Buffer): Int32Array<ArrayBuffer> {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}
