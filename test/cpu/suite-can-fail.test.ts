import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { isScalar } from '../../src/core/base/complex.js';
import { DTYPES, type HostArray, lanesOf } from '../../src/core/base/dtype.js';
import { elementsIn } from '../../src/core/kernels/call-operands.js';
import { type KernelName, WRITTEN } from '../../src/core/ports/backend.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import type { CpuKernel, CpuKernels, HostRun } from '../../src/cpu/host-memory.js';
import { referenceKernels } from '../../src/cpu/reference/index.js';
import { checkCase, KERNEL_CASES } from '../../src/testing/index.js';

type AnyKernel = (...args: unknown[]) => unknown;

/**
 * A kernel. For linear combinations also the number of terms, because each number has its own
 * loops.
 */
interface Spoilt {
  readonly kernel: KernelName;
  readonly terms?: number;
}
const NAMES: readonly Spoilt[] = [
  ...(Object.keys(WRITTEN) as KernelName[])
    .filter((kernel) => kernel === 'stencil' || kernel in referenceKernels)
    .map((kernel) => ({ kernel })),
  ...[1, 2, 3].map((terms) => ({ kernel: 'linearCombination' as const, terms })),
];
const titleOf = ({ kernel, terms }: Spoilt) => (terms ? `${kernel} of ${terms} terms` : kernel);

/** The reference kernels. One of them has a wrong result after each call. */
function spoilt(
  { kernel, terms }: Spoilt,
  spoil: (out: HostArray, lane: number) => void,
  change: (result: number) => number,
): CpuKernels {
  if (kernel === 'stencil') {
    const prepareStencil: CpuKernel<'prepareStencil'> = (...args) => {
      const run = referenceKernels.prepareStencil(...args);
      return (x, y) => {
        if (run) run(x, y);
        spoil(y.storage.memory, lanesOf(y.storage.dtype) * y.offset);
      };
    };
    return { ...referenceKernels, prepareStencil };
  }
  const own = referenceKernels[kernel as keyof typeof referenceKernels] as AnyKernel;
  const written = WRITTEN[kernel];
  const changed: AnyKernel = (...args) => {
    const result = own(...args);
    if (terms && (args[0] as readonly unknown[]).length !== terms) return result;
    if (written === undefined) {
      if (result instanceof Float64Array) return result.map(change);
      return isScalar(result) && typeof result === 'object'
        ? { ...result, re: change(result.re) }
        : change(result as number);
    }
    const [{ storage, offset }] = elementsIn(args[written]) as unknown as readonly [HostRun];
    const { start = 0 } = args[written] as { readonly start?: number };
    spoil(storage.memory, lanesOf(storage.dtype) * (offset + start));
    return result;
  };
  return { ...referenceKernels, [kernel]: changed };
}

const reference = new CpuBackend();
/**
 * The number of differences in the cases of a kernel. Stops at the first case with a difference.
 */
function found(name: string, kernels: CpuKernels): number {
  const backend = new CpuBackend({ kernels });
  let count = 0;
  for (const { cases } of KERNEL_CASES.filter(({ kernel }) => kernel.split(' ')[0] === name)) {
    for (const dtype of DTYPES) {
      for (const c of cases(dtype)) {
        count += checkCase(c, backend, reference).length;
        if (count > 0) return count;
      }
    }
  }
  return count;
}

describe('the conformance suite can fail', () => {
  for (const name of NAMES) {
    it(`finds a wrong value of ${titleOf(name)}`, () => {
      const kernels = spoilt(
        name,
        (out, at) => {
          if (at < out.length) out[at] = (out[at] as number) + 1;
        },
        (result) => result + 1,
      );
      expect(found(name.kernel, kernels)).to.be.above(0);
    }).timeout(10_000);
  }

  for (const name of NAMES.filter(({ kernel }) => WRITTEN[kernel] !== undefined)) {
    it(`finds that ${titleOf(name)} writes behind its run`, () => {
      expect(
        found(
          name.kernel,
          spoilt(
            name,
            (out) => void (out[out.length - 1] = 12345),
            (r) => r,
          ),
        ),
      ).to.be.above(0);
    }).timeout(10_000);
  }

  it('finds errors of a hundredth of a percent in single precision', () => {
    const kernels = spoilt(
      { kernel: 'matmul' },
      (out) => {
        if (out instanceof Float32Array)
          for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) * 1.0001;
      },
      (r) => r,
    );
    expect(found('matmul', kernels)).to.be.above(0);
  });

  it('finds nothing in the reference itself', () => {
    for (const kernel of new Set(NAMES.map((name) => name.kernel)))
      expect(found(kernel, referenceKernels)).to.equal(0);
  }).timeout(20_000);

  it('makes mocha fail', () => {
    const fixture = fileURLToPath(new URL('./fixtures/broken-backend.js', import.meta.url));
    const mocha = fileURLToPath(new URL('../../../node_modules/mocha/bin/mocha.js', import.meta.url));
    const { status, stdout } = spawnSync(
      process.execPath,
      [mocha, '--no-config', '--reporter', 'json', fixture],
      { encoding: 'utf8' },
    );
    expect(status).to.be.above(0);
    const { failures } = JSON.parse(stdout) as {
      failures: { fullTitle: string; err: { message: string } }[];
    };
    expect(failures.map((f) => f.fullTitle).join('\n')).to.match(
      /backend 'broken' conforms to the reference matmul float64, \d+ cases/,
    );
    expect(failures[0]?.err.message).to.match(/the worst at .*: expected .*, received .*, error .*, allowed/);
  }).timeout(30_000);
});
