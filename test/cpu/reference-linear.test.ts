import { expect } from 'chai';
import { add, type Complex, complex, conj, mul, type Scalar } from '../../src/core/base/complex.js';
import { fillNormal } from '../../src/core/base/random.js';
import { product, stridesOf } from '../../src/core/base/shape.js';
import type { Convolution, MatMul, Stencil, Trans } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { expectClose } from '../support/expect-close.js';

// Compares every kernel with its formula, element by element, in complex numbers.
const backend = new CpuBackend();
let seed = 100;
const random = (n: number) => fillNormal(seed++, 0, new Float64Array(2 * n), 2);
const of = (values: Float64Array) => ({
  storage: backend.wrap(values, 'complex128'),
  offset: 0,
  size: values.length / 2,
});
const get = (values: Float64Array, i: number): Complex => complex(values[2 * i] as number, values[2 * i + 1]);
const nearAt = (got: Float64Array, i: number, want: Scalar, atol = 1e-12) =>
  expectClose(get(got, i), want, { atol }, `element ${i}`);

/** All multi-indices of a shape. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const strides = stridesOf(shape);
  for (let p = 0; p < product(shape); p++)
    yield shape.map((n, k) => Math.floor(p / (strides[k] as number)) % n);
}
const position = (index: readonly number[], shape: readonly number[]) =>
  index.reduce((p, i, k) => p * (shape[k] as number) + i, 0);
const inside = (index: readonly number[], shape: readonly number[]) =>
  index.every((i, k) => i >= 0 && i < (shape[k] as number));

describe('reference kernels: matmul', () => {
  const op = (values: Float64Array, trans: Trans, ld: number, i: number, j: number): Complex =>
    trans === 'n'
      ? get(values, i * ld + j)
      : trans === 't'
        ? get(values, j * ld + i)
        : (conj(get(values, j * ld + i)) as Complex);
  for (const transA of ['n', 't', 'c'] as const) {
    for (const transB of ['n', 't', 'c'] as const) {
      it(`C ← α op(A) op(B) + β C, ${transA}${transB}`, () => {
        const [m, n, k, batch] = [3, 4, 5, 2];
        const spec: MatMul = {
          m,
          n,
          k,
          transA,
          transB,
          lda: 7,
          ldb: 6,
          ldc: 5,
          batch,
          strideA: 40,
          strideB: 0,
          strideC: 17,
          alpha: complex(2, -1),
          beta: complex(-0.5, 3),
        };
        const [a, b, c] = [random(80), random(40), random(34)];
        const before = c.slice();
        backend.matmul(of(a), of(b), of(c), spec);
        const written = new Set<number>();
        for (const [t, i, j] of indices([batch, m, n]) as Iterable<[number, number, number]>) {
          let sum: Scalar = 0;
          for (let p = 0; p < k; p++)
            sum = add(sum, mul(op(a.subarray(2 * t * 40), transA, 7, i, p), op(b, transB, 6, p, j)));
          const at = t * 17 + i * 5 + j;
          written.add(at);
          nearAt(c, at, add(mul(spec.alpha, sum), mul(spec.beta, get(before, at))));
        }
        for (let at = 0; at < 34; at++) if (!written.has(at)) nearAt(c, at, get(before, at), 1e-300);
      });
    }
  }
});

describe('reference kernels: fft', () => {
  /** The sum in the definition over the axes, with exponents reduced to one turn. */
  function dft(
    x: Float64Array,
    shape: readonly number[],
    axes: readonly number[],
    sign: number,
  ): Float64Array {
    let values = x.slice();
    for (const axis of axes) {
      const next = new Float64Array(values.length);
      const n = shape[axis] as number;
      for (const index of indices(shape)) {
        const k = index[axis] as number;
        let sum: Scalar = 0;
        for (let i = 0; i < n; i++) {
          const angle = (sign * 2 * Math.PI * ((i * k) % n)) / n;
          sum = add(
            sum,
            mul(get(values, position(index.with(axis, i), shape)), complex(Math.cos(angle), Math.sin(angle))),
          );
        }
        const { re, im } = sum as Complex;
        next.set([re, im], 2 * position(index, shape));
      }
      values = next;
    }
    return values;
  }

  for (const n of [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19, 30, 34, 49, 64, 97, 100, 121, 128, 169, 211, 289,
  ]) {
    it(`is the sum of the definition, ${n} points`, () => {
      const x = random(n);
      for (const direction of ['forward', 'inverse'] as const) {
        const y = new Float64Array(2 * n);
        backend.fft(of(x), of(y), { kind: 'c2c', shape: [n], axes: [0], direction, scale: 0.5 });
        const want = dft(x, [n], [0], direction === 'forward' ? -1 : 1);
        expectClose(
          y,
          want.map((v) => 0.5 * v),
          { atol: 1e-14 * n },
        );
      }
    });
  }

  for (const axes of [[0], [3], [1, 2], [2, 0], [0, 1, 2, 3]])
    it(`transforms axes ${axes} of [3, 4, 5, 2], and inverts itself`, () => {
      const shape = [3, 4, 5, 2];
      const x = random(product(shape));
      const [y, z] = [new Float64Array(x.length), new Float64Array(x.length)];
      backend.fft(of(x), of(y), { kind: 'c2c', shape, axes, direction: 'forward', scale: 1 });
      const want = dft(x, shape, axes, -1);
      expectClose(y, want, { atol: 1e-12 });
      const points = product(axes.map((a) => shape[a] as number));
      backend.fft(of(y), of(z), { kind: 'c2c', shape, axes, direction: 'inverse', scale: 1 / points });
      expectClose(z, x, { atol: 1e-12 });
    });

  for (const { shape, axes } of [
    { shape: [7], axes: [0] },
    { shape: [8], axes: [0] },
    { shape: [1], axes: [0] },
    { shape: [4, 6], axes: [0, 1] },
    { shape: [6, 5], axes: [1, 0] },
    { shape: [3, 4, 5], axes: [2, 1] },
  ])
    it(`keeps half of the spectrum of real data, [${shape}] over axes ${axes}, and inverts it`, () => {
      const n = product(shape);
      const real = fillNormal(seed++, 0, new Float64Array(n));
      const pairs = new Float64Array(2 * n).map((_, i) => (i % 2 === 0 ? (real[i / 2] as number) : 0));
      const last = axes[axes.length - 1] as number;
      const half = shape.map((s, k) => (k === last ? Math.floor(s / 2) + 1 : s));
      const y = new Float64Array(2 * product(half));
      const x = { storage: backend.wrap(real), offset: 0, size: n };
      backend.fft(x, of(y), { kind: 'r2c', shape, axes, direction: 'forward', scale: 1 });
      const want = dft(pairs, shape, axes, -1);
      for (const index of indices(half)) nearAt(y, position(index, half), get(want, position(index, shape)));
      const [back, kept] = [new Float64Array(n), y.slice()];
      const scale = 1 / product(axes.map((a) => shape[a] as number));
      backend.fft(
        of(y),
        { storage: backend.wrap(back), offset: 0, size: n },
        { kind: 'c2r', shape, axes, direction: 'inverse', scale },
      );
      expectClose(back, real, { atol: 1e-13 });
      expect([...y]).to.deep.equal([...kept]);
    });

  for (const n of [4096, 4097, 5040, 7919])
    it(`keeps the accuracy of doubles for ${n} points`, () => {
      // one wave: the result is concentrated in one place
      const k = 1234;
      const x = new Float64Array(2 * n);
      for (let i = 0; i < n; i++)
        x.set(
          [Math.cos((2 * Math.PI * ((i * k) % n)) / n), Math.sin((2 * Math.PI * ((i * k) % n)) / n)],
          2 * i,
        );
      const y = new Float64Array(2 * n);
      backend.fft(of(x), of(y), { kind: 'c2c', shape: [n], axes: [0], direction: 'forward', scale: 1 / n });
      const wave = new Float64Array(2 * n);
      wave[2 * k] = 1;
      expectClose(y, wave, { atol: 2e-15 });
    });
});

