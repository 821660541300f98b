import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout, splitCount, splitStart } from '../../src/core/distributed/layout.js';
import type { Backend } from '../../src/core/ports/backend.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { openWorkspaces } from '../../src/core/vector/workspace.js';
import {
  type AnyLocalOperator,
  BlockDiag,
  FirstDerivative,
  HStack,
  MatrixMult,
  VStack,
} from '../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIHStack,
  MPILaplacian,
  MPILinearOperator,
  MPIStackedVStack,
  MPIVStack,
} from '../../src/operators/index.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, NOTHING, placed, ragged, traffic } from '../support/vectors.js';

const matrix = (n: number, m: number, seed: number, dtype: DType, backend: Backend): AnyLocalOperator =>
  new MatrixMult(NDArray.normal([n, m], { dtype, backend, seed }));

/**
 * The distributions of operators over the ranks: even, uneven, with ranks that have none, and all
 * on one rank.
 */
const chunks = (n: number, size: number): number[][] => [
  Array.from({ length: size }, (_, r) => splitCount(n, size, r)),
  ragged(n, size),
  Array.from({ length: size }, (_, r) => (r === size - 1 ? n : 0)),
];

const mine = <T>(list: readonly T[], counts: readonly number[], comm: Communicator): T[] => {
  const start = counts.slice(0, comm.rank).reduce((a, b) => a + b, 0);
  return list.slice(start, start + (counts[comm.rank] as number));
};

const random = (n: number | Shape, dtype: DType, backend: Backend, seed = 9): NDArray =>
  NDArray.normal(n, { dtype, backend, seed });

