import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tfCore from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import { BackendError } from '../../src/core/base/errors.js';
import { createCpuBackend } from '../../src/cpu/index.js';
import {
  createTfjsBackend,
  type LoadPackage,
  type TensorModule,
  type TfjsBackendOptions,
} from '../../src/gpu/tfjs/index.js';
import { deviceOfRank } from '../../src/gpu/tfjs/load.js';
import { readNpy } from '../../src/io/index.js';
import { MatrixMult } from '../../src/local/index.js';
import { ista } from '../../src/optimization/index.js';
import { backendConformance } from '../../src/testing/index.js';
import { makeBackend } from '../support/backends.js';
import { MORE, SEED } from '../support/draws.js';
import { runRanks } from '../support/launch.js';

// The adapter accepts the type of the real module without a cast.
const tf: TensorModule = tfCore;
const host = createCpuBackend();
const [wasm, cpu] = [await makeBackend('tfjs:wasm'), await makeBackend('tfjs:cpu')];

for (const backend of [wasm, cpu]) backendConformance(() => backend, { seed: SEED, draws: 12 * MORE });

/** The error of `require` for a package that is not installed. */
const missing = (name: string): Error =>
  Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });

/** Loads packages by name from a list. An entry that is an error is thrown. */
const installed =
  (packages: Readonly<Record<string, unknown>>): LoadPackage =>
  (name) => {
    if (!(name in packages)) throw missing(name);
    if (packages[name] instanceof Error) throw packages[name];
    return packages[name];
  };

async function failure(options: TfjsBackendOptions): Promise<string> {
  try {
    await createTfjsBackend({ host, ...options });
  } catch (error) {
    expect(error).to.be.instanceOf(BackendError);
    return (error as Error).message;
  }
  throw new Error('expected an error');
}

/**
 * A replacement for tfjs-node-gpu in tests of loading: an engine 'tensorflow' that uses the engine
 * for the CPU.
 */
const fakeNode = (usesGpu: boolean) => {
  let chosen = '';
  return {
    ...tfCore,
    setBackend: (name: string) => {
      chosen = name;
      return tf.setBackend('cpu');
    },
    getBackend: () => tf.getBackend(),
    backend: () => ({ isUsingGpuDevice: usesGpu }),
    chosen: () => chosen,
  };
};

