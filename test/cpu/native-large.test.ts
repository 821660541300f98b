import { expect } from 'chai';
import { type DType, type HostArray, isFloat, isSingle } from '../../src/core/base/dtype.js';
import { fillUniform } from '../../src/core/base/random.js';
import type { Backend, Elements } from '../../src/core/ports/backend.js';
import { CpuBackend, nativeOptions } from '../../src/cpu/index.js';
import { skip } from '../support/skip.js';

const SEED = 31;
const REAL = ['float32', 'float64', 'int32'] as const satisfies readonly DType[];

/** Numbers of about `size / 8` different values, so that extremes and places have ties. */
function numbers(dtype: DType, size: number, seed = SEED): number[] {
  const values = fillUniform(seed, 0, new Float64Array(size));
  return Array.from(values, (v) => Math.round((v - 0.5) * size * 0.125) * (isFloat(dtype) ? 0.5 : 1));
}

/** Inputs that take different ways through kernels that select. */
function inputs(dtype: DType, size: number): Readonly<Record<string, readonly number[]>> {
  const random = numbers(dtype, size);
  const sorted = [...random].sort((a, b) => a - b);
  const two = Array.from({ length: size }, (_, i) => (i % 3 === 0 ? 4 : -4));
  const all = { random, sorted, falling: [...sorted].reverse(), constant: random.map(() => 7), two };
  if (!isFloat(dtype)) return all;
  const set = (places: Readonly<Record<number, number>>): number[] =>
    random.map((v, i) => places[i - size] ?? v);
  return {
    ...all,
    infinite: random.map(() => Number.POSITIVE_INFINITY),
    'with infinities': set({ [-3]: Number.POSITIVE_INFINITY, [-9]: Number.NEGATIVE_INFINITY }),
    'with NaN': set({ [-3]: Number.NaN, [-500]: Number.NaN, [-900]: Number.NEGATIVE_INFINITY }),
    'all NaN': random.map(() => Number.NaN),
    zeros: random.map((_, i) => (i % 2 === 0 ? 0 : -0)),
    'near each other': random.map((v, i) => (i % 1000 === 0 ? -v : 1 + v * Number.EPSILON)),
  };
}

