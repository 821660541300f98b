import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { Inflate } from 'fflate';
import { ArgumentError } from '../core/errors.js';

/** One call of the system moves at most this much: the limit of read(2) is 2 GiB. */
const MOST = 1 << 30;
/** Compressed bytes are read in pieces of this size. */
const PIECE = 1 << 18;

/** Bytes that are read from front to back. */
export interface ByteSource {
  /** For messages. */
  readonly name: string;
  /** Fills all of `into` with what comes next, and returns it. Throws {@link ArgumentError} where less is left. */
  read<T extends Uint8Array>(into: T): T;
}

/** Fills `into` with the bytes of a file at a position. Throws {@link ArgumentError} where the file ends before. */
export function readAt(fd: number, into: Uint8Array, position: number, name: string): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(fd, into, done, Math.min(MOST, into.length - done), position + done);
    if (count === 0) throw new ArgumentError(`${name} is cut short: ${into.length - done} bytes are missing`);
    done += count;
  }
}

/** Writes all bytes to a file at a position. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, Math.min(MOST, bytes.length - done), position + done);
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

/** What `length` bytes of a raw deflate stream (RFC 1951) expand to. */
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
      throw new ArgumentError(`${name} is damaged: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
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

/** Runs `body` with an open file and its size, and closes it. */
export function withFile<R>(path: string, body: (fd: number, size: number) => R): R {
  const fd = openSync(path, 'r');
  try {
    return body(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

/** Where bytes go to. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
  /** Overwrites bytes that were written before. */
  patch(position: number, bytes: Uint8Array): void;
  /** Bytes written so far. */
  readonly position: number;
}

let temporaries = 0;

/** A name beside `path` that no other process or call takes. */
export const temporaryName = (path: string): string => `${path}.${process.pid}-${temporaries++}.tmp`;

/** Writes a file as a whole or not at all: under a temporary name beside it, renamed at the end. */
export function writeFileAtomically(path: string, body: (sink: ByteSink) => void): void {
  const temporary = temporaryName(path);
  const fd = openSync(temporary, 'wx');
  let position = 0;
  try {
    try {
      body({
        write(bytes) {
          writeAt(fd, bytes, position);
          position += bytes.length;
        },
        patch: (at, bytes) => writeAt(fd, bytes, at),
        get position() {
          return position;
        },
      });
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
