import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { product } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { isRows } from '../../src/core/distributed/redistribution.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { distributed, group } from '../support/distributed.js';
import { expectSameBits } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

const SHAPES = [[7], [2], [5, 4], [3, 4, 2], [2, 0]];
const ints = (values: readonly number[], shape: readonly number[]): NDArray =>
  NDArray.array([...values], { dtype: 'int32' }).reshape([...shape]);
const counting = (shape: readonly number[]): NDArray =>
  NDArray.arange(product(shape), { dtype: 'int32' }).reshape([...shape]);
/** True at every second and third place. */
const flagsOf = (shape: readonly number[]): NDArray =>
  xp.less(xp.remainder(counting(shape), 3), 2) as NDArray;
const split = (x: NDArray, comm: Communicator): DistributedArray =>
  placed(x, Layout.split(x.shape, comm.size), comm);
const wholeOf = (y: unknown): NDArray => (y instanceof DistributedArray ? y.asArray() : (y as NDArray));

/** The rows of an array where a mask is true, in plain loops. */
function rowsWhere(x: NDArray, mask: NDArray): NDArray {
  const rest = x.shape.slice(mask.ndim);
  const inner = product(rest);
  const values = x.toHost();
  const chosen = Array.from(mask.toHost()).flatMap((flag, i) =>
    flag ? Array.from(values.slice(i * inner, (i + 1) * inner)) : [],
  );
  return ints(chosen, [Array.from(mask.toHost()).filter(Boolean).length, ...rest]);
}

/** An array with rows where a mask is true, in plain loops. */
function withRows(x: NDArray, mask: NDArray, rowOf: (place: number) => readonly number[]): NDArray {
  const inner = product(x.shape.slice(mask.ndim));
  const values = x.toHost();
  let place = 0;
  mask.toHost().forEach((flag, i) => {
    if (flag) values.set(rowOf(place++), i * inner);
  });
  return ints(Array.from(values), x.shape);
}

