/**
 * Calls of `Backend` with random arguments, many of them wrong:
 * `node fuzz-backend.js SEED SECONDS`. Each call is made to the native kernels and to the
 * reference, with the same memory. Both must throw, or both must give the same result. The program
 * prints a line of JSON for every difference, and the number of calls.
 */

import { DTYPES, type DType, hostArray, isComplex, lanesOf, realOf } from '../../src/core/base/dtype.js';
import { DISTRIBUTIONS } from '../../src/core/base/random.js';
import type { Backend, CompressedPlaces, Elements } from '../../src/core/ports/backend.js';
import { ACCUMULATIONS, BINARY_OPS, REDUCE_OPS, UNARY_OPS } from '../../src/core/ports/backend.js';
import { CpuBackend, createCpuBackend } from '../../src/cpu/index.js';

const [seed = 20, seconds = 2] = process.argv.slice(2).map(Number);

/** Random numbers in [0, 1). */
let state = seed >>> 0;
function next(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n: number): number => Math.floor(next() * n);
const of = <T>(list: readonly T[]): T => list[below(list.length)] as T;
const chance = (p: number): boolean => next() < p;

const WILD = [
  -1,
  -7,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 48,
] as const;
const WILDER = [
  2 ** 53 - 1,
  2 ** 53,
  2 ** 61,
  2 ** 63,
  2 ** 64,
  -(2 ** 53),
  -(2 ** 63),
  1e300,
  1e18,
] as const;
const wild = (): number => of(chance(0.5) ? WILD : WILDER);
/** The probability of a wild number in the present call. */
let wildness = 0;
const number = (usual: readonly number[]): number => (chance(wildness) ? wild() : of(usual));
const size = (): number => number([0, 1, 1, 2, 3, 4, 5, 6, 8]);
const shift = (): number => number([0, 0, 0, 1, 2, 5, -1, -3]);

const LENGTH = 260;
/**
 * A range of one of the storages. There are two storages of each dtype, with the indices 0 to 9.
 */
interface Place {
  readonly index: number;
  readonly offset: number;
  readonly size: number;
}
type Call = (backend: Backend, at: (place: Place) => Elements) => unknown;

let dtype: DType = 'float64';
const storageOf = (type: DType): number =>
  2 * DTYPES.indexOf(chance(wildness / 2) ? of(DTYPES) : type) + below(2);
const place = (n: number = size(), type: DType = dtype): Place => ({
  index: storageOf(type),
  offset: number([0, 0, 1, 3]),
  size: chance(wildness) ? wild() : n,
});
/**
 * Selects one of the two storages of a dtype: reads use the even one and writes the odd one, if
 * they must not overlap.
 */
const even = (p: Place): Place => ({ ...p, index: 2 * Math.floor(p.index / 2) });
const odd = (p: Place): Place => ({ ...p, index: 2 * Math.floor(p.index / 2) + 1 });
const real = (): DType => realOf(dtype);
/**
 * Numbers of normal size. Sums of huge terms cancel, and the difference depends on the rounding.
 */
const factor = (): number => of([0, 1, 2, 5, -1, -3]);
const scalar = () => (isComplex(dtype) && chance(0.5) ? { re: factor(), im: factor() } : factor());
const shapeOf = (ndim: number): number[] => Array.from({ length: ndim }, size);
const some = <T>(most: number, make: (k: number) => T): T[] =>
  Array.from({ length: below(most + 1) }, (_, k) => make(k));
const axisOf = (ndim: number): number => number(Array.from({ length: Math.max(1, ndim) }, (_, k) => k));
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function segments() {
  return some(4, () => ({
    start: shift(),
    end: size(),
    lo: shift(),
    taps: some(chance(0.2) ? 14 : 4, () => of([0, 1, -1, 0.5, 2])),
  }));
}

/** Places of n rows, one after another in a storage. */
function places(n: number, count: number): (at: (place: Place) => Elements) => CompressedPlaces {
  const first = { ...odd(place(n + 1, 'int32')), offset: 0 };
  return (at) => ({
    starts: at(first),
    columns: at({ ...first, offset: 20, size: count }),
    order: at({ ...first, offset: 40, size: count }),
    slots: at({ ...first, offset: 60, size: count }),
  });
}

