import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex, isFloat } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { product, type Shape, stridesOf } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow, layoutsOf, NOTHING, placed, traffic } from '../support/vectors.js';

type Either = NDArray | DistributedArray;
const { ndimage } = xp;

const modulo = (i: number, n: number): number => ((i % n) + n) % n;
const SYMMETRIC = (i: number, n: number): number => Math.min(modulo(i, 2 * n), 2 * n - 1 - modulo(i, 2 * n));
const MIRROR = (i: number, n: number): number => {
  const period = Math.max(1, 2 * (n - 1));
  return Math.min(modulo(i, period), period - modulo(i, period));
};
/** The element that stands for index i of an axis of length n; undefined for the constant. */
const MODES: Readonly<Record<xp.BorderMode, (i: number, n: number) => number | undefined>> = {
  reflect: SYMMETRIC,
  'grid-mirror': SYMMETRIC,
  mirror: MIRROR,
  nearest: (i, n) => Math.min(Math.max(i, 0), n - 1),
  wrap: modulo,
  'grid-wrap': modulo,
  constant: (i, n) => (i >= 0 && i < n ? i : undefined),
  'grid-constant': (i, n) => (i >= 0 && i < n ? i : undefined),
};
const NAMES = Object.keys(MODES) as xp.BorderMode[];

const indicesOf = (shape: Shape): number[][] =>
  Array.from({ length: product(shape) }, (_, at) =>
    shape.map((n, k) => Math.floor(at / (stridesOf(shape)[k] as number)) % n),
  );

/** A function of the real numbers in the window of each element. */
function windows(
  x: NDArray,
  size: Shape,
  origin: readonly number[],
  mode: xp.BorderMode,
  cval: number,
  of: (window: number[]) => number,
): NDArray {
  const values = indicesOf(x.shape).map((index) =>
    of(
      indicesOf(size).map((j) => {
        const from = index.map((i, k) => {
          const n = size[k] as number;
          return MODES[mode](
            i + (j[k] as number) - Math.floor(n / 2) - (origin[k] as number),
            x.shape[k] as number,
          );
        });
        return from.every((i) => i !== undefined) ? (x.get(...(from as number[])) as number) : cval;
      }),
    ),
  );
  return NDArray.array(values, { dtype: x.dtype, backend: x.backend }).reshape(x.shape);
}

const sorted = (window: number[]): number[] => [...window].sort((a, b) => a - b);
const mean = (window: number[]): number => window.reduce((a, b) => a + b, 0) / window.length;

const randomOf = (shape: Shape, dtype: DType): NDArray =>
  isFloat(dtype)
    ? NDArray.normal(shape, { dtype, seed: 5 })
    : NDArray.normal(shape, { seed: 5 }).multiply(4).rint().astype(dtype);

interface Trial {
  readonly call: (x: Either, mode: xp.BorderMode) => Either;
  readonly wanted: (x: NDArray, mode: xp.BorderMode) => NDArray;
}
const WEIGHTS = [
  [1, -2, 0.5],
  [3, 0, -1],
];
const whole = (x: NDArray, v: number): number => (isFloat(x.dtype) ? v : Math.trunc(v));

const TRIALS: Readonly<Record<string, Trial>> = {
  correlate: {
    call: (x, mode) => ndimage.correlate(x, WEIGHTS, { mode, cval: 2, origin: [0, -1] }),
    wanted: (x, mode) =>
      windows(x, [2, 3], [0, -1], mode, 2, (window) =>
        whole(
          x,
          window.reduce((sum, v, k) => sum + v * (WEIGHTS.flat()[k] as number), 0),
        ),
      ),
  },
  convolve: {
    call: (x, mode) => ndimage.convolve(x, WEIGHTS, { mode, cval: 2 }),
    wanted: (x, mode) =>
      windows(x, [2, 3], [-1, 0], mode, 2, (window) =>
        whole(
          x,
          window.reduce((sum, v, k) => sum + v * (WEIGHTS.flat().reverse()[k] as number), 0),
        ),
      ),
  },
  uniformFilter1d: {
    call: (x, mode) => ndimage.uniformFilter1d(x, 4, { axis: 0, mode, cval: 3, origin: 1 }),
    wanted: (x, mode) => windows(x, [4, 1], [1, 0], mode, 3, (window) => whole(x, mean(window))),
  },
  medianFilter: {
    call: (x, mode) => ndimage.medianFilter(x, [3, 2], { mode, cval: 1, origin: [0, -1] }),
    wanted: (x, mode) => windows(x, [3, 2], [0, -1], mode, 1, (window) => sorted(window)[3] as number),
  },
  'maximumFilter, wider than the array': {
    call: (x, mode) => ndimage.maximumFilter(x, [13, 1], { mode }),
    wanted: (x, mode) => windows(x, [13, 1], [0, 0], mode, 0, (window) => Math.max(...window)),
  },
  'rankFilter of a footprint': {
    call: (x, mode) =>
      ndimage.rankFilter(x, -2, undefined, {
        mode,
        footprint: [
          [1, 0, 1],
          [0, 1, 0],
          [0, 0, 1],
        ],
      }),
    wanted: (x, mode) =>
      windows(x, [3, 3], [0, 0], mode, 0, (w) => sorted([w[0], w[2], w[4], w[8]] as number[])[2] as number),
  },
};

