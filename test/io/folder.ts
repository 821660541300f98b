import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Communicator } from '../../src/core/ports/communicator.js';

/**
 * Runs `body` with a new folder that is visible to all ranks. The folder is removed after all ranks
 * have finished.
 */
export function inFolder(comm: Communicator, body: (folder: string) => void): void {
  const folder = comm.bcastObject(comm.rank === 0 ? mkdtempSync(join(tmpdir(), 'files-')) : '');
  try {
    body(folder);
    // not in `finally`, because a rank that failed must not wait for the others
    comm.barrier();
  } finally {
    if (comm.rank === 0) rmSync(folder, { recursive: true, force: true });
  }
}
