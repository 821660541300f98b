import { expect } from 'chai';
import '../../src/index.js';
import { NDArraySpace } from '../../src/core/array/ndarray.js';
import { DOT_TABLES } from '../local/tables/index.js';
import { kitOf } from '../support/dot-table.js';
import { testCudaBackend } from '../support/emulated-cuda.js';

describe('kernels that run on the host instead of the device', function () {
  this.timeout(60_000);

  it('are in no local operator, forward or adjoint', () => {
    const backend = testCudaBackend();
    const rows = [...DOT_TABLES.values()].flatMap((table) => Object.entries(table));
    const counts = rows.flatMap(([name, make]) => {
      return make(kitOf(backend, 'float64')).map((op, k) => {
        const x = NDArraySpace.of(op.dims, 'float64', backend).random(1);
        const before = backend.stats().hostFallbacks;
        op.rmatvec(op.matvec(x));
        return { name: `${name} ${k + 1}`, count: backend.stats().hostFallbacks - before };
      });
    });
    expect(counts.length).to.be.at.least(1000);
    expect(counts.filter(({ count }) => count > 0)).to.deep.equal([]);
  });
});
