import { expect } from 'chai';
import type { CudaAddon, CudaContext } from '../../src/gpu/cuda/cuda-addon-interface.js';
import { cudaAddon } from '../../src/gpu/cuda/index.js';
import { PinnedPool } from '../../src/gpu/cuda/pinned-pool.js';
import { cudaEnvironment, cuemuFolder, onRealCuda } from '../support/emulated-cuda.js';
import { skip } from '../support/skip.js';
import { program } from './cuda-program.js';

/** A driver whose device memory is numbers only. */
const NULL_DRIVER = { LOPS_CUDA_LIBRARIES: `${cuemuFolder}/null`, LOPS_CUDA_CACHE: 'off' };
const emulated = (settings: Record<string, string>): Record<string, string> => ({
  ...cudaEnvironment(),
  ...settings,
});
const MEBI = 2 ** 20;

describe('memory of the CUDA backend', function () {
  this.timeout(120_000);
  before(function () {
    if (onRealCuda()) skip(this as unknown as Mocha.Context, 'these run on the emulator');
  });

  it('arrays of 1 to 64 GB: a sum takes microseconds of the host, and collects no garbage', () => {
    const said = program(
      `const { PerformanceObserver } = await import('node:perf_hooks');
       let collections = 0;
       const count = (list) => {
         for (const { detail } of list.getEntries()) if (detail.kind === 4) collections += 1;
       };
       new PerformanceObserver(count).observe({ entryTypes: ['gc'] });
       const waitForFinalizers = () => new Promise((resolve) => setTimeout(resolve, 50));
       const held = Array.from({ length: 100000 }, (_, i) => ({ i }));
       const rows = [];
       for (const gigabytes of [1, 4, 8, 64]) {
         const x = lops.NDArray.zeros([gigabytes * 1e9 / 8], { backend: 'cuda', dtype: 'float64' });
         const sum = () => x.add(x).dispose();
         for (let i = 0; i < 50; i++) sum();
         await waitForFinalizers();
         const before = collections;
         const began = process.cpuUsage();
         for (let i = 0; i < 200; i++) sum();
         const { user, system } = process.cpuUsage(began);
         await waitForFinalizers();
         rows.push({ gigabytes, microseconds: (user + system) / 200, collections: collections - before });
         x.dispose();
       }
       say({ value: rows, name: String(held.length) });`,
      NULL_DRIVER,
    );
    const rows = said.value as readonly Record<'gigabytes' | 'microseconds' | 'collections', number>[];
    expect(rows).to.have.length(4);
    for (const { gigabytes, microseconds, collections } of rows) {
      expect(collections, `collections in 200 sums of ${gigabytes} GB`).to.be.at.most(4);
      // CPU time, which other processes do not lengthen much; a collection takes 10 000
      expect(microseconds, `CPU time of a sum of ${gigabytes} GB`).to.be.below(1500);
    }
  });

  it('arrays that are dropped and not disposed: collected before memory runs out', () => {
    const loop = (elements: number): string => `
      const x = lops.NDArray.zeros([${elements}], { backend: 'cuda', dtype: 'float64' });
      const sum = () => { x.add(x); };
      say(attempt(() => { for (let i = 0; i < 30; i++) sum(); }));`;
    // 45 of 141 GiB, and 16 of 64 MB
    expect(program(loop(45e9 / 8), NULL_DRIVER)).to.deep.equal({});
    expect(program(loop(2e6), emulated({ CUEMU_MEMORY: '64000000' }))).to.deep.equal({});
  });

  it('more than 2³¹ elements: no launch is beyond the limits of a device', () => {
    const said = program(
      `const n = 2 ** 31 + 1000;
       const x = lops.NDArray.zeros([n], { backend: 'cuda', dtype: 'float32' });
       const works = {
         fill: () => x.fill(2),
         binary: () => x.add(x).dispose(),
         unary: () => x.exp().dispose(),
         axpby: () => x.axpby(1, x, 2),
         dot: () => x.dot(x),
         sum: () => x.sum(),
         norm: () => x.norm(),
         extreme: () => x.argmax(),
         selection: () => x.kthSmallestAbs(3),
         cumsum: () => x.cumsum().dispose(),
         cast: () => x.astype('float64').dispose(),
         flip: () => x.flip().contiguous().dispose(),
         transpose: () => x.reshape([n / 4, 4]).transpose().contiguous().dispose(),
         columns: () => x.reshape([4, n / 4]).transpose().contiguous().dispose(),
         rows: () => x.reshape([n / 8, 8]).sum({ axis: 1 }).dispose(),
         sums: () => x.reshape([8, n / 8]).sum({ axis: 0 }).dispose(),
         random: () => lops.NDArray.normal([n], { backend: 'cuda', dtype: 'float32', seed: 1 }).dispose(),
       };
       say(Object.entries(works).map(([name, work]) => [name, attempt(work).message ?? '']));`,
      NULL_DRIVER,
    );
    const failures = (said as unknown as readonly (readonly [string, string])[]).filter(
      ([, message]) => message !== '',
    );
    expect(failures).to.deep.equal([]);
  });

  it('libraries, kernels and pinned memory get room when the pool has all memory', () => {
    const said = program(
      `const { FFT } = await part('local/index.js');
       const { linalg } = await part('array/index.js');
       const zeros = (shape) => lops.NDArray.zeros(shape, { backend: 'cuda', dtype: 'float64' });
       const cuda = zeros([1]).backend;
       // the pool keeps 48 of 64 MB, of which nothing is in use
       const hoard = () => zeros([6e6]).dispose();
       const eye = lops.NDArray.fromHost(Float64Array.of(2, 0, 0, 2), [2, 2], { backend: cuda });
       const works = {
         multiply: () => eye.matmul(eye).sum(),
         kernel: () => eye.exp().sum() > 0,
         transform: () => new FFT([8], { dtype: 'float64' }).matvec(zeros([8])).size > 0,
         solve: () => linalg.inv(eye).sum(),
         pinned: () => eye.storage.span(0, 4).pinned(5e6).byteLength >= 5e6,
       };
       say(Object.entries(works).map(([name, work]) => {
         hoard();
         const pooled = cuda.poolStats().pooledBytes > 47e6;
         const outcome = attempt(work);
         return [name, pooled, outcome.message ?? outcome.value];
       }));`,
      emulated({ CUEMU_MEMORY: '64000000', CUEMU_LIBRARY_MEMORY: '32000000' }),
    );
    expect(said).to.deep.equal([
      ['multiply', true, 8],
      ['kernel', true, true],
      ['transform', true, true],
      ['solve', true, 1],
      ['pinned', true, true],
    ]);
  });

  it('the pool of pinned memory keeps 64 MiB, and frees what was not used for the longest time', () => {
    const freed: number[] = [];
    const context = {
      allocPinned: (bytes: number) => new ArrayBuffer(bytes),
      freePinned: (memory: ArrayBuffer) => {
        freed.push(memory.byteLength / MEBI);
      },
    } as unknown as CudaContext;
    const pool = new PinnedPool(context);
    const sizes = [20, 30, 10];
    const blocks = sizes.map((size) => pool.take(size * MEBI));
    for (const block of blocks) pool.giveBack(block);
    expect(freed).to.deep.equal([]);
    expect(pool.take(20 * MEBI)).to.equal(blocks[0]);
    pool.giveBack(blocks[0] as ArrayBuffer);
    const more = pool.take(25 * MEBI);
    pool.giveBack(more);
    expect(freed).to.deep.equal([30]);
    for (const size of [20, 10, 25]) expect(pool.take(size * MEBI).byteLength).to.equal(size * MEBI);
  });

  it('the pool of pinned memory keeps what was in use at once', () => {
    const context = {
      allocPinned: (bytes: number) => new ArrayBuffer(bytes),
      freePinned: () => expect.fail('a block was freed'),
    } as unknown as CudaContext;
    const pool = new PinnedPool(context);
    const exchange = () => [pool.take(40 * MEBI), pool.take(40 * MEBI)];
    const first = exchange();
    for (const block of first) pool.giveBack(block);
    expect(exchange()).to.have.members(first);
  });

  it('pinned memory is freed once', () => {
    Object.assign(process.env, cudaEnvironment());
    const { addon } = cudaAddon() as { readonly addon: CudaAddon };
    const context = addon.openContext(0, Number.POSITIVE_INFINITY, '');
    try {
      const memory = context.allocPinned(4096);
      context.freePinned(memory);
      expect(memory.byteLength).to.equal(0);
      expect(() => context.freePinned(memory)).to.throw(/page-locked/);
      expect(() => context.freePinned(new ArrayBuffer(8))).to.throw(/page-locked/);
    } finally {
      context.close();
    }
  });
});
