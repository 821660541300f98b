import { assert } from 'chai';
import type { FftPlan } from '../../src/core/backend.js';
import { type DType, realOf } from '../../src/core/dtype.js';
import { NDArraySpace } from '../../src/core/ndarray.js';
import { CpuBackend, nativeOptions, referenceKernels } from '../../src/cpu/index.js';
import { skip } from '../support/skip.js';
import { tolerance } from '../support/tolerance.js';

const KINDS = [
  ['c2c', 'forward'],
  ['c2c', 'inverse'],
  ['r2c', 'forward'],
  ['c2r', 'inverse'],
] as const;

/** Large enough to be transformed axis by axis, with lengths that do not fit into whole tiles. */
const SHAPE = [26, 31, 45];

describe('native transforms of large arrays', () => {
  const native = nativeOptions();
  for (const dtype of ['complex128', 'complex64'] as const) {
    for (const [kind, direction] of KINDS) {
      it(`${kind} ${direction} of ${dtype}, along any axes`, function () {
        if (!native) return skip(this, 'no native kernels');
        const reference = new CpuBackend({ kernels: referenceKernels });
        const backend = new CpuBackend(native);
        for (const axes of [[0], [1], [2], [0, 2], [1, 0], [0, 1, 2], [2, 1, 0]]) {
          const last = axes.at(-1) as number;
          const half = SHAPE.map((n, k) => (k === last ? Math.floor(n / 2) + 1 : n));
          const [from, to] = [kind === 'c2r' ? half : SHAPE, kind === 'r2c' ? half : SHAPE];
          const [input, output]: [DType, DType] = [kind === 'r2c' ? realOf(dtype) : dtype, kind === 'c2r' ? realOf(dtype) : dtype];
          const plan: FftPlan = { kind, shape: SHAPE, axes, direction, scale: 0.3 };
          const values = NDArraySpace.of(from, input, reference).random(1).toHost();
          const [result, expected] = [backend, reference].map((b) => {
            const x = NDArraySpace.of(from, input, b).upload(values.slice());
            const y = NDArraySpace.of(to, output, b).empty();
            b.fft(x, y, plan);
            assert.deepEqual(x.toHost(), values, `the input of ${kind} along ${axes}`);
            return y.toHost();
          }) as [Float64Array, Float64Array];
          let [most, scale] = [0, 0];
          expected.forEach((v, i) => {
            most = Math.max(most, Math.abs(v - (result[i] as number)));
            scale = Math.max(scale, Math.abs(v));
          });
          assert.isAtMost(most / scale, tolerance(dtype), `${kind} along ${axes}`);
        }
      });
    }
  }
});
