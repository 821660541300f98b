import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { hostArray, isFloat } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { fillNormal } from '../../src/core/base/random.js';
import { product } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { DistributedArrayOptions } from '../../src/core/distributed/space.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, NOTHING, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
const METHODS = ['linear', 'lower', 'higher', 'midpoint', 'nearest'] as const;
type Method = (typeof METHODS)[number];
const FUNCTIONS = [
  [xp.quantile, false],
  [xp.nanquantile, true],
] as const;
const FRACTIONS = [0, 0.3, 0.5, 0.875, 1];

const whole = (x: Either): NDArray => (x instanceof NDArray ? x : x.asArray());

/** The quantile of one line, from sorted numbers. */
function ofLine(line: readonly number[], q: number, method: Method, skipsNaN: boolean): number {
  const numbers = line.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  if (numbers.length === 0 || (!skipsNaN && numbers.length < line.length)) return Number.NaN;
  const at = (numbers.length - 1) * q;
  const [below, above] = [numbers[Math.floor(at)] as number, numbers[Math.ceil(at)] as number];
  const share = at % 1;
  if (below === above || method === 'lower') return below;
  if (method === 'higher') return above;
  if (method === 'midpoint') return below / 2 + above / 2;
  if (method === 'linear') return below * (1 - share) + above * share;
  if (share === 0.5) return Math.floor(at) % 2 === 0 ? below : above;
  return share < 0.5 ? below : above;
}

/** The quantiles of all lines, with an axis for q and reduced axes of length 1. */
function expectedOf(x: NDArray, axes: readonly number[], method: Method, skipsNaN: boolean): number[] {
  const [values, shape] = [x.toHost(), x.shape];
  const lines = new Map<string, number[]>();
  values.forEach((v, i) => {
    let rest = i;
    const index = shape.map((_, k) => {
      const stride = product(shape.slice(k + 1));
      const at = Math.floor(rest / stride);
      rest %= stride;
      return at;
    });
    const key = index.filter((_, k) => !axes.includes(k)).join();
    lines.set(key, [...(lines.get(key) ?? []), v]);
  });
  return FRACTIONS.flatMap((q) => [...lines.values()].map((line) => ofLine(line, q, method, skipsNaN)));
}

/** Replicated, split along each axis, in uneven parts, over a grid. */
function layoutsOf(x: NDArray, ranks: number): DistributedArray[] {
  const ways: DistributedArrayOptions[] = [
    { partition: 'BROADCAST' },
    ...x.shape.map((_, axis) => ({ axis })),
    {
      localShapes: Array.from({ length: ranks }, (_, r) => [
        r === ranks - 1 ? (x.shape[0] as number) : 0,
        ...x.shape.slice(1),
      ]),
    },
  ];
  // All on the first rank
  ways.push({ grid: x.shape.map(() => 1) });
  if (x.ndim > 1 && ranks > 2)
    ways.push({ grid: x.shape.map((_, k) => (k > 1 ? 1 : k === 0 && ranks < 4 ? 1 : 2)) });
  return ways.map((options) => DistributedArray.toDist(x, { dtype: x.dtype, ...options }));
}

function arrayOf(values: readonly number[], shape: readonly number[], dtype: NDArray['dtype']): NDArray {
  const host = hostArray(dtype, values.length);
  host.set(values);
  return NDArray.fromHost(host, shape, { dtype });
}

/** Numbers with ties, infinities and, in floats, NaN in some of the lines. */
function dataOf(shape: readonly number[], dtype: NDArray['dtype'], hasNaN: boolean): NDArray {
  const values = Array.from(fillNormal(3, 0, new Float64Array(product(shape))), (v, i) => {
    if (dtype === 'bool') return Number(v > 0);
    if (!isFloat(dtype)) return Math.round(5 * v);
    if (i % 11 === 5) return i % 2 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    return hasNaN && (i % 7 === 2 || i % (shape[shape.length - 1] as number) === 1)
      ? Number.NaN
      : Math.fround(v);
  });
  return arrayOf(values, shape, dtype);
}

const SHAPES: readonly (readonly number[])[] = [[13], [9, 8], [7, 1], [3, 2, 5]];

