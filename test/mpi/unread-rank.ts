/**
 * One of two ranks whose stderr is a pipe that nobody reads: `unread-rank.js PIPE`. Rank 0 fills
 * it and joins MPI, rank 1 joins later.
 */
import { constants, openSync, writeSync } from 'node:fs';
import { detectLaunch } from '../../src/mpi/launch-environment.js';

if (detectLaunch(process.env)?.rank === 0) {
  const pipe = openSync(process.argv[2] as string, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(pipe, Buffer.alloc(4096));
  } catch {
    // It is full
  }
} else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
await import('../../src/index.js');
console.log('joined');
