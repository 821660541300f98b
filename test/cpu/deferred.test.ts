import { expect } from 'chai';
import type { Elements } from '../../src/core/ports/backend.js';
import { backendConformance } from '../../src/testing/index.js';
import { DeferredBackend } from '../support/deferred-backend.js';

backendConformance(() => new DeferredBackend());

describe('the deferred backend', () => {
  const array = (backend: DeferredBackend, values: number[]): Elements => {
    const x = { storage: backend.alloc('float32', values.length), offset: 0, size: values.length };
    backend.upload(Float32Array.from(values), x);
    return x;
  };

  it('computes nothing before a value is read, and then only what the value needs', () => {
    const backend = new DeferredBackend();
    const [x, y] = [array(backend, [1, 2]), array(backend, [3, 4])];
    backend.binary('add', x, y, y);
    backend.unary('exp', x, x);
    expect(backend.evaluations).to.equal(0);
    expect([...backend.download(y)]).to.deep.equal([4, 6]);
    // two uploads and the sum, without the exponential
    expect(backend.evaluations).to.equal(3);
  });

  it('computes chains that are longer than any call stack', () => {
    const backend = new DeferredBackend();
    const x = array(backend, [0]);
    for (let k = 0; k < 30_000; k++) backend.binary('add', x, 1, x);
    expect([...backend.download(x)]).to.deep.equal([30_000]);
  });

  it('returns no address', () => {
    const backend = new DeferredBackend();
    const span = array(backend, [1]).storage.span(0, 1);
    expect(span).to.include({ kind: 'device', address: undefined });
  });

  it('fills fresh memory with NaN', () => {
    const backend = new DeferredBackend();
    expect([...backend.download({ storage: backend.alloc('float32', 2), offset: 0, size: 2 })]).to.deep.equal(
      [Number.NaN, Number.NaN],
    );
  });
});
