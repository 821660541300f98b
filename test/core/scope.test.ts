import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { keep, PARTS, tidy } from '../../src/core/base/scope.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';

describe('tidy', () => {
  const backend = new CpuBackend();
  let live = 0;
  beforeEach(() => {
    setDefaultBackend(backend);
    live = backend.stats().liveBytes;
  });
  const held = () => backend.stats().liveBytes - live;

  it('disposes of arrays that are not returned', () => {
    const inside: NDArray[] = [];
    const y = tidy(() => {
      const x = NDArray.ones([100]);
      inside.push(x, x.slice([0, 3]));
      return x.add(1);
    });
    expect(inside.map((x) => x.disposed)).to.deep.equal([true, true]);
    expect(y.sum()).to.equal(200);
    y.dispose();
    expect(held()).to.equal(0);
  });
  it('keeps arrays that were made before it', () => {
    const x = NDArray.ones([4]);
    tidy(() => x.addInPlace(x.multiply(2)));
    expect(x.sum()).to.equal(12);
    x.dispose();
    expect(held()).to.equal(0);
  });
  it('keeps arrays in lists, maps, iterables and objects', () => {
    const one = () => NDArray.ones([2]);
    const results = [
      tidy(() => [one(), one()]),
      tidy(() => ({ a: one(), n: 1, none: undefined })),
      tidy(() => new Map([['a', one()]])),
      tidy(() => new Set([one()])),
    ];
    const all = results
      .flatMap((r): unknown[] =>
        r instanceof Map ? [...r.values()] : r instanceof Set ? [...r] : Object.values(r),
      )
      .filter((x) => x instanceof NDArray);
    expect(all.length).to.equal(5);
    for (const x of all) {
      expect(x.disposed).to.equal(false);
      x.dispose();
    }
    expect(held()).to.equal(0);
  });
  it('keeps arrays at any depth of what is returned, cycles included', () => {
    const one = () => NDArray.ones([2]);
    const found: NDArray[] = [];
    const made = () => {
      found.push(one());
      return found.at(-1) as NDArray;
    };
    interface Node {
      readonly list: readonly NDArray[];
      readonly map: Map<NDArray, { readonly x: NDArray }[]>;
      self?: Node;
    }
    const node = tidy(() => {
      one();
      const result: { deep: Node[] } = {
        deep: [{ list: [made(), made()], map: new Map([[made(), [{ x: made() }]]]) }],
      };
      (result.deep[0] as Node).self = result.deep[0] as Node;
      return result;
    });
    expect(node.deep.length).to.equal(1);
    expect(found.map((x) => x.disposed)).to.deep.equal([false, false, false, false]);
    for (const x of found) x.dispose();
    expect(held()).to.equal(0);
  });
  it('keep excludes arrays at any depth from the scope', () => {
    const state = { history: [{ x: undefined as NDArray | undefined }] };
    tidy(() => {
      (state.history[0] as { x: NDArray }).x = NDArray.ones([3]);
      keep(state);
    });
    expect(state.history[0]?.x?.disposed).to.equal(false);
    state.history[0]?.x?.dispose();
    expect(held()).to.equal(0);
  });
  it('keeps the storage of a returned view', () => {
    const view = tidy(() => NDArray.arange(10).slice([2, 5]));
    expect(view.toArray()).to.deep.equal([2, 3, 4]);
    view.dispose();
    expect(held()).to.equal(0);
  });
  it('gives results to the enclosing scope', () => {
    let inner: NDArray | undefined;
    tidy(() => {
      inner = tidy(() => NDArray.ones([3]));
      expect(inner.disposed).to.equal(false);
    });
    expect(inner?.disposed).to.equal(true);
    expect(held()).to.equal(0);
  });
  it('disposes of its arrays after an exception, and ends only its own scope', () => {
    tidy(() => {
      const outer = NDArray.ones([3]);
      expect(() =>
        tidy(() => {
          NDArray.ones([5]);
          throw new Error('stop');
        }),
      ).to.throw('stop');
      expect(outer.disposed).to.equal(false);
    });
    expect(held()).to.equal(0);
  });
  it('keeps arrays that are marked by keep', () => {
    let kept: NDArray | undefined;
    tidy(() =>
      tidy(() => {
        kept = keep(NDArray.ones([3]));
      }),
    );
    expect(kept?.sum()).to.equal(3);
    kept?.dispose();
    expect(held()).to.equal(0);
  });
  it('keeps the arrays that an object lists as its parts', () => {
    class Pair {
      readonly #x = NDArray.ones([2]);
      dispose(): void {
        this.#x.dispose();
      }
      [PARTS](): Iterable<NDArray> {
        return [this.#x];
      }
      sum(): unknown {
        return this.#x.sum();
      }
    }
    const pairs = tidy(() => [new Pair(), new Pair()]);
    expect(pairs.map((p) => p.sum())).to.deep.equal([2, 2]);
    for (const p of pairs) p.dispose();
    expect(held()).to.equal(0);
  });
  it('refuses promises and iterators', () => {
    expect(() => tidy(async () => NDArray.ones([2]))).to.throw(ArgumentError, 'promise');
    expect(() =>
      tidy(function* () {
        yield NDArray.ones([2]);
      }),
    ).to.throw(ArgumentError, 'iterator');
    expect(held()).to.equal(0);
  });
  it('reuses memory', () => {
    const step = () => tidy(() => NDArray.ones([1000]).add(1).sqrt().sum());
    step();
    const { poolMisses } = backend.stats();
    for (let i = 0; i < 10; i++) step();
    expect(backend.stats().poolMisses).to.equal(poolMisses);
  });
});
