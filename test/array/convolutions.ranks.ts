import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { im, re, type Scalar } from '../../src/core/base/complex.js';
import { type DType, isComplex, isFloat } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  DTypeError,
  NumericalError,
  PartitionError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { product, type Shape, stridesOf } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { fastLength } from '../../src/core/schemes/fast-convolution.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;

const indicesOf = (shape: Shape): number[][] =>
  Array.from({ length: product(shape) }, (_, at) =>
    shape.map((n, k) => Math.floor(at / (stridesOf(shape)[k] as number)) % n),
  );

/** What is outside of an axis of length n: the index of an element, or undefined for a constant. */
const OUTSIDE: Readonly<Record<string, (i: number, n: number) => number | undefined>> = {
  fill: (i, n) => (i >= 0 && i < n ? i : undefined),
  wrap: (i, n) => ((i % n) + n) % n,
  symm: (i, n) => {
    const j = ((i % (2 * n)) + 2 * n) % (2 * n);
    return j < n ? j : 2 * n - 1 - j;
  },
};

/** A convolution by loops, in the dtype of x. */
function convolution(
  x: NDArray,
  h: NDArray,
  starts: readonly number[],
  lengths: Shape,
  boundary = 'fill',
  fill = 0,
): NDArray {
  const outside = OUTSIDE[boundary] as (i: number, n: number) => number | undefined;
  const values = indicesOf(lengths).map((index): Scalar => {
    let [a, b] = [0, 0];
    for (const j of indicesOf(h.shape)) {
      const from = index.map((i, k) =>
        outside(i + (starts[k] as number) - (j[k] as number), x.shape[k] as number),
      );
      const u = from.every((i) => i !== undefined) ? (x.get(...(from as number[])) as Scalar) : fill;
      const v = h.get(...j) as Scalar;
      a += re(u) * re(v) - im(u) * im(v);
      b += re(u) * im(v) + im(u) * re(v);
    }
    return isComplex(x.dtype) ? { re: a, im: b } : a;
  });
  return NDArray.array(values, { dtype: x.dtype, backend: x.backend }).reshape(lengths);
}

const MODES = {
  full: (m: number, n: number) => [0, m + n - 1],
  same: (m: number, n: number) => [Math.floor((n - 1) / 2), m],
  valid: (m: number, n: number) => [Math.min(m, n) - 1, Math.abs(m - n) + 1],
} as const;
type Mode = keyof typeof MODES;
const range = (mode: Mode, x: NDArray, h: NDArray): [number[], number[]] => {
  const all = x.shape.map((m, k) => MODES[mode](m, h.shape[k] as number));
  return [all.map((r) => r[0] as number), all.map((r) => r[1] as number)];
};
const reversed = (h: NDArray): NDArray => h.flip().conj();

const randomOf = (shape: Shape, dtype: DType, seed: number): NDArray =>
  isFloat(dtype)
    ? NDArray.normal(shape, { dtype, seed })
    : NDArray.normal(shape, { seed }).multiply(4).rint().astype(dtype);

