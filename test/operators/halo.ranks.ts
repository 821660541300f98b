import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { DistributedSpace } from '../../src/core/distributed/space.js';
import { FirstDerivative } from '../../src/local/index.js';
import { MPIBlockDiag, MPIFirstDerivative, MPIHalo } from '../../src/operators/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

/** Process grids over all ranks. */
const grids = (ndim: number, ranks: number): number[][] => [
  ...Array.from({ length: ndim }, (_, k) => Array.from({ length: ndim }, (_, a) => (a === k ? ranks : 1))),
  ...(ranks === 4 && ndim > 1 ? [[2, 2, ...new Array<number>(ndim - 2).fill(1)]] : []),
];

const HALOS: Readonly<Record<number, readonly (number | readonly number[])[]>> = {
  1: [0, 1, 4, [2], [1, 3]],
  2: [1, 3, [1, 2], [0, 1, 2, 0]],
};

/** The expected block of a rank with its halo: cells of the whole array, and zeros outside. */
function grown(whole: NDArray, layout: Layout, rank: number, halo: number | readonly number[]): NDArray {
  const { start, shape } = layout.box(rank);
  if (product(shape) === 0) return NDArray.zeros(shape, { dtype: whole.dtype, backend: whole.backend });
  const list = typeof halo === 'number' ? [] : halo;
  const width = (k: number, side: 0 | 1): number =>
    (typeof halo === 'number' ? halo : list.length === shape.length ? list[k] : list[2 * k + side]) as number;
  const clip = typeof halo === 'number';
  const from = start.map((s, k) => (clip ? Math.max(0, s - width(k, 0)) : s - width(k, 0)));
  const to = start.map((s, k) => {
    const end = s + (shape[k] as number) + width(k, 1);
    return clip ? Math.min(end, whole.shape[k] as number) : end;
  });
  const block = NDArray.zeros(
    to.map((t, k) => t - (from[k] as number)),
    { dtype: whole.dtype, backend: whole.backend },
  );
  const inside = from.map((f, k): [number, number] => [
    Math.max(0, f),
    Math.min(to[k] as number, whole.shape[k] as number),
  ]);
  block.set(
    inside.map(([a, b], k): [number, number] => [a - (from[k] as number), b - (from[k] as number)]),
    whole.slice(...inside).copy(),
  );
  return block;
}

