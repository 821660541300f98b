import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, BackendError } from '../../src/core/base/errors.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { float32, float64, int32, int64, RawKernel } from '../../src/gpu/cuda/index.js';
import { testCudaBackend } from '../support/emulated-cuda.js';

const backend = testCudaBackend();
const SOURCE = `
// y = a x + b + c, in reversed order within a block
extern "C" __global__ void reversed(const double *x, double *y, int a, float b, double c, long long n) {
  extern __shared__ double part[];
  const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  part[threadIdx.x] = i < n ? x[i] : 0;
  __syncthreads();
  if (i < n) y[i] = a * part[blockDim.x - 1 - threadIdx.x] + b + c;
}`;

describe('RawKernel', () => {
  const x = NDArray.array([1, 2, 3, 4, 5, 6, 7, 8], { backend });
  const numbers = [int32(-2), float32(0.5), float64(1e-3), int64(8)] as const;

  it('compiles and launches with arrays, typed numbers and shared memory', () => {
    const kernel = new RawKernel(SOURCE, 'reversed');
    const y = NDArray.zeros(8, { backend });
    kernel.launch({ grid: 2, block: 4, shared: 32 }, [x, y, ...numbers]);
    expect(y.toArray()).to.deep.equal([4, 3, 2, 1, 8, 7, 6, 5].map((v) => -2 * v + 0.5 + 1e-3));
  });

  it('refuses other backends, wrong counts and untyped numbers', () => {
    const kernel = new RawKernel(SOURCE, 'reversed');
    const host = NDArray.zeros(8, { backend: new CpuBackend() });
    const sizes = { grid: 2, block: 4, shared: 32 };
    expect(() => kernel.launch(sizes, [host, host, ...numbers])).to.throw(BackendError, "one of 'cpu'");
    expect(() => kernel.launch(sizes, [x, host, ...numbers])).to.throw(BackendError, 'argument 1');
    expect(() => kernel.launch(sizes, [x, x])).to.throw(ArgumentError, 'expected 6 arguments');
    expect(() => kernel.launch(sizes, [x, x, 3 as never, ...numbers.slice(1)])).to.throw(
      ArgumentError,
      'int32(3)',
    );
    expect(() => kernel.launch({ grid: 0, block: 4 }, [x, x, ...numbers])).to.throw(ArgumentError, 'grid');
    expect(() => kernel.launch({ grid: 1, block: 4, shred: 1 } as never, [x, x, ...numbers])).to.throw(
      ArgumentError,
      "'shred'",
    );
    expect(() => int32(0.5)).to.throw(ArgumentError, 'int32');
    expect(() => int64(2 ** 60)).to.throw(ArgumentError, 'int64');
  });

  it("shows the compiler's log", () => {
    const broken = new RawKernel(
      'extern "C" __global__ void broken(double *x) { x[0] = undeclared_name; }',
      'broken',
    );
    expect(() => broken.launch({ grid: 1, block: 1 }, [x])).to.throw(BackendError, 'undeclared_name');
  });
});