group('masks', () => {
  distributed('of any number of leading axes select rows, in any layout', ({ comm }) => {
    for (const shape of SHAPES)
      for (let axes = 1; axes <= shape.length; axes++) {
        const x = counting(shape);
        const mask = flagsOf(shape.slice(0, axes));
        const wanted = rowsWhere(x, mask);
        expectSameBits(xp.getItem(x, [mask]) as NDArray, wanted);
        for (const layout of layoutsOf(shape, comm.size)) {
          const y = placed(x, layout, comm);
          const what = `${layout}, a mask of ${axes} axes`;
          expectSameBits(wholeOf(xp.getItem(y, [mask])), wanted, { what });
          const spread = split(mask, comm);
          if (isRows(layout) && spread.layout.blocks(0).join() === layout.blocks(0).join())
            expectSameBits(wholeOf(xp.getItem(y, [spread])), wanted, { what });
        }
      }
  });

  distributed('of any number of leading axes take numbers and rows, in any layout', ({ comm }) => {
    for (const shape of SHAPES)
      for (let axes = 1; axes <= shape.length; axes++) {
        const x = counting(shape);
        const mask = flagsOf(shape.slice(0, axes));
        const count = (xp.getItem(x, [mask]) as NDArray).shape[0] as number;
        const rest = shape.slice(axes);
        const inner = product(rest);
        const filled = withRows(x, mask, () => new Array(inner).fill(-7));
        const rows = ints(
          Array.from({ length: count * inner }, (_, i) => -i - 1),
          [count, ...rest],
        );
        const set = withRows(x, mask, (p) => Array.from({ length: inner }, (_, i) => -p * inner - i - 1));
        expectSameBits(xp.setItem(x.copy(), [mask], -7), filled);
        expectSameBits(xp.setItem(x.copy(), [mask], rows), set);
        for (const layout of layoutsOf(shape, comm.size)) {
          const y = (): DistributedArray => placed(x, layout, comm);
          const what = `${layout}, a mask of ${axes} axes`;
          expectSameBits(xp.setItem(y(), [mask], -7).asArray(), filled, { what });
          expectSameBits(xp.setItem(y(), [mask], rows).asArray(), set, { what });
          const spread = split(rows, comm);
          expectSameBits(xp.setItem(y(), [mask], spread).asArray(), set, { what });
        }
      }
  });

  distributed('beside other indices, as in NumPy', { ranks: [1] }, () => {
    const x = counting([3, 4]);
    const mask = NDArray.array([true, false, true]);
    expect((xp.getItem(x, [mask, 1]) as NDArray).toArray()).to.deep.equal([1, 9]);
    expect((xp.getItem(x, [mask, [0, null, 3]]) as NDArray).toArray()).to.deep.equal([
      [0, 3],
      [8, 11],
    ]);
    // '...' parts index arrays, even where it stands for no axis
    const both = ints([0, 1], [2]);
    expect((xp.getItem(x, [null, both, '...', both]) as NDArray).shape).to.deep.equal([2, 1]);
    expect((xp.getItem(x, [null, both, both]) as NDArray).shape).to.deep.equal([1, 2]);
  });

  distributed('with values that do not fit are refused on all ranks', ({ comm }) => {
    const x = split(counting([5, 4]), comm);
    const mask = NDArray.array([true, false, true, true, false]);
    expectAllThrow(comm, () => xp.setItem(x, [mask], [1, 2, 3]), ShapeError);
    expectAllThrow(comm, () => xp.setItem(x, [mask], 0.5), DTypeError);
    expectAllThrow(comm, () => xp.setItem(x, [mask], [0.5, 1, 2, 3]), DTypeError);
    expectAllThrow(comm, () => xp.setItem(x, [flagsOf([4])], 1), ShapeError);
    expectAllThrow(comm, () => xp.getItem(x, [flagsOf([4])]), ShapeError);
    if (comm.size > 1) {
      const rows = Array.from({ length: comm.size }, (_, rank) => [rank === 0 ? 5 : 0, 4]);
      const spread = placed(flagsOf([5, 4]), Layout.fromLocalShapes(rows), comm);
      expectAllThrow(comm, () => xp.setItem(x, [spread], 1), PartitionError);
    }
    xp.setItem(x, [mask], [1, 2, 3, 4]);
    expect(x.asArray().toArray()).to.deep.equal(
      withRows(counting([5, 4]), mask, () => [1, 2, 3, 4]).toArray(),
    );
  });

  distributed('fetch values that are split, and send what their comments say', ({ comm }) => {
    const n = 40 * comm.size;
    const x = split(counting([n]), comm);
    const mask = flagsOf([n]);
    const even = Layout.split([n / 2], comm.size);
    const values = placed(counting([n / 2]), even, comm);
    const wanted = x.asArray();
    xp.setItem(wanted, [[0, null, 2]], values.asArray());
    expectSameBits(xp.setItem(x.copy(), [[0, null, 2]], values).asArray(), wanted);
    expectSameBits(
      xp.setItem(x.copy(), [[n - 2, null, -2]], values).asArray(),
      xp.setItem(x.asArray(), [[n - 2, null, -2]], values.asArray()),
    );
    expectSameBits(wholeOf(xp.getItem(x, [mask])), rowsWhere(x.asArray(), mask));
    expect(traffic(comm, () => void xp.setItem(x, [mask], 7))).to.deep.equal(NOTHING);
    const fetched = traffic(comm, () => void xp.setItem(x, [[0, null, 2]], values));
    expect(fetched.messages).to.be.at.most(comm.size - 1);
    expect({ ...fetched, messages: 0 }).to.deep.equal(NOTHING);
    const chosen = traffic(comm, () => void xp.getItem(x, [mask]));
    expect(chosen.reductions).to.equal(0);
    expect(chosen.collectives).to.equal(1);
  });
});