const CALLS: Readonly<Record<string, () => Call>> = {
  copy: () => {
    const [n, x, y] = [size(), place(), place()];
    return (b, at) => b.copy(at(even({ ...x, size: n })), at(odd({ ...y, size: n })));
  },
  copyUnlike: () => {
    const [x, y] = [place(), place()];
    return (b, at) => b.copy(at(even(x)), at(odd(y)));
  },
  stridedCopy: () => {
    const shape = shapeOf(below(5));
    const strides = () => shape.map(() => number([0, 1, 1, 2, 3, 6, -1, -4]));
    const [x, y] = [place(), place()].map((p) => ({
      p,
      start: number([0, 3, 20, 60]),
      strides: strides(),
    })) as [{ p: Place; start: number; strides: number[] }, { p: Place; start: number; strides: number[] }];
    // if a walk writes a place twice, or a place that it reads, its result is not defined
    const target = { ...y, p: { ...y.p, index: x.p.index % 2 === 0 ? x.p.index + 1 : x.p.index - 1 } };
    const written = new Set<number>();
    if (shape.every((n) => Number.isInteger(n) && n >= 0 && n < 100)) {
      const visit = (k: number, place: number): void => {
        if (k === shape.length) written.add(place);
        else
          for (let i = 0; i < (shape[k] as number); i++) visit(k + 1, place + i * (y.strides[k] as number));
      };
      visit(0, 0);
    }
    const mode = of(['set', 'add'] as const);
    if (written.size !== product(shape) && shape.every((n) => n < 100)) return () => 0;
    return (b, at) =>
      b.stridedCopy(
        shape,
        { elements: at(x.p), start: x.start, strides: x.strides },
        { elements: at(target.p), start: y.start, strides: y.strides },
        mode,
      );
  },
  fill: () => {
    const [y, value] = [place(), scalar()];
    return (b, at) => b.fill(at(y), value);
  },
  cast: () => {
    const [n, x, y] = [size(), place(), place(0, of(DTYPES))];
    return (b, at) => b.cast(at(even({ ...x, size: n })), at(odd({ ...y, size: n })));
  },
  unary: () => {
    const [op, n, x, y] = [of(UNARY_OPS), size(), place(), place(0, chance(0.7) ? dtype : of(DTYPES))];
    return (b, at) => b.unary(op, at(even({ ...x, size: n })), at(odd({ ...y, size: n })));
  },
  binary: () => {
    const [op, n] = [of(BINARY_OPS), size()];
    const [x, y, z] = [
      chance(0.7) ? place(n) : scalar(),
      chance(0.7) ? place(n) : scalar(),
      place(n, chance(0.7) ? dtype : 'bool'),
    ];
    const use = (a: Place | ReturnType<typeof scalar>, at: (p: Place) => Elements) =>
      typeof a === 'object' && 'index' in a ? at(even(a)) : a;
    return (b, at) => b.binary(op, use(x, at), use(y, at), at(odd(z)));
  },
  where: () => {
    const n = size();
    const [c, x, y, z] = [place(n, 'bool'), place(n), place(n), place(n)];
    return (b, at) => b.where(at(even(c)), at(even(x)), at(even(y)), at(odd(z)));
  },
  linearCombination: () => {
    const n = size();
    const [xs, y] = [some(12, () => ({ ...place(n), offset: 2 })), { ...place(n), offset: 2 }];
    const coefficients = xs.map(scalar);
    return (b, at) => b.linearCombination(coefficients, xs.map(at), at(y));
  },
  threshold: () => {
    const [n, kind, t, x, y] = [size(), of(['soft', 'hard', 'half'] as const), shift(), place(), place()];
    return (b, at) => b.threshold(kind, t, at(even({ ...x, size: n })), at(odd({ ...y, size: n })));
  },
  dots: () => {
    const pairs = some(3, () => {
      const n = size();
      return { x: place(n), y: place(chance(0.9) ? n : size()), conjugate: chance(0.5) };
    });
    return (b, at) => b.dots(pairs.map(({ x, y, conjugate }) => ({ x: at(x), y: at(y), conjugate })));
  },
  reduce: () => {
    const [op, x, p] = [of(REDUCE_OPS), place(), shift()];
    return (b, at) => b.reduce(op, at(x), p);
  },
  reduceAxis: () => {
    const op = of(REDUCE_OPS);
    const extents = shapeOf(3) as [number, number, number];
    const [x, y] = [place(product(extents)), place(extents[0] * extents[2], chance(0.7) ? dtype : real())];
    return (b, at) => b.reduceAxis(op, at(even(x)), extents, at(odd(y)), 2);
  },
  argExtreme: () => {
    const [op, x] = [of(['max', 'min'] as const), place()];
    return (b, at) => b.argExtreme(op, at(x));
  },
  argExtremeAxis: () => {
    const op = of(['max', 'min'] as const);
    const extents = shapeOf(3) as [number, number, number];
    const [x, y] = [place(product(extents)), place(extents[0] * extents[2], 'int32')];
    return (b, at) => b.argExtremeAxis(op, at(even(x)), extents, at(odd(y)));
  },
  kthSmallest: () => {
    const [x, k] = [place(), size()];
    return (b, at) => b.kthSmallest(at(x), k);
  },
  accumulate: () => {
    const op = of(ACCUMULATIONS);
    const extents = shapeOf(3) as [number, number, number];
    const [x, y] = [place(product(extents)), place(product(extents))];
    return (b, at) => b.accumulate(op, at(even(x)), extents, at(odd(y)));
  },
  sort: () => {
    const extents = shapeOf(3) as [number, number, number];
    const [x, y] = [place(product(extents)), place(product(extents))];
    const places = chance(0.5) ? Array.from({ length: 1 + below(2) }, (_, k) => 2 * k + below(2)) : undefined;
    return (b, at) => b.sort(at(even(x)), extents, at(odd(y)), places);
  },
  argsort: () => {
    const extents = shapeOf(3) as [number, number, number];
    const [x, y] = [place(product(extents)), place(product(extents), 'int32')];
    return (b, at) => b.argsort(at(even(x)), extents, at(odd(y)));
  },
  truePositions: () => {
    const [x, y] = [place(size(), 'bool'), place(size(), 'int32')];
    return (b, at) => b.truePositions(at(x), at(y));
  },
  searchSorted: () => {
    const n = size();
    const [sorted, x, y] = [place(), place(n), place(n, 'int32')];
    const side = of(['left', 'right'] as const);
    return (b, at) => b.searchSorted(at(even(sorted)), at(even(x)), side, at(odd(y)));
  },
  orderFilter: () => {
    const axes = 1 + below(3);
    const yShape = Array.from({ length: axes }, () => size());
    const window = Array.from({ length: axes }, () => 1 + below(3));
    const xShape = yShape.map((n, k) => n + (window[k] as number) - 1);
    const offsets = Array.from({ length: 1 + below(5) }, () =>
      window.map((n) => (chance(wildness) ? wild() : below(n))),
    );
    const rank = chance(wildness) ? wild() : below(offsets.length);
    const [x, y] = [place(), place()];
    return (b, at) => b.orderFilter(at(even(x)), at(odd(y)), { xShape, yShape, offsets, rank });
  },
  splineSum: () => {
    const shape = Array.from({ length: 1 + below(3) }, () => size());
    const points = size();
    const order = chance(wildness) ? wild() : below(6);
    const [x, c, y] = [place(), place(), place()];
    const fill = scalar();
    return (b, at) => b.splineSum(at(even(x)), at(c), at(odd(y)), { shape, order, points, fill });
  },
  random: () => {
    const shape = shapeOf(1 + below(3));
    const strides = shape.map(() => (chance(wildness) ? wild() : below(9)));
    const whole = dtype === 'int32' || dtype === 'bool';
    const distribution = chance(0.8) ? (whole ? 'integers' : 'gamma') : of(DISTRIBUTIONS);
    const [seed, draw, start] = [below(1000), below(5), chance(wildness) ? wild() : below(1000)];
    const y = { ...place(LENGTH - 3), index: 2 * DTYPES.indexOf(dtype) + 1 };
    const [a, b] = [below(2), 1];
    const array = chance(0.3) && distribution !== 'integers' ? place(0, 'float64') : undefined;
    return (backend, at) => {
      const first = array ? at({ ...array, index: 2 * DTYPES.indexOf('float64'), size: LENGTH - 3 }) : a;
      const parameters = [first, b] as const;
      return backend.random(at(y), { distribution, seed, draw, shape, start, strides, parameters });
    };
  },
  sparseProduct: () => {
    const [ny, nx, inner, entries] = [size(), size(), 1 + below(3), size()];
    const [x, y, values] = [place(), place(), place(entries)];
    const [starts, columns] = [place(ny + 1, 'int32'), place(entries, 'int32')];
    const mode = of(['set', 'add'] as const);
    return (b, at) =>
      b.sparseProduct(at(even(x)), at(odd(y)), {
        nx,
        ny,
        inner,
        mode,
        starts: at(starts),
        columns: at(columns),
        values: at(even(values)),
      });
  },
  compressRows: () => {
    const [count, n] = [size(), size()];
    const [rows, columns] = [place(count, 'int32'), place(count, 'int32')];
    const to = places(n, count);
    return (b, at) => b.compressRows(at(even(rows)), at(even(columns)), to(at));
  },
  transposeRows: () => {
    const [count, n, m] = [size(), size(), size()];
    const [starts, columns] = [place(m + 1, 'int32'), place(count, 'int32')];
    const to = places(n, count);
    return (b, at) => b.transposeRows(at(even(starts)), at(even(columns)), to(at));
  },
  countInto: () => {
    const [x, y] = [place(size(), 'int32'), place(size(), 'int32')];
    return (b, at) => b.countInto(at(even(x)), at(odd(y)));
  },
  matmul: () => {
    const [m, n, k, batch] = [size(), size(), size(), number([0, 1, 1, 2, 3])];
    const [transA, transB] = [of(['n', 't', 'c'] as const), of(['n', 't', 'c'] as const)];
    const ld = (columns: number) => (chance(wildness) ? wild() : columns + below(3));
    const spec = {
      m,
      n,
      k,
      batch,
      transA,
      transB,
      lda: ld(transA === 'n' ? k : m),
      ldb: ld(transB === 'n' ? n : k),
      ldc: ld(n),
      strideA: chance(0.5) ? 0 : number([m * k + 9]),
      strideB: chance(0.5) ? 0 : number([n * k + 9]),
      strideC: number([m * (n + 2)]),
      alpha: scalar(),
      beta: scalar(),
    };
    const [a, b, c] = [place(), place(), place()].map((p, i) => ({
      ...p,
      index: 2 * Math.floor(p.index / 2) + (i === 2 ? 1 : 0),
    })) as [Place, Place, Place];
    return (backend, at) => backend.matmul(at(a), at(b), at(c), spec);
  },
  fft: () => {
    const shape = shapeOf(1 + below(3));
    const axes = some(shape.length, () => axisOf(shape.length));
    const kind = of(['c2c', 'r2c', 'c2r'] as const);
    const single = real() === 'float32';
    const [complex, own] = [single ? 'complex64' : 'complex128', single ? 'float32' : 'float64'] as const;
    const [x, y] = [
      place(LENGTH - 3, kind === 'r2c' ? own : complex),
      place(LENGTH - 3, kind === 'c2r' ? own : complex),
    ];
    const to = {
      ...y,
      index: x.index === y.index ? (y.index % 2 === 0 ? y.index + 1 : y.index - 1) : y.index,
    };
    const plan = { kind, shape, axes, direction: of(['forward', 'inverse'] as const), scale: shift() };
    return (b, at) => b.fft(at(x), at(to), plan);
  },
  stencil: () => {
    const shape = shapeOf(1 + below(3));
    const bands = some(3, () => {
      const axis = axisOf(shape.length);
      const cells = product(shape) / Math.max(1, shape[axis] ?? 1);
      const ghost = () => (chance(0.5) ? place(cells * below(3)) : undefined);
      return { axis, segments: segments(), front: ghost(), back: ghost() };
    });
    const [x, y] = [
      { ...place(), index: 2 * DTYPES.indexOf(dtype) },
      { ...place(), index: 2 * DTYPES.indexOf(dtype) + 1 },
    ];
    const range = chance(0.3) ? { axis: axisOf(shape.length), start: shift(), end: size() } : undefined;
    const mode = of(['set', 'add'] as const);
    const apart = (p: Place | undefined) => p && { ...p, index: p.index === y.index ? x.index : p.index };
    return (b, at) => {
      const prepared = b.prepareStencil(dtype, {
        shape,
        mode,
        range,
        bands: bands.map(({ front, back, ...band }) => ({
          ...band,
          front: front && at(apart(front) as Place),
          back: back && at(apart(back) as Place),
        })),
      });
      return b.stencil(at(x), at(y), prepared);
    };
  },
  convolve: () => {
    const ndim = 1 + below(3);
    const form = {
      xShape: shapeOf(ndim),
      hShape: shapeOf(ndim),
      yShape: shapeOf(ndim),
      offset: shapeOf(ndim).map(shift),
    };
    const [x, h] = [place(), place()].map((p) => ({ ...p, index: 2 * Math.floor(p.index / 2) })) as [
      Place,
      Place,
    ];
    const y = { ...place(), index: 2 * DTYPES.indexOf(dtype) + 1 };
    const direction = of(['forward', 'adjoint'] as const);
    return (b, at) => b.convolve(at(x), at(h), at(y), { ...form, direction });
  },
  indexed: () => {
    const table = { outer: size(), nx: size(), ny: size(), inner: size(), width: number([0, 1, 2, 3]) };
    const index = place(0, 'int32');
    const weights = chance(0.5) ? place(0, chance(0.5) ? dtype : real()) : undefined;
    const kernel = of(['gather', 'scatterAdd'] as const);
    const [x, y] = [
      { ...place(), index: 2 * DTYPES.indexOf(dtype) },
      { ...place(), index: 2 * DTYPES.indexOf(dtype) + 1 },
    ];
    const entry = { ...index, index: dtype === 'int32' ? 8 : index.index };
    const even = weights && { ...weights, index: 2 * Math.floor(weights.index / 2) };
    return (b, at) => b[kernel](at(x), at(y), { ...table, index: at(entry), weights: even && at(even) });
  },
  curves: () => {
    const form = { points: size(), ns: size(), nr: size(), nt: size() };
    const [image, traces] = [
      { ...place(), index: 2 * DTYPES.indexOf(dtype) },
      { ...place(), index: 2 * DTYPES.indexOf(dtype) + 1 },
    ];
    const [srcs, recs] = [place(0, 'float64'), place(0, 'float64')].map((p) => ({
      ...p,
      index: 2 * Math.floor(p.index / 2),
    })) as [Place, Place];
    const amplitudes = chance(0.5) ? { ...place(0, real()), index: 2 * DTYPES.indexOf(real()) } : undefined;
    const spreads = chance(0.5);
    return (b, at) => {
      const curves = { ...form, srcs: at(srcs), recs: at(recs), amplitudes: amplitudes && at(amplitudes) };
      return spreads
        ? b.spreadCurves(at(image), at(traces), curves)
        : b.sumCurves(at({ ...image, index: image.index }), at(traces), curves);
    };
  },
  convolveVarying: () => {
    const form = {
      outer: size(),
      nx: size(),
      ny: size(),
      inner: size(),
      filters: size(),
      length: size(),
      offset: shift(),
    };
    const [from, bank] = [place(), place()].map((p) => ({ ...p, index: 2 * Math.floor(p.index / 2) })) as [
      Place,
      Place,
    ];
    const to = { ...place(), index: 2 * DTYPES.indexOf(dtype) + 1 };
    const [first, weights] = [place(0, 'int32'), { ...place(0, real()), index: 2 * DTYPES.indexOf(real()) }];
    const direction = of(['forward', 'adjoint'] as const);
    return (b, at) =>
      b.convolveVarying(at(from), at(bank), at(to), {
        ...form,
        first: at(first),
        weights: at(weights),
        direction,
      });
  },
  alloc: () => {
    const n = chance(0.5) ? of([-1, 0.5, Number.NaN, 2 ** 48, 2 ** 53, 2 ** 61]) : size();
    return (b) => {
      const storage = b.alloc(dtype, n);
      b.release(storage);
      return storage.length;
    };
  },
  upload: () => {
    const [y, n, type] = [place(), below(9), of(DTYPES)];
    return (b, at) => b.upload(hostArray(type, n), at(y));
  },
  download: () => {
    const x = place();
    return (b, at) => b.download(at(x));
  },
  span: () => {
    const [x, offset, length] = [place(), number([0, 1, 5]), size()];
    return (b, at) => {
      const span = at(x).storage.span(offset, length);
      b.synchronize();
      return span.length;
    };
  },
};

