import { Inflate } from 'fflate';
import { ArgumentError, messageOf } from '../../core/base/errors.js';
import { crc32 } from './crc32.js';
import { readAt } from './raw-io.js';

/** Compressed bytes are read in pieces of this size. */
const PIECE = 1 << 18;

/** Bytes that are read from front to back. */
export interface ByteSource {
  /** The name of the source in error messages. */
  readonly name: string;
  /**
   * Fills all of `into` with the next bytes, and returns it.
   *
   * @throws {@link ArgumentError} if fewer bytes are left
   */
  read<T extends Uint8Array>(into: T): T;
}

/** The bytes of a file from `position` on. */
export function fileSource(fd: number, name: string, position = 0): ByteSource {
  let at = position;
  return {
    name,
    read(into) {
      readAt(fd, into, at, name);
      at += into.length;
      return into;
    },
  };
}

/** Bytes in memory. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  let at = 0;
  return {
    name,
    read(into) {
      if (into.length > bytes.length - at)
        throw new ArgumentError(`${name} is cut short: ${into.length - bytes.length + at} bytes are missing`);
      into.set(bytes.subarray(at, at + into.length));
      at += into.length;
      return into;
    },
  };
}

/** The `length` bytes to which a raw deflate stream (RFC 1951) expands. */
export function inflatedSource(compressed: ByteSource, length: number): ByteSource {
  const { name } = compressed;
  const ready: Uint8Array[] = [];
  let left = length;
  let head = 0;
  const inflate = new Inflate((chunk) => {
    if (chunk.length > 0) ready.push(chunk);
  });
  const more = () => {
    if (left === 0) throw new ArgumentError(`${name} is cut short: its compressed data end early`);
    const piece = compressed.read(new Uint8Array(Math.min(PIECE, left)));
    left -= piece.length;
    try {
      inflate.push(piece, left === 0);
    } catch (error) {
      throw new ArgumentError(`${name} is damaged: ${messageOf(error)}`, { cause: error });
    }
  };
  return {
    name,
    read(into) {
      for (let done = 0; done < into.length; ) {
        const chunk = ready[0];
        if (!chunk) {
          more();
          continue;
        }
        const part = chunk.subarray(head, head + into.length - done);
        into.set(part, done);
        done += part.length;
        head += part.length;
        if (head === chunk.length) {
          ready.shift();
          head = 0;
        }
      }
      return into;
    },
  };
}

/** A source that compares its check sum when all its bytes have been read. */
export interface CheckedSource extends ByteSource {
  /** Reads the remaining bytes, so that the check sum is compared. */
  finish(): void;
}

/**
 * The next `size` bytes of a source.
 *
 * @throws {@link ArgumentError} if their CRC-32 differs from `expected`
 */
export function checkedSource(source: ByteSource, size: number, expected: number): CheckedSource {
  const { name } = source;
  let [done, crc] = [0, 0];
  const read = <T extends Uint8Array>(into: T): T => {
    source.read(into);
    done += into.length;
    crc = crc32(into, crc);
    if (done === size && crc !== expected)
      throw new ArgumentError(`${name} is damaged: its check sum is wrong`);
    return into;
  };
  return {
    name,
    read,
    finish() {
      while (done < size) read(new Uint8Array(Math.min(PIECE, size - done)));
    },
  };
}
