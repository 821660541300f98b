/**
 * Compares local operators of random shapes and parameters with their definitions, which are
 * written as plain loops over the lines of an axis.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { NDArray } from '../../src/core/array/ndarray.js';
import { complexOf, type DType } from '../../src/core/base/dtype.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/index.js';
import {
  type AnyLocalOperator,
  CausalIntegration,
  Convolve1D,
  ConvolveND,
  DCT,
  type DCTType,
  DWT,
  FFT,
  FirstDerivative,
  Flip,
  Fredholm1,
  Identity,
  Interp,
  Kronecker,
  MatrixMult,
  NonStationaryConvolve1D,
  Pad,
  Regression,
  Restriction,
  Roll,
  SecondDerivative,
  Shift,
  Smoothing1D,
  Sum,
  Symmetrize,
  Transpose,
} from '../../src/local/index.js';
import { MORE, SEED } from '../support/draws.js';
import { expectClose } from '../support/expect-close.js';
import { tolerance } from '../support/tolerance.js';

const DRAWS = 40 * MORE;

type Line = readonly number[];
const at = (x: Line, i: number): number => x[i] ?? 0;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const sum = (values: Line): number => values.reduce((a, b) => a + b, 0);

/**
 * Applies a real map of lines along an axis of an array. It maps real and imaginary parts
 * separately.
 */
function along(
  x: NDArray,
  axis: number,
  f: (line: Line) => Line,
): { readonly shape: Shape; readonly values: Float64Array } {
  const host = x.toHost();
  const parts = host.length / x.size;
  const n = x.shape[axis] as number;
  const outer = product(x.shape.slice(0, axis));
  const inner = product(x.shape.slice(axis + 1));
  const lines: Line[][] = range(outer * inner).map((k) =>
    range(parts).map((part) =>
      f(
        range(n).map(
          (i) => host[((Math.floor(k / inner) * n + i) * inner + (k % inner)) * parts + part] as number,
        ),
      ),
    ),
  );
  const m = lines[0]?.[0]?.length ?? 0;
  const values = new Float64Array(outer * m * inner * parts);
  lines.forEach((pair, k) => {
    pair.forEach((line, part) => {
      line.forEach((v, i) => {
        values[((Math.floor(k / inner) * m + i) * inner + (k % inner)) * parts + part] = v;
      });
    });
  });
  return { shape: x.shape.with(axis, m), values };
}