group('quantiles', () => {
  distributed(
    'equal those of sorted lines in any layout, over any axes',
    { timeout: 240_000 },
    ({ comm, backend, reals, tolerance }) => {
      const dtypes = [...reals, 'bool' as const];
      for (const dtype of dtypes) {
        const rule = {
          rtol: 10 * tolerance(isFloat(dtype) ? dtype : backend.defaultDType),
          atol: 10 * tolerance(isFloat(dtype) ? dtype : backend.defaultDType),
          notFinite: 'equal' as const,
        };
        for (const shape of SHAPES) {
          const isFirst = dtype === reals[0];
          for (const hasNaN of isFloat(dtype) ? (isFirst ? [false, true] : [true]) : [false]) {
            const x = dataOf(shape, dtype, hasNaN);
            // The first dtype in all layouts, each other one in some that are split
            const layouts = layoutsOf(x, comm.size);
            const d = dtypes.indexOf(dtype);
            for (const u of [x, ...layouts.filter((_, k) => (isFirst && hasNaN) || k % 3 === d % 3)]) {
              for (const axis of shape.length === 1 ? [0] : [null, 0, -1, [0, shape.length - 1]]) {
                const axes =
                  axis === null
                    ? shape.map((_, k) => k)
                    : [axis].flat().map((k) => (k + shape.length) % shape.length);
                for (const method of shape.length === 1 ? METHODS : (['linear'] as const)) {
                  const options = { axis: [...new Set(axes)], method, keepdims: true };
                  for (const [compute, skipsNaN] of FUNCTIONS.slice(0, hasNaN ? 2 : 1)) {
                    const f = `${skipsNaN} ${method} ${dtype} ${JSON.stringify(axis)} of ${u.space}`;
                    const y = whole(compute(u, FRACTIONS, options));
                    expect(y.shape, f).to.deep.equal([
                      FRACTIONS.length,
                      ...shape.map((n, k) => (axes.includes(k) ? 1 : n)),
                    ]);
                    const isBetween = method === 'linear' || method === 'midpoint';
                    expect(y.dtype, f).to.equal(
                      isFloat(dtype) ? dtype : isBetween ? backend.defaultDType : 'int32',
                    );
                    const values = expectedOf(x, axes, method, skipsNaN);
                    expectClose(y, arrayOf(values, y.shape, y.dtype), rule, f);
                  }
                }
              }
            }
          }
        }
      }
    },
  );

  distributed('of one q are numbers or arrays without a new axis', ({ comm, backend, tolerance }) => {
    const x = dataOf([6, 4], backend.defaultDType, true);
    const rule = {
      rtol: 10 * tolerance(x.dtype),
      atol: 10 * tolerance(x.dtype),
      notFinite: 'equal' as const,
    };
    const numbers = x.toHost();
    const middle = ofLine([...numbers], 0.5, 'linear', true);
    for (const u of [x, ...layoutsOf(x, comm.size)]) {
      expect(xp.median(u)).to.satisfy(Number.isNaN);
      for (const y of [xp.nanmedian(u), xp.nanquantile(u, 0.5), xp.nanpercentile(u, 50)])
        expect(y).to.be.closeTo(middle, 10 * tolerance(x.dtype));
      for (const keepdims of [false, true]) {
        const options = { axis: 0, keepdims } as const;
        const shape = keepdims ? [1, 4] : [4];
        for (const [one, name] of [
          [xp.median(u, options), xp.quantile(u, [0.5], options)],
          [xp.nanmedian(u, options), xp.nanquantile(u, [0.5], options)],
          [xp.percentile(u, 30, options), xp.quantile(u, NDArray.array([0.3]), options)],
          [xp.nanpercentile(u, 30, options), xp.nanquantile(u, Float64Array.of(0.3), options)],
        ] as const) {
          expect(one.space.shape).to.deep.equal(shape);
          expectClose(whole(one), whole(name).slice(0), rule, `${u.space}`);
        }
      }
    }
  });

  distributed('send what the doc comment says', ({ comm, reals }) => {
    const isSplit = comm.size > 1;
    for (const dtype of reals) {
      const steps = dtype === 'float64' ? 64 : 32;
      const line = DistributedArray.toDist(dataOf([50], dtype, false), { dtype });
      for (const compute of [() => xp.median(line), () => xp.percentile(line, [5, 50, 95])]) {
        const { messages, reductions, collectives } = traffic(comm, () => void compute());
        expect([messages, collectives], dtype).to.deep.equal([0, 0]);
        if (!isSplit) expect(reductions, dtype).to.equal(0);
        else expect(reductions, dtype).to.be.within(steps / 2, steps + 2);
      }
      const lines = DistributedArray.toDist(dataOf([8, 12], dtype, false), { dtype, axis: 0 });
      expect(traffic(comm, () => void xp.median(lines, { axis: 1 }))).to.deep.equal(NOTHING);
      expect(traffic(comm, () => void xp.median(lines.broadcast()))).to.deep.include({ reductions: 0 });
      const sent = traffic(comm, () => void xp.percentile(lines, [5, 95], { axis: 0 }));
      expect(sent, 'lines are moved').to.deep.equal({
        ...NOTHING,
        messages: isSplit ? comm.size - 1 : 0,
      });
    }
  });

  distributed('of nothing are NaN', () => {
    for (const x of [NDArray.zeros([0, 3]), DistributedArray.zeros([0, 3])]) {
      expect([xp.median(x), xp.nanquantile(x, 0.1)]).to.deep.equal([Number.NaN, Number.NaN]);
      expect(whole(xp.median(x, { axis: 0 })).toArray()).to.deep.equal([Number.NaN, Number.NaN, Number.NaN]);
      expect(xp.median(x, { axis: 1 }).size).to.equal(0);
      expect(whole(xp.quantile(x, [], { axis: 0 })).shape).to.deep.equal([0, 3]);
    }
    expect(whole(xp.quantile(NDArray.ones([3]), [0, 1])).toArray()).to.deep.equal([1, 1]);
  });

  distributed("by all of NumPy's methods", ({ comm }) => {
    const fractions = [0, 0.1, 0.2, 0.3, 0.5, 0.9, 1];
    const expected = {
      inverted_cdf: [0, 0, 0, 1, 3, 15, 15],
      averaged_inverted_cdf: [0, 0, 0.5, 1, 3, 15, 15],
      closest_observation: [0, 0, 0, 1, 1, 7, 15],
      interpolated_inverted_cdf: [0, 0, 0, 0.5, 2, 11, 15],
      hazen: [0, 0, 0.5, 1, 3, 15, 15],
      weibull: [0, 0, 0.2, 0.8, 3, 15, 15],
      median_unbiased: [0, 0, 0.4, 14 / 15, 3, 15, 15],
      normal_unbiased: [0, 0, 0.425, 0.95, 3, 15, 15],
    } as const;
    const x = NDArray.array([7, 0, 15, 3, 1]);
    for (const [method, values] of Object.entries(expected) as [keyof typeof expected, readonly number[]][])
      for (const y of [x, DistributedArray.toDist(x, { dtype: x.dtype, comm })]) {
        const received = whole(xp.quantile(y, fractions, { method }) as Either);
        expectClose(received, NDArray.array([...values]), 1e-6, { what: method });
      }
    const ints = xp.quantile(NDArray.array([4, 9], { dtype: 'int32' }), [0.5], { method: 'inverted_cdf' });
    expect((ints as NDArray).dtype).to.equal('int32');
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, dtypes }) => {
    const x = DistributedArray.ones([4, 3]);
    expectAllThrow(comm, () => xp.median(x, { axis: 2 }), ShapeError);
    expectAllThrow(comm, () => xp.median(x, { axes: 0 } as object), ArgumentError);
    for (const q of [-0.1, 1.1, Number.NaN, [0.5, 2], [[0.5]], 'half', undefined, NDArray.full([1, 1], 2)])
      expectAllThrow(comm, () => xp.quantile(x, q as number), ArgumentError);
    expectAllThrow(comm, () => xp.percentile(x, 100.5), ArgumentError);
    expectAllThrow(comm, () => xp.quantile(x, 0.5, { method: 'hasen' } as object), ArgumentError);
    expectAllThrow(comm, () => xp.quantile(x, 0.5, { keepdims: 1 } as object), ArgumentError);
    if (dtypes.includes('complex128'))
      expectAllThrow(comm, () => xp.median(x.astype('complex128')), DTypeError);
    const masked = DistributedArray.ones([4], { mask: Array.from({ length: comm.size }, (_, r) => r % 2) });
    expectAllThrow(comm, () => xp.median(masked), PartitionError);
  });
});
