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

/** The bytes of a file from `position` on. */
export function fileSource(fd: number, name: string, position = 0): ByteSource {
  let at = position;
  return {
    name,
    read(into) {
      for (let done = 0; done < into.length; ) {
        const count = readSync(fd, into, done, Math.min(MOST, into.length - done), at);
        if (count === 0) throw new ArgumentError(`${name} is cut short: ${into.length - done} bytes are missing`);
        done += count;
        at += count;
      }
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

/** Writes a file as a whole or not at all: under a temporary name beside it, renamed at the end. */
export function writeFileAtomically(path: string, body: (sink: ByteSink) => void): void {
  const temporary = `${path}.${process.pid}-${temporaries++}.tmp`;
  const fd = openSync(temporary, 'wx');
  let position = 0;
  const put = (bytes: Uint8Array, at: number) => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, Math.min(MOST, bytes.length - done), at + done);
  };
  try {
    try {
      body({
        write(bytes) {
          put(bytes, position);
          position += bytes.length;
        },
        patch: (at, bytes) => put(bytes, at),
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