group('MPIBlockDiag', () => {
  distributed('equals the local block diagonal of all operators', ({ comm, backend, floats, tolerance }) => {
    for (const dtype of floats) {
      const all = [3, 2, 4, 1, 2].map((n, k) => matrix(n, [2, 5, 1, 3, 2][k] as number, k, dtype, backend));
      const local = new BlockDiag(all);
      const [x, y] = [random(13, dtype, backend), random(12, dtype, backend)];
      for (const counts of chunks(5, comm.size)) {
        const A = new MPIBlockDiag(mine(all, counts, comm));
        expect(A.shape).to.deep.equal([12, 13]);
        const u = placed(x, (A.domain() as DistributedArray['space']).layout, comm);
        expect(traffic(comm, () => A.matvec(u))).to.deep.equal(NOTHING);
        const v = A.matvec(u);
        expect([v.dtype, v.partition]).to.deep.equal([dtype, 'SCATTER']);
        expectClose(v, local.matvec(x), 10 * tolerance(dtype), `${counts}`);
        const w = placed(y, v.layout, comm);
        expect(traffic(comm, () => A.rmatvec(w))).to.deep.equal(NOTHING);
        expectClose(A.rmatvec(w), local.rmatvec(y), 10 * tolerance(dtype), `${counts}`);
        A.dotTest({ domain: u.space });
        // another split: aligned by a transfer
        const even = DistributedArray.toDist(x);
        expectClose(A.matvec(even), local.matvec(x), 10 * tolerance(dtype), `evenly cut, ${counts}`);
        expectClose(
          A.rmatvec(DistributedArray.toDist(y)),
          local.rmatvec(y),
          10 * tolerance(dtype),
          `evenly cut, ${counts}`,
        );
      }
    }
  });

  distributed(
    'has N-dimensional vectors where the operators share the other axes',
    ({ comm, backend, floats, tolerance }) => {
      for (const dtype of floats) {
        const rows = [3, 2, 4, 3];
        const all = rows.map((n) => new FirstDerivative([n, 3], { axis: 0, kind: 'forward' }));
        const whole = random([12, 3], dtype, backend);
        let start = 0;
        const exact = all.map((op, k) => {
          const part = op.matvec(whole.slice([start, start + (rows[k] as number)]).copy());
          start += rows[k] as number;
          return part;
        });
        for (const counts of chunks(4, comm.size)) {
          const A = new MPIBlockDiag(mine(all, counts, comm));
          expect([A.dims, A.dimsd]).to.deep.equal([
            [12, 3],
            [12, 3],
          ]);
          for (const layout of [
            (A.domain() as DistributedArray['space']).layout,
            Layout.split([12, 3], comm.size),
            Layout.split([12, 3], comm.size, 1),
            Layout.split([36], comm.size),
          ]) {
            const y = A.matvec(placed(whole.reshape(layout.globalShape), layout, comm))
              .asArray()
              .reshape([12, 3]);
            let at = 0;
            for (const part of exact) {
              expectClose(
                y.slice([at, at + (part.shape[0] as number)]).copy(),
                part,
                10 * tolerance(dtype),
                `${layout}`,
              );
              at += part.shape[0] as number;
            }
            A.dotTest({ domain: placed(whole.reshape(layout.globalShape), layout, comm).space });
          }
        }
      }
    },
  );

  distributed('refuses wrong operators of one rank on all', ({ comm, backend }) => {
    const wrong = comm.rank === comm.size - 1;
    const good = matrix(2, 2, 1, 'float32', backend);
    const notAnOperator: unknown[] = ['x'];
    for (const Stack of [MPIBlockDiag, MPIVStack, MPIHStack]) {
      expectAllThrow(
        comm,
        () => new Stack((wrong ? notAnOperator : [good]) as AnyLocalOperator[]),
        ArgumentError,
        Stack.name,
      );
      expectAllThrow(comm, () => new Stack(JSON.parse('null')), ArgumentError, Stack.name);
      expectAllThrow(comm, () => new Stack([]), ArgumentError, Stack.name);
    }
    if (comm.size > 1) {
      expectAllThrow(
        comm,
        () => new MPIVStack([matrix(2, wrong ? 3 : 2, 1, 'float32', backend)]),
        ShapeError,
      );
      expectAllThrow(
        comm,
        () => new MPIHStack([matrix(wrong ? 3 : 2, 2, 1, 'float32', backend)]),
        ShapeError,
      );
    }
    // the error class of one rank is the class on all ranks
    const broken = Object.defineProperty(matrix(2, 2, 1, 'float32', backend), 'dims', {
      get: () => {
        throw new DTypeError('broken');
      },
    });
    for (const Stack of [MPIBlockDiag, MPIVStack])
      expectAllThrow(comm, () => new Stack([wrong ? broken : good]), DTypeError, Stack.name);
    const A = new MPIBlockDiag([good]);
    const n = 2 * comm.size;
    expectAllThrow(
      comm,
      () => A.matvec(DistributedArray.ones(n, { partition: 'BROADCAST', dtype: 'float32' })),
      PartitionError,
    );
    expectAllThrow(comm, () => A.matvec(DistributedArray.ones(n + 1, { dtype: 'float32' })), ShapeError);
    expectAllThrow(
      comm,
      () => A.matvec(DistributedArray.ones(n, { dtype: 'float32', comm: comm.dup() })),
      PartitionError,
    );
  });

  distributed(
    'refuses operators and vectors of different precision',
    { backends: ['cpu', 'reference'] },
    ({ comm, backend }) => {
      const wrong = comm.rank === comm.size - 1;
      if (comm.size > 1)
        expectAllThrow(
          comm,
          () => new MPIBlockDiag([matrix(2, 2, 1, wrong ? 'float64' : 'float32', backend)]),
          DTypeError,
        );
      const A = new MPIBlockDiag([matrix(2, 2, 1, 'float32', backend)]);
      expectAllThrow(
        comm,
        () => A.matvec(DistributedArray.ones(2 * comm.size, { dtype: 'float64' })),
        DTypeError,
      );
      // one complex operator makes all results complex
      const mixed = new MPIBlockDiag([matrix(2, 2, 1, wrong ? 'complex64' : 'float32', backend)]);
      expect(mixed.matvec(DistributedArray.ones(2 * comm.size, { dtype: 'float32' })).dtype).to.equal(
        'complex64',
      );
      mixed.dotTest();
    },
  );
});

