import { cgls, type DistributedArray, type MPIVStack, NDArray } from 'lops-mpi';
import { layeredReflectivity, surveyOperator } from '../../examples/kirchhoff-survey.js';
import type { BenchCase, Work } from '../case.js';

const SIZES = { nx: 81, nz: 60, sources: 20, receivers: 11, nt: 651 } as const;
const { nx, nz, sources, receivers } = SIZES;
const ITERATIONS = 100;
const FLOPS = 4 * nx * nz * sources * receivers;

/** A case of least-squares migration: sources over the ranks, the image on all of them. */
const migration = (name: string, prepare: (A: MPIVStack, image: DistributedArray) => Work): BenchCase => ({
  name,
  params: { ...SIZES },
  setup: () => {
    const A = surveyOperator(SIZES);
    return prepare(
      A,
      A.domain()
        .empty()
        .assignGlobal(NDArray.fromHost(layeredReflectivity(nx, nz), [nx, nz])),
    );
  },
});

export const LSM_CASES: readonly BenchCase[] = [
  migration('lsm_fwd', (A, image) => {
    const traces = A.matvec(image);
    return { run: () => A.matvec(image, traces), flops: FLOPS, limit: 'kirchhoff' };
  }),
  migration('lsm_adj', (A, image) => {
    const traces = A.matvec(image);
    return { run: () => A.rmatvec(traces, image), flops: FLOPS, limit: 'kirchhoff_adj' };
  }),
  migration('lsm_cgls100', (A, image) => {
    const traces = A.matvec(image);
    return { run: () => cgls(A, traces, { niter: ITERATIONS, tol: 0 }).x.dispose() };
  }),
];
