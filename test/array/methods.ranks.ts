import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex, isFloat } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  DTypeError,
  NumericalError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { product } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, placed } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
type Method = (...args: unknown[]) => unknown;
type Numbers = readonly number[];

const whole = (x: Either): NDArray => (x instanceof NDArray ? x : x.asArray());
const methodOf = (x: Either, name: string): Method =>
  (x as unknown as Record<string, Method>)[name] as Method;
/** The elements, without negative zeros. */
const numbersOf = (x: NDArray): number[] => Array.from(x.toHost(), (v) => v + 0);
const functionOf = (name: string) =>
  (xp as unknown as Record<string, (x: Either, options?: unknown) => unknown>)[name] as (
    x: Either,
    options?: unknown,
  ) => unknown;

const total = (line: Numbers): number => line.reduce((a, b) => a + b, 0);
const meanOf = (line: Numbers): number => total(line) / line.length;
const variance = (line: Numbers, ddof = 0): number =>
  total(line.map((v) => (v - meanOf(line)) ** 2)) / Math.max(0, line.length - ddof);
const extreme = (line: Numbers, isBetter: (a: number, b: number) => boolean): number =>
  line.reduce((at, v, i) => {
    const best = line[at] as number;
    return !Number.isNaN(best) && (Number.isNaN(v) || isBetter(v, best)) ? i : at;
  }, 0);

interface Row {
  readonly name: string;
  /** The result for one line of numbers. */
  readonly of: (line: Numbers) => number;
  readonly options?: object;
  /** Whether the result has an axis of its own choice only. */
  readonly oneAxis?: boolean;
  readonly real?: boolean;
  readonly result?: 'bool' | 'int32' | 'float';
}

/** The methods, and what they are for real numbers. */
const TABLE: readonly Row[] = [
  { name: 'sum', of: total },
  { name: 'prod', of: (line) => line.reduce((a, b) => a * b, 1) },
  { name: 'max', of: (line) => Math.max(...line), real: true },
  { name: 'min', of: (line) => Math.min(...line), real: true },
  { name: 'mean', of: meanOf, result: 'float' },
  { name: 'var', of: (line) => variance(line), result: 'float' },
  { name: 'var', of: (line) => variance(line, 1), options: { ddof: 1 }, result: 'float' },
  { name: 'std', of: (line) => Math.sqrt(variance(line)), result: 'float' },
  { name: 'any', of: (line) => Number(line.some((v) => v !== 0)), result: 'bool' },
  { name: 'all', of: (line) => Number(line.every((v) => v !== 0)), result: 'bool' },
  {
    name: 'argmax',
    of: (line) => extreme(line, (a, b) => a > b),
    oneAxis: true,
    real: true,
    result: 'int32',
  },
  {
    name: 'argmin',
    of: (line) => extreme(line, (a, b) => a < b),
    oneAxis: true,
    real: true,
    result: 'int32',
  },
];

const SHAPE = [5, 3, 2];

/** Small whole numbers, also as floats, so that sums and products are exact. */
function dataOf(dtype: DType): NDArray {
  const size = product(SHAPE);
  const values = Array.from({ length: size }, (_, i) => ((11 * i) % 5) - 2 || 1);
  values[7] = 0;
  const x = NDArray.array(values.map((v) => (dtype === 'bool' ? Number(v > 0) : v))).reshape(SHAPE);
  return x.astype(dtype);
}

/** The lines of x over some axes, in the order of the result. */
function linesOf(x: NDArray, axes: Numbers): number[][] {
  const values = x.astype(isFloat(x.dtype) ? x.dtype : x.backend.defaultDType).toHost();
  const lines = new Map<string, number[]>();
  values.forEach((v, i) => {
    const index = SHAPE.map((n, k) => Math.floor(i / product(SHAPE.slice(k + 1))) % n);
    const key = index.filter((_, k) => !axes.includes(k)).join();
    lines.set(key, [...(lines.get(key) ?? []), v]);
  });
  return [...lines.values()];
}