group('MPIHalo', () => {
  for (const dims of [[9], [3], [5, 7], [2, 3]] as Shape[])
    distributed(
      `[${dims}]: adds ghost cells on any grid, crops them, and has an exact adjoint`,
      { timeout: 60_000 },
      ({ comm, backend, floats }) => {
        for (const procGrid of grids(dims.length, comm.size)) {
          for (const halo of HALOS[dims.length] ?? []) {
            for (const dtype of floats.slice(0, 2)) {
              const what = `${dims} over ${procGrid}, halo ${halo}`;
              const [crop, exact] = [
                new MPIHalo(dims, { halo, procGrid }),
                new MPIHalo(dims, { halo, procGrid, adjoint: 'exact' }),
              ];
              const whole = NDArray.normal(dims, { dtype, backend, seed: 2 });
              const layout = Layout.grid(dims, comm.size, procGrid);
              const x = placed(whole, layout, comm);
              const y = crop.matvec(x);
              expect(y.localShape, what).to.deep.equal(crop.localExtents[comm.rank]);
              expectClose(y.local, grown(whole, layout, comm.rank, halo), 0, what);
              expect(
                traffic(comm, () => crop.rmatvec(y)),
                what,
              ).to.deep.equal(NOTHING);
              expectClose(crop.rmatvec(y), whole, 0, what);
              const spent = traffic(comm, () => exact.rmatvec(y));
              expect(spent.reductions + spent.collectives).to.equal(0);
              expect(spent.messages).to.be.at.most(comm.size - 1);
              exact.dotTest({ domain: x.space });
            }
          }
        }
      },
    );

  distributed('accepts arrays in any layout, flat ones too', ({ comm, backend }) => {
    const dims = [5, 6];
    const whole = NDArray.normal(dims, { dtype: 'float32', backend, seed: 2 });
    for (const procGrid of grids(2, comm.size)) {
      const H = new MPIHalo(dims, { halo: 1, procGrid, adjoint: 'exact' });
      const y = H.matvec(placed(whole, Layout.grid(dims, comm.size, procGrid), comm));
      for (const layout of [
        ...layoutsOf(dims, comm.size),
        ...layoutsOf([30], comm.size),
        Layout.replicated(dims, comm.size),
        Layout.replicated([30], comm.size),
      ]) {
        const z = H.matvec(placed(whole.reshape(layout.globalShape), layout, comm));
        expect(z.space.equals(y.space)).to.equal(true);
        expectClose(z.local, y.local, 0, `${procGrid} ${layout}`);
      }
      expectClose(
        y,
        NDArray.array(comm.allgatherObject(Array.from(y.local.toHost())).flat(), {
          dtype: 'float32',
          backend,
        }),
        0,
      );
    }
    expectClose(
      new MPIHalo([3, 2], { halo: 1, adjoint: 'exact' }).todense({ dtype: 'float32' }),
      new MPIHalo([3, 2], { halo: 1, adjoint: 'exact' }).H.todense({ dtype: 'float32' }).transpose().copy(),
      0,
    );
  });

  for (const [halo, order] of [
    [1, 3],
    [2, 5],
  ] as const)
    distributed(
      `of width ${halo} around derivatives of order ${order} gives the distributed derivative`,
      ({ comm, backend, tolerance }) => {
        const dims = [4 * comm.size + 1, 3];
        const H = new MPIHalo(dims, { halo, procGrid: [comm.size, 1] });
        const B = new MPIBlockDiag([
          new FirstDerivative(H.localExtents[comm.rank] as Shape, { axis: 0, order }),
        ]);
        const A = H.H.mul(B).mul(H);
        const x = DistributedArray.random(dims, { dtype: 'float32', seed: 3 });
        const exact = new MPIFirstDerivative(dims, { order }).matvec(x);
        expectClose(A.matvec(x), exact, 10 * tolerance('float32'), `order ${order}`);
        expect(backend).to.equal(x.backend);
      },
    );

  distributed('refuses arguments that do not fit, on every rank', ({ comm, backend }) => {
    expectAllThrow(comm, () => new MPIHalo([4, 4], { halo: -1 }), ArgumentError);
    expectAllThrow(comm, () => new MPIHalo([4, 4], { halo: 0.5 }), ArgumentError);
    expectAllThrow(comm, () => new MPIHalo([4, 4], { halo: [1, 1, 1] }), ShapeError);
    expectAllThrow(comm, () => new MPIHalo([4, 4], { halo: 1, procGrid: [comm.size, 2] }), PartitionError);
    expectAllThrow(comm, () => new MPIHalo([4, 4], { halo: 1, procGrid: [comm.size] }), PartitionError);
    const H = new MPIHalo([4, 4], { halo: 1 });
    const dtype = 'float32';
    expectAllThrow(comm, () => H.matvec(DistributedArray.ones([4, 5], { dtype })), ShapeError);
    expectAllThrow(
      comm,
      () => H.rmatvec(DistributedArray.ones([4, 4], { dtype, partition: 'BROADCAST' })),
      PartitionError,
    );
    const blocks = H.matvec(DistributedArray.ones([4, 4], { dtype }));
    if (comm.size > 1)
      expectAllThrow(
        comm,
        () => H.matvec(H.rmatvec(blocks), DistributedArray.ones(blocks.size, { dtype })),
        ShapeError,
      );
    const raveled = placed(
      NDArray.ones([4, 4], { dtype, backend }),
      Layout.split([4, 4], comm.size, 1),
      comm,
    ).ravel();
    expectAllThrow(comm, () => H.matvec(raveled), ShapeError);
    expect(raveled.space).to.be.instanceOf(DistributedSpace);
  });
});
