import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { isComplex, isFloat } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  DTypeError,
  NumericalError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
type Options = { axis?: number | number[] | null; keepdims?: boolean };
type Reduce = (x: Either, options?: Options) => unknown;

/** The same functions of arrays of any dtype, of real ones, and those whose results are exact. */
const OF_ALL = ['sum', 'prod', 'mean', 'var', 'std', 'nansum', 'nanmean', 'nanvar'] as const;
const EXACT = ['any', 'all', 'countNonzero'] as const;
const OF_REAL = ['max', 'min', 'ptp', 'nanmax', 'nanmin'] as const;
const POSITIONS = ['argmax', 'argmin', 'nanargmax', 'nanargmin'] as const;
const functionOf = (name: string): Reduce => (xp as unknown as Record<string, Reduce>)[name] as Reduce;

const whole = (x: Either): NDArray => (x instanceof NDArray ? x : x.asArray());

/** An array in all layouts, replicated first. */
const inLayouts = (x: NDArray, comm: Communicator): DistributedArray[] =>
  [Layout.replicated(x.shape, comm.size), ...layoutsOf(x.shape, comm.size)].map((layout) =>
    placed(x, layout, comm),
  );

/** Random numbers, with a NaN if they are floats. */
function dataOf(shape: number[], dtype: NDArray['dtype'], hasNaN: boolean): NDArray {
  const size = shape.reduce((a, b) => a * b, 1);
  if (!isFloat(dtype))
    return NDArray.fromHost(
      Int32Array.from({ length: size }, (_, i) => ((7 * i) % 4) - 1),
      shape,
    );
  const x = NDArray.normal(shape, { dtype, seed: 4 });
  return hasNaN && x.size > 3 ? x.setAt(3, Number.NaN) : x;
}

const AXES: readonly (Options & { axis: number | number[] | null })[] = [
  { axis: null },
  { axis: null, keepdims: true },
  { axis: 0 },
  { axis: -1, keepdims: true },
  { axis: [0, 1] },
  { axis: [] },
];

const ALONG = { axis: 0 } as const;

