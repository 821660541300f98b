import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type Complex, re, type Scalar } from '../../src/core/base/complex.js';
import { complexOf, type DType, isComplex, isFloat, realOf } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  BackendError,
  DTypeError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { DistributedArrayOptions } from '../../src/core/distributed/space.js';
import { PARTITIONS } from '../../src/core/distributed/space.js';
import type { Backend } from '../../src/core/ports/backend.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { rdots, startDots, vdots } from '../../src/core/vector/inner-products.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { MPIFirstDerivative } from '../../src/operators/mpi-first-derivative.js';
import { powerIteration } from '../../src/optimization/power-iteration.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

const SHAPES: readonly Shape[] = [[7], [2], [5, 3], [3, 1, 4]];
/** Tests that need complex or double precision. */
const DOUBLE = { backends: ['cpu', 'reference'] };
const ORDERS = [undefined, 2, 1, 0, 3, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** An array of different whole numbers, one of them zero, that every dtype holds. */
function numbers(shape: Shape, dtype: DType, backend: Backend, step = 3): NDArray {
  const values = Array.from({ length: product(shape) }, (_, i): Scalar => {
    const v = ((i * step) % 11) - 4;
    return isComplex(dtype) ? { re: v, im: v === 0 ? 0 : (i % 5) - 2 } : v;
  });
  return NDArray.array(values, { dtype, backend }).reshape(shape);
}

/** All layouts of a shape, including the replicated one. */
const everyLayout = (shape: Shape, comm: Communicator): Layout[] => [
  ...layoutsOf(shape, comm.size),
  Layout.replicated(shape, comm.size),
];

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

group('DistributedArray elements', () => {
  distributed(
    'set and setAt store on the owning rank, get returns its value on all ranks',
    ({ comm, backend, dtypes }) => {
      for (const dtype of dtypes) {
        for (const layout of everyLayout([4, 3], comm)) {
          const value: Scalar = isComplex(dtype) ? { re: 3, im: -1 } : 3;
          const whole = numbers([4, 3], dtype, backend);
          const x = placed(whole, layout, comm);
          expect(traffic(comm, () => x.set([2, -1], value).setAt(3, value))).to.deep.equal(NOTHING);
          whole.setAt(8, value).setAt(3, value);
          expectClose(x, whole, 0, `${layout}`);
          expect(x.get([2, 2])).to.deep.equal(value);
          expect(x.get([-4, 1])).to.deep.equal(whole.get(0, 1));
        }
      }
      const x = DistributedArray.zeros([4, 3]);
      for (const index of [[4, 0], [0], [0, 0, 0], [0.5, 0], [-5, 0]]) {
        expectAllThrow(comm, () => x.set(index, 1), ShapeError, `${index}`);
        expectAllThrow(comm, () => x.get(index), ShapeError, `${index}`);
      }
      expectAllThrow(comm, () => x.setAt(12, 1), ArgumentError);
    },
  );

  distributed('concatenated blocks of several axes are read, gathered and copied', ({ comm, backend }) => {
    const mine = comm.rank + 1;
    const layout = Layout.concatenated(Array.from({ length: comm.size }, (_, r) => [r + 1, 2]));
    const x = DistributedArray.zeros([2]).space.withLayout(layout).zeros();
    expect(x.localShape).to.deep.equal([mine, 2]);
    const whole = numbers([layout.size], x.dtype, backend);
    x.assignGlobal(whole);
    expectClose(x, whole, 0);
    x.setAt(layout.size - 1, 9);
    whole.setAt(layout.size - 1, 9);
    expectClose(x.copy(), whole, 0);
    expect(x.get([layout.size - 1])).to.equal(9);
    expectClose(x.fillRandom(3), NDArray.normal([layout.size], { seed: 3, backend, dtype: x.dtype }), 0);
  });

  distributed('local parts share the memory of the array', ({ backend }) => {
    const x = DistributedArray.zeros([5, 2]);
    x.local.fill(4);
    expectClose(x, NDArray.full([5, 2], 4, { backend }), 0);
    expect(x.overlaps(x)).to.equal(true);
    expect(x.overlaps(x.ravel())).to.equal(true);
    expect(x.overlaps(x.copy())).to.equal(false);
    expect(x.overlaps(x.local)).to.equal(false);
  });
});

group('DistributedArray arithmetic', () => {
  distributed('equals that of the whole array, and sends nothing', ({ comm, backend, dtypes }) => {
    for (const dtype of dtypes) {
      for (const shape of SHAPES) {
        const [a, b] = [numbers(shape, dtype, backend), numbers(shape, dtype, backend, 5)];
        for (const layout of everyLayout(shape, comm)) {
          const [x, y] = [placed(a, layout, comm), placed(b, layout, comm)];
          const check = (what: string, actual: () => DistributedArray, expected: NDArray): void => {
            let z = x;
            expect(
              traffic(comm, () => {
                z = actual();
              }),
              what,
            ).to.deep.equal(NOTHING);
            expect(z.dtype).to.equal(z.space.dtype);
            expectClose(z, expected, 0, `${what} ${layout}`);
          };
          check('add', () => x.add(y), a.add(b));
          check('subtract', () => x.subtract(y), a.subtract(b));
          check('multiply', () => x.multiply(y), a.multiply(b));
          check('by a scalar', () => x.multiply(2), a.multiply(2));
          check('negative', () => x.negative(), a.negative());
          check('conj', () => x.conj(), a.conj());
          check('axpby', () => x.copy().axpby(2, y, 3), a.copy().axpby(2, b, 3));
          check('scale', () => x.copy().scale(2), a.copy().scale(2));
          check(
            'in place',
            () =>
              x.copy().addInPlace(y).multiplyInPlace(y).subtractInPlace(x).multiplyInPlace(2).conjInPlace(),
            a.add(b).multiply(b).subtract(a).multiply(2).conj(),
          );
          check('zerosLike', () => x.zerosLike(), a.zerosLike());
          check('emptyLike', () => x.emptyLike().assign(y), b);
          check('fill', () => x.copy().fill(1), a.copy().fill(1));
          check(
            'map',
            () => x.map((from, to) => backend.binary('add', from, 1, to), x.emptyLike()),
            a.add(1),
          );
          if (isFloat(dtype) && dtypes.includes(complexOf(dtype))) {
            const scalar: Complex = { re: 1, im: 2 };
            check('by a complex scalar', () => x.multiply(scalar), a.multiply(scalar));
            check(
              'real and complex',
              () => x.add(y.astype(complexOf(dtype))),
              a.add(b.astype(complexOf(dtype))),
            );
            check(
              'real into complex',
              () => x.astype(complexOf(dtype)).assign(y),
              b.astype(complexOf(dtype)),
            );
          }
        }
      }
    }
  });

  distributed(
    'refuses to mix precisions, backends, layouts and communicators, and to lose imaginary parts',
    DOUBLE,
    ({ comm }) => {
      const x = DistributedArray.ones([6], { dtype: 'float32' });
      expectAllThrow(comm, () => x.add(DistributedArray.ones([6], { dtype: 'float64' })), DTypeError);
      expectAllThrow(comm, () => x.vdot(DistributedArray.ones([6], { dtype: 'float64' })), DTypeError);
      expectAllThrow(comm, () => x.assign(DistributedArray.ones([6], { dtype: 'float64' })), DTypeError);
      expectAllThrow(
        comm,
        () =>
          x.add(
            DistributedArray.ones([6], { dtype: 'float32', backend: new CpuBackend({ name: 'another' }) }),
          ),
        BackendError,
      );
      expectAllThrow(comm, () => x.add(DistributedArray.ones([7], { dtype: 'float32' })), ShapeError);
      expectAllThrow(
        comm,
        () => x.addInPlace(DistributedArray.ones([6], { dtype: 'float32', comm: comm.dup() })),
        PartitionError,
      );
      const z = DistributedArray.ones([6], { dtype: 'complex64' });
      expectAllThrow(comm, () => x.copy().addInPlace(z), DTypeError);
      expectAllThrow(comm, () => x.copy().assign(z), DTypeError);
      expectAllThrow(comm, () => x.copy().axpby(1, z, 1), DTypeError);
      expectAllThrow(comm, () => x.copy().scale({ re: 1, im: 1 }), DTypeError);
      expectAllThrow(comm, () => x.copy().multiplyInPlace({ re: 1, im: 1 }), DTypeError);
      // ranks that do not own the element refuse it too
      expectAllThrow(comm, () => x.copy().set([0], { re: 1, im: 1 }), DTypeError);
      expect(re(x.multiply({ re: 0, im: 1 }).vdot(z))).to.equal(0);
      expect(x.multiply({ re: 0, im: 1 }).vdot(z)).to.deep.equal({ re: 0, im: -6 });
    },
  );

  distributed('arrays are copied to another backend and back', ({ backend, dtypes }) => {
    const other = new CpuBackend({ name: 'other' });
    for (const dtype of dtypes) {
      const x = DistributedArray.toDist(numbers([5, 3], dtype, backend));
      const there = x.to(other);
      expect(there.backend).to.equal(other);
      expectClose(there.to(backend), x, 0);
    }
  });

  distributed('memory is released at dispose and at the end of a scope', ({ backend }) => {
    const [partition, shape] = ['BROADCAST', [64, 8]] as const;
    const before = backend.stats().liveBytes;
    const x = DistributedArray.ones(shape);
    const y = tidy(() => {
      const z = DistributedArray.ones(shape).add(x);
      DistributedArray.ones(shape, { partition }).norm();
      return z.reshape([8, 64]);
    });
    tidy(() => expectClose(y, NDArray.full([8, 64], 2, { backend }), 0));
    x.dispose();
    y.dispose();
    expect(backend.stats().liveBytes).to.equal(before);
    expect(() => x.norm()).to.throw(BackendError, 'disposed');
    const w = DistributedArray.ones(shape, { partition });
    w.dispose();
    expect(() => w.norm()).to.throw(BackendError, 'disposed');
    expect(() => w.vdot(w)).to.throw(BackendError, 'disposed');
  });

  distributed('is not iterated, and is its text in JSON: nothing is sent', ({ comm }) => {
    const x = DistributedArray.ones([4, 3]);
    const sent = traffic(comm, () => {
      expect(() => [...(x as unknown as Iterable<unknown>)]).to.throw(ArgumentError, 'iterate x.local');
      expect(JSON.stringify({ x })).to.equal(JSON.stringify({ x: x.toString() }));
    });
    expect(sent).to.deep.equal(NOTHING);
  });

  distributed('toString names the shape, the dtype and the partition', ({ comm, backend }) => {
    const x = DistributedArray.zeros([5, 3], { dtype: 'float32' });
    expect(`${x}`).to.equal(
      `<DistributedArray with global shape=[5, 3], local shape=[${x.localShape.join(', ')}], ` +
        `dtype=float32, partition=SCATTER, backend=${backend.name}, rank ${comm.rank} of ${comm.size}>`,
    );
    expect(`${x.space}`).to.include('SCATTER float32 [5, 3] along axis 0');
  });
});

group('DistributedArray reductions', () => {
  distributed(
    'dot, vdot and rdot cost one reduction and give the same bits on every rank',
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        for (const shape of [...SHAPES, [0, 3]]) {
          const [a, b] = [numbers(shape, dtype, backend), numbers(shape, dtype, backend, 5)];
          for (const layout of everyLayout(shape, comm)) {
            const [x, y] = [placed(a, layout, comm), placed(b, layout, comm)];
            const values: Scalar[] = [];
            for (const product of [
              () => x.dot(y),
              () => x.vdot(y),
              () => x.rdot(y),
              () => rdots([x, y])[0] as number,
            ]) {
              expect(
                traffic(comm, () => values.push(product())),
                `${layout}`,
              ).to.deep.equal({ ...NOTHING, reductions: 1 });
            }
            const exact = [a.dot(b), a.vdot(b), a.rdot(b), a.rdot(b)];
            values.forEach((v, i) => {
              expectClose(
                v,
                exact[i] as Scalar,
                { rtol: tolerance(dtype), scale: 1 },
                `${i} ${layout} ${dtype}`,
              );
              expect(typeof v).to.equal(typeof exact[i]);
            });
            expect(
              comm.allgatherObject(JSON.stringify(values)).every((v) => v === JSON.stringify(values)),
            ).to.equal(true);
          }
        }
      }
    },
  );

  distributed(
    'several pairs of real and complex arrays cost one reduction',
    DOUBLE,
    ({ comm, backend, tolerance }) => {
      const [a, z] = [numbers([7], 'float32', backend), numbers([7], 'complex64', backend)];
      const [x, y, w] = [
        DistributedArray.toDist(a),
        DistributedArray.toDist(z),
        DistributedArray.toDist(a, { partition: 'BROADCAST' }),
      ];
      const pairs = [
        [x, x],
        [y, y],
        [x, y],
        [y, x],
        [w, w],
      ] as const;
      const spent = traffic(comm, () => {
        const values = vdots(...pairs);
        const exact = [a.vdot(a), z.vdot(z), a.vdot(z), z.vdot(a), a.vdot(a)];
        values.forEach((v, i) => {
          expectClose(v, exact[i] as Scalar, { rtol: tolerance('float32'), scale: 1 }, `${i}`);
        });
        expect(typeof values[2]).to.equal('object');
      });
      expect(spent).to.deep.equal({ ...NOTHING, reductions: 1 });
      expect(traffic(comm, () => expect(rdots(...pairs)).to.have.length(5))).to.deep.equal({
        ...NOTHING,
        reductions: 1,
      });
      const pending = startDots([x, x], [y, y]);
      expect(pending.wait()[0]).to.be.closeTo(re(a.vdot(a)), 1e-4);
      expectAllThrow(comm, () => rdots([x, x], [a, a]), PartitionError);
    },
  );

  distributed(
    'norms of every order, also of empty parts, cost one reduction',
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        for (const shape of [...SHAPES, [0]]) {
          const a = numbers(shape, dtype, backend);
          for (const layout of everyLayout(shape, comm)) {
            const x = placed(a, layout, comm);
            for (const order of ORDERS) {
              let value = Number.NaN;
              expect(
                traffic(comm, () => {
                  value = x.norm(order);
                }),
              ).to.deep.equal({ ...NOTHING, reductions: 1 });
              const exact = a.norm(order);
              if (Number.isFinite(exact))
                expectClose(
                  value,
                  exact,
                  { rtol: tolerance(dtype) || 1e-12, scale: 1 },
                  `order ${order} ${layout} ${dtype}`,
                );
              else expect(value).to.equal(exact);
            }
          }
        }
      }
      for (const order of [-1, Number.NaN])
        expectAllThrow(comm, () => DistributedArray.ones([3]).norm(order), ShapeError);
    },
  );

  distributed(
    'norms along an axis equal those of the whole array',
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        const single = dtype === 'int32' ? backend.defaultDType : dtype;
        for (const shape of [[7], [5, 3], [3, 2, 4]]) {
          const a = numbers(shape, dtype, backend);
          for (const layout of everyLayout(shape, comm)) {
            const x = placed(a, layout, comm);
            for (const order of ORDERS) {
              for (const axis of [...shape.keys(), -1]) {
                if (layout.grid.filter((g) => g > 1).length > 1) {
                  expectAllThrow(comm, () => x.norm(order, axis), PartitionError);
                  continue;
                }
                const y = x.norm(order, axis);
                const exact = a.norm(order, axis);
                const across = layout.axis === (axis + shape.length) % shape.length;
                expect(y.dtype).to.equal(realOf(single));
                expect(y.partition).to.equal(layout.replicated || across ? 'BROADCAST' : 'SCATTER');
                expectClose(
                  y,
                  exact.reshape(y.globalShape),
                  10 * tolerance(single),
                  `order ${order} axis ${axis} ${layout}`,
                );
              }
            }
          }
        }
      }
      const flat = placed(
        numbers([5, 3], 'float32', backend),
        Layout.split([5, 3], comm.size, 1),
        comm,
      ).ravel();
      expectAllThrow(comm, () => flat.norm(2, 0), PartitionError);
      expectAllThrow(comm, () => DistributedArray.ones([3]).norm(2, 1), ShapeError);
      expectAllThrow(comm, () => DistributedArray.ones([3]).norm(2, Number.NaN), ShapeError);
    },
  );

  distributed('NaN on one rank is NaN on all', ({ comm, backend }) => {
    for (const position of [0, 4, 8]) {
      const a = NDArray.array(
        Array.from({ length: 9 }, (_, i) => (i === position ? Number.NaN : 1)),
        { backend },
      );
      for (const layout of everyLayout([9], comm)) {
        const x = placed(a, layout, comm);
        for (const order of [2, 1, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          expect(x.norm(order), `order ${order} ${layout}`).to.satisfy(Number.isNaN);
          expect(
            x.norm(order, 0).asArray().toHost()[0],
            `order ${order} along the axis ${layout}`,
          ).to.satisfy(Number.isNaN);
        }
        expect(x.vdot(x)).to.satisfy(Number.isNaN);
        expect(x.kthSmallestAbs(7), `${layout}`).to.equal(1);
        expect(x.kthSmallestAbs(8)).to.satisfy(Number.isNaN);
      }
    }
  });

  distributed(
    'the k-th smallest modulus equals that of the whole array',
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        const a = numbers([5, 4], dtype, backend);
        for (const layout of everyLayout([5, 4], comm)) {
          const x = placed(a, layout, comm);
          for (const k of [0, 1, 7, 19])
            expectClose(
              x.kthSmallestAbs(k),
              a.abs().ravel().kthSmallestAbs(k),
              { rtol: tolerance(dtype), scale: 1 },
              `${k} ${layout} ${dtype}`,
            );
        }
        for (const k of [-1, 20, 0.5])
          expectAllThrow(comm, () => DistributedArray.toDist(a).kthSmallestAbs(k), ShapeError);
      }
    },
  );

  distributed('float32 stays float32', ({ backend, dtypes }) => {
    const x = DistributedArray.toDist(numbers([6, 2], 'float32', backend));
    for (const y of [
      x.add(x),
      x.multiply(0.1),
      x.conj(),
      x.negative(),
      x.norm(2, 0),
      x.norm(1, 1),
      x.copy().scale(0.1),
      x.redistribute(1),
      x.ravel(),
      x.zerosLike(),
    ]) {
      expect(y.dtype).to.equal('float32');
      expect(y.local.dtype).to.equal('float32');
    }
    if (dtypes.includes('complex64')) expect(x.multiply({ re: 0, im: 1 }).dtype).to.equal('complex64');
    expect(x.addGhostCells(1, 1).dtype).to.equal('float32');
  });

  distributed(
    'a mask limits reductions to the ranks of one colour',
    ({ comm, backend, dtypes, tolerance }) => {
      const masks = [
        Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1)),
        Array.from({ length: comm.size }, (_, r) => r % 2),
        new Array<number>(comm.size).fill(3),
      ];
      for (const mask of masks) {
        for (const dtype of dtypes) {
          const [a, b] = [numbers([9, 2], dtype, backend), numbers([9, 2], dtype, backend, 5)];
          for (const axis of [0, 1]) {
            const [x, y] = [
              DistributedArray.toDist(a, { mask, axis }),
              DistributedArray.toDist(b, { mask, axis }),
            ];
            // the parts that this rank's colour owns, combined
            const parts = comm.allgatherObject(Array.from(x.local.toHost()));
            const others = comm.allgatherObject(Array.from(y.local.toHost()));
            const shapes = x.localShapes;
            const mine = shapes.flatMap((_, r) => (mask[r] === mask[comm.rank] ? [r] : []));
            const join = (lists: readonly number[][]): NDArray => {
              const values = mine.flatMap((r) => lists[r] as number[]);
              return isComplex(dtype)
                ? pairs(values, dtype, backend)
                : NDArray.array(values, { dtype, backend });
            };
            const [p, q] = [join(parts), join(others)];
            const before = { ...comm.counters };
            expectClose(x.dot(y), p.dot(q), { rtol: tolerance(dtype), scale: 1 }, 'dot');
            expectClose(x.vdot(y), p.vdot(q), { rtol: tolerance(dtype), scale: 1 }, 'vdot');
            for (const order of ORDERS) {
              const exact = p.norm(order);
              if (Number.isFinite(exact))
                expectClose(
                  x.norm(order),
                  exact,
                  { rtol: tolerance(dtype) || 1e-12, scale: 1 },
                  `norm ${order}`,
                );
              else expect(x.norm(order)).to.equal(exact);
            }
            expect(comm.counters.reductions, 'the reductions are on the sub-communicator').to.equal(
              before.reductions,
            );
            const masked = x.asArray({ masked: true });
            expect(masked.shape).to.deep.equal(
              a.shape.map((n, k) =>
                k === axis ? mine.reduce((sum, r) => sum + ((shapes[r] as Shape)[axis] as number), 0) : n,
              ),
            );
            const first = x.box.start[axis] as number;
            const offset = mine
              .filter((r) => r < comm.rank)
              .reduce((sum, r) => sum + ((shapes[r] as Shape)[axis] as number), 0);
            const own: [number, number][] = [
              [0, 9],
              [0, 2],
            ];
            own[axis] = [offset, offset + (x.localShape[axis] as number)];
            expectClose(masked.slice(...own).copy(), x.local, 0, `from ${first}`);
            expectClose(x, a, 0);
          }
          const w = DistributedArray.toDist(a, { mask, partition: 'BROADCAST' });
          expectClose(
            w.norm(),
            a.norm(),
            { rtol: tolerance(dtype) || 1e-12, scale: 1 },
            'a replicated array counts once',
          );
        }
      }
      expect(
        traffic(comm, () => DistributedArray.zeros([4], { mask: masks[0] as number[] })),
        'a known mask costs nothing',
      ).to.deep.equal(NOTHING);
    },
  );
});