const ALL = SHAPE.map((_, k) => k);
/** Arguments, the axes that they name, and whether these stay. */
const CALLS: readonly { args: unknown[]; axes: Numbers | undefined; keepdims?: boolean }[] = [
  { args: [], axes: undefined },
  { args: [null], axes: undefined },
  { args: [{}], axes: undefined },
  { args: [{ axis: null }], axes: undefined },
  { args: [undefined, {}], axes: undefined },
  { args: [{ keepdims: true }], axes: ALL, keepdims: true },
  { args: [undefined, { keepdims: true }], axes: ALL, keepdims: true },
  { args: [1], axes: [1] },
  { args: [{ axis: 0 }], axes: [0] },
  { args: [-1, { keepdims: true }], axes: [2], keepdims: true },
  { args: [{ axis: -2, keepdims: true }], axes: [1], keepdims: true },
  { args: [[2, 0]], axes: [0, 2] },
  { args: [{ axis: [0, 1, 2] }], axes: ALL },
];

/** The arguments with more options. */
function withMore(args: readonly unknown[], more: object | undefined): unknown[] {
  if (!more) return [...args];
  const last = args.at(-1);
  const isObject = typeof last === 'object' && last !== null && !Array.isArray(last);
  if (isObject) return [...args.slice(0, -1), { ...last, ...more }];
  return args.length === 0 ? [more] : [...args, more];
}

/** A plain options object that means the same as the arguments. */
const asOptions = ([first, second]: readonly unknown[]): object =>
  typeof first === 'object' && first !== null && !Array.isArray(first)
    ? first
    : { axis: first, ...(second as object | undefined) };

