import { expect } from 'chai';
import { concatenate } from '../../src/core/array/array-functions.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { complexOf, type DType } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import {
  StackedDistributedArray,
  StackedSpace,
} from '../../src/core/distributed/stacked-distributed-array.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, NOTHING, traffic } from '../support/vectors.js';

const ORDERS = [undefined, 1, 0, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/**
 * A stack of a SCATTER array, a BROADCAST array and a nested stack of two arrays, together with all
 * of its elements as one array.
 */
function sample(
  dtype: DType,
  backend: Backend,
  seed: number,
): { stack: StackedDistributedArray; whole: NDArray } {
  const parts = [[5, 2], [3], [4], [1, 2]].map((shape, k) =>
    NDArray.normal(shape, { dtype, backend, seed: seed + k }),
  );
  const [a, b, c, d] = parts.map((p, k) =>
    DistributedArray.toDist(p, { partition: k === 1 ? 'BROADCAST' : 'SCATTER', axis: k === 3 ? 1 : 0 }),
  );
  const stack = new StackedDistributedArray([
    a,
    b,
    new StackedDistributedArray([c, d] as DistributedArray[]),
  ] as DistributedArray[]);
  return { stack, whole: concatenate(parts.map((p) => p.reshape([p.size]))) };
}

group('StackedDistributedArray', () => {
  distributed(
    'has the arithmetic of one vector of all elements, nested or not',
    ({ comm, backend, floats, tolerance }) => {
      for (const dtype of floats) {
        const [{ stack: x, whole: a }, { stack: y, whole: b }] = [
          sample(dtype, backend, 1),
          sample(dtype, backend, 9),
        ];
        expect([x.dtype, x.size, x.length, x.backend]).to.deep.equal([dtype, 19, 3, backend]);
        const check = (make: () => StackedDistributedArray, exact: NDArray): void => {
          let z = x;
          expect(
            traffic(comm, () => {
              z = make();
            }),
          ).to.deep.equal(NOTHING);
          expectClose(z, exact, tolerance(dtype));
        };
        check(() => x, a);
        check(() => x.add(y), a.add(b));
        check(() => x.subtract(y), a.subtract(b));
        check(() => x.multiply(y), a.multiply(b));
        check(() => x.multiply(2), a.multiply(2));
        check(() => x.negative(), a.negative());
        check(() => x.conj(), a.conj());
        check(
          () => x.copy().addInPlace(y).subtractInPlace(x).multiplyInPlace(y).multiplyInPlace(2).conjInPlace(),
          a.add(b).subtract(a).multiply(b).multiply(2).conj(),
        );
        check(() => x.copy().axpby(2, y, -1), b.multiply(2).subtract(a));
        check(() => x.copy().scale(3), a.multiply(3));
        check(() => x.zerosLike(), a.zerosLike());
        check(() => x.emptyLike().assign(y), b);
        check(() => x.copy().fill(2), a.copy().fill(2));
        check(() => x.map((from, to) => backend.binary('add', from, 1, to), x.emptyLike()), a.add(1));
        check(
          () => x.copy().setAt(0, 4).setAt(11, 5).setAt(18, 6),
          a.copy().setAt(0, 4).setAt(11, 5).setAt(18, 6),
        );
        if (backend.dtypes.includes(complexOf(dtype)))
          check(() => x.multiply({ re: 0, im: 2 }), a.multiply({ re: 0, im: 2 }));
        expect(x.add(y).space, 'sums stay in the space').to.equal(x.space);
      }
    },
  );

  distributed('costs one reduction for all blocks', ({ comm, backend, floats, tolerance }) => {
    for (const dtype of floats) {
      const [{ stack: x, whole: a }, { stack: y, whole: b }] = [
        sample(dtype, backend, 1),
        sample(dtype, backend, 9),
      ];
      const one = (reduce: () => Scalar, exact: Scalar): void => {
        let value: Scalar = Number.NaN;
        expect(
          traffic(comm, () => {
            value = reduce();
          }),
        ).to.deep.equal({ ...NOTHING, reductions: 1 });
        expectClose(value, exact, { rtol: 10 * tolerance(dtype), scale: 1 });
      };
      one(() => x.dot(y), a.dot(b));
      one(() => x.vdot(y), a.vdot(b));
      one(() => x.rdot(y), a.rdot(b));
      for (const order of ORDERS) one(() => x.norm(order), a.norm(order));
      for (const k of [0, 7, 18])
        expectClose(x.kthSmallestAbs(k), a.kthSmallestAbs(k), { rtol: tolerance(dtype), scale: 1 });
      expectAllThrow(comm, () => x.kthSmallestAbs(19), ShapeError);
    }
  });

  distributed('has a space that compares by its blocks, and releases its memory', ({ backend }) => {
    const { stack: x } = sample('float32', backend, 1);
    const { stack: y } = sample('float32', backend, 2);
    expect(x.space.equals(y.space)).to.equal(true);
    expect(x.space.withDType('float32')).to.equal(x.space);
    expect(x.space.equals((x.block(0) as DistributedArray).space)).to.equal(false);
    expectClose(x.space.random(3), y.space.random(3), 0);
    expect(x.overlaps(x)).to.equal(true);
    expect(x.overlaps(y)).to.equal(false);
    expect(x.overlaps(x.block(1))).to.equal(true);
    expect(`${x}`).to.include('StackedDistributedArray of 3 blocks').contains('[5, 2]');
    const before = backend.stats().liveBytes;
    const z = tidy(() => x.add(y).multiply(2).copy());
    z.dispose();
    expect(backend.stats().liveBytes).to.equal(before);
  });

  distributed('refuses arguments that do not fit, and then changes no block', ({ comm, backend }) => {
    const { stack: x, whole } = sample('float32', backend, 1);
    const pair = new StackedDistributedArray([
      DistributedArray.ones([5, 2], { dtype: 'float32' }),
      DistributedArray.ones([3], { dtype: 'float32' }),
    ]);
    const other = new StackedDistributedArray([
      DistributedArray.ones([5, 2], { dtype: 'float32' }),
      DistributedArray.ones([4], { dtype: 'float32' }),
    ]);
    expectAllThrow(comm, () => x.add(pair), ShapeError);
    expectAllThrow(comm, () => pair.addInPlace(other), ShapeError);
    expectClose(pair, NDArray.ones([13], { dtype: 'float32', backend }), 0);
    expectAllThrow(comm, () => x.setAt(19, 1), ArgumentError);
    expectAllThrow(comm, () => x.block(3), ShapeError);
    expectAllThrow(comm, () => new StackedDistributedArray([]), ShapeError);
    expectAllThrow(
      comm,
      () =>
        new StackedDistributedArray([
          DistributedArray.ones(3),
          DistributedArray.ones(3, { comm: comm.dup() }),
        ]),
      PartitionError,
    );
    expectAllThrow(
      comm,
      () =>
        new StackedDistributedArray([
          DistributedArray.ones(3),
          DistributedArray.ones(3, { backend: new CpuBackend() }),
        ]),
      PartitionError,
    );
    expectAllThrow(comm, () => StackedSpace.of([whole.space]), PartitionError);
  });

  distributed(
    'mixes real and complex blocks, not precisions',
    { backends: ['cpu', 'reference'] },
    ({ comm }) => {
      const [r, z] = [
        DistributedArray.ones(3, { dtype: 'float32' }),
        DistributedArray.full(2, { re: 0, im: 2 }, { dtype: 'complex64' }),
      ];
      const x = new StackedDistributedArray([r, z]);
      expect(x.dtype).to.equal('complex64');
      expect(x.vdot(x)).to.deep.equal({ re: 11, im: 0 });
      expect(x.norm()).to.be.closeTo(Math.sqrt(11), 1e-6);
      expect(x.space.withDType('complex64').zeros().dtype).to.equal('complex64');
      expectAllThrow(
        comm,
        () => new StackedDistributedArray([r, DistributedArray.ones(3, { dtype: 'float64' })]),
        DTypeError,
      );
    },
  );
});
