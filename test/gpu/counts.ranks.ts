import { expect } from 'chai';
import { tidy } from '../../src/core/base/scope.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { deviceTransport } from '../../src/core/ports/device-transport.js';
import { CudaBackend, type CudaCounters } from '../../src/gpu/cuda/index.js';
import { MPIFirstDerivative, MPISecondDerivative } from '../../src/operators/index.js';
import { cgls } from '../../src/optimization/index.js';
import { distributed, group } from '../support/distributed.js';
import { counted } from './counted.js';

const DIMS = [40, 50];
/** The number of bytes of a row of ghost cells. */
const ROW = 8 * 50;

const cuda = (backend: Backend): CudaBackend => {
  if (backend instanceof CudaBackend) return backend;
  throw new Error(`expected the CUDA backend, received '${backend.name}'`);
};

group('the cost of distributed operators on the CUDA backend', () => {
  for (const [name, make] of Object.entries({
    MPIFirstDerivative: () => new MPIFirstDerivative(DIMS, { edge: true }),
    MPISecondDerivative: () => new MPISecondDerivative(DIMS),
  }))
    distributed(
      `${name}: one kernel for the interior, one for each edge; messages of ghost cells alone`,
      { backends: ['cuda'] },
      ({ comm, backend }) => {
        const device = cuda(backend);
        const x = DistributedArray.random(DIMS, { seed: 1, dtype: 'float64' });
        const y = x.zerosLike();
        const edges = (comm.rank > 0 ? 1 : 0) + (comm.rank < comm.size - 1 ? 1 : 0);
        const staged = deviceTransport().name === 'staged' ? edges * ROW : 0;
        const D = make();
        for (const work of [() => void D.matvec(x, y), () => void D.rmatvec(x, y)]) {
          const { launches, bytesToDevice, bytesToHost } = counted(device, work);
          expect({ launches, bytesToDevice, bytesToHost }).to.deep.equal({
            launches: 1 + edges,
            bytesToDevice: staged,
            bytesToHost: staged,
          });
        }
      },
    );

  distributed(
    'CGLS: at most six launches for vectors in an iteration, beside those of the operator',
    { backends: ['cuda'] },
    ({ comm, backend }) => {
      const device = cuda(backend);
      const y = DistributedArray.random(DIMS, { seed: 2, dtype: 'float64' });
      const D = new MPIFirstDerivative(DIMS, { edge: true });
      const solve = (niter: number) =>
        counted(device, () => tidy(() => void cgls(D, y, { niter, tol: 0, damp: 0.1 })));
      const [few, many] = [solve(4), solve(9)];
      const each = (key: keyof CudaCounters): number => (many[key] - few[key]) / 5;
      const edges = (comm.rank > 0 ? 1 : 0) + (comm.rank < comm.size - 1 ? 1 : 0);
      expect(each('launches') - 2 * (1 + edges)).to.be.within(1, 6);
      const staged = deviceTransport().name === 'staged' ? 2 * edges * ROW : 0;
      expect(each('bytesToDevice')).to.equal(staged);
      expect(each('bytesToHost') - staged, 'and the inner products').to.be.at.most(6 * 16);
    },
  );
});