group('convolutions of arrays', () => {
  distributed('are those of loops, in any layout', { timeout: 240_000 }, (context) => {
    const { comm, dtypes, tolerance } = context;
    let turn = 0;
    for (const [shape, window] of [
      [
        [7, 5],
        [3, 2],
      ],
      [[9], [4]],
      [
        [2, 3],
        [4, 3],
      ],
    ] as const) {
      for (const dtype of dtypes) {
        const [x, h] = [randomOf(shape, dtype, 5), randomOf(window, dtype, 6)];
        const trials: Record<string, [(x: Either) => Either, NDArray]> = {};
        for (const mode of ['full', 'same', 'valid'] as const) {
          if (mode === 'valid' && shape[0] === 2 && dtype !== dtypes[0]) continue;
          const at = range(mode, x, h);
          trials[`convolve ${mode}`] = [(u) => xp.signal.convolve(u, h, { mode }), convolution(x, h, ...at)];
          trials[`correlate ${mode}`] = [
            (u) => xp.signal.correlate(u, h, { mode, method: 'direct' }),
            convolution(x, reversed(h), ...at),
          ];
          if (isFloat(dtype)) {
            trials[`fft ${mode}`] = [(u) => xp.signal.fftconvolve(u, h, { mode }), convolution(x, h, ...at)];
          }
          if (shape.length === 2 && mode !== 'valid') {
            for (const boundary of ['fill', 'wrap', 'symm'] as const)
              trials[`convolve2d ${mode} ${boundary}`] = [
                (u) => xp.signal.convolve2d(u, h, { mode, boundary, fillvalue: 2 }),
                convolution(x, h, ...at, boundary, 2),
              ];
          }
        }
        const rtol = isFloat(dtype) ? 60 * tolerance(dtype) : 0;
        for (const [what, [call, wanted]] of Object.entries(trials)) {
          expectClose(call(x), wanted, { rtol, atol: rtol }, { what: `${what} of ${dtype}` });
          if (comm.size === 1) continue;
          const layouts = [...layoutsOf(shape, comm.size), Layout.replicated(shape, comm.size)];
          for (const [l, layout] of layouts.entries()) {
            // Every layout meets every function, but not in every dtype
            if (dtype === dtypes.at(-1) ? (l + turn++) % 3 !== 0 : l !== 1) continue;
            const y = call(placed(x, layout, comm));
            expect(y).to.be.instanceOf(DistributedArray);
            expectClose(y, wanted, { rtol, atol: rtol }, { what: `${what} of ${dtype}`, layout });
          }
        }
      }
    }
  });

  distributed('of two distributed arrays transform both', ({ comm, floats, tolerance }) => {
    for (const dtype of floats) {
      const [x, h] = [randomOf([8, 5], dtype, 2), randomOf([6, 5], dtype, 3)];
      const at = range('same', x, h);
      const [u, v] = [
        placed(x, Layout.split(x.shape, comm.size), comm),
        placed(h, Layout.split(h.shape, comm.size, 1), comm),
      ];
      const limit = { rtol: 60 * tolerance(dtype), atol: 60 * tolerance(dtype) };
      expectClose(xp.signal.convolve(u, v, { mode: 'same' }), convolution(x, h, ...at), limit);
      expectClose(xp.signal.fftconvolve(x, v, { mode: 'same' }), convolution(x, h, ...at), limit);
      expectClose(
        xp.signal.oaconvolve(u, v, { mode: 'same', axes: 0 }),
        xp.signal.oaconvolve(x, h, { mode: 'same', axes: 0 }),
        limit,
      );
    }
  });

  distributed('by blocks of transforms are those by sums', ({ comm, floats, tolerance }) => {
    for (const dtype of [floats[0], floats.at(-1)] as DType[]) {
      const x = randomOf([3, 700], dtype, 7);
      const rtol = 100 * tolerance(dtype);
      for (const h of [randomOf([1, 9], dtype, 8), randomOf([3, 31], dtype, 9)]) {
        const options = { mode: 'same', axes: 1 } as const;
        const wanted = xp.stack(
          [0, 1, 2].map((k) =>
            xp.signal.convolve(x.slice(k), h.slice(h.shape[0] === 1 ? 0 : k), {
              mode: 'same',
              method: 'direct',
            }),
          ),
        );
        expectClose(xp.signal.oaconvolve(x, h, options), wanted, { rtol, atol: rtol });
        const u = placed(x, Layout.split(x.shape, comm.size, 1), comm);
        expectClose(xp.signal.fftconvolve(u, h, options), wanted, { rtol, atol: rtol });
        for (const axis of [0, 1]) {
          const [a, b] = [x, h].map((z) => placed(z, Layout.split(z.shape, comm.size, axis), comm)) as [
            DistributedArray,
            DistributedArray,
          ];
          const alike = h.shape[0] === 3 || axis === 1;
          if (alike) expectClose(xp.signal.fftconvolve(a, b, options), wanted, { rtol, atol: rtol });
        }
      }
    }
    expect([1, 7, 11, 13, 17, 121, 127, 1025].map(fastLength)).to.deep.equal([
      1, 8, 12, 15, 18, 125, 128, 1080,
    ]);
  });

  distributed('are those of NumPy and SciPy', ({ comm, backend, tolerance }) => {
    const limit = 20 * tolerance(backend.defaultDType);
    const x = NDArray.array([
      [1, 2, -1, 3],
      [0.5, 4, 2, -2],
      [3, -1, 0, 1],
    ]);
    const w = NDArray.array([
      [1, -2],
      [0.5, 3],
    ]);
    for (const u of [x, placed(x, Layout.split(x.shape, comm.size), comm)] as Either[]) {
      expectClose(
        xp.signal.convolve2d(u, w, { mode: 'same', boundary: 'symm' }),
        [
          [2.5, 4, 0.5, 3.5],
          [3, 7, -0.5, -7.5],
          [-1.25, -3.5, 15, 6],
        ],
        limit,
      );
      expectClose(
        xp.signal.correlate2d(u, w, { fillvalue: 1 }),
        [
          [2.5, 5.5, -3, 7.5, 3.5],
          [1, 9.25, 12, -12, 3],
          [9.5, -9, -0.5, 9, -0.5],
          [-1.5, 8.5, 2.5, 1.5, 2.5],
        ],
        limit,
      );
      expectClose(
        xp.signal.fftconvolve(u, w.slice([0, 1]), { mode: 'same', axes: 1 }),
        [
          [1, 0, -5, 5],
          [0.5, 3, -6, -6],
          [3, -7, 2, 1],
        ],
        limit,
      );
    }
    const z = NDArray.array([1, { re: 0, im: 2 }, 3]);
    expectClose(
      xp.correlate(z, NDArray.array([0.5, { re: 0, im: 1 }]), { mode: 'full' }),
      [
        { re: 0, im: -1 },
        { re: 2.5, im: 0 },
        { re: 0, im: -2 },
        { re: 1.5, im: 0 },
      ],
      limit,
    );
    expectClose(xp.convolve([1, 2, 3], [0, 1, 0.5]), [0, 1, 2.5, 4, 1.5], limit);
    expectClose(xp.convolve([1, 2], [0, 1, 0.5, 4], { mode: 'same' }), [0, 1, 2.5, 5], limit);
    const { windows } = xp.signal;
    expectClose(windows.kaiser(5, 8.6), [0.001332514, 0.3403936224, 1, 0.3403936224, 0.001332514], 1e-6);
    expectClose(windows.tukey(6, 0.6), [0, 0.75, 1, 1, 0.75, 0], 1e-6);
    const hann = [0, 0.3454915028, 0.9045084972, 0.9045084972, 0.3454915028];
    expectClose(windows.hann(5, { sym: false }), hann, 1e-6);
    expect(windows.hann(0).shape).to.deep.equal([0]);
    expect(windows.blackman(1).toArray()).to.deep.equal([1]);
  });

  distributed('send what their comments say', ({ comm, floats }) => {
    const dtype = floats[0] as DType;
    const x = DistributedArray.ones([12, 6], { dtype });
    const peers = comm.size - 1;
    const h = NDArray.ones([1, 3], { dtype });
    expect(traffic(comm, () => xp.signal.convolve(x, h, { mode: 'same' }))).to.deep.equal(NOTHING);
    for (const call of [
      () => xp.signal.convolve(x, NDArray.ones([3, 3], { dtype }), { mode: 'same' }),
      () => xp.signal.convolve(x, NDArray.ones([9, 1], { dtype })),
      () => xp.signal.convolve2d(x, NDArray.ones([5, 3], { dtype }), { boundary: 'wrap', mode: 'same' }),
    ]) {
      const { messages, ...others } = traffic(comm, call);
      expect(messages, String(call)).to.be.at.most(peers);
      expect(others).to.deep.equal({ reductions: 0, collectives: 0 });
    }
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, backend, floats }) => {
    const dtype = floats[0] as DType;
    const x = DistributedArray.ones([4, 3], { dtype });
    const h = NDArray.ones([2, 2], { dtype });
    const big = 2 ** 30;
    const wrong: readonly (readonly [() => unknown, new (message: string) => Error])[] = [
      [() => xp.signal.convolve(x, NDArray.ones(3, { dtype })), ShapeError],
      [() => xp.signal.convolve(x, NDArray.ones([0, 2], { dtype })), ShapeError],
      [() => xp.signal.convolve(x, NDArray.ones([2, 5], { dtype }), { mode: 'valid' }), ShapeError],
      [() => xp.signal.convolve(x, h, { mode: 'some' as never }), ArgumentError],
      [() => xp.signal.convolve(x, h, { method: 'fast' as never }), ArgumentError],
      [() => xp.signal.convolve2d(x, h, { boundary: 'reflect' as never }), ArgumentError],
      [() => xp.signal.convolve2d(x, h, { fillvalue: { re: 0, im: 1 } }), DTypeError],
      [() => xp.signal.convolve2d(x, x, { boundary: 'wrap' }), PartitionError],
      [() => xp.signal.fftconvolve(x, NDArray.ones([2, 2], { dtype }), { axes: 0 }), ShapeError],
      [() => xp.convolve(x, h), ShapeError],
      [() => xp.signal.windows.hann(-1), ArgumentError],
      [() => xp.signal.windows.tukey(3, -1), ArgumentError],
    ];
    for (const [call, kind] of wrong)
      if (kind !== DTypeError || !isComplex(dtype)) expectAllThrow(comm, call, kind, String(call));
    if (backend.dtypes.includes('float64'))
      expectAllThrow(
        comm,
        () =>
          xp.convolve(
            DistributedArray.full(5, big, { dtype: 'int32' }),
            NDArray.full(2, 4, { dtype: 'int32' }),
          ),
        NumericalError,
      );
  });
});
