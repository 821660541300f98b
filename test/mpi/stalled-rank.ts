/**
 * One rank of a launch in which some ranks never join MPI: `stalled-rank.js RANKS`. The ranks in
 * RANKS stall before they import the library.
 */
import { detectLaunch } from '../../src/mpi/launch-environment.js';

const stalled = (process.argv[2] ?? '').split(',').map(Number);
if (stalled.includes(detectLaunch(process.env)?.rank ?? 0))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
await import('../../src/index.js');
console.log('joined');
