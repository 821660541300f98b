import { expect } from 'chai';
import type { AssociativeFunction, EitherArray } from '../../src/array/index.js';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Functions of whole numbers that join elements, each with the function of two of them. */
const JOINING: Readonly<Record<string, readonly [AssociativeFunction, (a: number, b: number) => number]>> = {
  add: [xp.add, (a, b) => a + b],
  multiply: [xp.multiply, (a, b) => a * b],
  maximum: [xp.maximum, Math.max],
  minimum: [xp.minimum, Math.min],
  fmax: [xp.fmax, Math.max],
  fmin: [xp.fmin, Math.min],
  bitwiseAnd: [xp.bitwiseAnd, (a, b) => a & b],
  bitwiseOr: [xp.bitwiseOr, (a, b) => a | b],
  bitwiseXor: [xp.bitwiseXor, (a, b) => a ^ b],
  logicalAnd: [xp.logicalAnd, (a, b) => Number(a !== 0 && b !== 0)],
  logicalOr: [xp.logicalOr, (a, b) => Number(a !== 0 || b !== 0)],
  logicalXor: [xp.logicalXor, (a, b) => Number((a !== 0) !== (b !== 0))],
  gcd: [xp.gcd, divisor],
  lcm: [xp.lcm, (a, b) => (a === 0 || b === 0 ? 0 : (a * b) / divisor(a, b))],
  hypot: [xp.hypot, Math.hypot],
  logaddexp: [xp.logaddexp, (a, b) => Math.log(Math.exp(a) + Math.exp(b))],
};
/** Functions whose first element is a flag. */
const isLogical = (name: string): boolean => name.startsWith('logical');

const SHAPE = [5, 3] as const;
const whole = (y: unknown): NDArray =>
  y instanceof DistributedArray ? y.asArray() : y instanceof NDArray ? y : NDArray.full([], y as number);

/** Joins the rows of a matrix one after another. */
function joinedRows(rows: number[][], f: (a: number, b: number) => number): number[][] {
  const joined: number[][] = [];
  for (const row of rows) {
    const before = joined.at(-1);
    joined.push(before ? row.map((v, j) => f(before[j] as number, v)) : row);
  }
  return joined;
}