function pairs(values: readonly number[], dtype: DType, backend: Backend): NDArray {
  const list = Array.from(
    { length: values.length / 2 },
    (_, i): Scalar => ({ re: values[2 * i] as number, im: values[2 * i + 1] as number }),
  );
  return NDArray.array(list, { dtype, backend });
}

group('DistributedArray layouts', () => {
  distributed('redistributes between all pairs of layouts', ({ comm, backend, dtypes }) => {
    for (const dtype of dtypes) {
      for (const shape of [[7], [5, 3]]) {
        const a = numbers(shape, dtype, backend);
        const layouts = everyLayout(shape, comm);
        for (const from of layouts) {
          const x = placed(a, from, comm);
          for (const to of layouts) {
            const y = x.redistribute(to);
            expect(y.layout.equals(to)).to.equal(true);
            expect(y.partition).to.equal(to.replicated ? 'BROADCAST' : 'SCATTER');
            expectClose(y, a, 0, `${from} to ${to}`);
            expect(y.overlaps(x)).to.equal(false);
          }
          expect(x.redistribute(-1).axis).to.equal(shape.length - 1);
          expectClose(x.broadcast().assertReplicated().local, a, 0);
        }
      }
    }
    const x = DistributedArray.zeros([5, 3]);
    expectAllThrow(comm, () => x.redistribute(2), ShapeError);
    expectAllThrow(comm, () => x.redistribute(Layout.split([5, 4], comm.size)), ShapeError);
    expectAllThrow(comm, () => x.redistribute(Layout.split([5, 3], comm.size + 1)), PartitionError);
  });

  distributed('ravel joins local parts one after another, without copying', ({ comm, backend, dtypes }) => {
    for (const dtype of dtypes) {
      const a = numbers([5, 3], dtype, backend);
      for (const layout of everyLayout([5, 3], comm)) {
        const x = placed(a, layout, comm);
        const flat = x.ravel();
        expect(traffic(comm, () => x.ravel())).to.deep.equal(NOTHING);
        expect(flat.local.overlaps(x.local)).to.equal(x.local.size > 0);
        expect(flat.localShape).to.deep.equal([x.local.size]);
        expectClose(flat.local, x.local.reshape([x.local.size]), 0);
        const rows = layout.replicated || (layout.axis === 0 && layout.grid[1] === 1);
        expect(flat.layout.kind).to.equal(rows ? 'boxes' : 'concatenated');
        if (rows) expectClose(flat, a.reshape([15]), 0, `${layout}`);
        if (!rows) expectAllThrow(comm, () => flat.reshape([5, 3]), ShapeError);
      }
    }
  });

  distributed('reshape keeps the C order of the whole', ({ comm, backend, dtypes }) => {
    for (const dtype of dtypes) {
      const a = numbers([6, 4], dtype, backend);
      for (const layout of everyLayout([6, 4], comm)) {
        const x = placed(a, layout, comm);
        for (const shape of [[24], [4, 6], [2, 3, 4], [12, 2], [1, 24], [6, 4]]) {
          if (!layout.replicated && (layout.axis !== 0 || layout.grid[1] !== 1))
            expectAllThrow(comm, () => x.reshape(shape), ShapeError, `${layout}`);
          else expectClose(x.reshape(shape), a.reshape(shape), 0, `${layout} to ${shape}`);
        }
      }
    }
    const x = DistributedArray.ones([6, 4]);
    expect(traffic(comm, () => x.reshape([6, 2, 2]))).to.deep.equal(NOTHING);
    expect(x.reshape([6, 2, 2]).local.overlaps(x.local)).to.equal(x.local.size > 0);
    expectAllThrow(comm, () => x.reshape([5, 5]), ShapeError);
  });

  distributed('reshapeLocal gives each part a shape of its own', ({ comm, backend }) => {
    const a = numbers([4 * comm.size, 3], 'float32', backend);
    const x = DistributedArray.toDist(a);
    const y = x.reshapeLocal([2, 2, 3]);
    expect(y.globalShape).to.deep.equal([2 * comm.size, 2, 3]);
    expectClose(y, a.reshape([2 * comm.size, 2, 3]), 0);
    expect(
      DistributedArray.toDist(a, { partition: 'BROADCAST' }).reshapeLocal([2, comm.size, 6]).globalShape,
    ).to.deep.equal([2, comm.size, 6]);
    if (comm.size > 1)
      expectAllThrow(
        comm,
        () =>
          DistributedArray.toDist(a, { partition: 'BROADCAST' }).reshapeLocal(
            comm.rank ? [12 * comm.size] : [4 * comm.size, 3],
          ),
        ShapeError,
      );
  });

  distributed('ghost cells come from as many ranks as are needed', ({ comm, backend, dtypes }) => {
    for (const dtype of dtypes) {
      for (const shape of [[7], [5, 3], [2, 2, 5]]) {
        const a = numbers(shape, dtype, backend);
        for (const layout of everyLayout(shape, comm)) {
          const x = placed(a, layout, comm);
          const { start, shape: local } = x.box;
          const axis = layout.axis;
          for (const [front, back] of [
            [1, 1],
            [0, 2],
            [3, 0],
            [9, 9],
            [0, 0],
          ] as const) {
            let ghosted = x.local;
            const spent = traffic(comm, () => {
              ghosted = x.addGhostCells(front, back);
            });
            expect(spent.reductions + spent.collectives).to.equal(0);
            const ranges = start.map((s, k): [number, number] => {
              const n = local[k] as number;
              const owns = product(local) > 0 && k === axis && !layout.replicated;
              return owns ? [Math.max(0, s - front), Math.min(shape[k] as number, s + n + back)] : [s, s + n];
            });
            expectClose(ghosted, a.slice(...ranges).copy(), 0, `${layout} ${front} ${back}`);
          }
        }
      }
    }
    const x = DistributedArray.ones([5]);
    expectAllThrow(comm, () => x.addGhostCells(-1), ArgumentError);
    expectAllThrow(comm, () => x.addGhostCells(1, 0.5), ArgumentError);
    expectAllThrow(
      comm,
      () =>
        placed(numbers([5, 3], 'float32', backend), Layout.split([5, 3], comm.size, 1), comm)
          .ravel()
          .addGhostCells(1),
      ShapeError,
    );
  });

  distributed('spaces are compared by value, and equal ones are one object', DOUBLE, ({ comm, backend }) => {
    const [x, y] = [DistributedArray.zeros([5, 3]), DistributedArray.ones([5, 3])];
    expect(x.space).to.equal(y.space);
    expect(x.redistribute(1).space.equals(y.redistribute(1).space)).to.equal(true);
    const others = [
      DistributedArray.zeros([5, 3], { axis: 1 }),
      DistributedArray.zeros([5, 3], { partition: 'BROADCAST' }),
      DistributedArray.zeros([5, 3], { dtype: 'complex64' }),
      DistributedArray.zeros([5, 3], { comm: comm.dup() }),
      DistributedArray.zeros([5, 3], { mask: new Array<number>(comm.size).fill(0) }),
      DistributedArray.zeros([5, 3], { backend: new CpuBackend({ name: backend.name }) }),
      DistributedArray.zeros([15]),
    ];
    for (const other of others) expect(x.space.equals(other.space), `${other.space}`).to.equal(false);
    expect(x.space.withDType('complex64').equals((others[2] as DistributedArray).space)).to.equal(true);
  });
});
