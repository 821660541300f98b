import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync } from 'node:fs';
import { onAllRanks, onRoot } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { createFile, findFile, likeBefore, temporaryFor, writing } from '../output.js';
import { writeAt } from './raw-io.js';

/**
 * Writes a file of `size` bytes by all ranks, as a whole or not at all: rank 0 makes it under a
 * temporary name beside `path` and writes `head`, every rank writes its parts in `body`, and when
 * all have them on disk rank 0 renames it. Symbolic links are followed; mode and owner of a file
 * that is there are kept. Where anything fails on one rank, all throw the same, which names the
 * file, and nothing is left. Collective.
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
