import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex, realOf } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { type AnyLocalOperator, Fredholm1, MDC } from '../../src/local/index.js';
import { MPIFredholm1, type MPILinearOperator, MPIMDC } from '../../src/operators/index.js';
import { compareWithLocal, fewInputs, inputs } from '../support/against-local.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow, NOTHING, placed, traffic } from '../support/vectors.js';

/**
 * The slices of a global array that this rank has in an uneven division. Rank r has r slices, and
 * the last rank has the rest.
 */
function share(G: NDArray, comm: Communicator): NDArray {
  const total = G.shape[0] as number;
  const before = Math.min(total, (comm.rank * (comm.rank - 1)) / 2);
  const count = comm.rank === comm.size - 1 ? total - before : Math.min(comm.rank, total - before);
  return G.slice([before, before + count]);
}

type Pair = readonly [MPILinearOperator, AnyLocalOperator];

group('Fredholm', () => {
  /** Products with five slices or one, evenly divided or not, beside the local ones. */
  const CASES: Readonly<Record<string, (dtype: DType, comm: Communicator) => Pair>> = {
    '[5, 3, 2]': (dtype) => {
      const G = NDArray.normal([5, 3, 2], { seed: 0, dtype });
      return [MPIFredholm1.fromGlobal(G, 2), new Fredholm1(G, 2)];
    },
    'one slice of [2, 3]': (dtype) => {
      const G = NDArray.normal([1, 2, 3], { seed: 0, dtype });
      return [MPIFredholm1.fromGlobal(G, 1), new Fredholm1(G, 1)];
    },
    '[5, 3, 2], unevenly divided': (dtype, comm) => {
      const G = NDArray.normal([5, 3, 2], { seed: 0, dtype });
      return [new MPIFredholm1(share(G, comm), 2), new Fredholm1(G, 2)];
    },
  };
  for (const [name, make] of Object.entries(CASES))
    distributed(`${name}: equals the local operator, in any layout`, ({ floats, comm, tolerance }) => {
      for (const dtype of floats) {
        const [A, L] = make(dtype, comm);
        const layouts = dtype === 'float32' ? inputs : fewInputs;
        compareWithLocal(A, L, dtype, comm, tolerance(dtype), dtype, layouts);
        expect(A.dotTest().passed, dtype).to.equal(true);
      }
    });

  distributed(
    'costs one allgather of BROADCAST vectors, nothing of aligned ones',
    { backends: ['cpu'] },
    ({ comm }) => {
      const A = MPIFredholm1.fromGlobal(NDArray.normal([8, 3, 2], { seed: 0 }), 2);
      const x = A.domain().random();
      const once = comm.size > 1 ? { ...NOTHING, collectives: 1 } : NOTHING;
      A.matvec(x);
      expect(traffic(comm, () => A.matvec(x))).to.deep.equal(once);
      expect(traffic(comm, () => A.rmatvec(A.range().empty().fill(1)))).to.deep.equal(once);
      expect(A.matvec(x).partition).to.equal('BROADCAST');
      const u = DistributedArray.random([8, 2, 2]);
      expect(traffic(comm, () => A.matvec(u))).to.deep.equal(NOTHING);
      expect(A.matvec(u).partition).to.equal('SCATTER');
    },
  );

  distributed('refuses on all ranks what is wrong on one', { backends: ['cpu'] }, ({ comm }) => {
    const last = comm.rank === comm.size - 1;
    expectAllThrow(comm, () => new MPIFredholm1(NDArray.ones(last ? [2, 3] : [2, 3, 1])), ShapeError);
    if (comm.size > 1) {
      expectAllThrow(comm, () => new MPIFredholm1(NDArray.ones([2, 3, last ? 2 : 1])), ArgumentError);
      expectAllThrow(
        comm,
        () => new MPIFredholm1(NDArray.ones([2, 3, 1], { dtype: last ? 'float32' : 'float64' })),
        ArgumentError,
      );
      expectAllThrow(comm, () => new MPIMDC(NDArray.ones([2, 3, 1]), last ? 17 : 15), ArgumentError);
    }
    expectAllThrow(
      comm,
      () => new MPIMDC(NDArray.ones([4, 3, 1]), 3),
      comm.size > 0 ? ShapeError : ArgumentError,
    );
    expectAllThrow(comm, () => new MPIMDC(NDArray.ones([1, 3, 1]), 9, 1, { dt: Number.NaN }), ArgumentError);
    const A = MPIFredholm1.fromGlobal(NDArray.ones([8, 3, 2]));
    expectAllThrow(comm, () => A.matvec(DistributedArray.zeros([8, 2, 2])), ShapeError);
    expectAllThrow(comm, () => A.matvec(DistributedArray.zeros([8, 2, 1], { dtype: 'float32' })), DTypeError);
    expectAllThrow(
      comm,
      () => A.matvec(DistributedArray.zeros([8, 2, 1], { comm: comm.dup() })),
      PartitionError,
    );
  });
});

