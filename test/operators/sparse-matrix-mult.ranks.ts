import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { CsrArray } from '../../src/core/sparse/csr-array.js';
import { DistributedCsrArray } from '../../src/core/sparse/distributed-csr-array.js';
import { MPISparseMatrixMult } from '../../src/operators/index.js';
import { cg } from '../../src/optimization/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { matrix } from '../support/sparse-matrix.js';
import { expectAllThrow, NOTHING, ragged, traffic } from '../support/vectors.js';

group('MPISparseMatrixMult', () => {
  distributed('has an exact adjoint for every dtype and uneven rows', ({ comm, floats, tolerance }) => {
    for (const dtype of floats)
      for (const [n, m, others] of [
        [11, 7, []],
        [5, 13, [2, 2]],
        [1, 3, [1]],
        [0, 4, []],
      ] as const) {
        const whole = CsrArray.fromDense(matrix([n, m], dtype, 5));
        const counts = ragged(n, comm.size);
        const start = counts.slice(0, comm.rank).reduce((a, b) => a + b, 0);
        const rows = whole.sliceRows(start, start + (counts[comm.rank] as number));
        const A = new MPISparseMatrixMult(rows, { comm, otherdims: others });
        expect([A.dims, A.dimsd, A.dtype]).to.deep.equal([[m, ...others], [n, ...others], dtype]);
        A.dotTest({ rtol: 100 * tolerance(dtype), seed: 1 });
      }
  });

  distributed('sends to neighbours only, and solves with cg', ({ comm, tolerance }) => {
    const n = 6 * comm.size;
    const matrixOf = xp.sparse.diagsArray([[-1], [2.5], [-1]], { offsets: [-1, 0, 1], shape: [n, n] });
    const A = new MPISparseMatrixMult(DistributedCsrArray.distribute(matrixOf, { comm }));
    const x = DistributedArray.random(n, { comm, seed: 4, dtype: matrixOf.dtype });
    const y = A.matvec(x);
    A.rmatvec(y);
    const neighbours = Number(comm.rank > 0) + Number(comm.rank < comm.size - 1);
    for (const call of [() => A.matvec(x, y), () => A.rmatvec(y, x.copy())])
      expect(traffic(comm, call)).to.deep.equal({ ...NOTHING, messages: neighbours });
    const { x: solved } = cg(A, y, { niter: 60, tol: 0 });
    expectClose(solved, x, { rtol: 1000 * tolerance(x.dtype) });
  });

  distributed('refuses what is no sparse matrix, on all ranks', ({ comm }) => {
    const eye = xp.sparse.eyeArray(2);
    const options = { comm };
    expectAllThrow(
      comm,
      () => new MPISparseMatrixMult(NDArray.ones([2, 2]) as never, options),
      ArgumentError,
    );
    expectAllThrow(
      comm,
      () => new MPISparseMatrixMult(comm.rank === 0 ? (1 as never) : eye, options),
      ArgumentError,
    );
    expectAllThrow(comm, () => new MPISparseMatrixMult(eye, { ...options, dtype: 'int32' }), DTypeError);
    const A = new MPISparseMatrixMult(eye, options);
    expectAllThrow(comm, () => A.matvec(DistributedArray.ones(3, options)), ShapeError);
  });
});