describe('reference kernels: stencil', () => {
  it('is a banded matrix along each axis, with neighbours in front and behind', () => {
    const shape = [4, 5, 3];
    for (const mode of ['set', 'add'] as const) {
      for (const range of [
        undefined,
        { axis: 1, start: 1, end: 4 },
        { axis: 2, start: 0, end: 2 },
        { axis: 0, start: 3, end: 3 },
      ]) {
        const [front, back] = [random(4 * 2 * 3), random(4 * 1 * 3)];
        const bands = [
          {
            axis: 1,
            segments: [
              { start: 0, end: 2, lo: -2, taps: [1, 2, 3] },
              { start: 2, end: 5, lo: -1, taps: [4, 0.5, -1] },
            ],
            front: of(front),
            back: of(back),
          },
          {
            axis: 0,
            segments: [
              { start: 0, end: 1, lo: 0, taps: [-1, 1] },
              { start: 1, end: 3, lo: -1, taps: [-0.5, 0, 0.5] },
              { start: 3, end: 4, lo: 0, taps: [] },
            ],
          },
          { axis: 2, segments: [{ start: 1, end: 2, lo: -1, taps: [7, 0, -7] }] },
        ];
        const spec: Stencil = { shape, mode, range, bands };
        const [x, y] = [random(60), random(60)];
        const before = y.slice();
        backend.stencil(of(x), of(y), backend.prepareStencil('complex128', spec));
        for (const index of indices(shape)) {
          const at = position(index, shape);
          const along = range === undefined ? 0 : (index[range.axis] as number);
          if (range && (along < range.start || along >= range.end)) {
            nearAt(y, at, get(before, at), 1e-300);
            continue;
          }
          let sum: Scalar = mode === 'add' ? get(before, at) : 0;
          for (const { axis, segments } of bands) {
            const i = index[axis] as number;
            for (const s of segments) {
              if (i < s.start || i >= s.end) continue;
              s.taps.forEach((tap, k) => {
                const j = i + s.lo + k;
                const cell = (width: number, c: number) =>
                  position(index.with(axis, c), shape.with(axis, width));
                const value =
                  j < 0
                    ? get(front, cell(2, j + 2))
                    : j >= (shape[axis] as number)
                      ? get(back, cell(1, j - (shape[axis] as number)))
                      : get(x, cell(shape[axis] as number, j));
                sum = add(sum, mul(tap, value));
              });
            }
          }
          nearAt(y, at, sum);
        }
      }
    }
  });
});

