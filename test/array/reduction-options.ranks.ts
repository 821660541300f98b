import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError, PartitionError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, placed } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
interface Options {
  readonly axis?: number | number[] | null;
  readonly keepdims?: boolean;
  readonly where?: Either | undefined;
  readonly initial?: number | undefined;
  readonly ddof?: number;
  readonly out?: Either;
}
type Reduce = (x: Either, options?: Options) => unknown;
const functionOf = (name: string): Reduce => (xp as unknown as Record<string, Reduce>)[name] as Reduce;
const whole = (x: unknown): NDArray =>
  x instanceof DistributedArray ? x.asArray() : x instanceof NDArray ? x : NDArray.array([Number(x)]);

const add = (a: number, b: number): number => a + b;
const numbersOf = (values: readonly number[]): number[] => values.filter((v) => !Number.isNaN(v));
const meanOf = (values: readonly number[]): number => values.reduce(add, 0) / values.length;
const varianceOf = (values: readonly number[], ddof: number): number => {
  const mean = meanOf(values);
  return values.map((v) => (v - mean) ** 2).reduce(add, 0) / Math.max(0, values.length - ddof);
};
const largest = (values: readonly number[]): number => (values.length > 0 ? Math.max(...values) : Number.NaN);
const smallest = (values: readonly number[]): number => -largest(values.map((v) => -v));

/** The results for the elements that count, of which `initial` is the last if it is given. */
const DEFINITIONS: Readonly<Record<string, (values: readonly number[], ddof: number) => number>> = {
  sum: (v) => v.reduce(add, 0),
  prod: (v) => v.reduce((a, b) => a * b, 1),
  max: largest,
  min: smallest,
  mean: meanOf,
  var: varianceOf,
  std: (v, ddof) => Math.sqrt(varianceOf(v, ddof)),
  any: (v) => Number(v.some((a) => a !== 0)),
  all: (v) => Number(v.every((a) => a !== 0)),
  nansum: (v) => numbersOf(v).reduce(add, 0),
  nanprod: (v) => numbersOf(v).reduce((a, b) => a * b, 1),
  nanmax: (v) => largest(numbersOf(v)),
  nanmin: (v) => smallest(numbersOf(v)),
  nanmean: (v) => meanOf(numbersOf(v)),
  nanvar: (v, ddof) => {
    const numbers = numbersOf(v);
    return numbers.length > ddof ? varianceOf(numbers, ddof) : Number.NaN;
  },
  nanstd: (v, ddof) => {
    const numbers = numbersOf(v);
    return numbers.length > ddof ? Math.sqrt(varianceOf(numbers, ddof)) : Number.NaN;
  },
};
const TAKES_INITIAL = ['sum', 'prod', 'max', 'min', 'nansum', 'nanprod', 'nanmax', 'nanmin'];
const NEEDS_INITIAL = ['max', 'min', 'nanmax', 'nanmin'];
const TAKES_DDOF = ['var', 'std', 'nanvar', 'nanstd'];

const SHAPE = [5, 4];
/** The definition over the axes of a table, as one list. */
function defined(
  name: string,
  x: readonly number[],
  mask: readonly number[],
  { axis, initial, ddof = 0 }: Options,
): number[] {
  const [rows, columns] = SHAPE as [number, number];
  const lines = new Map<number, number[]>();
  const lineOf = (i: number, j: number): number => (axis === 0 ? j : axis === 1 ? i : 0);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const line = lines.get(lineOf(i, j)) ?? [];
      lines.set(lineOf(i, j), line);
      if (mask[i * columns + j]) line.push(x[i * columns + j] as number);
    }
  return [...lines.values()].map((line) =>
    (DEFINITIONS[name] as (typeof DEFINITIONS)[string])(
      initial === undefined ? line : [...line, initial],
      ddof,
    ),
  );
}

/** Masks of the table, which broadcast to it. */
const masksOf = (options: object): (NDArray | undefined)[] => {
  const bool = (values: number[], shape: number[]): NDArray =>
    NDArray.array(values, { ...options, dtype: 'bool' }).reshape(shape);
  return [
    undefined,
    bool(
      Array.from({ length: 20 }, (_, i) => Number(i % 3 !== 1 && i < 17)),
      SHAPE,
    ),
    bool([1, 0, 1, 1], [4]),
    bool([1, 0, 0, 1, 1], [5, 1]),
    bool([0], [1, 1]),
  ];
};

