import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { DTYPES, type DType, isBoolean, isComplex } from '../../src/core/base/dtype.js';
import { FUNCTION_NAMES } from '../../src/core/expressions/build.js';
import { ElementwiseKernel } from '../../src/core/expressions/elementwise-kernel.js';
import { ReductionKernel } from '../../src/core/expressions/reduction-kernel.js';
import { kernelOptions } from '../../src/gpu/cuda/cuda-engine.js';
import { CudaBackend, cudaAddon } from '../../src/gpu/cuda/index.js';
import { nvidiaLibrary } from '../cuemu/emulator.js';
import { checkWithNvcc, hasNvcc } from '../cuemu/nvcc.js';
import { cudaEnvironment, onRealCuda } from '../support/emulated-cuda.js';
import { binaryOf, inParts, unaryOf } from '../support/functions-of.js';
import { skip } from '../support/skip.js';

const folder = fileURLToPath(new URL('../../../native/cuda/kernels/', import.meta.url));
const files = (ending: string): string[] => readdirSync(folder).filter((name) => name.endsWith(ending));
/** Each source with the dtypes for which it is compiled. */
const KERNELS = files('.cu').map((file) => ({
  file,
  // kernels that treat complex numbers as two real ones, or need an order, have no complex dtypes
  dtypes: DTYPES.filter((dtype) => !/^(lanes|ordered|real)/.test(file) || !isComplex(dtype)),
}));

describe("the kernels under NVIDIA's compiler, for sm_80 and sm_90", () => {
  for (const { file, dtypes } of KERNELS) {
    for (const dtype of dtypes) {
      it(`${file} of ${dtype}`, function () {
        if (!hasNvcc()) skip(this, 'there is no nvcc');
        expect(checkWithNvcc(folder + file, undefined, [`-DDTYPE=${DTYPES.indexOf(dtype)}`])).to.equal('');
      }).timeout(300_000);
    }
  }
});

describe('the kernels under NVRTC, for sm_80 and sm_90', function () {
  this.timeout(600_000);
  before(function () {
    if (onRealCuda())
      skip(this as unknown as Mocha.Context, "the device's own NVRTC compiles them for every test");
    const found = nvidiaLibrary('nvrtc');
    if ('reason' in found) return skip(this as unknown as Mocha.Context, found.reason);
    // NVIDIA's NVRTC first compiles every source for the emulator, without a cache.
    Object.assign(process.env, cudaEnvironment(), {
      CUEMU_REAL_NVRTC: found.file,
      CUEMU_REAL_ARCHS: 'sm_80,sm_90',
    });
  });
  after(() => {
    delete process.env['CUEMU_REAL_NVRTC'];
  });

  for (const { file, dtypes } of KERNELS)
    it(`${file} of ${dtypes.join(', ')}`, () => {
      const state = cudaAddon();
      if (!state.available) throw new Error(state.reason);
      const { addon } = state;
      const context = addon.openContext(0, Number.POSITIVE_INFINITY, '');
      const headers = files('.cuh').flatMap((name) => [name, readFileSync(folder + name, 'utf8')]);
      const source = readFileSync(folder + file, 'utf8');
      for (const dtype of dtypes) context.compile(file, source, headers, kernelOptions(dtype));
      context.close();
    });

  it('refuse invalid source code', () => {
    const state = cudaAddon();
    if (!state.available) throw new Error(state.reason);
    const context = state.addon.openContext(0, Number.POSITIVE_INFINITY, '');
    // g++ would accept this
    const wrong =
      'extern "C" __global__ void wrong(double *x) { static __thread int y = 1; asm ' +
      'volatile("nop.b17;"); x[0] = y; }';
    expect(() => context.compile('wrong.cu', wrong, [], [])).to.throw(/NVRTC \(sm_80\)/);
    context.close();
  });

  it('kernels of expressions: every function and operator, all dtypes', () => {
    const backend = new CudaBackend();
    for (const dtype of DTYPES.filter((d) => !isBoolean(d))) {
      const ordered = isComplex(dtype) ? [] : ['(x < y) + (x >= y)', 'x > y ? x : y'];
      const steps = [
        ...unaryOf(dtype).map((op) => `${op}(x)`),
        ...binaryOf(dtype).flatMap((op) => (FUNCTION_NAMES.includes(op) ? [`${op}(x, y)`] : [])),
        ...['x + y', 'x - y', 'x * y', 'x / y', 'x ** y', '(x == y) + 2 * (x != y)', 'i + n * real(x)'],
        ...ordered,
      ];
      const [x, y] = [2, 3].map((value) => NDArray.full(5, value, { dtype: dtype as DType, backend })) as [
        NDArray,
        NDArray,
      ];
      for (const part of inParts(steps)) {
        const names = part.map((_, k) => `z${k}`);
        const expression = part.map((text, k) => `z${k} = ${text}`).join('; ');
        const results = new ElementwiseKernel({
          inputs: { x: 'array', y: 'array' },
          outputs: names,
          expression,
        }).run({ x, y });
        expect(results['z0']?.toArray()).to.have.length(5);
      }
      for (const reduce of ['sum', 'prod'] as const)
        new ReductionKernel({ inputs: { x: 'array', y: 'array' }, map: 'x * y', reduce }).run({ x, y });
    }
  });
});
