import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Communicator } from '../../src/core/ports/communicator.js';

/**
 * Runs `body` with a folder that is visible to all ranks, and removes it afterwards. Collective.
 */
export function withFolder(comm: Communicator, body: (folder: string) => void): void {
  const folder = comm.bcastObject(comm.rank === 0 ? mkdtempSync(join(tmpdir(), 'lops-checkpoint-')) : '');
  try {
    body(folder);
  } finally {
    comm.barrier();
    if (comm.rank === 0) rmSync(folder, { recursive: true, force: true });
  }
}