group('methods of both kinds of array', () => {
  distributed(
    'are the same, and those of a loop, in any layout, of any dtype',
    { timeout: 120_000 },
    ({ comm, backend, tolerance }) => {
      for (const dtype of backend.dtypes.filter((d) => !isComplex(d))) {
        const x = dataOf(dtype).to(backend);
        const float = isFloat(dtype) ? dtype : backend.defaultDType;
        const rule = { rtol: 20 * tolerance(float), atol: 20 * tolerance(float) };
        const layouts = [Layout.replicated(SHAPE, comm.size), ...layoutsOf(SHAPE, comm.size)];
        for (const { name, of, options, oneAxis, result } of TABLE) {
          for (const { args, axes, keepdims } of CALLS) {
            if (oneAxis && axes && axes.length !== 1 && !keepdims) continue;
            const given = withMore(args, options);
            const lines = linesOf(x, axes ?? ALL).map(of);
            const shape = SHAPE.flatMap((n, k) => (axes?.includes(k) ? (keepdims ? [1] : []) : [n]));
            for (const u of [x, ...layouts.map((layout) => placed(x, layout, comm))]) {
              const what = `${name}(${JSON.stringify(given)}) of ${u.space}`;
              const method = methodOf(u, name).apply(u, given);
              for (const y of [method, functionOf(name)(u, asOptions(given))]) {
                if (!axes) {
                  const number = typeof y === 'boolean' ? Number(y) : (y as number);
                  expect(typeof y, what).to.equal(result === 'bool' ? 'boolean' : 'number');
                  expect(number, what).to.be.closeTo(lines[0] as number, rule.atol * 10);
                  continue;
                }
                const array = whole(y as Either);
                expect(array.shape, what).to.deep.equal(shape);
                const own = name === 'sum' || name === 'prod' ? (dtype === 'bool' ? 'int32' : dtype) : dtype;
                expect(array.dtype, what).to.equal(result === 'float' ? float : (result ?? own));
                expectClose(
                  array.astype(float),
                  NDArray.array(lines, { dtype: float }).reshape(shape),
                  rule,
                  what,
                );
              }
            }
          }
        }
      }
    },
  );

  distributed('of complex numbers are those of both parts', ({ comm, backend, tolerance }) => {
    for (const dtype of backend.dtypes.filter(isComplex)) {
      const x = NDArray.normal([5, 3], { dtype, seed: 2 }).to(backend);
      const rule = { rtol: 50 * tolerance(dtype), atol: 50 * tolerance(dtype) };
      const sums = [x.real(), x.imag()].map((part) => part.sum() as number) as [number, number];
      for (const layout of [Layout.replicated([5, 3], comm.size), ...layoutsOf([5, 3], comm.size)]) {
        const u = placed(x, layout, comm);
        for (const [y, expected] of [
          [u.sum(), { re: sums[0], im: sums[1] }],
          [u.mean(), { re: sums[0] / 15, im: sums[1] / 15 }],
          [u.prod(), x.prod()],
        ] as const)
          expectClose(NDArray.array([y]), NDArray.array([expected]), rule, `${u.space}`);
        expect(u.var()).to.be.closeTo(x.real().var() + x.imag().var(), rule.atol);
        expect(u.std({ ddof: 15 })).to.equal(Number.POSITIVE_INFINITY);
        // Running sums need one split axis
        const isSplitOnce = layout.grid.filter((parts) => parts > 1).length <= 1;
        for (const name of ['sum', 'prod', 'mean', 'var', 'std', ...(isSplitOnce ? ['cumsum'] : [])])
          expectClose(
            whole(methodOf(u, name).call(u, 0) as Either),
            methodOf(x, name).call(x, 0) as NDArray,
            rule,
            `${name} of ${u.space}`,
          );
        for (const name of ['max', 'argmin'])
          expectAllThrow(comm, () => methodOf(u, name).call(u), DTypeError, name);
      }
    }
  });

  distributed('run along any axis, or over all elements', ({ comm, backend }) => {
    for (const dtype of backend.dtypes.filter((d) => !isComplex(d))) {
      const x = dataOf(dtype).to(backend);
      for (const [name, join] of [
        ['cumsum', (a: number, b: number) => a + b],
        ['cumprod', (a: number, b: number) => a * b],
      ] as const) {
        const runOf = (line: Numbers): number[] => {
          let sum = name === 'cumsum' ? 0 : 1;
          return line.map((v) => {
            sum = join(sum, v) + 0;
            return sum;
          });
        };
        const flat = linesOf(x, ALL).flatMap(runOf);
        const along = linesOf(x, [2]).flatMap(runOf);
        for (const layout of [Layout.replicated(SHAPE, comm.size), ...layoutsOf(SHAPE, comm.size)]) {
          const u = placed(x, layout, comm);
          for (const v of [x, u]) {
            for (const args of [[], [null], [{}], [{ axis: null }]]) {
              const y = whole(methodOf(v, name).apply(v, args) as Either);
              expect([y.dtype, numbersOf(y)], `${name} of ${v.space}`).to.deep.equal([
                dtype === 'bool' ? 'int32' : dtype,
                flat,
              ]);
            }
            for (const args of [[2], [{ axis: -1 }], [2, {}]])
              expect(numbersOf(whole(methodOf(v, name).apply(v, args) as Either))).to.deep.equal(along);
          }
        }
      }
    }
  });

  distributed('divide by n − ddof, or by 0', () => {
    const x = NDArray.array([1, 2, 3, 4]);
    const same = NDArray.array([2, 2]);
    const infinite = Number.POSITIVE_INFINITY;
    for (const of of [(v: NDArray) => v, (v: NDArray) => DistributedArray.toDist(v)]) {
      const [u, v] = [of(x), of(same)];
      expect([3, 4, 5].map((ddof) => u.var({ ddof }))).to.deep.equal([5, infinite, infinite]);
      expect([4, 5].map((ddof) => u.std({ ddof }))).to.deep.equal([infinite, infinite]);
      expect([4, 5].map((ddof) => whole(u.var(0, { ddof })).get())).to.deep.equal([infinite, infinite]);
      expect([v.var({ ddof: 2 }), v.std({ ddof: 3 })]).to.deep.equal([Number.NaN, Number.NaN]);
      expect([xp.nanvar(u, { ddof: 4 }), whole(xp.cov(u, { ddof: 5 })).get()]).to.deep.equal([
        Number.NaN,
        infinite,
      ]);
      for (const name of ['var', 'std', 'nanvar', 'nanstd'])
        expect(() => functionOf(name)(u, { ddof: Number.NaN })).to.throw(ArgumentError, `${name}: `);
    }
  });

  distributed('of large and small numbers have deviations, in any layout', ({ comm, reals }) => {
    for (const dtype of reals) {
      for (const size of dtype === 'float64' ? [1e200, 1e-200] : [2 ** 100, 2 ** -100]) {
        const x = NDArray.array([[size], [-size], [size], [-size]], { dtype });
        for (const layout of layoutsOf([4, 1], comm.size)) {
          const u = placed(x, layout, comm);
          const values = [u.std(), whole(u.std(0)).get(0), whole(u.std({ axis: [0, 1] })).get()];
          for (const y of values) expect((y as number) / size, `${u.space}`).to.be.closeTo(1, 1e-6);
        }
      }
      const constant = DistributedArray.full([6, 2], 3, { dtype });
      expect(whole(constant.std(0)).toArray()).to.deep.equal([0, 0]);
      constant.set([5, 1], Number.NaN);
      expect(whole(constant.std(0)).toArray()).to.deep.equal([0, Number.NaN]);
    }
  });

  distributed('of integers are exact or refused on all ranks, whatever ranks add', ({ comm, backend }) => {
    const options = { dtype: 'int32', backend } as const;
    const size = comm.size + 1;
    const wide = backend.dtypes.includes('float64');
    const largest = DistributedArray.full([size], 2 ** 30, options);
    expect(largest.sum()).to.equal(size * 2 ** 30);
    expect(largest.mean()).to.equal(2 ** 30);
    if (wide) {
      const sums = largest.cumsum();
      expect([whole(largest.sum(0)).get(), sums.dtype]).to.deep.equal([size * 2 ** 30, 'float64']);
      expect(whole(sums).get(-1)).to.equal(size * 2 ** 30);
    } else {
      expectAllThrow(comm, () => largest.sum(0), NumericalError);
      expectAllThrow(comm, () => largest.cumsum(), NumericalError);
    }
    expectAllThrow(comm, () => largest.sum({ dtype: 'int32' }), NumericalError);
    expectAllThrow(comm, () => largest.prod(0), NumericalError);
    expectAllThrow(comm, () => DistributedArray.full([64 * size], 2, options).prod(), NumericalError);
    if (wide) expect(whole(largest.sum({ axis: 0, dtype: 'float64' })).get()).to.equal(size * 2 ** 30);
    // More than float32 holds exactly
    const odd = DistributedArray.full([size], 2 ** 24 + 1, options);
    expect([odd.sum(), whole(odd.sum(0)).get()]).to.deep.equal(new Array(2).fill(size * (2 ** 24 + 1)));
    expect(odd.cumsum().asArray().toHost().at(-1)).to.equal(size * (2 ** 24 + 1));
    const factors = DistributedArray.ones([size], options)
      .set([0], 46341)
      .set([size - 1], 46337);
    const value = size === 1 ? 46337 : 46341 * 46337;
    expect(factors.prod()).to.equal(value);
    const least = DistributedArray.zeros([size], options).set([0], -(2 ** 31));
    expect(least.sum()).to.equal(-(2 ** 31));
    if (wide) expect(whole(least.sum(0)).get()).to.equal(-(2 ** 31));
  });

  distributed('leave only their results in memory', ({ backend }) => {
    const x = DistributedArray.random([6, 4, 2], { seed: 3, backend });
    // Engines without float64 refuse products that might be larger than int32
    const integers = backend.dtypes.includes('float64') ? x.multiply(3).astype('int32') : undefined;
    const live = (): number => backend.stats().liveBytes;
    for (const u of [x, x.broadcast(), x.asArray(), integers, integers?.asArray()]) {
      if (!u) continue;
      for (const name of [
        ...new Set(TABLE.map((row) => row.name)),
        'cumsum',
        'cumprod',
        'ptp',
        'median',
        'nanmax',
        'average',
      ]) {
        for (const options of [{}, { axis: 0 }, { axis: 1 }, { axis: 0, keepdims: true }, { axis: [0, 2] }]) {
          if (name.startsWith('cum') && ('keepdims' in options || Array.isArray(options.axis))) continue;
          if (name.startsWith('arg') && Array.isArray(options.axis)) continue;
          const before = live();
          const y = functionOf(name)(u, options);
          if (y instanceof NDArray || y instanceof DistributedArray) y.dispose();
          expect(live(), `${name} ${JSON.stringify(options)} of ${u.space}`).to.equal(before);
          tidy(() => void functionOf(name)(u, options));
          expect(live(), `${name} in tidy`).to.equal(before);
        }
      }
    }
  });

  distributed('refuse what does not fit, on all ranks, by their names', ({ comm }) => {
    const local = NDArray.ones([4, 3]);
    for (const x of [local, DistributedArray.toDist(local)]) {
      for (const name of [...TABLE.map((row) => row.name), 'cumsum', 'cumprod']) {
        const method = (...args: unknown[]) => methodOf(x, name).apply(x, args);
        expectAllThrow(comm, () => method(2), ShapeError, name);
        expectAllThrow(comm, () => method({ axis: 0.5 }), ShapeError, name);
        expectAllThrow(comm, () => method({ axes: 0 }), ArgumentError, name);
        expectAllThrow(comm, () => method(0, { axis: 0 }), ArgumentError, name);
        expectAllThrow(comm, () => method({ axis: 0 }, {}), ArgumentError, name);
        expectAllThrow(comm, () => method(0, 1), ArgumentError, name);
        expect(() => method(2)).to.throw(`${name}: expected axis`);
        if (name.startsWith('cum')) continue;
        expectAllThrow(comm, () => method({ keepdims: 1 }), ArgumentError, name);
      }
      for (const name of ['sum', 'prod', 'cumsum'])
        expectAllThrow(comm, () => methodOf(x, name).call(x, 0, { dtype: 'int32' }), DTypeError, name);
      for (const name of ['argmax', 'argmin'])
        expectAllThrow(comm, () => methodOf(x, name).call(x, [0, 1]), ArgumentError, name);
    }
    const none = NDArray.zeros([0, 3]);
    for (const x of [none, DistributedArray.toDist(none), DistributedArray.toDist(none, { axis: 1 })]) {
      for (const name of ['max', 'min', 'argmax', 'argmin', 'ptp', 'nanmax', 'nanmin', 'nanargmax']) {
        for (const options of [{}, { axis: 0 }]) {
          expectAllThrow(comm, () => functionOf(name)(x, options), ShapeError, name);
          expect(() => functionOf(name)(x, options)).to.throw(`${name} of nothing is not defined`);
        }
      }
      expect([x.sum(), x.prod(), x.any(), x.all(), x.mean(), x.var()]).to.deep.equal([
        0,
        1,
        false,
        true,
        Number.NaN,
        Number.NaN,
      ]);
    }
    const masked = DistributedArray.ones([4], { mask: Array.from({ length: comm.size }, (_, r) => r % 2) });
    for (const name of TABLE.map((row) => row.name))
      expectAllThrow(comm, () => methodOf(masked, name).call(masked), PartitionError, name);
  });

  distributed('without NaN find positions, or refuse lines of NaN on all ranks', ({ comm }) => {
    const [nan, low] = [Number.NaN, Number.NEGATIVE_INFINITY];
    const x = NDArray.array([
      [nan, low, low],
      [2, nan, 7],
      [2, 5, nan],
      [nan, 9, -7],
    ]);
    const lines = NDArray.array([
      [nan, 1],
      [nan, nan],
      [3, 4],
    ]);
    for (const layout of [Layout.replicated([4, 3], comm.size), ...layoutsOf([4, 3], comm.size)]) {
      const u = placed(x, layout, comm);
      for (const v of [x, u]) {
        expect([xp.nanargmax(v), xp.nanargmin(v)]).to.deep.equal([10, 1]);
        expect(whole(xp.nanargmax(v, { axis: 0 })).toArray()).to.deep.equal([1, 3, 1]);
        expect(whole(xp.nanargmax(v, { axis: 1 })).toArray()).to.deep.equal([1, 2, 1, 1]);
        expect(whole(xp.nanargmin(v, { axis: 1 })).toArray()).to.deep.equal([1, 0, 0, 2]);
      }
    }
    for (const layout of [Layout.replicated([3, 2], comm.size), ...layoutsOf([3, 2], comm.size)]) {
      const u = placed(lines, layout, comm);
      for (const name of ['nanargmax', 'nanargmin']) {
        expectAllThrow(comm, () => functionOf(name)(u, { axis: 1 }), ArgumentError, `${name} ${u.space}`);
        expectAllThrow(comm, () => functionOf(name)(u.multiply(nan)), ArgumentError, name);
      }
      expect(whole(xp.nanargmax(u, { axis: 0 })).toArray()).to.deep.equal([2, 2]);
    }
    expect(xp.nanargmax(NDArray.array([nan, low, low]))).to.equal(1);
  });
});
