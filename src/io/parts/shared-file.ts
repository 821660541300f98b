import { fsyncSync, ftruncateSync, openSync, renameSync, rmSync } from 'node:fs';
import { onAllRanks, onRoot } from '../../core/ports/agreement.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { createFile, findFile, likeBefore, temporaryFor, writing } from '../output.js';
import { closing, writeAt } from './raw-io.js';

/** The steps of {@link writeTogether}. */
interface WritingSteps<T> {
  /** On rank 0: creates the temporary file or folder. Returns plain data for all ranks. */
  create(): T;
  /** On every rank: writes its part. */
  write(made: T): void;
  /** On rank 0: moves the temporary to its place. */
  finish(made: T): void;
}

/**
 * Writes a file or folder by all ranks, as a whole or not at all. If a step fails on one rank, all
 * ranks throw the same error with the name of the file, and the temporary is removed. Collective.
 */
export function writeTogether<T extends { readonly temporary: string }>(
  comm: Communicator,
  path: string,
  { create, write, finish }: WritingSteps<T>,
): void {
  const made = onRoot(comm, () => writing(path, create));
  try {
    onAllRanks(comm, () => writing(path, () => write(made)));
    onRoot(comm, () => writing(path, () => finish(made)));
  } catch (error) {
    if (comm.rank === 0) rmSync(made.temporary, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Writes a file of `size` bytes by all ranks, as a whole or not at all. Rank 0 creates it under a
 * temporary name beside `path` and writes `head`. Every rank writes its parts in `body`. When all
 * parts are on the disk, rank 0 renames the file. Symbolic links are followed. An existing file
 * keeps its mode and owner. Collective; errors are those of {@link writeTogether}.
 */
export const writeFileTogether = (
  comm: Communicator,
  path: string,
  size: number,
  head: Uint8Array,
  body: (fd: number) => void,
): void =>
  writeTogether(comm, path, {
    create() {
      const target = findFile(path);
      const temporary = temporaryFor(target);
      const created = createFile(temporary, target);
      try {
        closing(created, (fd) => {
          ftruncateSync(fd, size);
          writeAt(fd, head, 0);
        });
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
      return { temporary, target };
    },
    write: ({ temporary }) =>
      closing(openSync(temporary, 'r+'), (fd) => {
        body(fd);
        fsyncSync(fd);
      }),
    finish({ temporary, target }) {
      likeBefore(temporary, target);
      renameSync(temporary, target.path);
    },
  });