const backends = [createCpuBackend(), new CpuBackend({ name: 'cpu' })] as const;
const storages = backends.map((b) => DTYPES.flatMap((type) => [0, 1].map(() => b.alloc(type, LENGTH))));

/** Fills the storages with numbers that are valid indices, positions and values. */
function refill(): void {
  for (let k = 0; k < 2 * DTYPES.length; k++) {
    const type = DTYPES[Math.floor(k / 2)] as DType;
    const values = hostArray(type, LENGTH);
    for (let i = 0; i < values.length; i++)
      values[i] =
        type === 'bool' ? below(2) : type === 'int32' ? below(5) - 1 : Math.round(8 * next() - 2) / 2;
    for (const [b, backend] of backends.entries()) {
      const storage = storages[b]?.[k];
      if (storage) backend.upload(values, { storage, offset: 0, size: LENGTH });
    }
  }
}

const contents = (b: 0 | 1) =>
  (storages[b] ?? []).map((storage) => backends[b].download({ storage, offset: 0, size: LENGTH }));
/**
 * Compares two numbers in single precision, because some values are cast from single to double
 * precision.
 */
const alike = (x: number, y: number): boolean =>
  x === y ||
  !(Number.isFinite(x) || Number.isFinite(y)) ||
  Math.abs(x - y) <= 1e-3 * (1 + Math.abs(x) + Math.abs(y));

