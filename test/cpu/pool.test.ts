import { expect } from 'chai';
import { hostArray } from '../../src/core/base/dtype.js';
import {
  ArgumentError,
  BackendError,
  DTypeError,
  LopsError,
  ShapeError,
} from '../../src/core/base/errors.js';
import { CpuBackend, createCpuBackend, Pool, referenceKernels } from '../../src/cpu/index.js';
import { sizeClass } from '../../src/cpu/pool.js';

describe('the memory pool', () => {
  it('rounds sizes up by at most an eighth, to whole cache lines', () => {
    for (let bytes = 0; bytes < 100_000; bytes += 37) {
      const size = sizeClass(bytes);
      expect(size % 64).to.equal(0);
      expect(size).to.be.at.least(bytes);
      expect(size).to.be.at.most(Math.max(64, bytes * 1.125 + 64));
      expect(sizeClass(size)).to.equal(size);
    }
  });

  it('returns released blocks before it allocates', () => {
    const pool = new Pool();
    const a = pool.take(1000);
    pool.give(a);
    expect(pool.take(990)).to.equal(a);
    expect(pool.take(1000)).to.not.equal(a);
    expect(pool.misses).to.equal(2);
  });

  it('keeps no more than its limit, and frees the sizes used longest ago', () => {
    const pool = new Pool(4096);
    const blocks = [64, 1024, 2048, 1024].map((bytes) => pool.take(bytes));
    for (const block of blocks) pool.give(block);
    expect(pool.pooledBytes).to.be.at.most(4096);
    pool.take(64);
    expect(pool.misses).to.equal(5);
    pool.take(2048);
    expect(pool.misses).to.equal(5);
    pool.give(new Pool().take(8192));
    expect(pool.pooledBytes).to.be.at.most(4096);
  });

  it('aligns blocks when it can see addresses', () => {
    const pool = new Pool(1e6, () => 16);
    const { byteOffset, bytes, buffer } = pool.take(100);
    expect((16 + byteOffset) % 64).to.equal(0);
    expect(buffer.byteLength).to.be.at.least(byteOffset + bytes);
  });

  it('names the remedy where memory is exhausted', () => {
    expect(() => new Pool().take(2 ** 52)).to.throw(BackendError, 'dispose()');
  });
});

describe('the CPU backend', () => {
  it('counts live and pooled memory', () => {
    const backend = new CpuBackend();
    const a = backend.alloc('float64', 100);
    const b = backend.alloc('complex64', 100);
    expect(backend.stats()).to.include({
      allocations: 2,
      poolMisses: 2,
      liveBytes: 2 * sizeClass(800),
      pooledBytes: 0,
      hostFallbacks: 0,
    });
    backend.release(a);
    expect(backend.stats()).to.include({ liveBytes: sizeClass(800), pooledBytes: sizeClass(800) });
    // another dtype of the same size uses the same memory
    const c = backend.alloc('int32', 200);
    expect(backend.stats()).to.include({ allocations: 3, poolMisses: 2, pooledBytes: 0 });
    backend.release(b);
    backend.release(c);
    expect(backend.stats()).to.include({ liveBytes: 0 });
  });

  it('never pools memory of which the user has the typed array', () => {
    const backend = new CpuBackend();
    const a = backend.alloc('float64', 64);
    const values = a.hostView(0, 64) ?? [];
    backend.fill({ storage: a, offset: 0, size: 64 }, 3);
    backend.release(a);
    expect(backend.stats()).to.include({ liveBytes: 0, pooledBytes: 0 });
    const b = backend.alloc('float64', 64);
    backend.fill({ storage: b, offset: 0, size: 64 }, 4);
    expect([...values]).to.deep.equal(new Array(64).fill(3));
  });

  it('wraps typed arrays without copying', () => {
    const backend = new CpuBackend();
    const values = Float64Array.of(1, 2, 3, 4);
    const x = backend.wrap(values.subarray(1), 'float64');
    backend.linearCombination([2], [{ storage: x, offset: 0, size: 3 }], { storage: x, offset: 0, size: 3 });
    expect([...values]).to.deep.equal([1, 4, 6, 8]);
    const span = x.span(1, 2);
    if (span.kind !== 'host') throw new Error('expected host memory');
    expect([...new Float64Array(span.buffer as ArrayBuffer, span.byteOffset, span.length)]).to.deep.equal([
      6, 8,
    ]);
    backend.release(x);
    expect(backend.stats()).to.include({ allocations: 0, liveBytes: 0, pooledBytes: 0 });
    expect(backend.wrap(values, 'complex128').length).to.equal(2);
    expect(() => backend.wrap(values.subarray(1), 'complex128')).to.throw(ShapeError, 'pairs');
    expect(() => backend.wrap(values, 'float32')).to.throw(DTypeError, 'float32');
  });

  it('refuses disposed memory, wrong host arrays, lengths and options', () => {
    const backend = new CpuBackend();
    const storage = backend.alloc('float64', 2);
    const x = { storage, offset: 0, size: 2 };
    expect(() => backend.upload(hostArray('float32', 2), x)).to.throw(DTypeError, 'float64');
    expect(() => backend.upload(hostArray('float64', 3), x)).to.throw(ShapeError, '2 numbers');
    expect(() => backend.download(x, hostArray('float64', 1))).to.throw(ShapeError);
    for (const outside of [
      { storage, offset: 1, size: 2 },
      { storage, offset: -1, size: 1 },
    ]) {
      expect(() => backend.fill(outside, 1)).to.throw(ShapeError, 'within a storage of 2');
    }
    backend.release(storage);
    expect(() => backend.fill(x, 1)).to.throw(BackendError, 'disposed');
    for (const length of [-1, 0.5, Number.NaN])
      expect(() => backend.alloc('float64', length)).to.throw(ShapeError);
    const misspelt: object = { poolbytes: 1 };
    expect(() => new CpuBackend(misspelt)).to.throw(LopsError, "did you mean 'poolBytes'");
    expect(() => new CpuBackend({ poolBytes: -1 })).to.throw(LopsError, 'poolBytes');
  });

  it('uses kernels of a table, and the reference for the others', () => {
    let calls = 0;
    const backend = new CpuBackend({
      kernels: {
        fill: (...args) => {
          calls += 1;
          referenceKernels.fill(...args);
        },
      },
    });
    const x = { storage: backend.alloc('float32', 3), offset: 0, size: 3 };
    backend.fill(x, 2);
    expect(backend.reduce('sum', x)).to.equal(6);
    expect(calls).to.equal(1);
  });

  it('uses the kernels that LOPS_CPU names', () => {
    const load = () => ({ name: 'loaded' });
    expect(createCpuBackend(load, undefined).name).to.equal('loaded');
    expect(createCpuBackend(load, 'native').name).to.equal('loaded');
    expect(createCpuBackend(load, 'reference').name).to.equal('cpu');
    expect(createCpuBackend(() => undefined, undefined).name).to.equal('cpu');
    expect(() => createCpuBackend(() => undefined, 'native')).to.throw(BackendError, 'LOPS_CPU=native');
    expect(() => createCpuBackend(load, 'fast')).to.throw(ArgumentError, "'fast'");
  });
});
