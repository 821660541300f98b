import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the time of a job, and the folder in which it is. */
export interface ScratchFolder {
  readonly path: string;
  readonly parent: string;
}

/**
 * Makes a folder for temporary files: in `TMPDIR`, or if that is missing or read-only, where one
 * can be made. Undefined if there is no such place.
 */
export function makeScratchFolder(prefix: string): ScratchFolder | undefined {
  for (const parent of [tmpdir(), '/tmp', '/dev/shm', process.cwd()]) {
    try {
      return { path: mkdtempSync(join(parent, prefix)), parent };
    } catch {
      // the next one may do
    }
  }
  return undefined;
}
