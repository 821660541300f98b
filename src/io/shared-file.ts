import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync } from 'node:fs';
import type { Communicator } from '../core/communicator.js';
import { onRoot, together } from './agreement.js';
import { temporaryName, writeAt } from './byte-source.js';

/**
 * Writes a file of `size` bytes by all ranks, as a whole or not at all: rank 0 makes it under a temporary name beside `path` and writes `head`, every rank writes its
 * parts in `body`, and when all have them on disk rank 0 renames it. Where anything fails on one rank, all throw the same and nothing is left. Collective.
 */
export function writeFileTogether(comm: Communicator, path: string, size: number, head: Uint8Array, body: (fd: number) => void): void {
  const temporary = onRoot(comm, () => {
    const name = temporaryName(path);
    const fd = openSync(name, 'wx');
    try {
      ftruncateSync(fd, size);
      writeAt(fd, head, 0);
    } catch (error) {
      rmSync(name, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    return name;
  });
  try {
    together(comm, () => {
      const fd = openSync(temporary, 'r+');
      try {
        body(fd);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    });
    onRoot(comm, () => renameSync(temporary, path));
  } catch (error) {
    if (comm.rank === 0) rmSync(temporary, { force: true });
    throw error;
  }
}
