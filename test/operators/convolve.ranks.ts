import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complexOf, type DType, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
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

const stationary = (dtype: DType): Pair[] => {
  const data = (shape: readonly number[]) => NDArray.normal(shape, { dtype, seed: 5 });
  return [
    ...[0, 2, 4].map((offset): Pair => {
      const h = data([5]);
      return [
        new MPIConvolve1D([9, 2], h, { axis: 0, offset }),
        new Convolve1D([9, 2], h, { axis: 0, offset }),
      ];
    }),
    [new MPIConvolve1D(7, data([3]), { offset: 1 }), new Convolve1D(7, data([3]), { offset: 1 })],
    [new MPIConvolve1D([3, 4], data([9]), { offset: 8 }), new Convolve1D([3, 4], data([9]), { offset: 8 })],
    [
      new MPIConvolveND([5, 6], data([3, 4]), { offset: [2, 1] }),
      new ConvolveND([5, 6], data([3, 4]), { offset: [2, 1] }),
    ],
    [
      new MPIConvolveND([4, 2, 5], data([3, 2]), { offset: [0, 1], axes: [0, 2] }),
      new ConvolveND([4, 2, 5], data([3, 2]), { offset: [0, 1], axes: [0, 2] }),
    ],
  ];
};

const changing = (dtype: DType): Pair[] => {
  const data = (shape: readonly number[]) => NDArray.normal(shape, { dtype, seed: 6 });
  const [one, three, plane] = [data([1, 3]), data([3, 5]), data([2, 3, 3, 1])];
  return [
    [
      new MPINonStationaryConvolve1D(11, three, [1, 4.5, 8]),
      new NonStationaryConvolve1D(11, three, [1, 4.5, 8]),
    ],
    [
      new MPINonStationaryConvolve1D([8, 3], three, [2, 3, 4], { axis: 0 }),
      new NonStationaryConvolve1D([8, 3], three, [2, 3, 4], { axis: 0 }),
    ],
    [new MPINonStationaryConvolve1D([2, 6], one, [3]), new NonStationaryConvolve1D([2, 6], one, [3])],
    [new MPINonStationaryConvolve1D(6, three, [-2, 3, 9]), new NonStationaryConvolve1D(6, three, [-2, 3, 9])],
    [
      new MPINonStationaryConvolve2D([7, 6], plane, [1, 5], [0, 2, 4]),
      new NonStationaryConvolve2D([7, 6], plane, [1, 5], [0, 2, 4]),
    ],
  ];
};

function compare(pairs: readonly Pair[], dtype: DType, comm: Communicator, tolerance: number): void {
  for (const [A, L] of pairs) {
    const layouts = dtype === 'float64' ? inputs : fewInputs;
    compareWithLocal(A, L, dtype, comm, 10 * tolerance, `${A} of [${A.dims}] with ${dtype}`, layouts);
  }
}

group('convolution', () => {
  distributed('gives what one rank gives, in any layout', ({ floats, comm, tolerance }) => {
    for (const dtype of floats) compare(stationary(dtype), dtype, comm, tolerance(dtype));
  });

  distributed(
    'with changing filters gives what one rank gives, in any layout',
    ({ floats, comm, tolerance }) => {
      for (const dtype of floats) compare(changing(dtype), dtype, comm, tolerance(dtype));
    },
  );

  distributed('takes complex vectors with real filters', ({ floats, backend, comm, tolerance }) => {
    for (const dtype of floats) {
      if (isComplex(dtype) || !backend.dtypes.includes(complexOf(dtype))) continue;
      for (const [A, L] of [...stationary(dtype).slice(0, 1), ...changing(dtype).slice(0, 1)])
        compareWithLocal(
          A,
          L,
          complexOf(dtype),
          comm,
          10 * tolerance(dtype),
          `${A} with ${dtype}`,
          fewInputs,
        );
    }
  });

  distributed(
    'sends to neighbours within reach, and nothing along whole axes',
    { backends: ['cpu'] },
    ({ comm }) => {
      const p = comm.size;
      const neighbours = (comm.rank > 0 ? 1 : 0) + (comm.rank < p - 1 ? 1 : 0);
      for (const A of [
        new MPIConvolve1D([16, 4], [1, 2, 3], { axis: 0, offset: 1 }),
        new MPINonStationaryConvolve1D([16, 4], NDArray.ones([2, 3]), [3, 9], { axis: 0 }),
      ]) {
        const x = A.domain().empty() as DistributedArray;
        x.fillRandom(1);
        A.matvec(x);
        A.rmatvec(x);
        expect(traffic(comm, () => A.matvec(x))).deep.equals({ ...NOTHING, messages: neighbours });
        expect(traffic(comm, () => A.rmatvec(x))).deep.equals({ ...NOTHING, messages: neighbours });
        const across = placed(
          DistributedArray.random([16, 4], { partition: 'UNSAFE_BROADCAST' }).local,
          Layout.split([16, 4], p, 1),
          comm,
        );
        expect(traffic(comm, () => A.matvec(across))).deep.equals(NOTHING);
      }
    },
  );

  distributed('refuses on all ranks', { backends: ['cpu'] }, ({ comm }) => {
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
