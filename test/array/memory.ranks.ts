import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { bytesOf } from '../../src/core/base/dtype.js';
import { LopsError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { mostBytes } from '../support/peak.js';
import { layoutsOf, placed } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
type Call = (x: DistributedArray) => unknown;
interface Also {
  readonly weights: Either;
  readonly mask: Either;
  readonly places: Either;
}

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

/** Functions of arrays of any layout, lists among them. Integers, masks and weights are `also`. */
const RESULTS: Readonly<Record<string, (x: Either, also: Also) => unknown>> = {
  ...(CALLS as Readonly<Record<string, (x: Either) => unknown>>),
  where: (x, { mask }) => xp.where(mask, x, 0),
  'getItem of a mask': (x, { mask }) => xp.getItem(x, [mask]),
  zerosLike: () => xp.zerosLike([1, 2]),
  allClose: (x) => xp.allClose(x, 1),
  arrayEqual: (x) => xp.arrayEqual(x, [1, 2]),
  histogram: (x) => xp.histogram(x),
  'histogram of weights': (x, { weights }) => xp.histogram(x, { weights, density: true }),
  'histogram in edges': (x) => xp.histogram(x, { bins: [-1, 0, 1] }),
  bincount: (_, { places }) => xp.bincount(places),
  digitize: (x) => xp.digitize(x, [1, 0]),
  searchsorted: (x) => xp.searchsorted([0, 1], x),
  isin: (_, { places }) => xp.isin(places, [1, 2]),
  cov: (x) => xp.cov(x),
  corrcoef: (x) => xp.corrcoef(x, { rowvar: false }),
  quantile: (x) => xp.quantile(x, [0.1, 0.5], { axis: 0 }),
  nanpercentile: (x) => xp.nanpercentile(x, 30),
  nonzero: (x) => xp.nonzero(x),
  argwhere: (_, { mask }) => xp.argwhere(mask),
  average: (x, { weights }) => xp.average(x, { weights, axis: 0 }),
  nanvar: (x) => xp.nanvar(x, { axis: 0 }),
  nanargmax: (x) => xp.nanargmax(x, { axis: 0 }),
  'nanargmin of all': (x) => xp.nanargmin(x),
  countNonzero: (x) => xp.countNonzero(x, { axis: 0 }),
  logsumexp: (x) => xp.special.logsumexp(x, { axis: 0 }),
  vander: (_, { places }) => xp.vander(places, 2),
  meshgrid: () => xp.meshgrid([1, 2], [3, 4]),
  triu: (_, { mask }) => xp.triu(mask),
  indices: () => xp.indices([2, 3]),
  reduce: (x) => xp.maximum.reduce(x),
  accumulate: (x) => xp.add.accumulate(x),
  outer: (x) => xp.multiply.outer(x, [1, 2]),
};

/** Disposes the arrays of a result. */
function dispose(y: unknown): void {
  if (Array.isArray(y)) for (const member of y) dispose(member);
  else if (y instanceof NDArray || y instanceof DistributedArray) y.dispose();
}

group('memory of functions of arrays', () => {
  distributed(
    'holds nothing but the result after a call',
    { backends: ['cpu'], ranks: [1, 3] },
    ({ comm, backend }) => {
      const whole = NDArray.normal([400, 6], { seed: 1, dtype: 'float64' });
      for (const layout of [
        undefined,
        Layout.replicated([400, 6], comm.size),
        ...layoutsOf([400, 6], comm.size),
      ]) {
        const x = layout ? placed(whole, layout, comm) : whole;
        const weights = x.abs();
        const places = weights.multiply(3).astype('int32');
        const flat = xp.ravel(places);
        const also = { weights, mask: x.greater(0), places: flat };
        for (const [name, call] of Object.entries(RESULTS)) {
          // What a layout does not allow is an error on all ranks, in `searching`, `counting` …
          const attempt = (): void => {
            try {
              dispose(call(x, also));
            } catch (error) {
              if (!(error instanceof LopsError)) throw error;
            }
          };
          // The first call may fill a cache
          attempt();
          const before = backend.stats().liveBytes;
          attempt();
          expect(backend.stats().liveBytes - before, `${name} of ${x.space}`).to.equal(0);
        }
      }
    },
  );

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
