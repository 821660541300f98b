import { expect } from 'chai';
import { BackendError } from '../../src/core/base/errors.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { backendNames, loadBackend, registerBackend, resolveBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/index.js';

/** The reason with which a promise was rejected. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('expected an error'),
    (error: unknown) => error,
  );

describe('the registry of backends', () => {
  it('makes a backend once, at its first use', async () => {
    let made = 0;
    registerBackend('registry: at once', () => {
      made += 1;
      return new CpuBackend({ name: 'registry: at once' });
    });
    expect(backendNames()).to.include('registry: at once');
    expect(made).to.equal(0);
    const backend = resolveBackend('registry: at once');
    expect(await loadBackend('registry: at once')).to.equal(backend);
    expect(resolveBackend('registry: at once')).to.equal(backend);
    expect(made).to.equal(1);
  });

  it('has a backend that loads asynchronously after loadBackend', async () => {
    let made = 0;
    registerBackend('registry: later', async () => {
      made += 1;
      await Promise.resolve();
      return new CpuBackend({ name: 'registry: later' });
    });
    expect(() => resolveBackend('registry: later')).to.throw(
      BackendError,
      "await loadBackend('registry: later')",
    );
    const [one, two] = await Promise.all([loadBackend('registry: later'), loadBackend('registry: later')]);
    expect(one).to.equal(two);
    expect(resolveBackend('registry: later')).to.equal(one);
    expect(made).to.equal(1);
  });

  it('throws the reason why a backend cannot be made, and tries again the next time', async () => {
    let tries = 0;
    const make = (): Backend => {
      tries += 1;
      throw new BackendError('no such device');
    };
    registerBackend('registry: never', make);
    registerBackend('registry: never, later', async () => make());
    expect(() => resolveBackend('registry: never')).to.throw(BackendError, 'no such device');
    for (const name of ['registry: never', 'registry: never, later', 'registry: never, later'])
      expect(await failure(loadBackend(name)))
        .to.be.instanceOf(BackendError)
        .with.property('message', 'no such device');
    expect(tries).to.equal(4);
  });

  it('refuses names that are not registered, and accepts backends', async () => {
    expect(await failure(loadBackend('registry: unknown'))).to.be.instanceOf(BackendError);
    const backend = new CpuBackend();
    expect(await loadBackend(backend)).to.equal(backend);
  });
});