group('MPIVStack and MPIHStack', () => {
  distributed('equal the local stacks of all operators', ({ comm, backend, floats, tolerance }) => {
    for (const dtype of floats) {
      const tall = [3, 2, 4, 1, 2].map((n, k) => matrix(n, 4, k, dtype, backend));
      const wide = [3, 2, 4, 1, 2].map((m, k) => matrix(4, m, k, dtype, backend));
      const [V, H] = [new VStack(tall), new HStack(wide)];
      const [short, long] = [random(4, dtype, backend), random(12, dtype, backend, 3)];
      const everywhere = DistributedArray.toDist(short, { partition: 'BROADCAST' });
      for (const counts of chunks(5, comm.size)) {
        const A = new MPIVStack(mine(tall, counts, comm));
        const B = new MPIHStack(mine(wide, counts, comm));
        expect([A.shape, B.shape]).to.deep.equal([
          [12, 4],
          [4, 12],
        ]);
        const y = A.matvec(everywhere);
        expect([y.partition, y.dtype, y.localShape[0]]).to.deep.equal([
          'SCATTER',
          dtype,
          mine([3, 2, 4, 1, 2], counts, comm).reduce((a, b) => a + b, 0),
        ]);
        expectClose(y, V.matvec(short), 10 * tolerance(dtype), `${counts}`);
        for (const layout of [y.layout, Layout.split([12], comm.size)]) {
          const d = placed(long, layout, comm);
          const x = A.rmatvec(d);
          expect(x.partition).to.equal('BROADCAST');
          expectClose(x.assertReplicated().local, V.rmatvec(long), 10 * tolerance(dtype), `${counts}`);
          const s = B.matvec(d);
          expect(s.partition).to.equal('BROADCAST');
          expectClose(s.assertReplicated().local, H.matvec(long), 10 * tolerance(dtype), `${counts}`);
        }
        const d = placed(long, y.layout, comm);
        const [model, data] = [everywhere.emptyLike(), y.emptyLike()];
        expect(
          traffic(comm, () => A.matvec(everywhere, data)),
          'VStack forward',
        ).to.deep.equal(NOTHING);
        expect(
          traffic(comm, () => A.rmatvec(d, model)),
          'VStack adjoint',
        ).to.deep.equal({ ...NOTHING, reductions: 1 });
        expect(
          traffic(comm, () => B.matvec(d, model)),
          'HStack forward',
        ).to.deep.equal({ ...NOTHING, reductions: 1 });
        expect(
          traffic(comm, () => B.rmatvec(everywhere, data)),
          'HStack adjoint',
        ).to.deep.equal(NOTHING);
        expectClose(B.rmatvec(everywhere), H.rmatvec(short), 10 * tolerance(dtype), `${counts}`);
        A.dotTest({ domain: everywhere.space });
        B.dotTest({ domain: d.space });
      }
    }
    const A = new MPIVStack([matrix(2, 4, 1, 'float32', backend)]);
    expectAllThrow(comm, () => A.matvec(DistributedArray.ones(4, { dtype: 'float32' })), PartitionError);
    expectAllThrow(
      comm,
      () => A.rmatvec(DistributedArray.ones(2 * comm.size, { dtype: 'float32', partition: 'BROADCAST' })),
      PartitionError,
    );
  });

  distributed('sum within the colours of a mask', ({ comm, backend, tolerance }) => {
    const mask = Array.from({ length: comm.size }, (_, r) => r % 2);
    const all = mask.map((_, k) => matrix(2, 3, k, 'float32', backend));
    const A = new MPIVStack([all[comm.rank] as AnyLocalOperator]);
    const x = random(3, 'float32', backend);
    const y = A.matvec(DistributedArray.toDist(x, { partition: 'BROADCAST', mask }));
    expect(y.mask).to.deep.equal(mask);
    const group = new VStack(all.filter((_, r) => mask[r] === mask[comm.rank]));
    expectClose(A.rmatvec(y).local, group.rmatvec(group.matvec(x)), 10 * tolerance('float32'));
  });

  distributed('allocate nothing after the first call, and hold no memory', ({ comm, backend }) => {
    const tall = [matrix(3, 4, comm.rank, 'float32', backend), matrix(2, 4, 7, 'float32', backend)];
    const A = new MPIVStack(tall);
    const B = new MPIBlockDiag(tall);
    const normal = A.H.mul(A);
    const close = openWorkspaces();
    const x = DistributedArray.ones(4, { dtype: 'float32', partition: 'BROADCAST' });
    const z = DistributedArray.ones(8 * comm.size, { dtype: 'float32' });
    const [y, w] = [normal.matvec(x), B.matvec(z)];
    const before = [DistributedArray.constructions, backend.stats().allocations];
    for (let k = 0; k < 3; k++) {
      normal.matvec(x, y);
      B.matvec(z, w);
      B.rmatvec(w, z);
    }
    expect([DistributedArray.constructions, backend.stats().allocations]).to.deep.equal(before);
    close();
    const run = () => {
      const u = DistributedArray.ones(4, { dtype: 'float32', partition: 'BROADCAST' });
      const v = A.matvec(u);
      const back = A.rmatvec(v);
      for (const vector of [u, v, back]) vector.dispose();
    };
    run();
    const live = backend.stats().liveBytes;
    run();
    expect(backend.stats().liveBytes).to.equal(live);
  });
});

