import { deserialize, serialize } from 'node:v8';
import { cannotSend, reasonOf } from './unsendable.js';

/**
 * A value of the object collectives, encoded as whole int32 words. If a value cannot be sent, its
 * error is encoded instead, because the other ranks already wait and must receive the error too.
 */
export interface EncodedObject {
  readonly words: Int32Array<ArrayBuffer>;
  /** The number of bytes of the value; −1 − bytes if the words hold the message of an error. */
  readonly mark: number;
}

export function encodeObject(value: unknown): EncodedObject {
  try {
    const bytes = serialize(value);
    return { words: padded(bytes), mark: bytes.length };
  } catch {
    const bytes = Buffer.from(reasonOf(value));
    return { words: padded(bytes), mark: -1 - bytes.length };
  }
}

/**
 * Decodes a value.
 *
 * @throws {@link MpiError} on every rank if the value of one rank could not be sent
 */
export function decodeObject(call: string, words: Int32Array, mark: number, rank: number): unknown {
  const bytes = Buffer.from(words.buffer, words.byteOffset, mark < 0 ? -1 - mark : mark);
  if (mark < 0) throw cannotSend(call, rank, bytes.toString());
  return deserialize(bytes);
}

/** The number of words of an object with this mark. */
export const wordsOf = (mark: number): number => Math.ceil((mark < 0 ? -1 - mark : mark) / 4);

/** Decodes the values of all ranks, one after another in `all`. */
export function decodeAll(call: string, all: Int32Array, marks: readonly number[]): unknown[] {
  let at = 0;
  return marks.map((mark, rank) => {
    const words = all.subarray(at, at + wordsOf(mark));
    at += words.length;
    return decodeObject(call, words, mark, rank);
  });
}

function padded(bytes: Buffer): Int32Array<ArrayBuffer> {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}