group('filters of arrays', () => {
  distributed('are those of loops, in any layout and mode', { timeout: 240_000 }, (context) => {
    const { comm, dtypes, tolerance } = context;
    const shape = [5, 4];
    for (const dtype of dtypes) {
      if (isComplex(dtype)) continue;
      const x = randomOf(shape, dtype);
      const rtol = isFloat(dtype) ? 40 * tolerance(dtype) : 0;
      const layouts = [...layoutsOf(shape, comm.size), Layout.replicated(shape, comm.size)];
      Object.entries(TRIALS).forEach(([what, { call, wanted }], t) => {
        NAMES.forEach((mode, m) => {
          const expected = wanted(x, mode);
          const message = `${what} ${mode} of ${dtype}`;
          expectClose(call(x, mode), expected, { rtol, atol: rtol }, { what: message });
          if (comm.size === 1) return;
          // Every layout meets every function and every mode, but not all three together
          layouts.forEach((layout, l) => {
            if ((l + t + m) % 3 !== 0 || (dtype !== dtypes[0] && l !== 1)) return;
            const y = call(placed(x, layout, comm), mode) as DistributedArray;
            expect(y.dtype).to.equal(x.dtype);
            expectClose(y, expected, { rtol, atol: rtol }, { what: message, layout });
          });
        });
      });
    }
  });

  distributed('of complex numbers and weights conjugate in correlations', ({ comm, floats, tolerance }) => {
    for (const dtype of floats) {
      if (!isComplex(dtype)) continue;
      const [x, w] = [randomOf([6], dtype), NDArray.normal(3, { dtype, seed: 9 })];
      const padded = xp.pad(x, 1, { mode: 'wrap' });
      const limit = 40 * tolerance(dtype);
      for (const u of [x, placed(x, Layout.split([6], comm.size), comm)] as Either[]) {
        expectClose(
          ndimage.convolve(u, w, { mode: 'wrap' }),
          xp.convolve(padded, w, { mode: 'valid' }),
          limit,
        );
        expectClose(
          ndimage.correlate(u, w, { mode: 'wrap' }),
          xp.correlate(padded, w, { mode: 'valid' }),
          limit,
        );
        const real = ndimage.convolve(xp.real(u), w, { mode: 'wrap' });
        expectClose(real, xp.convolve(xp.real(padded), w, { mode: 'valid' }), limit);
      }
    }
  });

  distributed('are those of SciPy', ({ comm, backend, tolerance }) => {
    const limit = 40 * tolerance(backend.defaultDType);
    const x = NDArray.array([
      [1, 2, -1, 3],
      [0.5, 4, 2, -2],
      [3, -1, 0, 1],
    ]);
    const w = [
      [1, -2],
      [0.5, 3],
    ];
    for (const u of [x, ...layoutsOf([3, 4], comm.size).map((l) => placed(x, l, comm))] as Either[]) {
      expectClose(
        ndimage.convolve(u, w, { mode: 'mirror', origin: [-1, 0] }),
        [
          [3.5, 8, 10, -12],
          [7, -0.5, -7.5, 14.5],
          [-3.5, 15, 6, -7],
        ],
        limit,
      );
      expectClose(
        ndimage.uniformFilter(u, [2, 3], { mode: 'wrap' }),
        [
          [1.5, 0.6666666667, 0.6666666667, 1.1666666667],
          [1.4166666667, 1.4166666667, 1.3333333333, 0.5833333333],
          [0.9166666667, 1.4166666667, 0.6666666667, 0.75],
        ],
        { atol: Math.max(limit, 1e-9) },
      );
      expectClose(
        ndimage.gaussianFilter(u, [0.8, 0.6], { order: [0, 1], mode: 'nearest' }),
        [
          [0.6534040453, -0.5498531241, -0.2521665742, 0.9603211725],
          [0.4495436856, -0.2501035858, -1.0477385164, -0.3728240753],
          [-1.0282694794, -0.9255736548, 0.0406364286, -0.0320994367],
        ],
        { atol: Math.max(limit, 1e-9) },
      );
      expectClose(
        ndimage.percentileFilter(u, 25, 3, { mode: 'grid-constant', cval: -1 }),
        [
          [-1, -1, -1, -1],
          [-1, 0, -1, -1],
          [-1, -1, -1, -1],
        ],
        0,
      );
    }
    // A window of 3 with NaN, which is the largest
    const v = ndimage.medianFilter([1, Number.NaN, 0, Number.NaN, Number.NaN], 3, { mode: 'nearest' });
    expect(Array.from(v.toHost()).slice(0, 2)).to.deep.equal([1, 1]);
    expect(v.get(4)).to.be.NaN;
    // Means of integers are truncated after the exact sum
    expect(
      ndimage.uniformFilter(NDArray.array([3, 3, 3, -4], { dtype: 'int32' }), 3).toArray(),
    ).to.deep.equal([3, 3, 0, -1]);
  });

  distributed('send what their comments say', ({ comm, floats }) => {
    const dtype = floats[0] as DType;
    const x = DistributedArray.ones([12, 6], { dtype });
    const peers = comm.size - 1;
    expect(traffic(comm, () => ndimage.gaussianFilter1d(x, 1))).to.deep.equal(NOTHING);
    expect(traffic(comm, () => ndimage.medianFilter(x, [1, 3]))).to.deep.equal(NOTHING);
    for (const call of [
      () => ndimage.gaussianFilter(x, 1),
      () => ndimage.medianFilter(x, 5, { mode: 'wrap' }),
      () => ndimage.convolve(x, NDArray.ones([3, 3], { dtype })),
      () => ndimage.uniformFilter(x, 4),
    ]) {
      const { messages, ...others } = traffic(comm, call);
      expect(messages, String(call)).to.be.at.most(peers);
      expect(others).to.deep.equal({ reductions: 0, collectives: 0 });
    }
  });

  distributed('refuse what does not fit, on all ranks', ({ comm, floats }) => {
    const real = floats.find((dtype) => !isComplex(dtype)) as DType;
    const x = DistributedArray.ones([4, 3], { dtype: real });
    const wrong: readonly (readonly [() => unknown, new (message: string) => Error])[] = [
      [() => ndimage.convolve(x, [1, 2]), ShapeError],
      [() => ndimage.convolve(x, [[1]], { mode: 'edge' as never }), ArgumentError],
      [() => ndimage.convolve(x, [[1]], { mode: ['wrap'] }), ShapeError],
      [() => ndimage.convolve(x, [[1, 2]], { origin: [0, 1] }), ArgumentError],
      [() => ndimage.convolve(x, [[1]], { cval: 'a' as never }), ArgumentError],
      [() => ndimage.convolve1d(x, [[1]]), ShapeError],
      [() => ndimage.uniformFilter(x, 0), ArgumentError],
      [() => ndimage.uniformFilter(x, [2, 2, 2]), ShapeError],
      [() => ndimage.uniformFilter1d(x, 3, { axis: 2 }), ShapeError],
      [() => ndimage.gaussianFilter(x, -1), ArgumentError],
      [() => ndimage.gaussianFilter(x, 1, { order: 0.5 }), ArgumentError],
      [() => ndimage.medianFilter(x), ArgumentError],
      [() => ndimage.medianFilter(x, 3, { footprint: [[1]] }), ArgumentError],
      [() => ndimage.medianFilter(x, undefined, { footprint: [[0, 0]] }), ArgumentError],
      [() => ndimage.medianFilter(x, undefined, { footprint: [1] }), ShapeError],
      [() => ndimage.rankFilter(x, 9, 3), ArgumentError],
      [() => ndimage.percentileFilter(x, 101, 3), ArgumentError],
      [() => ndimage.medianFilter(NDArray.array([{ re: 0, im: 1 }]), 3), DTypeError],
      [() => ndimage.medianFilter(x.astype('int32'), 3, { mode: 'constant', cval: 0.5 }), DTypeError],
    ];
    for (const [call, kind] of wrong) expectAllThrow(comm, call, kind, String(call));
  });
});
