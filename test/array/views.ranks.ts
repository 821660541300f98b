import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { distributed, group } from '../support/distributed.js';
import { expectSameBits } from '../support/expect-close.js';
import { layoutsOf, placed } from '../support/vectors.js';

type Either = NDArray | DistributedArray;

/** Functions whose results are views of an NDArray, and copies of a distributed array. */
const MOVES: Readonly<Record<string, (x: Either) => Either | readonly Either[]>> = {
  transpose: (x) => xp.transpose(x),
  'transpose in order': (x) => xp.transpose(x, [0, 1]),
  moveaxis: (x) => xp.moveaxis(x, 0, -1),
  swapaxes: (x) => xp.swapaxes(x, 0, 1),
  flip: (x) => xp.flip(x),
  'flip along no axis': (x) => xp.flip(x, { axis: [] }),
  rot90: (x) => xp.rot90(x),
  'rot90 not at all': (x) => xp.rot90(x, 0),
  broadcastTo: (x) => xp.broadcastTo(x, [2, 5, 3]),
  'broadcastTo its shape': (x) => xp.broadcastTo(x, [5, 3]),
  split: (x) => xp.split(x, 3, { axis: 1 }),
  arraySplit: (x) => xp.arraySplit(x, 2),
  'getItem with steps': (x) => xp.getItem(x, [[null, null, -2], 1]) as Either,
  'getItem with a new axis': (x) => xp.getItem(x, [null, '...', [1, null]]) as Either,
};
const listOf = (result: Either | readonly Either[]): readonly Either[] =>
  Array.isArray(result) ? result : [result as Either];
const partOf = (x: Either): NDArray => (x instanceof NDArray ? x : x.local);

group('views by functions of arrays', () => {
  distributed('share memory with an NDArray, and never with a distributed array', ({ comm, backend }) => {
    const whole = NDArray.arange(15, { backend }).reshape([5, 3]);
    for (const [name, move] of Object.entries(MOVES)) {
      const views = listOf(move(whole));
      for (const y of views) expect(partOf(y).overlaps(whole), name).to.equal(true);
      for (const layout of layoutsOf([5, 3], comm.size)) {
        const x = placed(whole, layout, comm);
        listOf(move(x)).forEach((y, k) => {
          expect(partOf(y).overlaps(x.local), `${name} of ${layout}`).to.equal(false);
          expect(partOf(y).isContiguous, `${name} of ${layout}`).to.equal(true);
          const all = y instanceof DistributedArray ? y.asArray() : y;
          expectSameBits(all, (views[k] as NDArray).copy(), `${name} of ${layout}`);
        });
      }
    }
  });

  distributed('are not parts of distributed arrays, which copy them', ({ comm, backend }) => {
    const columns = NDArray.arange(6, { backend }).reshape([3, 2]).transpose();
    const x = DistributedArray.fromLocal(columns, { comm });
    expect(x.local.isContiguous).to.equal(true);
    expect(x.local.overlaps(columns)).to.equal(false);
    expect(x.local.toArray()).to.deep.equal(columns.toArray());
    const rows = columns.contiguous();
    expect(DistributedArray.fromLocal(rows, { comm }).local.overlaps(rows)).to.equal(true);
    const y = DistributedArray.zeros([4, 2], { comm, backend });
    y.assignGlobal(NDArray.arange(8, { backend }).reshape([2, 4]).transpose());
    expect(y.asArray().toArray()).to.deep.equal([
      [0, 4],
      [1, 5],
      [2, 6],
      [3, 7],
    ]);
  });

  distributed('are assigned to through indices', ({ backend }) => {
    const x = NDArray.zeros([3, 4], { backend });
    xp.setItem(x.transpose(), [[null, null, -2], 1], [5, 6]);
    xp.setItem(x.slice(null, [1, 3]), [NDArray.array([true, false, true], { backend })], 1);
    xp.add(x.slice(2), 1, { out: x.slice(0) });
    expect(x.toArray()).to.deep.equal([
      [1, 2, 2, 1],
      [0, 6, 0, 5],
      [0, 1, 1, 0],
    ]);
    expect(() => xp.setItem(xp.broadcastTo(x, [2, 3, 4]), [0], 1)).to.throw(ArgumentError, 'broadcast view');
  });

  distributed('are refused by messages on every rank', ({ comm, backend }) => {
    const x = NDArray.zeros([2, 3], { backend }).transpose();
    expect(() => comm.bcast(x)).to.throw(ArgumentError, 'contiguous()');
    expect(() => comm.allreduce(x, 'sum')).to.throw(ArgumentError, 'contiguous()');
  });
});
