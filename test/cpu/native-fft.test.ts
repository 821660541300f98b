import { expect } from 'chai';
import { NDArraySpace } from '../../src/core/array/ndarray.js';
import { type DType, realOf } from '../../src/core/base/dtype.js';
import type { Shape } from '../../src/core/base/shape.js';
import type { FftPlan } from '../../src/core/ports/backend.js';
import { CpuBackend, type CpuBackendOptions, nativeOptions, referenceKernels } from '../../src/cpu/index.js';
import { expectClose, expectSameBits } from '../support/expect-close.js';
import { skip } from '../support/skip.js';
import { tolerance } from '../support/tolerance.js';

const KINDS = [
  ['c2c', 'forward'],
  ['c2c', 'inverse'],
  ['r2c', 'forward'],
  ['c2r', 'inverse'],
] as const;

/**
 * Shapes that are large enough for a transform axis by axis, with lengths that are not multiples of
 * the tile size, and a shape that exceeds a block of the cache.
 */
const SHAPES = [
  [26, 31, 45],
  [9, 48, 160],
];
const AXES = [[0], [1], [2], [0, 2], [1, 0], [0, 1, 2], [2, 1, 0]];
/** A shape so large that writes bypass the cache. */
const LARGE = [128, 128, 132];
/** Lengths with a large prime factor: many lines are transformed at a time. */
const PRIMES = [
  ...[17, 46, 76, 127, 3 * 13 * 41, 8 * 9 * 5 * 19].map((n) => ({ shape: [3, n, 7], axes: [1] })),
  ...[17, 2 * 113].map((n) => ({ shape: [n], axes: [0] })),
  { shape: [37, 29], axes: [1] },
  { shape: [29, 74], axes: [0, 1] },
  { shape: [34, 29], axes: [1, 0] },
];

describe('native transforms of large arrays', () => {
  const native = nativeOptions();
  for (const dtype of ['complex128', 'complex64'] as const) {
    for (const [kind, direction] of KINDS) {
      const compare = (native: CpuBackendOptions, shape: Shape, axes: readonly number[]): void => {
        const reference = new CpuBackend({ kernels: referenceKernels });
        const backend = new CpuBackend(native);
        for (const overwrite of kind === 'c2r' ? [false, true] : [false]) {
          const last = axes.at(-1) as number;
          const half = shape.map((n, k) => (k === last ? Math.floor(n / 2) + 1 : n));
          const [from, to] = [kind === 'c2r' ? half : shape, kind === 'r2c' ? half : shape];
          const [input, output]: [DType, DType] = [
            kind === 'r2c' ? realOf(dtype) : dtype,
            kind === 'c2r' ? realOf(dtype) : dtype,
          ];
          const plan: FftPlan = { kind, shape, axes, direction, scale: 0.3, overwrite };
          const values = NDArraySpace.of(from, input, reference).random(1).toHost();
          const [result, expected] = [backend, reference].map((b) => {
            const x = NDArraySpace.of(from, input, b).upload(values.slice());
            const y = NDArraySpace.of(to, output, b).empty();
            b.fft(x, y, plan);
            if (!overwrite) expectSameBits(x, values, `the input of ${kind} along ${axes}`);
            return y.toHost();
          }) as [Float64Array, Float64Array];
          expectClose(result, expected, tolerance(dtype), `${kind} of [${shape}] along ${axes}`);
        }
      };
      const cases = [
        ...SHAPES.flatMap((shape) => AXES.map((axes) => ({ shape, axes }))),
        ...PRIMES,
        { shape: [2, 3, 130, 140], axes: [1, 3] },
        { shape: [2, 3, 130, 140], axes: [0, 1, 2, 3] },
        ...(dtype === 'complex128' ? [{ shape: LARGE, axes: [0, 1, 2] }] : []),
      ];
      for (const { shape, axes } of cases)
        it(`${kind} ${direction} of ${dtype}, [${shape}] along ${axes}`, function () {
          if (!native) return skip(this, 'no native kernels');
          compare(native, shape, axes);
        });
    }
  }

  it('keeps infinities in their line', function () {
    if (!native) return skip(this, 'no native kernels');
    const backend = new CpuBackend(native);
    const x = NDArraySpace.of([51, 20], 'float64', backend).random(1);
    const values = x.toHost() as Float64Array;
    const transformed = (data: Float64Array): Float64Array => {
      const y = NDArraySpace.of([26, 20], 'complex128', backend).empty();
      const plan: FftPlan = { kind: 'r2c', shape: [51, 20], axes: [0], direction: 'forward', scale: 1 };
      backend.fft(NDArraySpace.of([51, 20], 'float64', backend).upload(data), y, plan);
      return y.toHost() as Float64Array;
    };
    const plain = transformed(values);
    const spoilt = transformed(values.map((v, k) => (k % 20 === 3 ? Number.POSITIVE_INFINITY : v)));
    expect(spoilt[6]).to.equal(Number.POSITIVE_INFINITY);
    spoilt.forEach((v, k) => {
      if (Math.floor(k / 2) % 20 !== 3) expect(v, `number ${k}`).to.equal(plain[k]);
    });
  });
});
