import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { DistributedCsrArray } from '../../src/core/sparse/distributed-csr-array.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { beside, matrix } from '../support/sparse-matrix.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, ragged, traffic } from '../support/vectors.js';

const SHAPES = [
  [7, 5],
  [5, 9],
  [1, 6],
  [0, 4],
  [4, 0],
] as const;

/** The rows of a matrix that every rank has, spread evenly, unevenly, and all on the last rank. */
function spread(whole: NDArray, comm: Communicator): DistributedCsrArray[] {
  const a = xp.sparse.csrArray(whole);
  const [n] = a.shape;
  const last = Array.from({ length: comm.size }, (_, r) => (r === comm.size - 1 ? n : 0));
  const parts = [ragged(n, comm.size), last].map((sizes) => {
    const from = sizes.slice(0, comm.rank).reduce((x, y) => x + y, 0);
    return DistributedCsrArray.fromLocal(a.sliceRows(from, from + (sizes[comm.rank] as number)), { comm });
  });
  return [DistributedCsrArray.distribute(a, { comm }), ...parts];
}

group('sparse arrays over ranks', () => {
  distributed(
    'multiply as those of one rank, however rows and vectors are spread',
    { timeout: 240_000 },
    ({ comm, floats, tolerance }) => {
      for (const dtype of floats)
        for (const other of beside(dtype, floats))
          for (const shape of SHAPES)
            for (const columns of [undefined, 3]) {
              const dense = matrix(shape, dtype, 2);
              const vectors = (n: number, seed: number) =>
                columns === undefined
                  ? matrix([n, 1], other, seed, 1).reshape([n])
                  : matrix([n, columns], other, seed, 1);
              const [x, y] = [vectors(shape[1], 3), vectors(shape[0], 4)];
              const [forward, back] = [dense.matmul(x), dense.transpose().conj().matmul(y)];
              const close = { rtol: 8 * tolerance(dtype), scale: 1 };
              for (const a of spread(dense, comm)) {
                const what = (v: NDArray, layout?: Layout) => ({
                  what: `${a} times [${v.shape}] of ${v.dtype}, ${layout}`,
                });
                expectClose(a.matmul(x), forward, close, what(x));
                expectClose(a.rmatmul(y), back, close, what(y));
                for (const layout of [
                  ...layoutsOf(x.shape, comm.size),
                  Layout.replicated(x.shape, comm.size),
                ])
                  expectClose(a.matmul(placed(x, layout, comm)), forward, close, what(x, layout));
                for (const layout of [
                  ...layoutsOf(y.shape, comm.size),
                  Layout.replicated(y.shape, comm.size),
                ])
                  expectClose(a.rmatmul(placed(y, layout, comm)), back, close, what(y, layout));
              }
            }
    },
  );

  distributed('have the same bits each time', ({ comm, floats }) => {
    for (const dtype of floats) {
      const dense = matrix([23, 17], dtype, 8);
      const [x, y] = [17, 23].map((n) =>
        placed(matrix([n, 1], dtype, n, 1).reshape([n]), Layout.split([n], comm.size), comm),
      ) as [DistributedArray, DistributedArray];
      const [a, b] = [1, 2].map(() =>
        DistributedCsrArray.distribute(xp.sparse.csrArray(dense), { comm }),
      ) as [DistributedCsrArray, DistributedCsrArray];
      expectSameBits(a.matmul(x).asArray(), b.matmul(x).asArray());
      expectSameBits(a.rmatmul(y).asArray(), b.rmatmul(y).asArray());
    }
  });

  distributed('send elements to the ranks that need them, and to no others', ({ comm }) => {
    const n = 8 * comm.size;
    const laplacian = xp.sparse.diagsArray([[1], [-2], [1]], { offsets: [-1, 0, 1], shape: [n, n] });
    const a = DistributedCsrArray.distribute(laplacian, { comm });
    const x = DistributedArray.ones(n, { comm });
    const neighbours = Number(comm.rank > 0) + Number(comm.rank < comm.size - 1);
    a.matmul(x);
    a.rmatmul(x);
    for (const call of [() => a.matmul(x), () => a.rmatmul(x)])
      expect(traffic(comm, call)).to.deep.equal({ ...NOTHING, messages: neighbours });
    const before = { ...comm.counters };
    a.matmul(x);
    expect(comm.counters.bytes - before.bytes, 'one element to each neighbour').to.equal(
      neighbours * (x.dtype === 'float32' ? 4 : 8),
    );
    // The first rank needs all, the others nothing
    const row = DistributedCsrArray.fromLocal(
      xp.sparse.csrArray(comm.rank === 0 ? NDArray.ones([1, n]) : NDArray.zeros([1, n])),
      { comm },
    );
    row.matmul(x);
    expect(traffic(comm, () => row.matmul(x)).messages).to.equal(comm.rank === 0 ? 0 : 1);
    const replicated = placed(NDArray.ones([n]), Layout.replicated([n], comm.size), comm);
    expect(traffic(comm, () => a.matmul(replicated))).to.deep.equal(NOTHING);
    expect(traffic(comm, () => a.matmul(NDArray.ones([n])))).to.deep.equal(NOTHING);
  });

  distributed('add, transpose, multiply each other, and have sums', ({ comm, floats, tolerance }) => {
    for (const dtype of floats)
      for (const shape of SHAPES) {
        const [n, m] = shape;
        const dense = matrix(shape, dtype, 5);
        const [more, right] = [matrix(shape, dtype, 6), matrix([m, 4], dtype, 7)];
        const close = { rtol: 8 * tolerance(dtype), scale: 1 };
        for (const a of spread(dense, comm)) {
          const what = { what: `${a}` };
          expect(a.shape).to.deep.equal([n, m]);
          expect(a.nnz()).to.equal(dense.notEqual(0).sum());
          expectClose(a.toDense(), dense, 0, what);
          expectClose(a.gather().toDense(), dense, 0, what);
          expectClose(a.transpose().toDense(), dense.transpose(), 0, what);
          expectClose(a.adjoint().toDense(), dense.transpose().conj(), 0, what);
          for (const b of spread(more, comm)) {
            expectClose(a.add(b).toDense(), dense.add(more), close, what);
            expectClose(a.subtract(b).toDense(), dense.subtract(more), close, what);
          }
          for (const b of spread(right, comm))
            expectClose(a.matmul(b).toDense(), dense.matmul(right), close, what);
          expectClose(a.matmul(xp.sparse.csrArray(right)).toDense(), dense.matmul(right), close, what);
          expectClose([a.sum()], [dense.sum()], close, what);
          for (const axis of [0, 1]) expectClose(a.sum(axis), dense.sum(axis), close, what);
          for (let k = -8; k <= 10; k++)
            expectClose(a.diagonal(k), xp.diagonal(dense, { offset: k }) as NDArray, 0, what);
        }
      }
  });

  distributed('are made of dense arrays, and of entries on any rank', ({ comm }) => {
    const dense = matrix([9, 6], 'float32', 9);
    for (const layout of [...layoutsOf([9, 6], comm.size), Layout.replicated([9, 6], comm.size)])
      expectClose(xp.sparse.csrArray(placed(dense, layout, comm)).toDense(), dense, 0, { what: `${layout}` });
    const [r, n] = [comm.rank, comm.size];
    // Each rank adds 1 to the first element, and r to one in a row of another rank
    const entries = { data: [1, r], row: [0, n - 1 - r], col: [0, r] };
    const a = DistributedCsrArray.fromEntries(xp.sparse.cooArray(entries, { shape: [n, n] }), { comm });
    const expected = NDArray.zeros([n, n]).set([0, 0], n);
    for (let rank = 0; rank < n; rank++) {
      const at = [n - 1 - rank, rank] as const;
      expected.set([...at], (expected.get(...at) as number) + rank);
    }
    expectClose(a.toDense(), expected, 0);
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, dtypes }) => {
    const a = DistributedCsrArray.distribute(xp.sparse.eyeArray(3, 4), { comm });
    const other = DistributedCsrArray.distribute(xp.sparse.eyeArray(4), { comm });
    const throws = (body: () => unknown, kind: new (message: string) => Error) =>
      expectAllThrow(comm, body, kind);
    throws(() => a.matmul(NDArray.ones([3])), ShapeError);
    throws(() => a.matmul(DistributedArray.ones([4, 1, 1], { comm })), ShapeError);
    throws(() => a.rmatmul(NDArray.ones([4])), ShapeError);
    throws(() => a.matmul([1] as never), ArgumentError);
    throws(() => a.matmul(a), ShapeError);
    throws(() => a.add(other), ShapeError);
    throws(() => a.add(xp.sparse.eyeArray(3, 4) as never), ArgumentError);
    throws(() => a.sum(2), ShapeError);
    throws(() => a.redistribute(undefined as never), ArgumentError);
    throws(() => a.redistribute(Layout.split([2, 4], comm.size)), ShapeError);
    throws(() => a.redistribute(Layout.split([3, 4], comm.size + 1)), ShapeError);
    throws(() => a.redistribute(Layout.replicated([3, 4], comm.size)), PartitionError);
    if (comm.size > 1) throws(() => a.redistribute(Layout.split([3, 4], comm.size, 1)), PartitionError);
    throws(() => DistributedCsrArray.fromDense(5 as never), ArgumentError);
    throws(() => DistributedCsrArray.distribute(1 as never), ArgumentError);
    const first = comm.rank === 0;
    throws(
      () => DistributedCsrArray.fromLocal(first ? (1 as never) : xp.sparse.eyeArray(2), { comm }),
      ArgumentError,
    );
    if (comm.size > 1)
      throws(() => DistributedCsrArray.fromLocal(xp.sparse.eyeArray(2, first ? 3 : 2), { comm }), ShapeError);
    if (comm.size > 1 && dtypes.includes('complex64'))
      throws(
        () =>
          DistributedCsrArray.fromLocal(
            xp.sparse.eyeArray(2, 2, { dtype: first ? 'complex64' : 'float32' }),
            { comm },
          ),
        DTypeError,
      );
    if (comm.size > 1) {
      const inside = comm.split(0);
      throws(() => a.matmul(DistributedArray.ones(4, { comm: inside })), PartitionError);
      inside.free();
    }
  });
});