/** An operator along an axis of an array, and its effect on one line. */
interface Case {
  readonly what: string;
  make(dims: Shape, axis: number, dtype: DType): AnyLocalOperator;
  line(x: Line): Line;
}
const whole = fc.integer({ min: -9, max: 9 });
const filters = fc.array(whole, { minLength: 1, maxLength: 8 });
const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  Flip: fc.constant({
    what: 'flip',
    make: (dims, axis, dtype) => new Flip(dims, { axis, dtype }),
    line: (x) => x.toReversed(),
  }),
  Roll: whole.map((shift) => ({
    what: `roll by ${shift}`,
    make: (dims, axis, dtype) => new Roll(dims, { axis, shift, dtype }),
    line: (x) => x.map((_, i) => at(x, (((i - shift) % x.length) + x.length) % x.length)),
  })),
  Symmetrize: fc.constant({
    what: 'symmetrize',
    make: (dims, axis, dtype) => new Symmetrize(dims, { axis, dtype }),
    line: (x) => [...x.slice(1).toReversed(), ...x],
  }),
  Pad: fc.tuple(fc.nat(3), fc.nat(3)).map(([before, after]) => ({
    what: `pad ${before}, ${after}`,
    make: (dims, axis, dtype) =>
      new Pad(
        dims,
        dims.map((_, k): [number, number] => (k === axis ? [before, after] : [0, 0])),
        { dtype },
      ),
    line: (x) => [...new Array<number>(before).fill(0), ...x, ...new Array<number>(after).fill(0)],
  })),
  Restriction: fc.array(fc.nat(50), { minLength: 1, maxLength: 9 }).map((picks) => ({
    what: `restriction ${picks}`,
    make: (dims, axis, dtype) =>
      new Restriction(
        dims,
        picks.map((p, k) => (p % (dims[axis] as number)) - (k % 2) * (dims[axis] as number)),
        { axis, dtype },
      ),
    line: (x) => picks.map((p) => at(x, p % x.length)),
  })),
  CausalIntegration: fc
    .record({
      kind: fc.constantFrom('full' as const, 'half' as const, 'trapezoidal' as const),
      sampling: fc.constantFrom(0.5, 2),
      removefirst: fc.boolean(),
    })
    .map((o) => ({
      what: `integration ${JSON.stringify(o)}`,
      make: (dims, axis, dtype) => new CausalIntegration(dims, { ...o, axis, dtype }),
      line: (x) => {
        const y = x.map((v, i) => {
          const c = sum(x.slice(0, i + 1));
          if (o.kind === 'full') return o.sampling * c;
          if (o.kind === 'half') return o.sampling * (c - v / 2);
          return i === 0 ? (o.sampling * v) / 2 : o.sampling * (c - v / 2 - at(x, 0) / 2);
        });
        return o.removefirst ? y.slice(1) : y;
      },
    })),
  Smoothing1D: fc.integer({ min: 1, max: 9 }).map((n) => ({
    what: `smoothing ${n}`,
    make: (dims, axis, dtype) => new Smoothing1D(n, dims, { axis, dtype }),
    line: (x) => {
      const width = n % 2 === 0 ? n + 1 : n;
      return x.map((_, i) => sum(range(width).map((k) => at(x, i + k - (width - 1) / 2))) / width);
    },
  })),
  FirstDerivative: fc
    .record({
      kind: fc.constantFrom('forward' as const, 'backward' as const, 'centered' as const),
      order: fc.constantFrom(3 as const, 5 as const),
      sampling: fc.constantFrom(0.5, 3),
    })
    .map((o) => ({
      what: `first derivative ${JSON.stringify(o)}`,
      make: (dims, axis, dtype) => new FirstDerivative(dims, { ...o, axis, dtype }),
      line: (x) => {
        const taps: Readonly<Record<number, number>> =
          o.kind === 'forward'
            ? { 0: -1, 1: 1 }
            : o.kind === 'backward'
              ? { 0: 1, [-1]: -1 }
              : o.order === 3
                ? { 1: 0.5, [-1]: -0.5 }
                : { [-2]: 1 / 12, [-1]: -8 / 12, 1: 8 / 12, 2: -1 / 12 };
        const places = Object.entries(taps).map(([k, w]) => [Number(k), w] as const);
        return x.map((_, i) =>
          places.every(([k]) => i + k >= 0 && i + k < x.length)
            ? sum(places.map(([k, w]) => w * at(x, i + k))) / o.sampling
            : 0,
        );
      },
    })),
  SecondDerivative: fc
    .record({
      kind: fc.constantFrom('forward' as const, 'backward' as const, 'centered' as const),
      sampling: fc.constantFrom(0.5, 3),
    })
    .map((o) => ({
      what: `second derivative ${JSON.stringify(o)}`,
      make: (dims, axis, dtype) => new SecondDerivative(dims, { ...o, axis, dtype }),
      line: (x) => {
        const shift = o.kind === 'forward' ? 1 : o.kind === 'backward' ? -1 : 0;
        return x.map((_, i) => {
          const m = i + shift;
          return m >= 1 && m + 1 < x.length
            ? (at(x, m - 1) - 2 * at(x, m) + at(x, m + 1)) / o.sampling ** 2
            : 0;
        });
      },
    })),
  ConvolveND: fc.tuple(filters, fc.nat(7)).map(([h, o]) => ({
    what: `convolution with ${h} from ${o % h.length}`,
    make: (dims, axis, dtype) => new ConvolveND(dims, h, { axes: [axis], offset: [o % h.length], dtype }),
    line: (x) => x.map((_, i) => sum(h.map((v, j) => v * at(x, i + (o % h.length) - j)))),
  })),
  Convolve1D: fc.tuple(filters, fc.nat(7)).map(([h, o]) => ({
    what: `convolution of one axis with ${h} from ${o % h.length}`,
    make: (dims, axis, dtype) => new Convolve1D(dims, h, { axis, offset: o % h.length, dtype }),
    // If the signal is shorter than the filter, the data is as long as the filter. This holds for
    // arrays of one axis only.
    line: (x) => x.map((_, i) => sum(h.map((v, j) => v * at(x, i + (o % h.length) - j)))),
  })),
  NonStationaryConvolve1D: fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: -4, max: 16 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(1, 3, 5, 9),
    )
    .map(([list, L]) => {
      const ih = list.sort((a, b) => a - b).map((v) => v / 2);
      const hs = ih.map((_, k) => range(L).map((l) => ((3 * k + 2 * l) % 7) - 3));
      const filterAt = (i: number): Line => {
        const k = ih.findLastIndex((v) => v <= i);
        if (k < 0) return hs[0] ?? [];
        if (k === ih.length - 1) return hs[k] ?? [];
        const [a, b] = [at(ih, k), at(ih, k + 1)];
        return range(L).map(
          (l) => ((b - i) * at(hs[k] ?? [], l) + (i - a) * at(hs[k + 1] ?? [], l)) / (b - a),
        );
      };
      return {
        what: `changing filters at ${ih} of ${L}`,
        make: (dims: Shape, axis: number, dtype: DType) =>
          new NonStationaryConvolve1D(dims, hs, ih, { axis, dtype }),
        line: (x: Line) =>
          x.map((_, i) =>
            sum(range(L).map((k) => at(x, i - k + (L - 1) / 2) * at(filterAt(i - k + (L - 1) / 2), k))),
          ),
      };
    }),
  Interp: fc
    .tuple(
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }),
      fc.constantFrom('nearest' as const, 'linear' as const, 'sinc' as const),
    )
    .map(([picks, kind]) => {
      const places = (n: number) => picks.map((p) => ((n - 1) * p) / 1000 + 0);
      return {
        what: `${kind} interpolation at ${picks} ‰`,
        make: (dims: Shape, axis: number, dtype: DType) =>
          new Interp(dims, places(dims[axis] as number), { axis, kind, dtype }),
        line: (x: Line) =>
          places(x.length).map((v) => {
            const i = Math.floor(v);
            if (kind === 'nearest') return v - i === 0.5 ? at(x, i + (i % 2)) : at(x, Math.round(v));
            if (kind === 'linear') return (1 - (v - i)) * at(x, i) + (v - i) * at(x, i + 1);
            return sum(
              x.map((value, k) => value * (v === k ? 1 : Math.sin(Math.PI * (v - k)) / (Math.PI * (v - k)))),
            );
          }),
      };
    }),
  DCT: fc.constantFrom<DCTType>(1, 2, 3, 4).map((type) => ({
    what: `cosine transform ${type}`,
    make: (dims, axis, dtype) => new DCT(dims, { type, axes: axis, dtype }),
    line: (x) => {
      const n = x.length;
      const end = (k: number, ends: readonly number[]) => (ends.includes(k) ? Math.SQRT1_2 : 1);
      const two = (k: number, i: number) =>
        Math.sqrt(2 / n) * end(k, [0]) * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * n));
      const entry = (k: number, i: number): number => {
        if (type === 1)
          return (
            Math.sqrt(2 / (n - 1)) *
            end(k, [0, n - 1]) *
            end(i, [0, n - 1]) *
            Math.cos((Math.PI * k * i) / (n - 1))
          );
        if (type === 2) return two(k, i);
        if (type === 3) return two(i, k);
        return Math.sqrt(2 / n) * Math.cos((Math.PI * (2 * k + 1) * (2 * i + 1)) / (4 * n));
      };
      return x.map((_, k) => sum(x.map((v, i) => v * entry(k, i))));
    },
  })),
};

