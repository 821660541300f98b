import { expect } from 'chai';
import { memo, memoUpTo } from '../../src/core/base/memo.js';
import { PlanCache } from '../../src/core/base/plan-cache.js';

describe('memo', () => {
  it('makes a value once for a key', () => {
    const cache = new Map<string, number[]>();
    const first = memo(cache, 'a', (key) => [key.length]);
    expect(first).to.deep.equal([1]);
    expect(memo(cache, 'a', () => expect.fail('made twice'))).to.equal(first);
    const weak = new WeakMap<object, string>();
    const key = {};
    memo(weak, key, () => 'made');
    expect(weak.get(key)).to.equal('made');
  });

  it('caches nothing where making the value throws', () => {
    const cache = new Map<string, number>();
    const fails = () => {
      throw new RangeError('no');
    };
    expect(() => memo(cache, 'a', fails)).to.throw(RangeError);
    expect(memo(cache, 'a', () => 2)).to.equal(2);
  });

  it('empties a map at its limit', () => {
    const cache = new Map<number, number>();
    for (const key of [1, 2, 3, 2]) memoUpTo(3, cache, key, (k) => k * k);
    expect([...cache]).to.deep.equal([
      [1, 1],
      [2, 4],
      [3, 9],
    ]);
    expect(memoUpTo(3, cache, 4, (k) => k * k)).to.equal(16);
    expect([...cache]).to.deep.equal([[4, 16]]);
  });
});

describe('PlanCache', () => {
  it('keeps the plans used last, and disposes of each of the others once', () => {
    const made: string[] = [];
    const gone: string[] = [];
    const cache = new PlanCache<string, string>(2, { dispose: (plan) => gone.push(plan) });
    const get = (key: string): string =>
      cache.get(key, (k) => {
        made.push(k);
        return `plan ${k}`;
      });
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) expect(get(key)).to.equal(`plan ${key}`);
    expect(made).to.deep.equal(['a', 'b', 'c', 'b']);
    expect(gone).to.deep.equal(['plan b', 'plan c']);
  });

  it('uses one plan for keys that it regards as equal', () => {
    const cache = new PlanCache<{ readonly n: number }, object>(4, { same: (a, b) => a.n === b.n });
    const plan = cache.get({ n: 1 }, () => ({}));
    expect(cache.get({ n: 1 }, () => ({}))).to.equal(plan);
    expect(cache.get({ n: 2 }, () => ({}))).to.not.equal(plan);
  });

  it('removes no plan where making one throws', () => {
    const gone: number[] = [];
    const cache = new PlanCache<number, number>(1, { dispose: (plan) => gone.push(plan) });
    cache.get(1, () => 1);
    const fails = () => {
      throw new RangeError('no');
    };
    expect(() => cache.get(2, fails)).to.throw(RangeError);
    expect(cache.get(1, () => expect.fail('made twice'))).to.equal(1);
    expect(gone).to.deep.equal([]);
  });
});