describe('tfjs', () => {
  const array = (values: number[], backend = wasm): NDArray =>
    NDArray.fromHost(Float32Array.from(values), [values.length], { backend });

  it('refuses float64 and names a backend that holds it', () => {
    expect(() => wasm.alloc('float64', 3)).to.throw(
      BackendError,
      /float32, complex64, int32, bool, not float64.*'cpu'/,
    );
    expect(() => NDArray.zeros([3], { dtype: 'complex128', backend: wasm })).to.throw(BackendError);
    expect(NDArray.zeros([3], { backend: wasm }).dtype).to.equal('float32');
  });

  it('copies host memory, because engines keep the arrays that they receive', () => {
    for (const backend of [wasm, cpu]) {
      const values = Float32Array.of(1, 2, 3);
      const x = NDArraySpace.of([3], 'float32', backend).zeros();
      backend.upload(values, x);
      values.fill(9);
      expect([...x.toHost()]).to.deep.equal([1, 2, 3]);
    }
  });

  it('counts the calls that run through the host, and no others', () => {
    const [x, y] = [array([1, 2, 3]), array([4, 5, 6])];
    const before = wasm.stats().hostFallbacks;
    x.add(y).multiplyInPlace(2);
    expect(wasm.stats().hostFallbacks).to.equal(before);
    wasm.reduce('prod', x);
    expect(wasm.stats().hostFallbacks).to.equal(before + 1);
  });

  it('reads the elements of a span only from the engine', () => {
    const x = array(Array.from({ length: 1000 }, (_, i) => i));
    const read: number[] = [];
    const watched = (t: { dataSync(): ArrayLike<number> }) => {
      const original = t.dataSync.bind(t);
      t.dataSync = () => {
        const values = original();
        read.push(values.length);
        return values;
      };
    };
    const { slice } = tf;
    const spying: TensorModule = {
      ...tf,
      slice: (t, begin, size) => {
        const part = slice(t, begin, size);
        watched(part);
        return part;
      },
    };
    return createTfjsBackend({ tf: spying, host }).then((spied) => {
      const y = x.to(spied);
      const span = y.storage.span(10, 4);
      if (span.kind !== 'device') throw new Error('expected a device span');
      const out = new Float32Array(4);
      span.copyToHost(out);
      expect([...out]).to.deep.equal([10, 11, 12, 13]);
      expect(read).to.deep.equal([4]);
      expect(span.address).to.equal(undefined);
    });
  });

  it('uses two engines of one module at the same time', () => {
    const [a, b] = [array([1, 2], wasm), array([10, 20], cpu)];
    for (let k = 0; k < 3; k++) {
      a.addInPlace(a);
      b.addInPlace(b);
    }
    expect([...a.toHost(), ...b.toHost()]).to.deep.equal([8, 16, 80, 160]);
  });

  it('keeps its tensors in a tidy of the user', () => {
    const x = array([1, 2]);
    tf.tidy(() => {
      x.addInPlace(x);
    });
    expect([...x.toHost()]).to.deep.equal([2, 4]);
  });

  it('disposes of all tensors', () => {
    const before = tf.memory().numTensors;
    for (const dtype of ['float32', 'complex64', 'int32'] as const) {
      const x = NDArray.ones([4, 5], { dtype, backend: wasm });
      const y = x.add(x);
      x.dispose();
      y.dispose();
    }
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('holds a constant number of tensors over 1,000 solver steps', function () {
    this.timeout(120_000);
    const matrix = NDArraySpace.of([12, 8], 'float32', wasm).random(1);
    const A = new MatrixMult(matrix);
    const y = NDArraySpace.of([12], 'float32', wasm).random(2);
    const counts: number[] = [];
    for (const { iteration } of ista.steps(A, y, { niter: 1000, alpha: 0.01, eps: 0.1, tol: 0 })) {
      counts.push(tf.memory().numTensors);
      if (iteration >= 1000) break;
    }
    expect(counts.length).to.be.at.least(1000);
    expect(new Set(counts.slice(1)).size, `${counts.slice(0, 5)} … ${counts.slice(-5)}`).to.equal(1);
  });

  it('names the packages to install where there are none', async () => {
    const loadPackage = installed({});
    expect(await failure({ loadPackage })).to.match(
      /not installed: npm install @tensorflow\/tfjs-node-gpu .*tfjs-backend-wasm/,
    );
    expect(await failure({ engine: 'node-gpu', loadPackage })).to.match(
      /'tfjs:node-gpu'.*npm install @tensorflow\/tfjs-node-gpu$/,
    );
    expect(
      await failure({ engine: 'wasm', loadPackage: installed({ '@tensorflow/tfjs-core': tf }) }),
    ).to.match(/tfjs-core.*tfjs-backend-wasm$/);
  });

  it('names the remedy where tfjs-node-gpu is installed and its library is missing', async () => {
    const broken = new Error(
      'The Node.js native addon module (tfjs_binding.node) can not be found at path: …\nPlease run ' +
        "command 'npm rebuild'",
    );
    const loadPackage = installed({ '@tensorflow/tfjs-node-gpu': broken });
    for (const options of [{ loadPackage }, { engine: 'node-gpu', loadPackage } as const])
      expect(await failure(options)).to.match(
        /installed but cannot be loaded.*tfjs_binding.*npm rebuild @tensorflow\/tfjs-node-gpu.*CUDA 11\.2/,
      );
    // if a dependency of the package is missing, the package is installed and fails to load
    expect(
      await failure({
        loadPackage: installed({ '@tensorflow/tfjs-node-gpu': missing('@mapbox/node-pre-gyp') }),
      }),
    ).to.match(/cannot be loaded/);
  });

  it('uses the first engine that is installed, and assigns a GPU to each rank before it loads', async () => {
    const was = process.env['CUDA_VISIBLE_DEVICES'];
    process.env['CUDA_VISIBLE_DEVICES'] = '4,5';
    let seen: string | undefined;
    const gpu = fakeNode(true);
    const all = installed({
      '@tensorflow/tfjs-node-gpu': gpu,
      '@tensorflow/tfjs-core': tf,
      '@tensorflow/tfjs-backend-wasm': {},
    });
    try {
      const backend = await createTfjsBackend({
        host,
        localRank: 3,
        loadPackage: (name) => {
          seen = process.env['CUDA_VISIBLE_DEVICES'];
          return all(name);
        },
      });
      expect(backend.name).to.equal('tfjs:node-gpu');
      expect(gpu.chosen()).to.equal('tensorflow');
      expect(seen).to.equal('5');
    } finally {
      if (was === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
      else process.env['CUDA_VISIBLE_DEVICES'] = was;
    }
    const without = installed({ '@tensorflow/tfjs-node-gpu': fakeNode(false) });
    expect(await failure({ engine: 'node-gpu', loadPackage: without })).to.match(/found no GPU/);
  });

  it('throws on all ranks where one has no engine, or another one', async () => {
    const fixture = fileURLToPath(new URL('../support/fixtures/engine-of-some-ranks.js', import.meta.url));
    const none = await runRanks(2, [fixture, 'none'], { timeout: 60_000 });
    expect(none.code, none.stderr).to.equal(0);
    expect(none.stdout).to.include('rank 0: rank 1: no engine here').and.to.include('rank 1: no engine here');
    const other = await runRanks(2, [fixture, 'other'], { timeout: 60_000 });
    expect(other.code, other.stderr).to.equal(0);
    for (const rank of [0, 1])
      expect(other.stdout).to.include(
        `rank ${rank}: tfjs: expected one engine on all ranks, rank 0 has "a", rank 1 "b": install`,
      );
  });

  it('assigns GPUs to ranks in turn', () => {
    expect([0, 1, 2, 3].map((rank) => deviceOfRank(rank, undefined, ['0', '1', '2']))).to.deep.equal([
      '0',
      '1',
      '2',
      '0',
    ]);
    expect(deviceOfRank(1, 'GPU-a, GPU-b', ['0'])).to.equal('GPU-b');
    expect(deviceOfRank(undefined, undefined, ['0'])).to.equal(undefined);
    expect(deviceOfRank(0, '', ['0'])).to.equal(undefined);
    expect(deviceOfRank(0, undefined, [])).to.equal(undefined);
  });

  it('refuses an engine that can only be read asynchronously, and unknown ones', async () => {
    const later: TensorModule = {
      ...tf,
      getBackend: () => 'webgpu',
      add: () => {
        throw new Error('readSync is not supported');
      },
    };
    expect(await failure({ tf: later })).to.match(/'webgpu'.*cannot be read synchronously/);
    const wrong = { engine: 'webgl' } as unknown;
    let message = '';
    try {
      await createTfjsBackend(wrong as TfjsBackendOptions);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).to.match(/expected an engine \(node-gpu, node, wasm, cpu\), received "webgl"/);
  });

  it('adds no listener of uncaught errors', () => {
    for (const event of ['uncaughtException', 'unhandledRejection'])
      for (const listener of process.rawListeners(event))
        expect(String(listener)).to.not.match(/ExitStatus|abort/);
  });

  it('inverts the post-stack data as the CPU backend does, within 5e-3', async function () {
    this.timeout(180_000);
    const out = mkdtempSync(join(tmpdir(), 'lops-tfjs-'));
    try {
      const example = fileURLToPath(new URL('../../examples/poststack.js', import.meta.url));
      const small = ['--ny', '4', '--nx', '20', '--nz', '48', '--niter', '10', '--dtype', 'float32'];
      for (const backend of ['cpu', 'tfjs:wasm']) {
        const folder = join(out, backend.replace(':', '-'));
        const { code, stdout, stderr } = await runRanks(
          2,
          [example, ...small, '--backend', backend, '--out', folder],
          {
            timeout: 150_000,
          },
        );
        expect(code, `${stdout}\n${stderr}`).to.equal(0);
      }
      for (const file of ['cgls', 'ne', 'stacked', 'tv']) {
        const [want, got] = ['cpu', 'tfjs-wasm'].map((folder) =>
          readNpy(join(out, folder, `${file}.npy`), { backend: host }),
        ) as [NDArray, NDArray];
        expect(got.subtract(want).norm() / want.norm(), file).to.be.below(5e-3);
      }
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});
