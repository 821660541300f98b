import { expect } from 'chai';
import { NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import { ArgumentError, BackendError, DTypeError } from '../../src/core/base/errors.js';
import { setDefaultBackend, setDefaultCommunicator } from '../../src/core/ports/defaults.js';
import { createCpuBackend } from '../../src/cpu/index.js';
import {
  type GpuJsModule,
  KernelOperator,
  type KernelOperatorOptions,
  type KernelThread,
} from '../../src/gpu/js-kernel/index.js';
import { MatrixMult } from '../../src/local/index.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { MPIBlockDiag } from '../../src/operators/index.js';
import { cgls } from '../../src/optimization/index.js';
import { makeBackend } from '../support/backends.js';
import { expectClose } from '../support/expect-close.js';
import { optionalPackage } from '../support/optional-package.js';
import { skip } from '../support/skip.js';

const host = createCpuBackend();
const [rows, columns] = [7, 5];
const matrix = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(7 * i * i + 1));

interface Constants {
  readonly [name: string]: number | Float32Array;
  readonly matrix: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

function forward(this: KernelThread<Constants>, x: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < this.constants.columns; j++) {
    sum += (this.constants.matrix[this.thread.x * this.constants.columns + j] as number) * (x[j] as number);
  }
  return sum;
}

function adjoint(this: KernelThread<Constants>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < this.constants.rows; i++) {
    sum += (this.constants.matrix[i * this.constants.columns + this.thread.x] as number) * (y[i] as number);
  }
  return sum;
}

const make = (options: KernelOperatorOptions<Constants> = {}) =>
  new KernelOperator<Constants>(forward, adjoint, columns, {
    dimsd: rows,
    constants: { matrix, rows, columns },
    ...options,
  });

const KINDS = ['plain', 'gpu.js'] as const;

