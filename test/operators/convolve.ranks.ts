import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complexOf, type DType } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import {
  type AnyLocalOperator,
  Convolve1D,
  ConvolveND,
  NonStationaryConvolve1D,
  NonStationaryConvolve2D,
} from '../../src/local/index.js';
import {
  MPIConvolve1D,
  MPIConvolveND,
  type MPILinearOperator,
  MPINonStationaryConvolve1D,
  MPINonStationaryConvolve2D,
} from '../../src/operators/index.js';
import { compareWithLocal, fewInputs, inputs } from '../support/against-local.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow, NOTHING, placed, traffic } from '../support/vectors.js';

type Pair = readonly [MPILinearOperator, AnyLocalOperator];

type Data = (...shape: number[]) => NDArray;
/** Convolutions beside the local ones, from a function that returns filters of one dtype. */
const CASES = {
  ...Object.fromEntries(
    [0, 2, 4].map((offset) => [
      `[9, 2] along axis 0, 5 samples from ${-offset}`,
      (data: Data) => one([9, 2], data(5), { axis: 0, offset }),
    ]),
  ),
  '[7], 3 samples': (data) => one(7, data(3), { offset: 1 }),
  '[3, 4], a filter longer than the axis': (data) => one([3, 4], data(9), { offset: 8 }),
  '[5, 6] over both axes': (data) => many([5, 6], data(3, 4), { offset: [2, 1] }),
  '[4, 2, 5] over axes 0 and 2': (data) => many([4, 2, 5], data(3, 2), { offset: [0, 1], axes: [0, 2] }),
  '[11], changing filters': (data) => changing(11, data(3, 5), [1, 4.5, 8]),
  '[8, 3] along axis 0, changing filters': (data) => changing([8, 3], data(3, 5), [2, 3, 4], { axis: 0 }),
  '[2, 6], one filter': (data) => changing([2, 6], data(1, 3), [3]),
  '[6], changing filters outside the axis': (data) => changing(6, data(3, 5), [-2, 3, 9]),
  '[7, 6], filters that change over a plane': (data) => {
    const args = [[7, 6], data(2, 3, 3, 1), [1, 5], [0, 2, 4]] as const;
    return [new MPINonStationaryConvolve2D(...args), new NonStationaryConvolve2D(...args)];
  },
} satisfies Readonly<Record<string, (data: Data) => Pair>>;
const one = (...args: ConstructorParameters<typeof Convolve1D>): Pair => [
  new MPIConvolve1D(...args),
  new Convolve1D(...args),
];
const many = (...args: ConstructorParameters<typeof ConvolveND>): Pair => [
  new MPIConvolveND(...args),
  new ConvolveND(...args),
];
const changing = (...args: ConstructorParameters<typeof NonStationaryConvolve1D>): Pair => [
  new MPINonStationaryConvolve1D(...args),
  new NonStationaryConvolve1D(...args),
];
const filters =
  (dtype: DType): Data =>
  (...shape) =>
    NDArray.normal(shape, { dtype, seed: 5 });

group('convolution', () => {
  for (const [name, make] of Object.entries(CASES))
    distributed(`${name}: equals the local operator, in any layout`, ({ floats, comm, tolerance }) => {
      for (const dtype of floats) {
        const [A, L] = make(filters(dtype));
        const layouts = dtype === 'float64' ? inputs : fewInputs;
        compareWithLocal(A, L, dtype, comm, 10 * tolerance(dtype), dtype, layouts);
      }
    });

  for (const name of ['[7], 3 samples', '[11], changing filters'] as const)
    distributed(`${name}: takes complex vectors with real filters`, ({ reals, backend, comm, tolerance }) => {
      for (const dtype of reals) {
        if (!backend.dtypes.includes(complexOf(dtype))) continue;
        const [A, L] = CASES[name](filters(dtype));
        compareWithLocal(A, L, complexOf(dtype), comm, 10 * tolerance(dtype), dtype, fewInputs);
      }
    });

  for (const [name, make] of Object.entries({
    MPIConvolve1D: () => new MPIConvolve1D([16, 4], [1, 2, 3], { axis: 0, offset: 1 }),
    MPINonStationaryConvolve1D: () =>
      new MPINonStationaryConvolve1D([16, 4], NDArray.ones([2, 3]), [3, 9], { axis: 0 }),
  }))
    distributed(
      `${name} sends to neighbours within reach, and nothing along whole axes`,
      { backends: ['cpu'] },
      ({ comm }) => {
        const p = comm.size;
        const neighbours = (comm.rank > 0 ? 1 : 0) + (comm.rank < p - 1 ? 1 : 0);
        const A = make();
        const x = A.domain().empty() as DistributedArray;
        x.fillRandom(1);
        A.matvec(x);
        A.rmatvec(x);
        expect(traffic(comm, () => A.matvec(x))).to.deep.equal({ ...NOTHING, messages: neighbours });
        expect(traffic(comm, () => A.rmatvec(x))).to.deep.equal({ ...NOTHING, messages: neighbours });
        const across = placed(
          DistributedArray.random([16, 4], { partition: 'UNSAFE_BROADCAST' }).local,
          Layout.split([16, 4], p, 1),
          comm,
        );
        expect(traffic(comm, () => A.matvec(across))).to.deep.equal(NOTHING);
      },
    );

  distributed('refuses arguments that do not fit, on all ranks', { backends: ['cpu'] }, ({ comm }) => {
    expectAllThrow(comm, () => new MPIConvolve1D(8, [1, 2], { offset: 2 }), ArgumentError);
    expectAllThrow(comm, () => new MPIConvolveND([8, 8], [1, 2], { axes: [0, 1] }), ShapeError);
    expectAllThrow(
      comm,
      () => new MPIConvolveND([8, 8], NDArray.ones([2, 2]), { axes: [1, 0] }),
      ArgumentError,
    );
    expectAllThrow(
      comm,
      () => new MPINonStationaryConvolve1D(8, NDArray.ones([2, 4]), [1, 2]),
      ArgumentError,
    );
    expectAllThrow(
      comm,
      () => new MPINonStationaryConvolve1D(8, NDArray.ones([2, 3]), [2, 2]),
      ArgumentError,
    );
    expectAllThrow(comm, () => new MPINonStationaryConvolve1D(8, NDArray.ones([3]), [2]), ShapeError);
    const A = new MPIConvolve1D(8, [1, 2]);
    expectAllThrow(comm, () => A.matvec(DistributedArray.zeros(9)), ShapeError);
    expectAllThrow(comm, () => A.matvec(DistributedArray.zeros(8, { dtype: 'float32' })), DTypeError);
    expectAllThrow(comm, () => A.matvec(DistributedArray.zeros(8, { comm: comm.dup() })), PartitionError);
  });
});
