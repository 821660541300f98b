import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync } from 'node:fs';
import { onAllRanks, onRoot } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { createFile, findFile, likeBefore, temporaryFor, writing } from '../output.js';
import { writeAt } from './raw-io.js';

/**
 * Writes a file of `size` bytes by all ranks, as a whole or not at all. Rank 0 creates it under a
 * temporary name beside `path` and writes `head`. Every rank writes its parts in `body`. When all
 * parts are on the disk, rank 0 renames the file. Symbolic links are followed. An existing file
 * keeps its mode and owner. If anything fails on one rank, all ranks throw the same error with the
 * name of the file, and no file is left. Collective.
 */
export function writeFileTogether(
  comm: Communicator,
  path: string,
  size: number,
  head: Uint8Array,
  body: (fd: number) => void,
): void {
  const { temporary, target } = onRoot(comm, () =>
    writing(path, () => {
      const target = findFile(path);
      const temporary = temporaryFor(target);
      const fd = createFile(temporary, target);
      try {
        ftruncateSync(fd, size);
        writeAt(fd, head, 0);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      } finally {
        closeSync(fd);
      }
      return { temporary, target };
    }),
  );
  try {
    onAllRanks(comm, () =>
      writing(path, () => {
        const fd = openSync(temporary, 'r+');
        try {
          body(fd);
          fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
      }),
    );
    onRoot(comm, () =>
      writing(path, () => {
        likeBefore(temporary, target);
        renameSync(temporary, target.path);
      }),
    );
  } catch (error) {
    if (comm.rank === 0) rmSync(temporary, { force: true });
    throw error;
  }
}
