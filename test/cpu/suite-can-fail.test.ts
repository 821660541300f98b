import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { DTYPES } from '../../src/core/base/dtype.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import type { CpuKernels } from '../../src/cpu/kernels.js';
import { referenceKernels } from '../../src/cpu/reference/index.js';
import { checkCase, KERNEL_CASES } from '../../src/testing/index.js';

type Numbers = Float64Array | Float32Array | Int32Array;

/**
 * Where the output array is among a kernel's arguments, its offset next to it; nothing where the
 * kernel returns a number.
 */
const OUTPUT: Readonly<Record<keyof CpuKernels, number | undefined>> = {
  copy: 4,
  stridedCopy: 5,
  fill: 4,
  cast: 5,
  unary: 5,
  binary: 9,
  where: 10,
  scale: 6,
  axpby: 10,
  linearCombination: 5,
  threshold: 6,
  dot: 7,
  reduce: 6,
  reduceAxis: 8,
  argExtreme: undefined,
  kthSmallest: undefined,
  cumsum: 6,
  matmul: 5,
  fft: 3,
  stencil: 3,
  convolve: 5,
  gather: 3,
  scatterAdd: 3,
  spreadCurves: 3,
  sumCurves: 3,
  convolveVarying: 5,
};
const NAMES = Object.keys(OUTPUT) as (keyof CpuKernels)[];

/**
 * The cases that reach a kernel: those of its name, but for the ones that the backend calls on
 * behalf of another.
 */
const FAMILY: Partial<Readonly<Record<keyof CpuKernels, string>>> = {
  scale: 'linearCombination',
  axpby: 'linearCombination',
  dot: 'dots',
};
const casesOf = (name: keyof CpuKernels) =>
  KERNEL_CASES.filter(({ kernel }) => kernel.split(' ')[0] === (FAMILY[name] ?? name));

/** The reference table with one kernel spoilt after each call. */
function spoilt(
  name: keyof CpuKernels,
  spoil: (out: Numbers, offset: number) => void,
  change: (result: number) => number,
): CpuKernels {
  const output = OUTPUT[name];
  return new Proxy(referenceKernels, {
    get(table, key) {
      const kernel = Reflect.get(table, key) as (...args: unknown[]) => unknown;
      if (key !== name) return kernel;
      return (...args: unknown[]) => {
        const result = kernel(...args);
        if (output === undefined) return change(result as number);
        const next = args[output + 1];
        spoil(args[output] as Numbers, typeof next === 'number' ? next : 0);
        return result;
      };
    },
  });
}

const reference = new CpuBackend();
/** Differences in the cases of a kernel, until there is one. */
function found(name: keyof CpuKernels, kernels: CpuKernels): number {
  const backend = new CpuBackend({ kernels });
  let count = 0;
  for (const { cases } of casesOf(name)) {
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
    it(`finds a wrong value of ${name}`, () => {
      const kernels = spoilt(
        name,
        (out, at) => {
          if (at < out.length) out[at] = (out[at] as number) + 1;
        },
        (result) => result + 1,
      );
      expect(found(name, kernels)).to.be.above(0);
    }).timeout(10_000);
  }

  for (const name of NAMES.filter((n) => OUTPUT[n] !== undefined && n !== 'dot' && n !== 'reduce')) {
    it(`finds that ${name} writes behind its run`, () => {
      expect(
        found(
          name,
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
      'matmul',
      (out) => {
        if (out instanceof Float32Array)
          for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) * 1.0001;
      },
      (r) => r,
    );
    expect(found('matmul', kernels)).to.be.above(0);
  });

  it('finds nothing in the reference itself', () => {
    for (const name of NAMES) expect(found(name, referenceKernels)).to.equal(0);
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
    expect(failures[0]?.err.message).to.match(/expected .* received .* allowed error/);
  }).timeout(30_000);
});
