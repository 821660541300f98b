import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { PAGE_SCRIPT } from '../../src/cli/watch/page-script.js';
import { RunHistory } from '../../src/cli/watch/run-history.js';

describe('the parts of the page of a watched program', () => {
  const [source] = /function ticksOf[\s\S]*?\n}/.exec(PAGE_SCRIPT) ?? [];
  const ticksOf = (low: number, high: number, most: number): number[] => [
    ...(runInNewContext(`${source}; ticksOf(${low}, ${high}, ${most})`, {}, { timeout: 1000 }) as number[]),
  ];

  it('have round ticks', () => {
    expect(ticksOf(0, 10, 5)).to.deep.equal([0, 2, 4, 6, 8, 10]);
    expect(ticksOf(-3, 4, 4)).to.deep.equal([-2, 0, 2, 4]);
  });

  it('have few ticks where values differ by rounding', () => {
    for (const [low, high] of [
      [1, 1 + Number.EPSILON],
      [1 - 2 * Number.EPSILON, 1],
      [5, 5.000000000000001],
      [7, 7],
    ] as const)
      expect(ticksOf(low, high, 5).length, `${low} to ${high}`).to.be.within(1, 11);
  });

  it('keep points of the whole of a long run', () => {
    for (const each of [1, 7, 100]) {
      const history = new RunHistory(1);
      const most = 30_000 * each;
      for (let start = 0; start < most; start += each) {
        const iterations = Array.from({ length: each }, (_, k) => start + k);
        history.add({ kind: 'points', run: 1, iterations, costs: iterations.map((i) => 1 / (1 + i)) });
      }
      const { iterations, costs } = history.message;
      expect(iterations.length).to.be.within(900, 2000);
      expect(iterations.at(-1)).to.equal(most - 1);
      expect(costs).to.deep.equal(iterations.map((i) => 1 / (1 + i)));
      const inFirstHalf = iterations.filter((i) => i < most / 2).length;
      expect(inFirstHalf / iterations.length).to.be.closeTo(0.5, 0.02);
    }
  });
});
