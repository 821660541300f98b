import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Program } from '../../src/core/ports/backend.js';
import type { CpuAddon } from '../../src/cpu/cpu-addon.js';
import { CpuBackend, cpuAddon, createCpuBackend } from '../../src/cpu/index.js';
import { MORE, SEED } from '../support/draws.js';
import { skip } from '../support/skip.js';

const state = cpuAddon();

describe('arguments of kernels', () => {
  it(`random ones, many of them wrong, never reach other memory (seed ${SEED})`, function () {
    this.timeout(60_000);
    const script = fileURLToPath(new URL('./fuzz-backend.js', import.meta.url));
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [script, String(SEED), String(2 * MORE)],
      {
        encoding: 'utf8',
        timeout: 50_000,
      },
    );
    expect(stdout.split('\n').filter((line) => line.startsWith('{'))).to.deep.equal([]);
    expect(status, `${signal ?? ''} ${stderr}`).to.equal(0);
    expect(Number(/^(\d+) calls/m.exec(stdout)?.[1])).to.be.greaterThan(20);
  });

  for (const backend of [new CpuBackend({ name: 'reference' }), createCpuBackend()]) {
    const name = backend.name === 'cpu' ? 'the CPU backend' : 'the reference';
    const run = (n: number, dtype: 'float64' | 'int32' = 'float64') => ({
      storage: backend.alloc(dtype, n),
      offset: 0,
      size: n,
    });

    it(`sizes whose product is beyond 2^64 are refused by ${name}`, () => {
      const [x, y] = [run(8), run(8)];
      const huge = [2 ** 33, 2 ** 31];
      const walk = { elements: x, start: 0, strides: [2 ** 31, 1] };
      expect(() => backend.stridedCopy(huge, walk, { ...walk, elements: y }, 'set')).to.throw(
        /expected sizes|native call/,
      );
      const shapes = { xShape: huge, hShape: [1, 1], yShape: huge, offset: [0, 0] };
      expect(() => backend.convolve(x, y, run(8), { ...shapes, direction: 'forward' })).to.throw(
        /expected sizes/,
      );
      expect(() => backend.reduceAxis('sum', x, [2 ** 33, 2 ** 31, 1], y)).to.throw(/expected sizes/);
    });

    it(`operands that are too short, or of another dtype, are refused by ${name}`, () => {
      const [x, short, integers] = [run(8), run(3), run(8, 'int32')];
      expect(() => backend.copy(x, short)).to.throw(
        'expected at least 8 elements, received a storage of 3 from 0 on',
      );
      expect(() => backend.binary('add', x, short, run(8))).to.throw('expected at least 8 elements');
      expect(() => backend.copy(x, integers)).to.throw('expected float64, received int32');
      expect(() => backend.linearCombination([1, 2], [x, integers], run(8))).to.throw(
        'expected float64, received int32',
      );
      expect(() => backend.dots([{ x, y: short, conjugate: true }])).to.throw('expected at least 8 elements');
      expect(() => backend.fill({ ...x, size: Number.NaN }, 1)).to.throw(
        'expected elements within a storage of 8',
      );
      const walk = (elements: typeof x) => ({ elements, start: 0, strides: [1] });
      expect(() => backend.stridedCopy([0], walk(x), walk(integers), 'set')).to.throw(
        'expected float64, received int32',
      );
    });

    it(`programs and tables with wrong arrays are refused by ${name}`, () => {
      const [x, short, integers] = [run(8), run(3), run(8, 'int32')];
      const program: Program = {
        inputs: [{ kind: 'array', dtype: 'float64' }],
        instructions: [
          { op: 'input', input: 0, dtype: 'float64' },
          { op: 'unary', name: 'exp', x: 0, dtype: 'float64' },
        ],
        outputs: [1],
      };
      const range = { start: 0, size: 8 };
      const shorter = 'expected at least 8 elements';
      const other = 'expected float64, received int32';
      expect(() => backend.program(program, [short], [x], range)).to.throw(shorter);
      expect(() => backend.program(program, [integers], [x], range)).to.throw(other);
      expect(() => backend.program(program, [x], [integers], range)).to.throw(other);
      expect(() => backend.programReduce('sum', program, [short], 8, range)).to.throw(shorter);
      expect(() => backend.programReduce('sum', program, [integers], 8, range)).to.throw(other);
      const index = run(8, 'int32');
      backend.fill(index, 0);
      const table = { outer: 1, nx: 8, ny: 8, inner: 1, width: 1, index, weights: run(8, 'int32') };
      expect(() => backend.gather(x, run(8), table)).to.throw(other);
      expect(() => backend.scatterAdd(x, run(8), table)).to.throw(other);
    });
  }

  describe('of the addon itself', () => {
    const addon = (): CpuAddon => {
      if (!state.available) throw new Error(state.reason);
      return state.addon;
    };
    before(function () {
      if (!state.available) skip(this as unknown as Mocha.Context, state.reason);
    });
    const [x, y, z] = [new Float64Array(64), new Float64Array(64), new Float64Array(64)];

    it('strided walks whose ends wrap around', () => {
      // (2^53 − 1) · 2^11 + … overflows to a place within the array
      const spec = Float64Array.of(2, 2 ** 32 + 1, 2 ** 32, 2 ** 32, 2, 1, 1);
      expect(() => addon().stridedCopy(1, x, 0, y, 0, false, spec)).to.throw(
        /larger than any memory|leaves its array/,
      );
      expect(() => addon().stridedCopy(1, x, 0, y, 0, false, Float64Array.of(1, 4, 1, 0))).to.throw(
        'no stride of 0 in what is written',
      );
    });

    it('convolutions of 2^64 elements', () => {
      const spec = Float64Array.of(0, 2, 2 ** 32, 1, 2 ** 32, 0, 2 ** 32, 1, 2 ** 32, 0);
      expect(() => addon().convolve(1, x, 0, y, 0, z, 0, spec)).to.throw('larger than any memory');
    });

    it('transforms of 2^64 elements, and along an axis twice', () => {
      const { fft } = addon();
      if (!fft) return;
      const call = (...spec: number[]) => fft(true, 0, false, 1, false, x, 0, y, 0, Float64Array.from(spec));
      expect(() => call(2, 2 ** 32, 2 ** 32, 1, 0)).to.throw('larger than any memory');
      expect(() => call(1, 16, 2, 0, 0)).to.throw('an axis that is given twice');
    });

    it('matrices whose rows are shorter than their columns', () => {
      const { matmul } = addon();
      if (!matmul) return;
      const spec = Float64Array.of(5, 5, 5, 0, 0, 1, 5, 5, 1, 0, 0, 0, 1, 0, 0, 0);
      expect(() => matmul(1, x, 0, y, 0, z, 0, spec)).to.throw(
        'expected rows of at least 5 elements, received 1',
      );
    });

    it('sizes and offsets that are no integers', () => {
      for (const wrong of [Number.NaN, 0.5, -1, 2 ** 53, Number.POSITIVE_INFINITY]) {
        expect(() => addon().scale(1, wrong, 2, 0, x, 0, y, 0)).to.throw('a non-negative integer');
        expect(() => addon().convolve(1, x, 0, y, 0, z, 0, Float64Array.of(0, 1, wrong, 1, 1, 0))).to.throw(
          'expected sizes',
        );
      }
    });
  });
});
