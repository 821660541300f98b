/**
 * One rank of a job that can be interrupted: interrupted-rank.js FOLDER [ITERATION in which rank 1
 * sends SIGUSR1 to itself]. interruption.test.ts starts it.
 */

import { COMM_WORLD, cgls, DistributedArray, EXIT_RESUMABLE, MPIGradient } from '../../src/index.js';
import { Checkpoint } from '../../src/io/index.js';

const [folder = '', at] = process.argv.slice(2);
const A = new MPIGradient([12, 4]);
const y = A.range().random(5);
const checkpoint = new Checkpoint(folder, { every: 1000, stopOn: ['SIGUSR1', 'SIGTERM'] });
process.stdout.write(`rank ${COMM_WORLD.rank} is process ${process.pid}\n`);
const steps = cgls.steps(A, y, { niter: at === 'forever' ? 10_000_000 : 12, tol: 0, damp: 0.1, checkpoint });
for (;;) {
  const { done, value } = steps.next();
  if (!done) {
    if (value.iteration === Number(at) && COMM_WORLD.rank === 1) process.kill(process.pid, 'SIGUSR1');
    continue;
  }
  const { x, reason, iterations, cost } = value;
  const norm = x.norm();
  if (COMM_WORLD.rank === 0)
    process.stdout.write(`${JSON.stringify({ reason, iterations, cost: cost.at(-1), norm })}\n`);
  DistributedArray.zeros([4]).norm();
  if (reason === 'signal received') process.exitCode = EXIT_RESUMABLE;
  break;
}
