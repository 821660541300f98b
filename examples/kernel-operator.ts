/**
 * An operator of two JavaScript functions that compute one element each: a smoother with a width
 * that increases with depth, inverted by CGLS. If gpu.js is installed (`npm install gpu.js`), it
 * compiles the functions for the GPU or for WebAssembly. Otherwise they run as JavaScript. Each
 * rank smooths its own traces.
 *
 *     npx lops run -n 2 dist/examples/kernel-operator.js
 *     npx lops run -n 2 dist/examples/kernel-operator.js --backend tfjs
 */
import { COMM_WORLD, cgls, DistributedArray, KernelOperator, MPIBlockDiag } from 'lops-mpi';
import type { KernelThread } from 'lops-mpi/extend';
import { finish, parseFlags, positive, say } from './support.js';

interface Flags {
  readonly traces: number;
  readonly depths: number;
  readonly niter: number;
}

const { backend, traces, depths, niter } = await parseFlags<Flags>(
  'kernel-operator',
  'an operator of two functions',
  (command) =>
    command
      .option('--traces <n>', 'distributed over the ranks', positive, 12)
      .option('--depths <n>', 'samples of a trace', positive, 60)
      .option('--niter <n>', 'iterations', positive, 40),
);

type Constants = { readonly depths: number };

/**
 * The mean of the samples within a reach that increases with depth. gpu.js supports only plain
 * arithmetic on numbers.
 */
function smooth(this: KernelThread<Constants>, x: ArrayLike<number>): number {
  const depth = this.thread.x % this.constants.depths;
  const reach = 1 + Math.floor((4 * depth) / this.constants.depths);
  let sum = 0;
  for (let j = 0; j < this.constants.depths; j++) {
    if (Math.abs(j - depth) <= reach) sum += x[this.thread.x - depth + j] as number;
  }
  return sum / (2 * reach + 1);
}

/** The adjoint: the contribution of each sample to the means of other samples. */
function spread(this: KernelThread<Constants>, y: ArrayLike<number>): number {
  const depth = this.thread.x % this.constants.depths;
  let sum = 0;
  for (let i = 0; i < this.constants.depths; i++) {
    const reach = 1 + Math.floor((4 * i) / this.constants.depths);
    if (Math.abs(depth - i) <= reach) sum += (y[this.thread.x - depth + i] as number) / (2 * reach + 1);
  }
  return sum;
}

const truth = DistributedArray.random([traces, depths], { backend, dtype: 'float32', seed: 3 });
const mine = new KernelOperator<Constants>(smooth, spread, [truth.localShape[0] as number, depths], {
  constants: { depths },
  dotTest: true,
});
const A = new MPIBlockDiag([mine]);
const data = A.matvec(truth);
const { x, iterations } = cgls(A, data, { niter, tol: 0 });
const misfit = A.matvec(x).subtract(data).norm() / data.norm();
say(
  `${traces} traces of ${depths} samples on ${COMM_WORLD.size} rank${COMM_WORLD.size > 1 ? 's' : ''}, ` +
    `backend ${backend}, kernels ${mine.engine}`,
);
say(`data misfit ${misfit.toExponential(1)} after ${iterations} iterations`);

finish();
