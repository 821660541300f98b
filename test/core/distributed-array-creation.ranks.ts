import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  BackendError,
  DTypeError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { DistributedArrayOptions } from '../../src/core/distributed/space.js';
import { PARTITIONS } from '../../src/core/distributed/space.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { MPIFirstDerivative } from '../../src/operators/mpi-first-derivative.js';
import { powerIteration } from '../../src/optimization/power-iteration.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';
import { everyLayout, numbers, SHAPES } from './distributed-numbers.js';

group('DistributedArray creation', () => {
  distributed(
    'zeros, ones, full and empty take every option and send no message',
    ({ comm, backend, dtypes }) => {
      const spent = traffic(comm, () => {
        for (const dtype of dtypes) {
          for (const partition of PARTITIONS) {
            for (const axis of [0, 1, -1]) {
              const options: DistributedArrayOptions = { dtype, partition, axis, backend, comm };
              const x = DistributedArray.full([5, 3], 2, options);
              expect([x.dtype, x.partition, x.backend, x.comm, x.size, x.ndim]).to.deep.equal([
                dtype,
                partition,
                backend,
                comm,
                15,
                2,
              ]);
              expect(x.axis).to.equal(axis === 0 || partition !== 'SCATTER' ? 0 : 1);
              expect(x.globalShape).to.deep.equal([5, 3]);
              expect(x.localShape).to.deep.equal(x.local.shape);
              expect(x.localShapes[comm.rank]).to.deep.equal(x.localShape);
              expect(x.box.shape).to.deep.equal(x.localShape);
              expectClose(x.local, NDArray.full(x.localShape, 2, { dtype, backend }), 0);
              expectClose(
                DistributedArray.zeros([5, 3], options).local,
                NDArray.zeros(x.localShape, { dtype, backend }),
                0,
              );
              expectClose(
                DistributedArray.ones([5, 3], options).local,
                NDArray.ones(x.localShape, { dtype, backend }),
                0,
              );
              expect(
                DistributedArray.empty(4, options.axis === 1 ? { ...options, axis: 0 } : options).globalShape,
              ).to.deep.equal([4]);
            }
          }
        }
        const x = DistributedArray.zeros(3);
        expect([x.dtype, x.backend, x.comm, x.partition, x.axis]).to.deep.equal([
          backend.defaultDType,
          backend,
          comm,
          'SCATTER',
          0,
        ]);
        for (const layout of layoutsOf([5, 3], comm.size).filter(
          (l) => l.grid.filter((g) => g > 1).length > 1,
        )) {
          expect(DistributedArray.zeros([5, 3], { grid: layout.grid }).layout.equals(layout)).to.equal(true);
        }
      });
      expect(spent).to.deep.equal(NOTHING);
    },
  );

  distributed('accepts local shapes, some of them empty', ({ comm, backend }) => {
    for (const layout of layoutsOf([5, 3], comm.size).filter(
      (l) => l.grid.filter((g) => g > 1).length <= 1 && product(l.grid) === comm.size,
    )) {
      const x = DistributedArray.ones([5, 3], { axis: layout.axis, localShapes: layout.localShapes });
      expect(x.layout.equals(layout), `${layout}`).to.equal(true);
      expectClose(x, NDArray.ones([5, 3], { backend }), 0);
    }
  });

  distributed('refuses arguments that do not fit, on every rank', ({ comm, backend }) => {
    const refused = (
      shape: number | Shape,
      options: DistributedArrayOptions,
      error: new (message: string) => Error,
    ): void =>
      expectAllThrow(
        comm,
        () => DistributedArray.zeros(shape, options),
        error,
        JSON.stringify([shape, Object.keys(options)]),
      );
    refused([], {}, ShapeError);
    refused([3, -2], {}, ShapeError);
    refused([3, 2], { axis: 2 }, ShapeError);
    refused([3, 2], { axis: Number.NaN }, ShapeError);
    refused([3, 2], { localShapes: [[3, 2], ...new Array<Shape>(comm.size).fill([0, 2])] }, PartitionError);
    refused([3, 2], { localShapes: new Array<Shape>(comm.size).fill([4, 2]) }, PartitionError);
    refused([3, 2], { grid: [comm.size, 2] }, PartitionError);
    refused([3, 2], { partition: 'BROADCAST', grid: [1, 1] }, PartitionError);
    refused(
      [3, 2],
      { localShapes: new Array<Shape>(comm.size).fill([1, 2]), grid: [comm.size, 1] },
      ArgumentError,
    );
    const misspelt: Record<string, unknown> = { partiton: 'SCATTER' };
    expect(() => DistributedArray.zeros([3], misspelt)).to.throw(ArgumentError, 'partition');
    const wrong: Record<string, unknown> = { partition: 'SCATTERED' };
    expect(() => DistributedArray.zeros([3], wrong)).to.throw(ArgumentError, 'SCATTER');
    expect(() => DistributedArray.zeros([3], { ...{ dtype: 'float16' as DType } })).to.throw(
      DTypeError,
      'float16',
    );
    const single = new CpuBackend({ name: 'only-single' });
    Object.defineProperty(single, 'dtypes', { value: ['float32'] });
    expect(() => DistributedArray.zeros([3], { backend: single, dtype: 'float64' })).to.throw(
      BackendError,
      'it holds float32',
    );
    expect(backend.dtypes).to.include('float32');
  });

  distributed(
    'random values do not depend on the number of ranks or on the layout',
    ({ comm, backend, floats }) => {
      for (const dtype of floats) {
        for (const shape of SHAPES) {
          const whole = NDArray.normal(shape, { dtype, seed: 5, backend });
          for (const layout of everyLayout(shape, comm)) {
            expectClose(placed(whole, layout, comm).space.random(5), whole, 0, `${layout}`);
          }
          expectClose(DistributedArray.random(shape, { dtype, seed: 5 }), whole, 0);
        }
      }
      expect(() => DistributedArray.random([3], { dtype: 'int32' })).to.throw(DTypeError, 'int32');
    },
  );

  distributed(
    'random arrays without a seed differ, and do not depend on the number of ranks',
    ({ comm, backend }) => {
      const dtype = 'float32';
      const draws = (of: Communicator, between: () => void) =>
        [0, 1, 2].map((k) => {
          if (k === 1) between();
          const options = { dtype, comm: of, backend } as const;
          const x =
            k === 2
              ? DistributedArray.empty([5, 2], options).fillRandom()
              : DistributedArray.random([5, 2], options);
          return x.asArray();
        });
      const together = comm.split(0, comm.rank);
      const alone = comm.split(comm.rank, 0);
      const D = new MPIFirstDerivative([5, 2], { comm: together, dtype });
      const mine = draws(together, () => {
        D.dotTest({ domain: D.domain({ dtype, backend }) });
        powerIteration(D.H.mul(D), { niter: 2, domain: D.domain({ dtype, backend }) });
      });
      const expected = draws(alone, () => undefined);
      mine.forEach((x, k) => expectClose(x, expected[k] as NDArray, 0));
      const texts = [...mine, DistributedArray.random([5, 2], { dtype, backend, seed: 0 }).asArray()].map(
        String,
      );
      expect(new Set(texts).size).to.equal(4);
    },
  );

  distributed('toDist stores the part of each rank; asArray gathers them', ({ comm, backend, dtypes }) => {
    for (const dtype of dtypes) {
      for (const shape of SHAPES) {
        const whole = numbers(shape, dtype, backend);
        for (const partition of PARTITIONS) {
          for (const axis of shape.map((_, k) => k)) {
            let x: DistributedArray | undefined;
            const spent = traffic(comm, () => {
              x = DistributedArray.toDist(whole, { partition, axis });
            });
            if (partition !== 'BROADCAST') expect(spent).to.deep.equal(NOTHING);
            expect(x?.dtype).to.equal(dtype);
            if (x) expectClose(x, whole, 0, `${x}`);
          }
        }
        for (const layout of layoutsOf(shape, comm.size)) {
          const x = placed(whole, layout, comm);
          const ranges = x.box.start.map((s, k): [number, number] => [s, s + (x.box.shape[k] as number)]);
          expectClose(x.local, whole.slice(...ranges).copy(), 0);
          expectClose(x, whole, 0, `${layout}`);
        }
      }
    }
  });

  distributed(
    'toDist casts to another dtype as astype does, but refuses complex to real',
    ({ comm, backend, dtypes }) => {
      for (const from of dtypes) {
        const whole = NDArray.array([1.75, -2.5, 3, 0, 7], { backend }).astype(from);
        for (const dtype of dtypes) {
          if (isComplex(from) && !isComplex(dtype)) {
            expectAllThrow(
              comm,
              () => DistributedArray.toDist(whole, { dtype }),
              DTypeError,
              `${from} to ${dtype}`,
            );
          } else {
            for (const partition of PARTITIONS)
              expectClose(
                DistributedArray.toDist(whole, { dtype, partition }),
                whole.astype(dtype),
                0,
                `${from} to ${dtype}`,
              );
          }
        }
      }
      const elsewhere = new CpuBackend({ name: 'elsewhere' });
      const moved = DistributedArray.toDist(numbers([5], 'float32', elsewhere), { backend });
      expect(moved.backend).to.equal(backend);
      expectClose(moved, numbers([5], 'float32', backend), 0);
    },
  );

  distributed(
    'BROADCAST uses the values of rank 0, UNSAFE_BROADCAST those of each rank',
    ({ comm, backend }) => {
      const mine = NDArray.full([4], comm.rank + 1, { backend });
      const x = DistributedArray.toDist(mine, { partition: 'BROADCAST' });
      expectClose(x.local, NDArray.ones([4], { backend }), 0);
      x.assertReplicated();
      x.assignGlobal(NDArray.full([4], 10 - comm.rank, { backend }).toHost());
      expectClose(x.local, NDArray.full([4], 10, { backend }), 0);
      const y = DistributedArray.toDist(mine, { partition: 'UNSAFE_BROADCAST' });
      expectClose(y.local, mine, 0);
      if (comm.size > 1) expectAllThrow(comm, () => y.assertReplicated(), PartitionError);
      else y.assertReplicated();
      expectAllThrow(comm, () => DistributedArray.zeros([4]).assertReplicated(), PartitionError);
    },
  );

  distributed('data that does not fit on one rank is refused on all', ({ comm, backend }) => {
    const last = comm.rank === comm.size - 1;
    const data = NDArray.ones(last ? [5] : [4], { backend });
    if (comm.size > 1) {
      expectAllThrow(comm, () => DistributedArray.toDist(data, { partition: 'BROADCAST' }), ShapeError);
      expectAllThrow(
        comm,
        () => DistributedArray.fromLocal(NDArray.ones(last ? [2, 3] : [2, 4], { backend })),
        PartitionError,
      );
      expectAllThrow(
        comm,
        () => DistributedArray.fromLocal(NDArray.ones(last ? [2] : [2, 4], { backend })),
        PartitionError,
      );
      expectAllThrow(
        comm,
        () => DistributedArray.fromLocal(NDArray.ones([2], { backend, dtype: last ? 'int32' : 'float32' })),
        DTypeError,
      );
      expectAllThrow(
        comm,
        () => DistributedArray.fromLocal(NDArray.ones([2, 2], { backend }), { axis: last ? 1 : 0 }),
        PartitionError,
      );
      expectAllThrow(comm, () => DistributedArray.zeros([4]).reshapeLocal(last ? [7, 7] : [4]), ShapeError);
      expectAllThrow(
        comm,
        () => DistributedArray.zeros([4], { mask: new Array<number>(comm.size).fill(last ? 1 : 0) }),
        PartitionError,
      );
    }
    expectAllThrow(
      comm,
      () => DistributedArray.zeros([3], { partition: 'BROADCAST' }).assignGlobal(data),
      ShapeError,
    );
    // for replicated arrays every rank throws the error of one rank, with the same message
    const said = (body: () => unknown): string[] => {
      try {
        body();
      } catch (error) {
        return comm.allgatherObject(`${error}`);
      }
      return comm.allgatherObject('nothing');
    };
    const nothing: unknown = undefined;
    const wrong: (() => unknown)[] = [
      () => DistributedArray.zeros([4], { partition: 'BROADCAST', backend }).assignGlobal(data),
      () =>
        DistributedArray.zeros([4], { partition: 'BROADCAST', backend }).assignGlobal(
          (last ? nothing : data) as NDArray,
        ),
      () =>
        DistributedArray.toDist((last ? nothing : NDArray.ones([4], { backend })) as NDArray, {
          partition: 'BROADCAST',
        }),
      ...(comm.size > 1 ? [() => DistributedArray.toDist(data, { partition: 'BROADCAST' })] : []),
      ...(backend.dtypes.includes('complex64')
        ? [
            () =>
              DistributedArray.toDist(NDArray.ones([4], { backend, dtype: last ? 'complex64' : 'float32' }), {
                partition: 'BROADCAST',
                dtype: 'float32',
              }),
          ]
        : []),
    ];
    for (const body of wrong) {
      const texts = said(body);
      expect(new Set(texts).size, texts.join(' / ')).to.equal(1);
      expect(texts[0]).to.not.equal('nothing');
    }
    expectAllThrow(
      comm,
      () => DistributedArray.zeros([3]).assignGlobal(NDArray.ones([4], { backend })),
      ShapeError,
    );
    expectAllThrow(comm, () => DistributedArray.zeros([3], { mask: [0, 0, 0, 0, 0] }), PartitionError);
    expectAllThrow(
      comm,
      () => DistributedArray.zeros([3], { mask: new Array<number>(comm.size).fill(-1) }),
      PartitionError,
    );
  });

  distributed(
    'fromLocal makes an array of local parts, uneven and empty ones too',
    ({ comm, backend, dtypes }) => {
      for (const dtype of dtypes) {
        const whole = numbers([6, 4], dtype, backend);
        for (const axis of [0, 1]) {
          for (const layout of layoutsOf([6, 4], comm.size).filter(
            (l) => l.axis === axis && l.grid[axis] === comm.size,
          )) {
            const part = placed(whole, layout, comm).local;
            const x = DistributedArray.fromLocal(part, { axis });
            expect(x.local).to.equal(part);
            expect(x.layout.equals(layout)).to.equal(true);
            expectClose(x, whole, 0);
          }
        }
      }
    },
  );
});
