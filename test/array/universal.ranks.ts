import { expect } from 'chai';
import type { ArrayLike } from '../../src/array/index.js';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { DistributedArrayOptions } from '../../src/core/distributed/space.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { expectAllThrow, NOTHING, traffic } from '../support/vectors.js';

/** Pairs of shapes that broadcast, of which the first is distributed along each of its axes. */
const SHAPES: readonly (readonly [number[], number[]])[] = [
  [
    [5, 3],
    [5, 3],
  ],
  [[5, 3], [3]],
  [
    [5, 3],
    [1, 3],
  ],
  [
    [5, 3],
    [5, 1],
  ],
  [[5, 3], [1]],
  [[5, 3], []],
  [[5], [4, 5]],
  [
    [1, 3],
    [1, 3],
  ],
  [
    [2, 1, 3],
    [4, 2, 1, 1],
  ],
  [[0, 3], [3]],
];

const random = (shape: number[], dtype: DType, seed: number): NDArray =>
  shape.length === 0 ? NDArray.full([], 1.5 + seed, { dtype }) : NDArray.normal(shape, { dtype, seed });

/** The ways in which an array is given: whole, replicated, or split along one of its axes. */
function waysOf(x: NDArray): (NDArray | DistributedArray)[] {
  const split = (options: DistributedArrayOptions): DistributedArray =>
    DistributedArray.toDist(x, { dtype: x.dtype, ...options });
  if (x.ndim === 0) return [x];
  return [x, split({ partition: 'BROADCAST' }), ...x.shape.map((_, axis) => split({ axis }))];
}

const whole = (x: NDArray | DistributedArray): NDArray => (x instanceof NDArray ? x : x.asArray());