const AXES: readonly Options[] = [{ axis: null }, { axis: 0 }, { axis: 1 }, { axis: [0, 1], keepdims: true }];

group('options of reductions', () => {
  distributed(
    'where, initial and out are those of the definition, in any layout',
    { timeout: 240_000 },
    ({ comm, backend, reals, tolerance }) => {
      for (const dtype of reals.filter((d) => d !== 'bool')) {
        const isInteger = dtype === 'int32';
        const values = Array.from({ length: 20 }, (_, i) =>
          isInteger ? ((i * 7) % 5) - 2 : i === 6 ? Number.NaN : Math.sin(3 * i + 1),
        );
        const x = NDArray.array(values, { dtype, backend }).reshape(SHAPE);
        const given = Array.from(x.toHost());
        const arrays: Either[] = [
          x,
          placed(x, Layout.replicated(SHAPE, comm.size), comm),
          ...layoutsOf(SHAPE, comm.size).map((layout) => placed(x, layout, comm)),
        ];
        const eps = 50 * tolerance(isInteger ? backend.defaultDType : dtype);
        masksOf({ backend }).forEach((mask, m) => {
          const flags = mask ? Array.from(mask.broadcastTo(SHAPE).toHost()) : new Array<number>(20).fill(1);
          arrays.forEach((u, layout) => {
            // All layouts for the first dtype and one mask, otherwise some of them
            if (!(dtype === reals[0] && m === 1) && layout % 4 !== m % 4) return;
            // A mask of the table's shape is split as the array is in half of the layouts
            const own =
              mask && m === 1 && layout % 2 === 0 && u instanceof DistributedArray
                ? placed(mask, u.layout, comm)
                : mask;
            for (const name of Object.keys(DEFINITIONS)) {
              // A sum of integers with an initial number needs float64
              const initial =
                (!isInteger || backend.dtypes.includes('float64')) &&
                TAKES_INITIAL.includes(name) &&
                (m > 0 || NEEDS_INITIAL.includes(name))
                  ? 2
                  : undefined;
              const ddof = TAKES_DDOF.includes(name) ? { ddof: 1 } : {};
              for (const axes of AXES) {
                const options: Options = {
                  ...axes,
                  ...ddof,
                  ...(initial === undefined ? {} : { initial }),
                  ...(own === undefined ? {} : { where: own }),
                };
                const f = `${name} ${dtype} mask ${m} ${JSON.stringify(axes)} of ${u.space}`;
                const received = functionOf(name)(u, options);
                const expected = NDArray.array(defined(name, given, flags, { ...options, ...ddof }), {
                  dtype: backend.defaultDType,
                  backend,
                });
                const rule = { rtol: eps, atol: eps, notFinite: 'equal' } as const;
                const result = whole(received);
                expectClose(result.ravel().astype(backend.defaultDType), expected, rule, f);
                // The same into an array of the result's layout
                if (typeof received === 'number' || typeof received === 'boolean') {
                  const out = NDArray.zeros([], { backend, dtype: isInteger ? undefined : dtype });
                  expect(functionOf(name)(u, { ...options, out }), f).to.equal(out);
                  expectClose(out.ravel().astype(backend.defaultDType), expected, rule, f);
                } else {
                  const out = (received as NDArray).zerosLike();
                  expect(functionOf(name)(u, { ...options, out }), f).to.equal(out);
                  expectClose(whole(out).ravel().astype(backend.defaultDType), expected, rule, f);
                }
              }
            }
          });
        });
      }
    },
  );

  distributed('extremes of nothing, and sums beyond int32, with initial', ({ comm, backend }) => {
    const none = NDArray.zeros([0, 3], { backend });
    for (const u of [none, DistributedArray.toDist(none)] as Either[]) {
      expect(functionOf('max')(u, { initial: -1 })).to.equal(-1);
      expect(functionOf('nanmin')(u, { initial: 4 })).to.equal(4);
      expect(whole(functionOf('min')(u, { axis: 0, initial: 7 })).toArray()).to.deep.equal([7, 7, 7]);
      expectAllThrow(comm, () => functionOf('max')(u), ShapeError, 'max of nothing');
    }
    const flags = NDArray.array([true, true], { backend });
    for (const u of [flags, DistributedArray.toDist(flags)] as Either[]) {
      expect(functionOf('sum')(u, { initial: 3 })).to.equal(5);
      if (backend.dtypes.includes('float64'))
        expect(whole(functionOf('sum')(u, { axis: 0, initial: 3 }) as Either).toArray()).to.equal(5);
    }
    if (!backend.dtypes.includes('int32')) return;
    const most = NDArray.array([2 ** 31 - 1, 0], { dtype: 'int32', backend });
    for (const u of [most, DistributedArray.toDist(most)] as Either[]) {
      expect(functionOf('sum')(u, { initial: 1 })).to.equal(2 ** 31);
      const over = () => functionOf('sum')(u, { axis: 0, initial: 1 }) as Either;
      if (backend.dtypes.includes('float64')) expect(whole(over()).toArray()).to.equal(2 ** 31);
      else expectAllThrow(comm, over, DTypeError, 'int32');
      expectAllThrow(comm, () => functionOf('sum')(u, { initial: 0.5 }), DTypeError, '0.5');
      expectAllThrow(comm, () => functionOf('max')(u, { axis: 0, initial: 0.5 }), DTypeError, '0.5');
    }
  });

  distributed('positions, running sums and quantiles have out', ({ backend }) => {
    const x = NDArray.array([3, 1, 2, 5, 4, 0], { backend }).reshape([3, 2]);
    for (const u of [x, DistributedArray.toDist(x), DistributedArray.toDist(x, { axis: 1 })] as Either[]) {
      for (const name of ['argmax', 'median', 'ptp', 'nanargmin', 'cumsum']) {
        const expected = functionOf(name)(u, { axis: 0 }) as Either;
        const out = (expected as NDArray).zerosLike();
        expect(functionOf(name)(u, { axis: 0, out }), name).to.equal(out);
        expect(whole(out).toArray(), name).to.deep.equal(whole(expected).toArray());
      }
    }
    // A result that is whole on each rank goes into an array of any layout
    const split = DistributedArray.toDist(NDArray.zeros([2], { backend }));
    xp.sum(DistributedArray.toDist(x), { axis: 0, out: split });
    expect(split.asArray().toArray()).to.deep.equal([9, 6]);
    const local = NDArray.zeros([2], { backend });
    x.sum(0, { out: local, where: x.greater(1) });
    expect(local.toArray()).to.deep.equal([9, 5]);
  });

  distributed('are refused on all ranks', ({ comm, backend }) => {
    const x = NDArray.ones([4, 3], { backend });
    const u = DistributedArray.toDist(x);
    const mask = x.greater(0);
    for (const y of [x, u] as Either[]) {
      const refused = (options: object, kind: new (message: string) => Error, message: string): void =>
        expectAllThrow(comm, () => functionOf('sum')(y, options), kind, message);
      refused({ where: NDArray.ones([4, 3], { backend }) }, DTypeError, 'where to be bool');
      refused({ where: mask.slice([0, 2]) }, ShapeError, '');
      refused({ where: NDArray.ones([2, 4, 3], { backend, dtype: 'bool' }) }, ShapeError, '');
      refused({ where: true }, ArgumentError, 'where');
      refused({ axis: 0, out: NDArray.zeros([4], { backend }) }, ShapeError, 'out of shape [3]');
      refused({ out: [0] }, ArgumentError, 'out');
      refused({ initial: { re: 1, im: 1 } }, DTypeError, '');
      refused({ axis: 0, out: NDArray.zeros([3], { backend, dtype: 'bool' }) }, DTypeError, 'bool');
      expectAllThrow(comm, () => functionOf('max')(y, { where: mask }), ArgumentError, 'needs initial');
    }
    const split = placed(mask, u.layout, comm);
    expectAllThrow(comm, () => functionOf('sum')(x, { where: split }), ArgumentError, 'where');
    expectAllThrow(comm, () => functionOf('nanmean')(x, { where: split }), ShapeError, 'where');
    if (comm.size === 1) return;
    const across = DistributedArray.toDist(mask, { axis: 1 });
    expectAllThrow(comm, () => functionOf('any')(u, { where: across }), PartitionError, 'split differently');
    const whole = NDArray.zeros([4], { backend });
    expectAllThrow(comm, () => xp.sum(u, { axis: 1, out: whole }), PartitionError, 'split over ranks');
  });
});