group('methods of universal functions', () => {
  distributed(
    'join elements as one after another, in any layout',
    { timeout: 240_000 },
    ({ comm, tolerance }) => {
      const values = [2, 3, 1, 4, 0, 2, 1, 2, 3, 2, 1, 4, 3, 2, 1];
      const x = NDArray.array(values, { dtype: 'int32' }).reshape(SHAPE);
      const limit = { rtol: 20 * tolerance('float32'), atol: 20 * tolerance('float32') };
      for (const [name, [f, two]] of Object.entries(JOINING)) {
        const rows = (x.toArray() as number[][]).map((row) =>
          isLogical(name) ? row.map((v) => Number(v !== 0)) : row,
        );
        const wanted = joinedRows(rows, two);
        const layouts = layoutsOf(SHAPE, comm.size).filter(
          ({ grid }) => grid.filter((n) => n > 1).length < 2,
        );
        for (const y of [x, ...layouts.map((layout) => placed(x, layout, comm))]) {
          const what = `${name} of ${y.space}`;
          const accumulated = whole(f.accumulate(y)).astype('float32');
          expectClose(accumulated, NDArray.array(wanted, { dtype: 'float32' }), limit, { what });
          const reduced = whole(f.reduce(y)).astype('float32');
          expectClose(reduced, NDArray.array(wanted.at(-1) as number[], { dtype: 'float32' }), limit, {
            what,
          });
          const all = f.reduce(y, { axis: null });
          const total = joinedRows(
            rows.flat().map((v) => [v]),
            two,
          ).at(-1) as number[];
          expect(Number(all), what).to.be.closeTo(
            total[0] as number,
            1e-4 * Math.abs(total[0] as number) + 1e-5,
          );
          expect((f.reduce(y, { axis: -1, keepdims: true }) as EitherArray).space.shape).to.deep.equal([
            5, 1,
          ]);
        }
      }
    },
  );

  distributed('combine all pairs and send nothing', ({ comm, floats, tolerance }) => {
    for (const dtype of floats) {
      const [x, y] = [NDArray.normal([5, 2], { dtype, seed: 1 }), NDArray.normal([3], { dtype, seed: 2 })];
      const wanted = x.reshape([5, 2, 1]).multiply(y);
      expectSameBits(xp.multiply.outer(x, y), wanted, { what: dtype });
      for (const layout of layoutsOf(x.shape, comm.size)) {
        const spread = placed(x, layout, comm);
        let result: DistributedArray | undefined;
        const sent = traffic(comm, () => {
          result = xp.multiply.outer(spread, y);
        });
        expect(sent).to.deep.equal(NOTHING);
        expectClose(result as DistributedArray, wanted, tolerance(dtype), { what: dtype, layout });
      }
      if (!isComplex(dtype)) expect(xp.maximum.outer(2, y).toArray()).to.deep.equal(y.maximum(2).toArray());
    }
  });

  distributed('change elements as often as their positions occur', ({ comm }) => {
    const x = NDArray.arange(15, { dtype: 'int32' }).reshape(SHAPE);
    const list = NDArray.array([1, 4, 1, 1], { dtype: 'int32' });
    const columns = NDArray.array([0, 2, 0, 1], { dtype: 'int32' });
    const added = x.toArray() as number[][];
    [1, 2, 3, 4].forEach((v, k) => {
      const row = added[[1, 4, 1, 1][k] as number] as number[];
      row[[0, 2, 0, 1][k] as number] = (row[[0, 2, 0, 1][k] as number] as number) + v;
    });
    const flags = x.greater(6) as NDArray;
    const doubled = NDArray.array(
      Array.from(x.toHost(), (v) => (v > 6 ? 2 * v : v)),
      { dtype: 'int32' },
    ).reshape(SHAPE);
    for (const layout of layoutsOf(SHAPE, comm.size)) {
      for (const of of [() => x.copy(), () => placed(x, layout, comm)]) {
        const values = NDArray.array([1, 2, 3, 4], { dtype: 'int32' });
        expect(whole(xp.add.at(of(), [list, columns], values)).toArray()).to.deep.equal(added);
        expectSameBits(whole(xp.multiply.at(of(), [flags], 2)), doubled, { what: 'a mask', layout });
        const rows = whole(xp.subtract.at(of(), [[1, 4, 2], ':'], 1));
        expectSameBits(rows, xp.setItem(x.copy(), [[1, 4, 2]], xp.subtract(x.slice([1, 4, 2]), 1)), {
          layout,
        });
      }
      const mask = placed(flags, layout, comm);
      expectSameBits(xp.multiply.at(placed(x, layout, comm), [mask], 2).asArray(), doubled, { layout });
    }
  });

  distributed('reduce nothing to their identity, and arrays without axes to their value', () => {
    for (const none of [
      NDArray.zeros([0, 2], { dtype: 'int32' }),
      DistributedArray.zeros([0, 2], { dtype: 'int32' }),
    ]) {
      const of = (f: Pick<AssociativeFunction, 'reduce'>): unknown =>
        whole(f.reduce(none) as EitherArray).toArray();
      expect(of(xp.gcd)).to.deep.equal([0, 0]);
      expect(of(xp.bitwiseOr)).to.deep.equal([0, 0]);
      expect(of(xp.bitwiseAnd)).to.deep.equal([-1, -1]);
      expect(of(xp.logicalAnd)).to.deep.equal([true, true]);
      expect(of(xp.logicalOr)).to.deep.equal([false, false]);
      expect(of(xp.add)).to.deep.equal([0, 0]);
    }
    expect(xp.hypot.reduce(NDArray.zeros([0]))).to.equal(0);
    expect(xp.logaddexp.reduce(NDArray.zeros([0]))).to.equal(-Infinity);
    for (const f of [xp.add, xp.maximum, xp.gcd])
      expect(f.reduce(NDArray.full([], 6, { dtype: 'int32' }))).to.equal(6);
  });

  distributed('refuse what does not fit, on all ranks', ({ comm }) => {
    const x = DistributedArray.ones([4, 3], { dtype: 'int32' });
    const negative = NDArray.array([1, 1, 1, -1], { dtype: 'int32' });
    const first = NDArray.array([0, 1, 2, 3], { dtype: 'int32' });
    expectAllThrow(comm, () => xp.add.reduce(x, { axis: 2 }), ShapeError);
    expectAllThrow(comm, () => xp.add.accumulate(x, { axes: 1 } as never), ArgumentError);
    expectAllThrow(comm, () => xp.lcm.reduce(DistributedArray.zeros([0, 3], { dtype: 'int32' })), ShapeError);
    expectAllThrow(comm, () => xp.add.at(x, [5], 1), ShapeError);
    expectAllThrow(comm, () => xp.add.at(1 as never, [0], 1), ArgumentError);
    expectAllThrow(comm, () => xp.power.at(x, [first, 0], negative), DTypeError);
    if (comm.size > 1) expectAllThrow(comm, () => xp.add.outer(x, x), PartitionError);
  });
});