group('reductions', () => {
  distributed(
    'equal those of one rank in any layout, over any axes',
    { timeout: 120_000 },
    ({ comm, backend, dtypes, tolerance }) => {
      for (const dtype of dtypes) {
        const isFirst = dtype === dtypes[0];
        for (const hasNaN of isFloat(dtype) ? (isFirst ? [false, true] : [true]) : [false]) {
          const x = dataOf([5, 3, 2], dtype, hasNaN);
          const names = [...OF_ALL, ...EXACT, ...(isComplex(dtype) ? [] : OF_REAL)];
          // The first dtype in all layouts, each other one in some that are split
          const layouts = inLayouts(x, comm);
          const d = dtypes.indexOf(dtype);
          for (const u of layouts.filter((_, k) => isFirst || k % 4 === d % 4)) {
            for (const name of names) {
              for (const options of AXES) {
                const [of, f] = [
                  functionOf(name),
                  `${name} ${dtype} ${JSON.stringify(options)} of ${u.space}`,
                ];
                const [expected, received] = [of(x, options), of(u, options)];
                if (typeof expected === 'boolean' || typeof received === 'boolean')
                  expect(received, f).to.equal(expected);
                else if (expected instanceof NDArray)
                  expectClose(
                    whole(received as Either),
                    expected,
                    {
                      rtol: 20 * tolerance(isFloat(dtype) ? dtype : backend.defaultDType),
                      atol: 20 * tolerance(isFloat(dtype) ? dtype : backend.defaultDType),
                      notFinite: 'equal',
                    },
                    f,
                  );
                else
                  expectClose(
                    NDArray.array([received as number]),
                    NDArray.array([expected as number]),
                    {
                      rtol: 20 * tolerance(isFloat(dtype) ? dtype : backend.defaultDType),
                      atol: 20 * tolerance(isFloat(dtype) ? dtype : backend.defaultDType),
                      notFinite: 'equal',
                    },
                    f,
                  );
              }
            }
          }
        }
      }
    },
  );

  distributed('find the first positions in any layout', ({ comm, reals }) => {
    for (const dtype of reals) {
      for (const hasNaN of [false, true]) {
        // Equal numbers on several ranks, so that the first one counts
        const x = dataOf([6, 4], dtype, hasNaN).multiply(2).rint();
        for (const u of inLayouts(x, comm)) {
          for (const name of POSITIONS) {
            for (const options of AXES.slice(0, 4)) {
              const [of, f] = [functionOf(name), `${name} ${JSON.stringify(options)} of ${u.space}`];
              const [expected, received] = [of(x, options), of(u, options)];
              if (typeof expected === 'number') expect(received, f).to.equal(expected);
              else expectSameBits(whole(received as Either), expected as NDArray, f);
            }
          }
        }
      }
    }
  });

  distributed('over a split axis of length 1 are right, whatever ranks without elements have', ({ comm }) => {
    const x = NDArray.arange(7).reshape([7, 1]);
    const u = DistributedArray.toDist(x, { axis: 1 });
    for (const name of ['sum', 'max', 'mean', 'var', 'any', 'argmax', 'nanmax'])
      for (const axis of [0, 1])
        expectSameBits(
          whole(functionOf(name)(u, { axis }) as Either),
          functionOf(name)(x, { axis }) as NDArray,
          `${name} over axis ${axis} on ${comm.size} ranks`,
        );
  });

  distributed('run along any axis', ({ comm, backend, dtypes, tolerance }) => {
    for (const dtype of dtypes) {
      const x = dataOf([7, 3], dtype, false);
      for (const u of inLayouts(x, comm)) {
        const isGrid = u.layout.grid.filter((parts) => parts > 1).length > 1;
        for (const axis of isGrid ? [null] : [null, 0, 1]) {
          for (const run of [xp.cumsum, xp.cumprod]) {
            const rule = {
              rtol: 20 * tolerance(isFloat(dtype) ? dtype : backend.defaultDType),
              atol: 20 * tolerance(isFloat(dtype) ? dtype : backend.defaultDType),
            };
            if (!isFloat(dtype) && run === xp.cumprod) continue;
            expectClose(run(u, { axis }).asArray(), run(x, { axis }), rule, `axis ${axis} of ${u.space}`);
          }
        }
        if (isGrid) expectAllThrow(comm, () => xp.cumsum(u, { axis: 0 }), PartitionError);
      }
    }
  });

  distributed('send what docs/arrays.md says', ({ comm, backend }) => {
    const x = DistributedArray.random([8, 3], { seed: 1 });
    const flags = x.greater(0);
    const counts = backend.dtypes.includes('int32') ? flags.astype('int32') : undefined;
    const isSplit = comm.size > 1;
    /** What a reduction over axis 0 sends: reductions if it is split, and exchanges of objects. */
    const table: readonly (readonly [string, (y: Either) => unknown, Either | undefined, number, number])[] =
      [
        ...(['sum', 'prod', 'mean', 'max', 'min', 'any', 'all'] as const).map(
          (name) => [name, (y: Either) => functionOf(name)(y, ALONG), x, 1, 0] as const,
        ),
        ...(['var', 'std', 'ptp', 'argmax', 'argmin'] as const).map(
          (name) => [name, (y: Either) => functionOf(name)(y, ALONG), x, 2, 0] as const,
        ),
        ['logsumexp', (y) => xp.special.logsumexp(y, ALONG), x, 2, 0],
        ['average', (y) => xp.average(y, { axis: 0, weights: x.abs() }), x, 2, 0],
        ['nanmax', (y) => xp.nanmax(y, ALONG), x, 1, 0],
        ['nanmean', (y) => xp.nanmean(y, ALONG), x, 2, 1],
        ['nanvar', (y) => xp.nanvar(y, ALONG), x, 4, 2],
        ['sum of flags', (y) => xp.sum(y, ALONG), flags, 1, 1],
        ['any of flags', (y) => xp.any(y, ALONG), flags, 1, 0],
        ['max of int32', (y) => xp.max(y, ALONG), counts, 1, 0],
        ['argmax', (y) => xp.argmax(y), x, 0, 1],
      ];
    const exchange = traffic(comm, () => void comm.allgatherObject({}));
    for (const [name, compute, y, reductions, exchanges] of table) {
      if (y === undefined) continue;
      expect(
        traffic(comm, () => void compute(y)),
        name,
      ).to.deep.equal({
        messages: exchanges * exchange.messages,
        reductions: (isSplit ? reductions : 0) + exchanges * exchange.reductions,
        collectives: exchanges * exchange.collectives,
      });
    }
    for (const compute of [xp.sum, xp.var, xp.max, xp.argmin])
      expect(traffic(comm, () => void compute(x, { axis: 1 }))).to.deep.equal(NOTHING);
    expect(traffic(comm, () => void xp.cumsum(x, { axis: 1 }))).to.deep.equal(NOTHING);
    const whole = x.broadcast();
    expect(traffic(comm, () => void xp.var(whole))).to.deep.equal(NOTHING);
    const { messages } = traffic(comm, () => void xp.cumsum(x, ALONG));
    expect(messages).to.be.at.most(Math.ceil(Math.log2(comm.size)));
  });

  distributed(
    'are weighted by arrays of the same shape, or along an axis',
    ({ comm, tolerance, backend }) => {
      const x = dataOf([5, 3], backend.defaultDType, false);
      const [w, along] = [dataOf([5, 3], x.dtype, false).abs(), NDArray.arange(5, { dtype: x.dtype })];
      const rule = 20 * tolerance(x.dtype);
      for (const u of inLayouts(x, comm)) {
        const weights = u.abs();
        for (const given of [w, weights])
          expectClose(
            whole(xp.average(u, { axis: 0, weights: given })),
            xp.average(x, { axis: 0, weights: w }),
            rule,
          );
        const expected = x
          .multiply(along.reshape([5, 1]))
          .sum(0)
          .divide(10);
        expectClose(whole(xp.average(u, { axis: 0, weights: along })), expected, rule);
        expectAllThrow(comm, () => xp.average(u, { weights: along }), ShapeError);
      }
    },
  );

  distributed('of integers are exact, or refused on all ranks', ({ comm, backend }) => {
    if (!backend.dtypes.includes('int32')) return;
    const large = NDArray.array([2 ** 30, 2 ** 30, 1, 2], { dtype: 'int32' });
    for (const u of [large, DistributedArray.toDist(large, { dtype: 'int32' })]) {
      expect(xp.sum(u)).to.equal(2 ** 31 + 3);
      expectAllThrow(comm, () => xp.sum(u, { dtype: 'int32' }), NumericalError);
      if (backend.dtypes.includes('float64')) {
        expect(whole(xp.sum(u, { axis: 0 })).toArray()).to.equal(2 ** 31 + 3);
        const sums = xp.cumsum(u);
        expect([whole(sums).get(-1), sums.dtype]).to.deep.equal([2 ** 31 + 3, 'float64']);
        expect(xp.sum(u, { dtype: 'float64' })).to.equal(2 ** 31 + 3);
      } else {
        expectAllThrow(comm, () => xp.sum(u, { axis: 0 }), NumericalError);
        expectAllThrow(comm, () => xp.cumsum(u), NumericalError);
      }
      const small = u instanceof NDArray ? u.slice([2, 4]) : u.subtract(large).add(3);
      const total = xp.sum(small, { axis: 0 });
      expect(total.dtype).to.equal('int32');
    }
    const flags = DistributedArray.toDist(NDArray.array([true, false, true]), { dtype: 'bool' });
    expect([xp.sum(flags), xp.any(flags), xp.all(flags), xp.max(flags)]).to.deep.equal([2, true, false, 1]);
  });

  distributed('of nothing are those of NumPy', ({ comm }) => {
    for (const x of [NDArray.zeros([0, 3]), DistributedArray.zeros([0, 3])]) {
      expect([xp.sum(x), xp.prod(x), xp.any(x), xp.all(x), xp.mean(x)]).to.deep.equal([
        0,
        1,
        false,
        true,
        Number.NaN,
      ]);
      expect(whole(xp.sum(x, { axis: 0 })).toArray()).to.deep.equal([0, 0, 0]);
      expectAllThrow(comm, () => xp.max(x), ShapeError);
      expectAllThrow(comm, () => xp.argmin(x, { axis: 0 }), ShapeError);
      expect(xp.max(x, { axis: 1 }).size).to.equal(0);
    }
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, dtypes }) => {
    const x = DistributedArray.ones([4, 3]);
    expectAllThrow(comm, () => xp.sum(x, { axis: 2 }), ShapeError);
    expectAllThrow(comm, () => xp.sum(x, { axis: [0, 0] }), ShapeError);
    expectAllThrow(comm, () => xp.sum(x, { axes: 0 } as object), ArgumentError);
    expectAllThrow(comm, () => xp.sum(x, { keepdims: 1 } as object), ArgumentError);
    expectAllThrow(comm, () => xp.sum(x, { dtype: 'int32' }), DTypeError);
    expectAllThrow(comm, () => xp.argmax(x, { axis: [0, 1] }), ArgumentError);
    expectAllThrow(comm, () => xp.var(x, { ddof: Number.NaN }), ArgumentError);
    if (dtypes.includes('complex128'))
      expectAllThrow(comm, () => xp.max(x.astype('complex128'), { axis: 0 }), DTypeError);
    const masked = DistributedArray.ones([4], { mask: Array.from({ length: comm.size }, (_, r) => r % 2) });
    expectAllThrow(comm, () => xp.sum(masked), PartitionError);
  });
});