describe('native kernels of large arrays', () => {
  const options = nativeOptions();
  if (!options) {
    it('compute what the reference does', function () {
      skip(this, 'the native kernels are not built');
    });
    return;
  }
  const reference = new CpuBackend({ name: 'reference' });
  const native = new CpuBackend({ ...options, name: 'native' });

  /** Elements that start one element after the begin of a storage. */
  function elements(backend: Backend, dtype: DType, values: readonly number[]): Elements {
    const storage = backend.alloc(dtype, values.length + 1);
    const x = { storage, offset: 1, size: values.length };
    const host: HostArray =
      dtype === 'bool'
        ? Uint8Array.from(values)
        : dtype === 'int32'
          ? Int32Array.from(values)
          : isSingle(dtype)
            ? Float32Array.from(values)
            : Float64Array.from(values);
    backend.upload(host, x);
    return x;
  }
  const read = (x: Elements): readonly number[] => {
    const host = elementsOf(x);
    x.storage.backend.download(x, host);
    return [...host];
  };
  const elementsOf = ({ storage, size }: Elements): HostArray =>
    storage.dtype === 'float32'
      ? new Float32Array(size)
      : storage.dtype === 'float64'
        ? new Float64Array(size)
        : storage.dtype === 'bool'
          ? new Uint8Array(size)
          : new Int32Array(size);
  /** Runs a kernel of both backends and compares all bits. */
  function same(run: (backend: Backend) => unknown): void {
    expect(run(native)).to.deep.equal(run(reference));
  }

  for (const dtype of REAL) {
    for (const size of [1000, 9001, 300_007]) {
      for (const [kind, values] of Object.entries(inputs(dtype, size))) {
        it(`places and positions of ${size} ${dtype}, ${kind}`, () => {
          for (const k of [0, 1, size >> 2, size >> 1, size - 2, size - 1])
            same((b) => b.kthSmallest(elements(b, dtype, values), k));
          for (const op of ['max', 'min'] as const) {
            same((b) => b.argExtreme(op, elements(b, dtype, values)));
            same((b) => Number(b.reduce(op, elements(b, dtype, values))) + 0);
          }
          if (!isFloat(dtype)) same((b) => b.reduce('maxAbs', elements(b, dtype, values)));
          same((b) => {
            const order = elements(b, 'int32', new Array<number>(size).fill(0));
            b.argsort(elements(b, dtype, values), [1, size, 1], order);
            return read(order);
          });
        });
      }
    }

    it(`transpositions of ${dtype}`, () => {
      for (const [rows, columns] of [
        [1, 9],
        [16, 16],
        [33, 70],
        [64, 128],
        [131, 45],
      ] as const)
        for (const offset of [0, 5])
          same((b) => {
            const x = elements(b, dtype, numbers(dtype, rows * columns));
            const y = elements(b, dtype, new Array<number>(rows * columns + offset).fill(0));
            b.stridedCopy(
              [columns, rows],
              { elements: x, start: 0, strides: [1, columns] },
              { elements: y, start: offset, strides: [rows, 1] },
              'set',
            );
            return read(y);
          });
    });

    it(`choices of ${dtype}`, () => {
      const n = 1003;
      const flags = Array.from({ length: n }, (_, i) => Number((i * i) % 7 < 3));
      for (const [left, right] of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ])
        same((b) => {
          const x = left ? elements(b, dtype, numbers(dtype, n, 1)) : 3;
          const y = right ? elements(b, dtype, numbers(dtype, n, 2)) : -5;
          const z = elements(b, dtype, flags);
          b.where(elements(b, 'bool', flags), x, y, z);
          return read(z);
        });
    });
  }

  for (const dtype of ['float32', 'float64'] as const) {
    it(`running sums of many lines of ${dtype} have the bits of one after another`, () => {
      for (const extents of [
        [1, 1000, 1],
        [8, 64, 1],
        [19, 301, 1],
        [2, 30, 40],
      ] as const)
        same((b) => {
          const size = extents[0] * extents[1] * extents[2];
          const x = elements(
            b,
            dtype,
            numbers(dtype, size).map((v) => v / 3),
          );
          const y = elements(b, dtype, new Array<number>(size).fill(0));
          b.accumulate('sum', x, extents, y);
          return read(y);
        });
    });

    it(`sums of neighbours in long rows of ${dtype}`, () => {
      for (const shape of [[1500], [7, 300], [3, 5, 257]])
        same((b) => {
          const size = shape.reduce((a, n) => a * n);
          const x = elements(b, dtype, numbers(dtype, size));
          const y = elements(b, dtype, new Array<number>(size).fill(0));
          const bands = shape.map((n, axis) => ({
            axis,
            segments: [{ start: 1, end: n - 1, lo: -1, taps: [1, -2, 1] }],
            front: undefined,
            back: undefined,
          }));
          b.stencil(x, y, b.prepareStencil(dtype, { shape, bands, mode: 'set' }));
          return read(y);
        });
    });

    it(`sums of columns of ${dtype}, in whatever rows they are read`, () => {
      for (const op of ['sum', 'sumAbs', 'sumSquares', 'maxAbs'] as const)
        same((b) => {
          const x = elements(b, dtype, numbers(dtype, 21 * 5000));
          const y = elements(b, dtype, new Array<number>(5000).fill(0));
          b.reduceAxis(op, x, [1, 21, 5000], y);
          return read(y);
        });
    });

    it(`sums of many terms of ${dtype}`, () => {
      for (const terms of [5, 6, 7, 8, 9, 17])
        same((b) => {
          const xs = Array.from({ length: terms }, (_, k) => elements(b, dtype, numbers(dtype, 1030, k)));
          const y = xs[2] as Elements;
          b.linearCombination(
            xs.map((_, k) => k - 3),
            xs,
            y,
          );
          return read(y);
        });
    });
  }

  it('products with a few columns round long sums as little as others', () => {
    const [k, n] = [2 ** 18, 2];
    const product = (b: Backend): readonly number[] => {
      const x = elements(b, 'float32', new Array<number>(k * n).fill(0.1));
      const ones = elements(b, 'float32', new Array<number>(k * n).fill(1));
      const y = elements(b, 'float32', [0, 0, 0, 0]);
      const matrices = { transA: 't', transB: 'n', lda: n, ldb: n, ldc: n } as const;
      const batch = { batch: 1, strideA: 0, strideB: 0, strideC: 0 };
      b.matmul(x, ones, y, { m: n, n, k, ...matrices, ...batch, alpha: 1, beta: 0 });
      return read(y);
    };
    for (const value of product(native)) expect(value / (0.1 * k)).to.be.closeTo(1, 1e-5);
  });

  it('transposes what is beyond the caches in panels', () => {
    const [rows, columns] = [9, 500_009];
    const given = fillUniform(SEED, 0, new Float64Array(rows * columns));
    const allocated = (): Elements => {
      const storage = native.alloc('float64', given.length);
      return { storage, offset: 0, size: given.length };
    };
    const [x, y] = [allocated(), allocated()];
    native.upload(given, x);
    native.stridedCopy(
      [columns, rows],
      { elements: x, start: 0, strides: [1, columns] },
      { elements: y, start: 0, strides: [rows, 1] },
      'set',
    );
    const taken = new Float64Array(rows * columns);
    native.download(y, taken);
    expect(taken.findIndex((v, i) => v !== given[(i % rows) * columns + Math.floor(i / rows)])).to.equal(-1);
  });

  it('large arrays start at pages of 2 MiB, and memory that is reported does not grow by that', () => {
    const { liveBytes } = native.stats();
    const x = native.alloc('float64', 2 ** 20);
    const { buffer, byteOffset, byteLength } = (x as unknown as { memory: Float64Array<ArrayBuffer> }).memory;
    expect(((options.addressOf?.(buffer, false) ?? 0) + byteOffset) % 2 ** 21).to.equal(0);
    expect(byteLength).to.equal(2 ** 23);
    expect(native.stats().liveBytes - liveBytes).to.equal(2 ** 23);
    native.release(x);
  });
});