describe('reference kernels: convolve', () => {
  const forms: readonly Omit<Convolution, 'direction'>[] = [
    { xShape: [9], hShape: [4], yShape: [11], offset: [1] },
    { xShape: [5, 6], hShape: [3, 2], yShape: [5, 7], offset: [1, 0] },
    { xShape: [3, 4, 5], hShape: [1, 3, 2], yShape: [3, 4, 5], offset: [0, 2, 1] },
    { xShape: [4], hShape: [3], yShape: [6], offset: [-2] },
  ];
  for (const form of forms) {
    for (const direction of ['forward', 'adjoint'] as const) {
      it(`is the sum of the definition, [${form.xShape}] with [${form.hShape}], ${direction}`, () => {
        const [xShape, yShape] =
          direction === 'forward' ? [form.xShape, form.yShape] : [form.yShape, form.xShape];
        const [x, h, y] = [random(product(xShape)), random(product(form.hShape)), random(product(yShape))];
        backend.convolve(of(x), of(h), of(y), { ...form, xShape, yShape, direction });
        for (const i of indices(yShape)) {
          let sum: Scalar = 0;
          for (const j of indices(form.hShape)) {
            const offset = i.map((_, k) => (form.offset[k] as number) - (j[k] as number));
            const source = i.map((v, k) =>
              direction === 'forward' ? v + (offset[k] as number) : v - (offset[k] as number),
            );
            if (!inside(source, xShape)) continue;
            const tap = get(h, position(j, form.hShape));
            sum = add(sum, mul(direction === 'forward' ? tap : conj(tap), get(x, position(source, xShape))));
          }
          nearAt(y, position(i, yShape), sum);
        }
      });
    }
  }
});