describe('KernelOperator', () => {
  let gpuJs: GpuJsModule | undefined;
  before(function () {
    this.timeout(120_000);
    setDefaultBackend(host);
    setDefaultCommunicator(new SelfCommunicator());
    gpuJs = optionalPackage('gpu.js', '2') as GpuJsModule | undefined;
  });
  /** The options that select an engine. */
  const choose = (test: Mocha.Context, engine: (typeof KINDS)[number]): KernelOperatorOptions<Constants> => {
    if (engine === 'plain') return { engine };
    if (!gpuJs)
      return skip(
        test,
        'gpu.js is not installed and could not be: npm install --prefix build/optional gpu.js',
      );
    return { engine, module: gpuJs };
  };

  it('reports what gpu.js computes with, and refuses its asynchronous modes', function () {
    expect(make({ engine: 'plain' }).device).to.equal('plain');
    for (const mode of ['async', 'webgpu'])
      expect(() => make({ engine: 'plain', mode })).to.throw(
        ArgumentError,
        new RegExp(`mode '${mode}' of gpu.js gives its results later.*'webasm'`),
      );
    const options = choose(this, 'gpu.js');
    for (const mode of ['cpu', 'webasm']) {
      const op = make({ ...options, mode, dotTest: true });
      expect(op.device).to.equal(mode);
      op.dispose();
    }
    // without a mode, GL where there is one
    expect(make(options).device).to.be.oneOf(['gpu', 'webasm']);
    // promises of a mode that has another name
    const later = {
      GPU: class {
        createKernel() {
          return Object.assign(() => Promise.resolve([]), { destroy: () => {} });
        }
        destroy(): void {}
      },
    } as unknown as GpuJsModule;
    expect(() => make({ module: later })).to.throw(ArgumentError, /its results come later/);
  });

  for (const engine of KINDS) {
    it(`is the matrix that its functions describe, real and complex [${engine}]`, function () {
      const op = make({ ...choose(this, engine), dotTest: true });
      expect(op.engine).to.equal(engine);
      const reference = new MatrixMult(NDArray.fromHost(matrix, [rows, columns], { backend: host }));
      for (const dtype of ['float32', 'complex64'] as const) {
        const x = NDArraySpace.of([columns], dtype, host).random(1);
        const y = NDArraySpace.of([rows], dtype, host).random(2);
        expectClose(op.matvec(x), reference.matvec(x), { norm: 1e-5 });
        expectClose(op.rmatvec(y), reference.rmatvec(y), { norm: 1e-5 });
      }
      op.dispose();
      op.dotTest();
    });

    it(`serves in MPIBlockDiag and solvers, on every backend [${engine}]`, async function () {
      const options = choose(this, engine);
      for (const backend of [host, await makeBackend('tfjs:wasm')]) {
        const x = NDArraySpace.of([columns], 'float32', backend).random(1);
        const op = new MPIBlockDiag([make(options)]);
        const space = op.domain({ backend, dtype: 'float32' });
        const model = space.zeros();
        model.local.assign(x);
        const { x: found } = cgls(op, op.matvec(model), { niter: 30, tol: 1e-12 });
        expect(found.local.subtract(x).norm() / x.norm()).to.be.below(1e-3);
      }
    });

    it(`does not cut long loops [${engine}]`, function () {
      const options = choose(this, engine);
      const n = 3000;
      const sum = function (this: KernelThread<{ n: number }>, x: ArrayLike<number>): number {
        let total = 0;
        for (let j = 0; j < this.constants.n; j++) total += x[j] as number;
        return total;
      };
      const spread = function (this: KernelThread<{ n: number }>, y: ArrayLike<number>): number {
        return y[0] as number;
      };
      const settings = {
        dimsd: 1,
        constants: { n },
        engine,
        ...(options.module ? { module: options.module } : {}),
      } as const;
      const op = new KernelOperator<{ n: number }>(sum, spread, n, settings);
      expect(op.matvec(NDArray.ones([n], { dtype: 'float32', backend: host })).get(0)).to.equal(n);
    });
  }

  for (const mode of ['cpu', 'webasm'] as const) {
    it(`finds a loop that gpu.js cuts, and does not where the cap is high enough [${mode}]`, function () {
      const { module } = choose(this, 'gpu.js');
      const n = 300;
      // a bound that gpu.js does not know at compile time
      const sum = function (this: KernelThread<Record<string, never>>, x: ArrayLike<number>): number {
        let total = 0;
        let left = (x[0] as number) - 1;
        while (left >= 0) {
          total += x[left] as number;
          left -= 1;
        }
        return total;
      };
      const settings = { dimsd: 1, engine: 'gpu.js', mode, ...(module ? { module } : {}) } as const;
      const x = NDArray.fromHost(
        Float32Array.from({ length: n }, (_, i) => (i === 0 ? n : 1)),
        [n],
        { backend: host },
      );
      expect(() =>
        new KernelOperator(sum, sum, n, { ...settings, loopMaxIterations: 10 }).matvec(x),
      ).to.throw(BackendError, 'raise loopMaxIterations (10)');
      expect(new KernelOperator(sum, sum, n, settings).matvec(x).get(0)).to.equal(2 * n - 1);
    });
  }

  it('computes double precision without gpu.js, and refuses it where gpu.js is asked for', function () {
    const options = choose(this, 'gpu.js');
    const double = make({ dtype: 'float64' });
    const x = NDArraySpace.of([columns], 'float64', host).random(1);
    const reference = new MatrixMult(
      NDArray.fromHost(Float64Array.from(matrix), [rows, columns], { backend: host }),
    );
    expectClose(double.matvec(x), reference.matvec(x), { norm: 1e-13 });
    expect(() => make({ ...options, dtype: 'float64' })).to.throw(DTypeError, 'float32 only');
  });

  it('finds functions that are not adjoint', () => {
    expect(
      () =>
        new KernelOperator<Constants>(forward, forward, rows, {
          constants: { matrix, rows, columns },
          engine: 'plain',
          dotTest: true,
        }),
    ).to.throw();
  });

  it('refuses what gpu.js cannot compile, unknown options, and a gpu.js that is not there', function () {
    const { module } = choose(this, 'gpu.js');
    const odd = function (this: KernelThread<Constants>, x: ArrayLike<number>): number {
      return new Map([[0, x[0] as number]]).get(0) ?? 0;
    };
    expect(
      () =>
        new KernelOperator<Constants>(odd, adjoint, 3, {
          engine: 'gpu.js',
          constants: { matrix, rows, columns },
          ...(module ? { module } : {}),
        }),
    ).to.throw(ArgumentError, 'cannot compile');
    expect(() => make({ engines: 'plain' } as KernelOperatorOptions<Constants>)).to.throw(
      ArgumentError,
      'engine',
    );
    expect(() => make({ engine: 'gpu.js' })).to.throw(BackendError, 'npm install gpu.js');
  });
});