group('functions of arrays', () => {
  distributed('of two operands broadcast as on one rank and send nothing', ({ comm, floats }) => {
    for (const dtype of floats) {
      for (const [k, [a, b]] of SHAPES.entries()) {
        const [x, y] = [random(a, dtype, k), random(b, dtype, k + 50)];
        const sums = [x.add(y), y.add(x)];
        for (const u of waysOf(x).slice(1)) {
          for (const v of [y, ...waysOf(y).slice(1, 2)]) {
            let results: (NDArray | DistributedArray)[] = [];
            const spent = traffic(comm, () => {
              results = [xp.add(u, v), xp.add(v, u)];
            });
            expect(spent).to.deep.equal(NOTHING);
            for (const [i, z] of results.entries()) {
              expect(z, `${a} and ${b}`).to.be.instanceOf(DistributedArray);
              expectSameBits(whole(z), sums[i] as NDArray, `${a} and ${b}, ${u.space}`);
            }
          }
        }
      }
    }
  });

  distributed(
    'of operands split alike, over any layout, equal those of the wholes',
    ({ floats, comm, tolerance }) => {
      const uneven = Array.from({ length: comm.size }, (_, r) => [r === comm.size - 1 ? 7 : 0, 4]);
      const layouts: DistributedArrayOptions[] = [{ axis: 0 }, { axis: 1 }, { localShapes: uneven }];
      if (comm.size === 4) layouts.push({ grid: [2, 2] });
      for (const dtype of floats) {
        const [x, y] = [random([7, 4], dtype, 1), random([7, 4], dtype, 2)];
        for (const options of layouts) {
          const [u, v] = [x, y].map((z) => DistributedArray.toDist(z, { dtype, ...options })) as [
            DistributedArray,
            DistributedArray,
          ];
          const rounding = 4 * tolerance(dtype);
          expectClose(u.multiply(v).asArray(), x.multiply(y), rounding);
          expectSameBits(xp.subtract(u, v).asArray(), x.subtract(y));
          expectClose(u.divide(v).asArray(), x.divide(y), rounding);
          expectClose(u.abs().asArray(), x.abs(), rounding);
          expectSameBits(u.equal(u).asArray(), x.equal(x));
          const row = random([4], dtype, 3);
          expectSameBits(u.copy().addInPlace(row).asArray(), x.add(row));
          expect(u.subtract(row).layout.equals(u.layout)).to.equal(true);
        }
      }
    },
  );

  distributed('take numbers and lists on either side', ({ reals }) => {
    for (const dtype of reals) {
      const x = NDArray.array([1, 2, 4], { dtype });
      for (const u of waysOf(x)) {
        const results = [xp.divide(1, u), xp.divide(u, 2), xp.subtract([3, 2, 1], u), xp.power(2, u)];
        const expected = [
          [1, 0.5, 0.25],
          [0.5, 1, 2],
          [2, 0, -3],
          [2, 4, 16],
        ];
        expect(results.map((z) => whole(z).toArray())).to.deep.equal(expected);
        for (const z of results) expect(z.dtype).to.equal(dtype);
      }
    }
  });

  distributed('write to out, where a mask is true, in a dtype', ({ comm, dtypes }) => {
    for (const u of waysOf(NDArray.array([4, 9, 16]))) {
      const out = u.zerosLike().add(7);
      const mask = NDArray.array([true, false, true]);
      const spent = traffic(comm, () => {
        expect(xp.sqrt(u, { out, where: mask })).to.equal(out);
      });
      expect(spent).to.deep.equal(NOTHING);
      expect(whole(out).toArray()).to.deep.equal([2, 7, 4]);
      expect(whole(xp.sqrt(u, { where: mask })).toArray()).to.deep.equal([2, 0, 4]);
      // in place, and overlapping
      xp.add(u, u, { out: u });
      expect(whole(u).toArray()).to.deep.equal([8, 18, 32]);
    }
    const integers = NDArray.array([1, 2], { dtype: 'int32' });
    if (dtypes.includes('float32'))
      expect(xp.add(integers, 1, { dtype: 'float32' }).dtype).to.equal('float32');
    // a smaller result is stretched into out
    const out = DistributedArray.zeros([3, 2]);
    xp.add(NDArray.array([1, 2]), 1, { out });
    expect(out.asArray().toArray()).to.deep.equal([
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
  });

  distributed('compare whole arrays, with the same answer on all ranks', ({ comm }) => {
    const x = NDArray.array([1, 2, Number.NaN, Number.POSITIVE_INFINITY]);
    const near = NDArray.array([1 + 1e-9, 2, Number.NaN, Number.POSITIVE_INFINITY]);
    for (const u of waysOf(x)) {
      expect(xp.allClose(u, near, { equalNan: true })).to.equal(true);
      expect(xp.allClose(u, near)).to.equal(false);
      expect(xp.arrayEqual(u, u)).to.equal(false);
      expect(xp.arrayEqual(xp.nanToNum(u), xp.nanToNum(u))).to.equal(true);
      expect(xp.arrayEqual(u, NDArray.array([1, 2]))).to.equal(false);
    }
    const far = [2 ** 31 - 1, -2].map((value) => NDArray.full([1], value, { dtype: 'int32' }));
    expect(xp.allClose(far[0] as NDArray, far[1] as NDArray)).to.equal(false);
    const y = DistributedArray.ones([7]);
    const spent = traffic(comm, () => xp.allClose(y, 1));
    expect(spent.messages).to.equal(0);
    expect(spent.reductions).to.equal(1);
  });

  distributed('keep integers, and refuse their negative powers on all ranks', ({ comm, backend }) => {
    if (!backend.dtypes.includes('int32')) return;
    const x = DistributedArray.toDist(NDArray.array([2, 3, 4, 5], { dtype: 'int32' }), { dtype: 'int32' });
    const powers = NDArray.array([3, 2, 1, 0], { dtype: 'int32' });
    const y = xp.power(x, powers);
    expect(y.dtype).to.equal('int32');
    expect(y.asArray().toArray()).to.deep.equal([8, 9, 4, 1]);
    // only the last rank holds the negative power
    const negative = NDArray.array([3, 2, 1, -1], { dtype: 'int32' });
    expectAllThrow(comm, () => xp.power(x, negative), DTypeError);
    expectAllThrow(comm, () => x.copy().powerInPlace(negative), DTypeError);
  });

  distributed('refuse what does not fit, on all ranks', ({ comm }) => {
    const x = DistributedArray.ones([6, 4]);
    expectAllThrow(comm, () => xp.add(x, NDArray.ones([5, 4])), ShapeError);
    expectAllThrow(comm, () => xp.add(x, 'x' as unknown as ArrayLike), ArgumentError);
    expectAllThrow(comm, () => xp.add(x, undefined as unknown as ArrayLike), ArgumentError);
    expectAllThrow(comm, () => xp.exp(x, { were: x } as object), ArgumentError);
    expectAllThrow(comm, () => xp.exp(x, { out: DistributedArray.ones([6, 5]) }), ShapeError);
    expectAllThrow(comm, () => xp.floor(x, { out: x.astype('bool') }), DTypeError);
    expectAllThrow(comm, () => xp.add(x, 1, { dtype: 'int32' }), DTypeError);
    expectAllThrow(comm, () => xp.round(x, 0.5), ArgumentError);
    expectAllThrow(comm, () => x.addInPlace(NDArray.ones([2, 6, 4])), ShapeError);
    if (comm.size === 1) return;
    expectAllThrow(comm, () => x.add(DistributedArray.ones([6, 4], { axis: 1 })), PartitionError);
    expectAllThrow(comm, () => x.add(DistributedArray.ones([6, 4], { comm: comm.dup() })), PartitionError);
    expectAllThrow(comm, () => xp.add(DistributedArray.ones([1, 4]), NDArray.ones([6, 4])), PartitionError);
  });

  distributed('agree with the expressions they stand for', ({ reals, tolerance }) => {
    for (const dtype of reals) {
      const x = NDArray.array([-2.5, -0.5, 0, 0.5, 1.5, 2.5], { dtype });
      const close = (a: NDArray, b: readonly number[]): void =>
        expectClose(a, NDArray.array([...b], { dtype }), 4 * tolerance(dtype));
      close(xp.rad2deg(xp.deg2rad(x)), [-2.5, -0.5, 0, 0.5, 1.5, 2.5]);
      close(xp.round(x), [-2, 0, 0, 0, 2, 2]);
      close(xp.heaviside(x, 0.5), [0, 0, 0.5, 1, 1, 1]);
      close(xp.clip(x, -1, [2, 2, 2, 2, 2, 1]), [-1, -0.5, 0, 0.5, 1.5, 1]);
      close(xp.clip(x, null, 0), [-2.5, -0.5, 0, 0, 0, 0]);
      close(xp.clip(x, 0, null), [0, 0, 0, 0.5, 1.5, 2.5]);
      expect(xp.logicalXor(x, xp.logicalNot(x)).all()).to.equal(true);
      expect(xp.logicalAnd(x, 1).toArray()).to.deep.equal([true, true, false, true, true, true]);
      expect(xp.logicalOr(x, 0).toArray()).to.deep.equal([true, true, false, true, true, true]);
    }
  });
});
