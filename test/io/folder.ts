import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Communicator } from '../../src/core/ports/communicator.js';

/** Runs `body` with a fresh folder that all ranks see, and removes it when all have left. */
export function inFolder(comm: Communicator, body: (folder: string) => void): void {
  const folder = comm.bcastObject(comm.rank === 0 ? mkdtempSync(join(tmpdir(), 'files-')) : '');
  try {
    body(folder);
    // not in `finally`: a rank that failed does not wait for the others
    comm.barrier();
  } finally {
    if (comm.rank === 0) rmSync(folder, { recursive: true, force: true });
  }
}
