import { closeSync, readSync, writeSync } from 'node:fs';
import { ArgumentError } from '../../core/base/errors.js';

/** Runs `body` with an open file, and closes it. */
export function closing<R>(fd: number, body: (fd: number) => R): R {
  try {
    return body(fd);
  } finally {
    closeSync(fd);
  }
}

/** The most bytes of one system call; the limit of read(2) is 2 GiB. */
const MOST = 1 << 30;

/**
 * Fills `into` with the bytes of a file at a position.
 *
 * @throws {@link ArgumentError} if the file ends before
 */
export function readAt(fd: number, into: Uint8Array, position: number, name: string): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(fd, into, done, Math.min(MOST, into.length - done), position + done);
    if (count === 0) throw new ArgumentError(`${name} is cut short: ${into.length - done} bytes are missing`);
    done += count;
  }
}

/** A view of the same bytes. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Writes all bytes to a file at a position. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, Math.min(MOST, bytes.length - done), position + done);
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export const pause = (milliseconds: number): void => {
  Atomics.wait(PAUSE, 0, 0, milliseconds);
};

/**
 * Writes all bytes to a pipe or a device that was opened without blocking. Waits while it is full.
 */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done, Math.min(MOST, bytes.length - done));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      pause(1);
    }
  }
}

/**
 * Reads all `size` bytes of a file.
 *
 * @throws {@link ArgumentError} if there are more than `most`
 */
export function readWhole(fd: number, size: number, most: number, name: string): Uint8Array {
  if (size > most)
    throw new ArgumentError(`${name} has ${size} bytes: expected at most ${most}, it is damaged`);
  const bytes = new Uint8Array(size);
  readAt(fd, bytes, 0, name);
  return bytes;
}