function outcome(b: 0 | 1, call: Call): { readonly result: unknown; readonly error: string } {
  const at = ({ index, offset, size: n }: Place): Elements => {
    const storage = storages[b]?.[index];
    if (!storage) throw new RangeError(`no storage ${index}`);
    return { storage, offset, size: n };
  };
  try {
    return { result: call(backends[b], at), error: '' };
  } catch (error) {
    return {
      result: undefined,
      error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    };
  }
}

const end = performance.now() + 1000 * seconds;
const names = Object.keys(CALLS);
const done: Record<string, number> = {};
let [calls, failures] = [0, 0];
while (performance.now() < end && failures < 5) {
  if (calls % 20 === 0) refill();
  dtype = of(DTYPES);
  wildness = of([0, 0, 0.02, 0.2]);
  const name = of(names);
  const [from, call] = [state, (CALLS[name] as () => Call)()];
  const before = contents(0);
  if (process.env['FUZZ_TRACE']) console.error(calls, name, from);
  const [native, reference] = [outcome(0, call), outcome(1, call)];
  calls += 1;
  const [got, want] = [contents(0), contents(1)];
  const changed = got.flatMap((values, k) => {
    // after an error the contents of the operands are undefined, but other memory must not change
    const expected =
      native.error || reference.error ? (before[k] as typeof values) : (want[k] as typeof values);
    const i = Array.from(values).findIndex((v, j) => !alike(v, expected[j] as number));
    return i < 0
      ? []
      : [
          `storage ${k}, lane ${i} of ${LENGTH * lanesOf(DTYPES[Math.floor(k / 2)] as DType)}: ` +
            `${values[i]} for ${expected[i]}`,
        ];
  });
  const wrong =
    native.error || reference.error
      ? changed.length > 1 || (!native.error && name !== 'stencil')
      : changed.length > 0 || !sameResult(native.result, reference.result);
  if (wrong) {
    failures += 1;
    console.log(JSON.stringify({ seed, call: calls, state: from, name, dtype, native, reference, changed }));
  }
  if (!native.error) done[name] = (done[name] ?? 0) + 1;
  if (wrong || native.error || reference.error) refill();
}

function sameResult(x: unknown, y: unknown): boolean {
  const numbers = (value: unknown): number[] =>
    typeof value === 'number' ? [value] : value instanceof Object ? Object.values(value).map(Number) : [];
  const [a, b] = [numbers(x), numbers(y)];
  return a.length === b.length && a.every((v, i) => alike(v, b[i] as number));
}

const never = names.filter((name) => !done[name]);
console.log(
  `${calls} calls of seed ${seed}, done: ` +
    `${JSON.stringify(done)}${never.length > 0 && calls > 3000 ? `, never done: ${never}` : ''}`,
);