describe('local operators by their definitions', () => {
  const backend = new CpuBackend();
  before(() => setDefaultBackend(backend));
  const shapes = fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 3 });
  const setting = fc.record({
    shape: shapes,
    pick: fc.nat(2),
    dtype: fc.constantFrom<DType>('float32', 'float64', 'complex64', 'complex128'),
  });
  const dotTest = (A: AnyLocalOperator, dtype: DType, what: string): void => {
    const { error } = A.dotTest({ domain: A.domain({ dtype }), rtol: 1, raise: false });
    expect(error, `dot test of ${what}`).to.be.at.most(30 * tolerance(dtype));
  };

  for (const [name, arbitrary] of Object.entries(cases)) {
    it(name, () => {
      fc.assert(
        fc.property(setting, arbitrary, ({ shape, pick, dtype }, { what, make, line }) => {
          // the transform of type 1 needs both ends, and a filter may be longer than an axis only
          // if it is the only axis
          const dims =
            name === 'DCT' ? shape.map((n) => n + 1) : name === 'Convolve1D' ? [...shape, 2] : shape;
          const axis = pick % shape.length;
          const A = make(dims, axis, dtype);
          const x = NDArray.normal(dims, { dtype, seed: 7 });
          const expected = along(x, axis, line);
          const y = A.matvec(x);
          const title = `${what} of ${dtype} [${dims}] along ${axis}`;
          expect(y.shape, title).to.deep.equal(expected.shape);
          expectClose(y, expected.values, { rtol: 30 * tolerance(dtype), scale: 1 }, title);
          if (y.size > 0) dotTest(A, dtype, title);
        }),
        { seed: SEED, numRuns: DRAWS, includeErrorInReport: true },
      );
    });
  }

  it('FFT', () => {
    const options = fc.record({
      norm: fc.constantFrom('none' as const, '1/n' as const, 'ortho' as const),
      longer: fc.integer({ min: -4, max: 5 }),
      ifftshiftBefore: fc.boolean(),
      fftshiftAfter: fc.boolean(),
    });
    fc.assert(
      fc.property(
        setting,
        options,
        ({ shape, pick, dtype }, { longer, norm, ifftshiftBefore, fftshiftAfter }) => {
          const complex = complexOf(dtype);
          const axis = pick % shape.length;
          const n = shape[axis] as number;
          const nfft = Math.max(1, n + longer);
          const A = new FFT(shape, { axis, nfft, norm, ifftshiftBefore, fftshiftAfter, dtype: complex });
          const x = NDArray.normal(shape, { dtype: complex, seed: 7 });
          const s = { none: 1, '1/n': 1 / nfft, ortho: 1 / Math.sqrt(nfft) }[norm];
          const turned =
            (part: (angle: number) => number) =>
            (line: Line): Line => {
              const moved = ifftshiftBefore
                ? range(n).map((i) => at(line, (i + Math.floor(n / 2)) % n))
                : line;
              const y = range(nfft).map(
                (k) =>
                  s *
                  sum(
                    range(Math.min(n, nfft)).map((j) => at(moved, j) * part((-2 * Math.PI * j * k) / nfft)),
                  ),
              );
              return fftshiftAfter ? range(nfft).map((k) => at(y, (k + Math.ceil(nfft / 2)) % nfft)) : y;
            };
          const [cosines, sines] = [
            along(x, axis, turned(Math.cos)).values,
            along(x, axis, turned(Math.sin)).values,
          ];
          const y = A.matvec(x);
          // cos + i sin, times the real part and the imaginary part of x
          const expected = Array.from(
            cosines,
            (c, k) => c + (sines[k ^ 1] as number) * (k % 2 === 0 ? -1 : 1),
          );
          expectClose(y, expected, { rtol: 30 * tolerance(dtype), scale: 1 });
          dotTest(A, complex, `FFT of [${shape}]`);
          // for a real model: the frequencies ≥ 0, and those with a mirror frequency times √2
          const R = new FFT(shape, { axis, nfft, norm, ifftshiftBefore, real: true, dtype: complex });
          dotTest(R, x.dtype === 'complex64' ? 'float32' : 'float64', `real FFT of [${shape}]`);
        },
      ),
      { seed: SEED, numRuns: DRAWS, includeErrorInReport: true },
    );
  });

  it('Shift by whole samples equals Roll', () => {
    fc.assert(
      fc.property(shapes, fc.nat(2), whole, (shape, pick, shift) => {
        const axis = pick % shape.length;
        const x = NDArray.normal(shape, { seed: 7 });
        const A = new Shift(shape, shift, { axis, real: true, dtype: 'float64' });
        // the highest frequency of an even number of samples has no phase of its own
        expectClose(A.matvec(x), new Roll(shape, { axis, shift }).matvec(x), 1e-11);
        dotTest(A, 'float64', `shift of [${shape}]`);
      }),
      { seed: SEED, numRuns: DRAWS, includeErrorInReport: true },
    );
  });

  it('DWT is orthonormal', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.nat(2),
        fc.constantFrom('haar', 'db2', 'db3', 'db7'),
        fc.nat(3),
        (shape, pick, wavelet, level) => {
          const A = new DWT(shape, { axis: pick % shape.length, wavelet, level });
          const x = NDArray.normal(shape, { seed: 7 });
          expectClose(A.rmatvec(A.matvec(x)), x, 1e-9, `${wavelet} ${level} of [${shape}]`);
          dotTest(A, 'float64', wavelet);
        },
      ),
      { seed: SEED, numRuns: DRAWS, includeErrorInReport: true },
    );
  });

  /** Sizes a, b, c, d and an axis of [a, b, c], a random array of that shape and its elements. */
  interface Draw {
    readonly sizes: readonly [a: number, b: number, c: number, d: number];
    readonly axis: number;
    readonly x: NDArray;
    value(i: number, j: number, k: number): number;
  }
  const numbers = (x: NDArray): number[] => [...x.toHost()].map(Number);
  /** An operator, a model, and the data by indices. */
  const byIndices: Readonly<Record<string, (draw: Draw) => readonly [AnyLocalOperator, NDArray, Line]>> = {
    Sum: ({ x, axis }) => [new Sum(x.shape, { axis }), x, [...along(x, axis, (line) => [sum(line)]).values]],
    Transpose: ({ sizes: [a, b, c], x, value }) => [
      new Transpose(x.shape, [2, 0, 1]),
      x,
      range(c).flatMap((k) => range(a).flatMap((i) => range(b).map((j) => value(i, j, k)))),
    ],
    Identity: ({ sizes: [a, b] }) => {
      const flat = NDArray.normal(b, { seed: 3 });
      return [new Identity(a, b), flat, range(a).map((i) => at(numbers(flat), i))];
    },
    Regression: ({ sizes: [, , , d] }) => {
      const coefficients = NDArray.normal(3, { seed: 3 });
      const [p0 = 0, p1 = 0, p2 = 0] = numbers(coefficients);
      return [new Regression(range(d), 2), coefficients, range(d).map((t) => p0 + p1 * t + p2 * t * t)];
    },
    Fredholm1: ({ sizes: [a, b, c, d], x, value }) => {
      const model = NDArray.normal([a, c, d], { seed: 4 });
      const m = numbers(model);
      const slices = range(a).flatMap((i) =>
        range(b).flatMap((j) =>
          range(d).map((l) => sum(range(c).map((k) => value(i, j, k) * at(m, (i * c + k) * d + l)))),
        ),
      );
      return [new Fredholm1(x, d), model, slices];
    },
    Kronecker: ({ sizes: [a, b, c, d] }) => {
      const [P, Q] = [NDArray.normal([a, b], { seed: 5 }), NDArray.normal([c, d], { seed: 6 })];
      const model = NDArray.normal(b * d, { seed: 8 });
      const [p, q, v] = [P, Q, model].map(numbers) as [number[], number[], number[]];
      const outer = range(a * c).map((r) =>
        sum(
          range(b * d).map(
            (s) => at(p, Math.floor(r / c) * b + Math.floor(s / d)) * at(q, (r % c) * d + (s % d)) * at(v, s),
          ),
        ),
      );
      return [new Kronecker(new MatrixMult(P), new MatrixMult(Q)), model, outer];
    },
  };
  for (const [name, make] of Object.entries(byIndices))
    it(name, () => {
      const size = fc.integer({ min: 1, max: 6 });
      fc.assert(
        fc.property(fc.tuple(size, size, size, size), fc.nat(2), (sizes, axis) => {
          const [a, b, c] = sizes;
          const x = NDArray.normal([a, b, c], { seed: 7 });
          const host = numbers(x);
          const value = (i: number, j: number, k: number) => at(host, (i * b + j) * c + k);
          const [A, model, expected] = make({ sizes, axis, x, value });
          const what = `${A} of sizes ${sizes}`;
          expectClose(A.matvec(model), expected, { rtol: 1e-9, scale: 1, each: true }, what);
          dotTest(A, 'float64', what);
        }),
        { seed: SEED, numRuns: DRAWS, includeErrorInReport: true },
      );
    });
});
