import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { bytesOf } from '../../src/core/base/dtype.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { distributed, group } from '../support/distributed.js';
import { mostBytes } from '../support/peak.js';

type Call = (x: DistributedArray) => unknown;

/**
 * Functions along the split axis. They hold the result and one and a half shares of the operand.
 */
const CALLS: Readonly<Record<string, Call>> = {
  add: (x) => xp.add(x, 1),
  sqrt: (x) => xp.sqrt(x),
  where: (x) => xp.where(xp.greater(x, 0), x, 0),
  sum: (x) => xp.sum(x, { axis: 0 }),
  max: (x) => xp.max(x, { axis: 0 }),
  cumsum: (x) => xp.cumsum(x, { axis: 0 }),
  concatenate: (x) => xp.concatenate([x, x]),
  stack: (x) => xp.stack([x, x]),
  flip: (x) => xp.flip(x, { axis: 0 }),
  roll: (x) => xp.roll(x, 100, { axis: 0 }),
  tile: (x) => xp.tile(x, x.ndim === 1 ? 2 : [2, 1]),
  'pad at the ends': (x) =>
    xp.pad(
      x,
      x.ndim === 1
        ? 3
        : [
            [3, 3],
            [0, 0],
          ],
      { mode: 'reflect' },
    ),
  reshape: (x) => xp.reshape(x, [100, -1]),
  transpose: (x) => xp.transpose(x),
  diff: (x) => xp.diff(x, { axis: 0 }),
  gradient: (x) => xp.gradient(x, { axis: 0 }),
  trapz: (x) => xp.trapz(x, null, { axis: 0 }),
  'getItem of a range': (x) => xp.getItem(x, [[1, -1]]),
  'getItem of steps': (x) => xp.getItem(x, [[null, null, -3]]),
  'getItem of a mask': (x) => xp.getItem(x, [xp.greater(x, 0)]),
  delete: (x) => xp.delete(x, [1, 300], { axis: 0 }),
  insert: (x) => xp.insert(x, [1, 300], 0, { axis: 0 }),
};

group('memory of functions of arrays', () => {
  distributed(
    'is the result and at most 1.5 shares, and so are the bytes that are sent',
    { backends: ['cpu'], ranks: [4] },
    ({ comm, backend }) => {
      for (const shape of [[400_000], [400, 1000]]) {
        const x = DistributedArray.random(shape, { dtype: 'float64', seed: 1 });
        const share = x.local.size * bytesOf(x.dtype);
        const found: string[] = [];
        for (const [name, call] of Object.entries(CALLS)) {
          let result = 0;
          const sentBefore = comm.counters.bytes;
          const peak = mostBytes(backend, () => {
            const y = call(x);
            result = y instanceof DistributedArray ? y.local.size * bytesOf(y.dtype) : 0;
            if (y instanceof DistributedArray) y.dispose();
          });
          const sent = comm.counters.bytes - sentBefore;
          const extra = (peak - result) / share;
          if (extra > 1.5 * 1.125) found.push(`${name} of ${shape}: ${extra.toFixed(2)} shares`);
          if (sent > 1.1 * Math.max(result, share))
            found.push(`${name} of ${shape}: sends ${(sent / share).toFixed(2)}`);
        }
        const all = comm.allgatherObject(found).flat();
        expect(all.length, all.join('\n')).to.equal(0);
      }
    },
  );
});
