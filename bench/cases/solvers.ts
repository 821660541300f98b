import {
  type Backend,
  COMM_WORLD,
  type Communicator,
  cgls,
  DistributedArray,
  MPIBlockDiag,
  NDArray,
} from 'lops-mpi';
import { hostArray } from 'lops-mpi/extend';
import { Diagonal, PoststackLinearModelling, ricker, smooth } from 'lops-mpi/local';
import { layeredModel, sections } from '../../examples/impedance-model.js';
import type { BenchCase } from '../case.js';
import { Stopwatch, timedBackend, timedCommunicator } from '../timed.js';

const TINY = { n: 1000, niter: 1000 };
/** The sizes of `npm run demo`. */
const DEMO = { ny: 20, nx: 150, nz: 180, niter: 60 };

/** The least-squares inversion of examples/poststack.ts on its computed model. */
function demo(backend: Backend, comm: Communicator): () => void {
  const { ny, nx, nz, niter } = DEMO;
  const truth = DistributedArray.empty([ny, nx, nz], { backend, comm });
  const background = truth.emptyLike();
  const [count] = truth.localShape as [number];
  const values = sections(
    layeredModel(nx, nz, 42),
    truth.box.start[0] as number,
    ny,
    hostArray('float64', truth.local.size),
  );
  truth.local.assign(NDArray.fromHost(values, truth.localShape, { backend }));
  background.local.assign(smooth(truth.local, [15, 35], { axes: [1, 2] }));
  const { wavelet } = ricker(
    Float64Array.from({ length: 21 }, (_, i) => 0.004 * i),
    15,
  );
  const B = new MPIBlockDiag(
    [new PoststackLinearModelling(wavelet, nz, { spatdims: [count, nx], axis: 2 })],
    { comm },
  );
  const d = B.matvec(truth);
  return () => cgls(B, d, { x0: background, niter, tol: 0 }).x.dispose();
}

export const SOLVER_CASES: readonly BenchCase[] = [
  {
    name: 'cgls_tiny_n1000_it1000',
    params: TINY,
    setup: () => {
      const y = DistributedArray.random(TINY.n, { seed: 1 });
      // So many different eigenvalues that the solver needs all iterations
      const first = y.box.start[0] as number;
      const A = new MPIBlockDiag([
        new Diagonal(Float64Array.from({ length: y.local.size }, (_, i) => 1 + first + i)),
      ]);
      let iterations = 0;
      return {
        run: () => {
          const result = cgls(A, y, { niter: TINY.niter, tol: 0 });
          iterations = result.iterations;
          result.x.dispose();
        },
        details: () => ({ iterations }),
      };
    },
  },
  {
    // The shares of the time of a CGLS iteration in kernels and in communication. The rest is
    // overhead
    name: 'cgls_split',
    params: DEMO,
    backend: 'cpu',
    setup: () => {
      const [kernels, calls, all] = [new Stopwatch(), new Stopwatch(), new Stopwatch()];
      const program = all.watch({ solve: demo(timedBackend(kernels), timedCommunicator(calls, COMM_WORLD)) });
      const share = (part: number): number => part / all.milliseconds;
      program.solve();
      for (const watch of [kernels, calls, all]) watch.milliseconds = 0;
      return {
        run: () => program.solve(),
        details: () => ({
          share_in_kernels: share(kernels.milliseconds),
          share_in_communication: share(calls.milliseconds),
          share_in_kernels_and_communication: share(kernels.milliseconds + calls.milliseconds),
        }),
      };
    },
  },
];