describe('reference kernels: gather and scatterAdd', () => {
  it('are a sparse matrix and its adjoint', () => {
    const [outer, nx, ny, inner, width] = [2, 4, 6, 3, 2];
    const index = Int32Array.from([0, 1, 3, 3, -1, 2, 2, 0, -1, -1, 1, 3]);
    const weights = random(ny * width);
    // a dense matrix of the same table
    const matrix = Array.from({ length: ny }, () => new Array<Scalar>(nx).fill(0));
    index.forEach((j, e) => {
      const row = matrix[Math.floor(e / width)] as Scalar[];
      if (j >= 0) row[j] = add(row[j] as Scalar, get(weights, e));
    });
    const table = {
      outer,
      nx,
      ny,
      inner,
      width,
      index: { storage: backend.wrap(index), offset: 0, size: index.length },
      weights: of(weights),
    };
    const [x, y] = [random(outer * nx * inner), random(outer * ny * inner)];
    const [ax, start] = [y.slice(), x.slice()];
    backend.gather(of(x), of(ax), table);
    backend.scatterAdd(of(y), of(x), table);
    for (const [o, j, l] of indices([outer, nx, inner]) as Iterable<[number, number, number]>) {
      let sum: Scalar = get(start, (o * nx + j) * inner + l);
      for (let i = 0; i < ny; i++)
        sum = add(sum, mul(conj(matrix[i]?.[j] as Scalar), get(y, (o * ny + i) * inner + l)));
      nearAt(x, (o * nx + j) * inner + l, sum);
    }
    for (const [o, i, l] of indices([outer, ny, inner]) as Iterable<[number, number, number]>) {
      let sum: Scalar = 0;
      for (let j = 0; j < nx; j++)
        sum = add(sum, mul(matrix[i]?.[j] as Scalar, get(start, (o * nx + j) * inner + l)));
      nearAt(ax, (o * ny + i) * inner + l, sum);
    }
  });
});

describe('reference kernels: memory', () => {
  it('copies with any strides', () => {
    const x = random(60);
    const y = new Float64Array(120);
    const shape = [2, 3, 4];
    const [from, to] = [
      [-20, 0, 5],
      [30, -7, 1],
    ];
    backend.stridedCopy(
      shape,
      { elements: of(x), start: 22, strides: from },
      { elements: of(y), start: 15, strides: to },
      'add',
    );
    const want = new Float64Array(120);
    for (const index of indices(shape)) {
      const at = (strides: readonly number[], start: number) =>
        index.reduce((p, i, k) => p + i * (strides[k] as number), start);
      const { re, im } = get(x, at(from, 22));
      const p = 2 * at(to, 15);
      want[p] = (want[p] as number) + re;
      want[p + 1] = (want[p + 1] as number) + im;
    }
    expect([...y]).to.deep.equal([...want]);
  });

  it('casts between all kinds', () => {
    const cast = (
      values: Float64Array | Float32Array | Int32Array,
      from: 'float64' | 'complex128' | 'int32',
      to: 'float32' | 'int32' | 'complex64' | 'float64',
    ) => {
      const storage = backend.wrap(values, from);
      const y = { storage: backend.alloc(to, storage.length), offset: 0, size: storage.length };
      backend.cast({ storage, offset: 0, size: storage.length }, y);
      return [...backend.download(y)];
    };
    expect(cast(Float64Array.of(1.9, -1.9, 0.1), 'float64', 'int32')).to.deep.equal([1, -1, 0]);
    expect(cast(Float64Array.of(0.1), 'float64', 'float32')).to.deep.equal([Math.fround(0.1)]);
    expect(cast(Float64Array.of(1, 2, 3, 4), 'complex128', 'float64')).to.deep.equal([1, 3]);
    expect(cast(Int32Array.of(5, -6), 'int32', 'complex64')).to.deep.equal([5, 0, -6, 0]);
  });

  it('combines any number of terms', () => {
    const xs = Array.from({ length: 5 }, () => random(7));
    const coefficients = [complex(1, 2), -1, complex(0, 1), 0, 0.25];
    for (const terms of [0, 1, 2, 3, 5]) {
      const y = (xs[0] as Float64Array).slice();
      const list = [y, ...xs.slice(1)].slice(0, terms);
      backend.linearCombination(coefficients.slice(0, terms), list.map(of), of(y));
      for (let i = 0; i < 7; i++) {
        const want = xs
          .slice(0, terms)
          .reduce<Scalar>((sum, x, k) => add(sum, mul(coefficients[k] as Scalar, get(x, i))), 0);
        nearAt(y, i, want);
      }
    }
  });
});
