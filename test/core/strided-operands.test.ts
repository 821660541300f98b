import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, type HostArray, hostArray, lanesOf } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError } from '../../src/core/base/errors.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { backendNames, registerBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import {
  type CaseElements,
  differences,
  type KernelCase,
  type Outcome,
  runCase,
} from '../../src/testing/kernel-case.js';
import { KERNEL_CASES } from '../../src/testing/kernel-cases.js';
import { onEveryBackend } from './arrays.js';

function holding(backend: Backend, dtype: DType, values: HostArray): NDArray {
  const x = NDArray.empty(values.length / lanesOf(dtype), { dtype, backend });
  backend.upload(values, x);
  return x;
}

/** Where element i of n lies if elements lie backwards, `step` apart. */
const placeOf = (i: number, n: number, step: number): number => step * (n - 1 - i);

/**
 * Runs a case as `runCase` does, with some operands whose elements lie backwards, `step` apart. The
 * elements between them must not change. Undefined if the kernel refuses such an operand.
 */
function runStrided(
  backend: Backend,
  kernelCase: KernelCase,
  step: number,
  isStrided: (operand: number) => boolean,
): Outcome | undefined {
  const arrays = kernelCase.operands.map(({ dtype, values }, k) => {
    const n = values.length / lanesOf(dtype);
    if (!isStrided(k)) return holding(backend, dtype, values);
    const spread = hostArray(dtype, step * n);
    const lanes = lanesOf(dtype);
    for (let i = 0; i < n; i++)
      for (let l = 0; l < lanes; l++)
        spread[placeOf(i, n, step) * lanes + l] = values[i * lanes + l] as number;
    return holding(backend, dtype, spread);
  });
  const elements = kernelCase.operands.map(({ offset, size, values, dtype }, k) => {
    const x = arrays[k] as NDArray;
    if (!isStrided(k)) return x.slice([offset, offset + size]);
    return x.view(placeOf(offset, values.length / lanesOf(dtype), step), [size], [-step]);
  });
  let outcome: Omit<Outcome, 'arrays'>;
  try {
    outcome = { result: kernelCase.run(backend, elements as unknown as CaseElements), refused: false };
  } catch (error) {
    if (error instanceof ArgumentError && error.message.includes('strides')) return undefined;
    if (!(error instanceof DTypeError)) throw error;
    outcome = { result: undefined, refused: true };
  }
  const after = kernelCase.operands.map(({ dtype, values }, k) => {
    const host = (arrays[k] as NDArray).toHost();
    if (!isStrided(k)) return host;
    const n = values.length / lanesOf(dtype);
    const packed = hostArray(dtype, n);
    const lanes = lanesOf(dtype);
    for (let i = 0; i < n; i++)
      for (let l = 0; l < lanes; l++) packed[i * lanes + l] = host[placeOf(i, n, step) * lanes + l] as number;
    const between = host.filter((v, j) => Math.floor(j / lanes) % step !== 0 && v !== 0);
    expect(between.length, `${kernelCase.title}: written between the elements`).to.equal(0);
    return packed;
  });
  for (const x of [...elements, ...arrays]) x.dispose();
  return { arrays: after, ...outcome };
}

/** Kernels with tables, and cases that read members of operands, which need runs of memory. */
const REFUSED = /^(gather|scatterAdd|spreadCurves|sumCurves|convolveVarying|stencil|copy|sequences)\b/;
const MOST = 3;

onEveryBackend('strided operands of kernels', (backend) => {
  before(() => {
    if (!backendNames().includes('cpu')) registerBackend('cpu', () => new CpuBackend());
  });
  for (const { kernel, cases } of KERNEL_CASES) {
    it(`${kernel}: the results are those of contiguous operands`, () => {
      for (const dtype of backend().dtypes) {
        const held = cases(dtype).filter(
          ({ operands }) =>
            operands.every((o) => backend().dtypes.includes(o.dtype) && o.size < 200) &&
            operands.some((o) => o.size > 1),
        );
        for (const [i, each] of held.entries()) {
          if (i % Math.ceil(held.length / MOST) !== 0) continue;
          const want = runCase(backend(), each);
          const choices = [() => true, ...each.operands.map((_, k) => (j: number) => j === k)];
          for (const [c, choice] of choices.entries()) {
            const got = runStrided(backend(), each, 1 + ((i + c) % 2), choice);
            if (got) expect(differences(each, got, want), `${kernel} ${dtype}`).to.deep.equal([]);
            else expect(kernel, `${each.title}: refuses operands ${c}`).to.match(REFUSED);
          }
        }
      }
    });
  }
});
