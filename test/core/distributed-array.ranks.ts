import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type Complex, re, type Scalar } from '../../src/core/base/complex.js';
import { complexOf, isComplex, isFloat } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  BackendError,
  DTypeError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { product } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, NOTHING, placed, traffic } from '../support/vectors.js';
import { DOUBLE, everyLayout, numbers, SHAPES } from './distributed-numbers.js';

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