group('MDC', () => {
  for (const [nt, options] of [
    [9, { dt: 0.5, dr: 2 }],
    [12, { twosided: false, conj: true, prescaled: true }],
  ] as const)
    for (const nv of [1, 4])
      distributed(
        `${nt} times, ${nv} sources: equals the local operator, in any layout`,
        ({ floats, comm, tolerance }) => {
          for (const dtype of floats.filter(isComplex)) {
            const G = NDArray.normal([5, 3, 2], { seed: 0, dtype });
            const [A, L] = [MPIMDC.fromGlobal(G, nt, nv, options), new MDC(G, nt, nv, options)];
            const layouts = dtype === 'complex128' && nv === 4 ? inputs : fewInputs;
            compareWithLocal(A, L, realOf(dtype), comm, 10 * tolerance(dtype), dtype, layouts);
          }
        },
      );

  distributed(
    'frequencies that are unevenly divided: equals the local operator',
    ({ floats, comm, tolerance }) => {
      for (const dtype of floats.filter(isComplex)) {
        const G = NDArray.normal([5, 3, 2], { seed: 0, dtype });
        const A = new MPIMDC(share(G, comm), 9, 1);
        compareWithLocal(A, new MDC(G, 9, 1), realOf(dtype), comm, 10 * tolerance(dtype), dtype, fewInputs);
        expect(A.dotTest().passed).to.equal(true);
      }
    },
  );

  distributed(
    'moves spectra there and back, and gathers BROADCAST data',
    { backends: ['cpu'] },
    ({ comm }) => {
      const p = comm.size;
      const A = MPIMDC.fromGlobal(NDArray.normal([8, 4, 4], { seed: 0, dtype: 'complex128' }), 15);
      const x = A.domain().random();
      const u = placed(x.local, Layout.split(A.dims, p, 1), comm);
      A.matvec(x);
      A.matvec(u);
      expect(traffic(comm, () => A.matvec(u))).to.deep.equal({ ...NOTHING, messages: 2 * (p - 1) });
      // traces that are complete in time are not moved, in any layout; others are assembled first
      const many = MPIMDC.fromGlobal(NDArray.normal([8, 4, 4], { seed: 0, dtype: 'complex128' }), 15, 4);
      for (const [axis, transfers] of [
        [0, 4],
        [1, 2],
        [2, 2],
      ] as const) {
        const v = DistributedArray.random(many.dims, { axis, seed: 1 });
        const w = many.matvec(v);
        many.rmatvec(w);
        for (const body of [() => many.matvec(v), () => many.rmatvec(w)])
          expect(traffic(comm, body), `split along axis ${axis}`).to.deep.equal({
            ...NOTHING,
            messages: transfers * (p - 1),
          });
      }
      const uneven = placed(
        DistributedArray.random(many.dims, { partition: 'UNSAFE_BROADCAST', seed: 1 }).local,
        Layout.fromLocalShapes(
          Array.from({ length: p }, (_, r) => [15, r === p - 1 ? 4 : 0, 4]),
          1,
        ),
        comm,
      );
      many.matvec(uneven);
      expect(traffic(comm, () => many.matvec(uneven)).messages).to.be.at.most(2 * (p - 1));
      expect(traffic(comm, () => A.matvec(x))).to.deep.equal({
        ...NOTHING,
        messages: 2 * (p - 1),
        collectives: p > 1 ? 1 : 0,
      });
    },
  );
});