group('three ways to distribute a problem', () => {
  const solves = (what: string, x: NDArray, truth: NDArray): void => expectClose(x, truth, 2e-3, what);

  distributed('model and data both SCATTER: every rank has its own part of both', ({ comm, backend }) => {
    const all = Array.from({ length: 5 }, (_, k) => matrix(6, 3, k, 'float32', backend));
    const A = new MPIBlockDiag(
      all.slice(
        splitStart(5, comm.size, comm.rank),
        splitStart(5, comm.size, comm.rank) + splitCount(5, comm.size, comm.rank),
      ),
    );
    const truth = random(15, 'float32', backend);
    const y = A.matvec(DistributedArray.toDist(truth));
    const { x } = cgls(A, y, { niter: 60, tol: 0 });
    expect(x.partition).to.equal('SCATTER');
    solves('block diagonal', x.asArray(), truth);
  });

  distributed(
    'data SCATTER, model BROADCAST: every rank models its share of the data',
    ({ comm, backend }) => {
      const all = Array.from({ length: 4 }, (_, k) => matrix(3, 4, k, 'float32', backend));
      const A = new MPIVStack(mine(all, chunks(4, comm.size)[0] as number[], comm));
      const truth = random(4, 'float32', backend);
      const y = A.matvec(DistributedArray.toDist(truth, { partition: 'BROADCAST' }));
      expect(y.partition).to.equal('SCATTER');
      const { x } = cgls(A, y, { niter: 30, tol: 0 });
      solves('vertical stack', x.assertReplicated().local, truth);
    },
  );

  distributed('both BROADCAST: communication inside the operator, or none', ({ comm, backend }) => {
    const all = Array.from({ length: 4 }, (_, k) => matrix(5, 4, k, 'float32', backend));
    const stack = new MPIVStack(mine(all, chunks(4, comm.size)[0] as number[], comm));
    const normal = stack.H.mul(stack);
    const truth = random(4, 'float32', backend);
    const model = DistributedArray.toDist(truth, { partition: 'BROADCAST' });
    const inside = normal.matvec(model);
    expect([model.partition, inside.partition]).to.deep.equal(['BROADCAST', 'BROADCAST']);
    solves(
      'sum over ranks inside',
      cgls(normal, inside, { niter: 30, tol: 0 }).x.assertReplicated().local,
      truth,
    );

    const A = MPILinearOperator.wrap(all[0] as AnyLocalOperator);
    const y = A.matvec(model);
    expect(traffic(comm, () => A.matvec(model, y))).to.deep.equal(NOTHING);
    expect(traffic(comm, () => A.rmatvec(y))).to.deep.equal(NOTHING);
    solves('every rank alone', cgls(A, y, { niter: 30, tol: 0 }).x.assertReplicated().local, truth);
    A.dotTest();
    expectAllThrow(comm, () => A.matvec(DistributedArray.ones(4, { dtype: 'float32' })), PartitionError);
  });
});

distributed(
  'stacks accept natural vectors where a block has flat ones, and the reverse',
  ({ comm, backend, dtypes }) => {
    const dtype = dtypes[0] as 'float32' | 'float64';
    const dims = [comm.size * 2, 3];
    const laplacian = new MPILaplacian(dims, { axes: [0, 1], dtype, comm });
    const blocks = new MPIBlockDiag([new MatrixMult(NDArray.normal([6, 6], { seed: 0, dtype, backend }))], {
      comm,
    });
    const stack = new MPIStackedVStack([blocks, laplacian]);
    const natural = DistributedArray.random(dims, { dtype, backend, comm, seed: 3 });
    const flat = natural.ravel();
    const [a, b] = [stack.matvec(natural).asArray(), stack.matvec(flat).asArray()];
    expect(Number(a.subtract(b).norm())).to.equal(0);
    stack.dotTest({ domain: natural.space });
    stack.dotTest({ domain: flat.space });
  },
);
