import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { type AnyLocalOperator, Smoothing1D, Smoothing2D } from '../../src/local/index.js';
import { type MPILinearOperator, MPISmoothing1D, MPISmoothing2D } from '../../src/operators/index.js';
import { compareWithLocal, fewInputs, inputs } from '../support/against-local.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Pair = readonly [MPILinearOperator, AnyLocalOperator];
const CASES: Readonly<Record<string, () => Pair>> = {
  '[9, 4], 3 samples along axis 0': () => [
    new MPISmoothing1D(3, [9, 4], { axis: 0 }),
    new Smoothing1D(3, [9, 4], { axis: 0 }),
  ],
  '[5, 6], 4 samples count as 5': () => [new MPISmoothing1D(4, [5, 6]), new Smoothing1D(5, [5, 6])],
  '[7], more samples than the array has': () => [new MPISmoothing1D(15, 7), new Smoothing1D(15, 7)],
  '[7, 6], 3 × 5 samples': () => [new MPISmoothing2D([3, 5], [7, 6]), new Smoothing2D([3, 5], [7, 6])],
  '[6, 2, 5], axes 2 and 0': () => [
    new MPISmoothing2D(3, [6, 2, 5], { axes: [2, 0] }),
    new Smoothing2D(3, [6, 2, 5], { axes: [0, 2] }),
  ],
};

group('smoothing', () => {
  for (const [name, make] of Object.entries(CASES))
    distributed(`${name}: equals the local operator, in any layout`, ({ floats, comm, tolerance }) => {
      for (const dtype of floats) {
        const [A, L] = make();
        const layouts = dtype === 'float64' ? inputs : fewInputs;
        compareWithLocal(A, L, dtype, comm, 10 * tolerance(dtype), dtype, layouts);
      }
    });

  distributed('spreads one sample over its window', ({ comm, backend, tolerance }) => {
    const dims = [9, 7];
    const at = (i: number, j: number, value: number) =>
      Float64Array.from({ length: 63 }, (_, k) => {
        const [row, column] = [Math.floor(k / 7), k % 7];
        return Math.abs(row - 4) <= i && Math.abs(column - 3) <= j ? value : 0;
      });
    const whole = (values: Float64Array) =>
      NDArray.array(values, { dtype: 'float32', backend }).reshape(dims);
    for (const layout of layoutsOf(dims, comm.size)) {
      const spike = placed(whole(at(0, 0, 15)), layout, comm);
      const delta = tolerance('float32');
      const both = new MPISmoothing2D([3, 5], dims).matvec(spike).asArray();
      expectClose(both, whole(at(1, 2, 1)), delta, { what: 'both axes', layout });
      const rows = new MPISmoothing1D(3, dims, { axis: 0 }).rmatvec(spike).asArray();
      expectClose(rows, whole(at(1, 0, 5)), delta, { what: 'the first axis', layout });
    }
  });

  distributed('sends to neighbours within reach, and nothing along whole axes', ({ comm }) => {
    const p = comm.size;
    const neighbours = (comm.rank > 0 ? 1 : 0) + (comm.rank < p - 1 ? 1 : 0);
    const x = DistributedArray.random([4 * p, 5], { dtype: 'float32' });
    for (const [A, messages] of [
      [new MPISmoothing1D(5, [4 * p, 5], { axis: 0 }), neighbours],
      [new MPISmoothing2D(3, [4 * p, 5]), neighbours],
      [new MPISmoothing1D(3, [4 * p, 5]), 0],
    ] as const) {
      const y = A.matvec(x);
      A.rmatvec(y);
      expect(traffic(comm, () => A.matvec(x, y))).deep.equals({ ...NOTHING, messages });
      expect(traffic(comm, () => A.rmatvec(x, y))).deep.equals({ ...NOTHING, messages });
    }
  });

  distributed('refuses on all ranks', { backends: ['cpu'] }, ({ comm }) => {
    expectAllThrow(comm, () => new MPISmoothing1D(0, 8), ArgumentError);
    expectAllThrow(comm, () => new MPISmoothing1D(2.5, 8), ArgumentError);
    expectAllThrow(comm, () => new MPISmoothing1D(3, 8, { axis: 1 }), ShapeError);
    expectAllThrow(comm, () => new MPISmoothing2D([3, 3, 3], [8, 8]), ShapeError);
    expectAllThrow(comm, () => new MPISmoothing2D(3, [8, 8], { axes: [0] }), ShapeError);
    expectAllThrow(comm, () => new MPISmoothing2D(3, [8, 8], { axes: [0, 0] }), ShapeError);
    const misspelt: Record<string, unknown> = { axs: [0, 1] };
    expectAllThrow(comm, () => new MPISmoothing2D(3, [8, 8], misspelt), ArgumentError);
    const A = new MPISmoothing1D(3, 8);
    expectAllThrow(comm, () => A.matvec(DistributedArray.zeros(9)), ShapeError);
    expectAllThrow(comm, () => A.matvec(DistributedArray.zeros(8, { comm: comm.dup() })), PartitionError);
    const blocks = DistributedArray.zeros(8).space.withLayout(
      Layout.concatenated(new Array(comm.size).fill([8])),
    );
    expectAllThrow(comm, () => A.matvec(blocks.empty()), ShapeError);
    expectAllThrow(comm, () => new MPISmoothing1D(3, 8, { dtype: 'float' as 'float32' }), DTypeError);
  });
});
