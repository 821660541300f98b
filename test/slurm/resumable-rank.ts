/**
 * A rank of a solver that stops before the time limit of its job. The next run continues for five
 * iterations: resumable-rank.js FOLDER.
 */

import { COMM_WORLD, cgls, EXIT_RESUMABLE, MPIGradient } from '../../src/index.js';
import { Checkpoint } from '../../src/io/index.js';

const [folder = ''] = process.argv.slice(2);
const again = process.env['SLURM_RESTART_COUNT'] !== undefined;
const checkpoint = new Checkpoint(folder, { every: 100_000, stopOn: ['SIGUSR1'] });
const A = new MPIGradient([12, 4]);
const pause = new Int32Array(new SharedArrayBuffer(4));
const say = (text: string): void => void (COMM_WORLD.rank === 0 && process.stdout.write(`${text}\n`));
let first: number | undefined;

const steps = cgls.steps(A, A.range().random(5), { niter: 100_000, tol: 0, damp: 0.1, checkpoint });
for (;;) {
  const { done, value } = steps.next();
  if (done) {
    say(`${value.reason} after iteration ${value.iterations}`);
    if (value.reason === 'signal received') process.exitCode = EXIT_RESUMABLE;
    break;
  }
  if (first === undefined) say(`starts at iteration ${(first = value.iteration)}`);
  if (again && value.iteration >= first + 5) {
    say(`ends at iteration ${value.iteration}`);
    break;
  }
  // limits the run to a few thousand iterations before the signal
  if (!again) Atomics.wait(pause, 0, 0, 20);
}
