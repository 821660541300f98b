import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { DTYPES, type DType, isBoolean, isComplex } from '../../src/core/base/dtype.js';
import { FUNCTION_NAMES } from '../../src/core/expressions/build.js';
import { ElementwiseKernel } from '../../src/core/expressions/elementwise-kernel.js';
import { KernelSource } from '../../src/core/expressions/kernel-source.js';
import { ReductionKernel } from '../../src/core/expressions/reduction-kernel.js';
import type { Elements } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { testCudaBackend } from '../support/emulated-cuda.js';
import { expectClose } from '../support/expect-close.js';
import { binaryOf, inParts, unaryOf } from '../support/functions-of.js';
import { tolerance } from '../support/tolerance.js';

const backend = testCudaBackend();
const reference = new CpuBackend({ name: 'reference' });

describe('expressions as kernels of CUDA', () => {
  it('cost one launch a call and copy nothing; reductions also wait once', () => {
    const [x, y] = [1, 2].map((seed) => NDArray.normal([5000], { backend, seed })) as [NDArray, NDArray];
    const kernel = new ElementwiseKernel({
      inputs: { x: 'array', y: 'array', a: 'scalar' },
      outputs: ['z', 'w'],
      expression: 'z = a * x + exp(-y); w = x < y',
    });
    const { z, w } = kernel.run({ x, y, a: 2 });
    const sum = new ReductionKernel({ inputs: { x: 'array', y: 'array' }, map: 'x * y', reduce: 'sum' });
    sum.run({ x, y });
    const before = backend.counters();
    kernel.run({ x, y, a: 3 }, { z, w });
    const between = backend.counters();
    sum.run({ x, y });
    const after = backend.counters();
    expect([
      between.launches - before.launches,
      between.synchronizations - before.synchronizations,
      between.bytesToDevice - before.bytesToDevice,
    ]).to.deep.equal([1, 0, 0]);
    expect([
      after.launches - between.launches,
      after.synchronizations - between.synchronizations,
      after.bytesToHost - between.bytesToHost,
    ]).to.deep.equal([1, 1, 16]);
  });

  it('equal those of the CPU, for every function and operator, all dtypes and special values', () => {
    const texts = [
      ...[
        'x + y',
        'x - y',
        'x * y',
        'x / y',
        'x ** 2',
        'x ** y',
        '(x == y) + 2 * (x != y)',
        'x != 0 ? y : k',
        'k * x - a',
        'i + n * real(x)',
        'inf - x',
        '-0.0 * real(y)',
      ],
    ];
    const values = [
      1.5,
      -2.25,
      0.5,
      3,
      0,
      -0,
      1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      0.125,
      Number.NEGATIVE_INFINITY,
    ];
    const cases = DTYPES.filter((d) => !isBoolean(d)).flatMap((dtype) =>
      inParts([
        ...unaryOf(dtype).map((f) => `${f}(x)`),
        ...binaryOf(dtype).flatMap((f) => (FUNCTION_NAMES.includes(f) ? [`${f}(x, y)`] : [])),
        ...texts,
        ...(isComplex(dtype) ? [] : ['(x < y) + 2 * (x <= y) + 4 * (x > y) + 8 * (x >= y)']),
      ]).map((lists) => ({ dtype, lists })),
    );
    for (const { dtype, lists } of cases) {
      const outputs = lists.map((_, k) => ({ name: `z${k}`, dtype: undefined }));
      const source = new KernelSource(
        'test',
        { x: 'array', y: 'array', k: 'integer', a: 'scalar' },
        outputs,
        lists.map((text, k) => `z${k} = ${text}`).join('; '),
      );
      const host = (from: readonly number[]) =>
        dtype === 'int32'
          ? Int32Array.from(from)
          : dtype === 'float32' || dtype === 'complex64'
            ? Float32Array.from(from)
            : Float64Array.from(from);
      const finite = values.filter(Number.isFinite);
      const data = isComplex(dtype) ? [...finite, 2] : values;
      const size = isComplex(dtype) ? data.length / 2 : data.length;
      const shape = [Math.floor(size)];
      const used = data.slice(0, (shape[0] as number) * (isComplex(dtype) ? 2 : 1));
      const make = (b: typeof backend | CpuBackend, list: readonly number[]) =>
        NDArray.fromHost(host(list), shape, { dtype, backend: b });
      const run = (b: typeof backend | CpuBackend): NDArray[] => {
        const [x, y] = [make(b, used), make(b, [...used].reverse())];
        const program = source.program(source.bind({ x, y, k: 3, a: 0.75 }).bound, 'float64');
        const results = program.outputs.map((o) =>
          NDArray.empty(shape, { dtype: (program.instructions[o] as { dtype: DType }).dtype, backend: b }),
        );
        const operands: readonly (Elements | number)[] = [x, y, 3, 0.75];
        b.program(program, operands, results, { start: 2, size: 50 });
        return results;
      };
      const [got, expected] = [run(backend), run(reference)];
      got.forEach((z, o) => {
        const rtol = 4 * (tolerance(dtype) || 1e-12);
        const accepted = { rtol, scale: 1, each: true, notFinite: 'equal' } as const;
        expectClose(z, expected[o] as NDArray, accepted, `${lists[o]} of ${dtype}`);
      });
    }
  }).timeout(120_000);
});
