import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { expectClose } from '../support/expect-close.js';
import { runRanks } from '../support/launch.js';

const RANK = fileURLToPath(new URL('../io/checkpoint-rank.js', import.meta.url));
const RANKS = 3;
/** The largest number of seconds from the kill to the end of the job. */
const MOST = 10;

interface Answer {
  readonly cost: number[];
  readonly digest: string;
}

describe('a rank killed in mid-solve', function () {
  this.timeout(180_000);
  let folder = '';
  let whole: Answer;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lops-restart-'));
    whole = await answer(RANKS, 'whole');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (ranks: number, name: string, ...more: string[]) =>
    runRanks(ranks, [RANK, join(folder, name), '20', ...more], { timeout: 60_000 });
  async function answer(ranks: number, name: string): Promise<Answer> {
    const { code, stdout, stderr } = await run(ranks, name);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as Answer;
  }
  /** Kills a rank of a job that writes checkpoints at iterations 4, 8 and 12. */
  async function killed(who: number, name: string): Promise<void> {
    const { code, timedOut, stdout, stderr } = await run(RANKS, name, '14', String(who));
    const end = Date.now();
    expect(timedOut, stderr).to.equal(false);
    expect(code, stderr).to.not.equal(0);
    expect(stdout).to.equal('');
    const [, at] = /killed at (\d+)/.exec(stderr) ?? [];
    expect(end - Number(at), stderr).to.be.below(1000 * MOST);
  }

  for (let who = 0; who < RANKS; who++) {
    it(`rank ${who}: the job ends within ${MOST} s; restarted, it gives the same bits`, async () => {
      const name = `same-${who}`;
      await killed(who, name);
      expect(await answer(RANKS, name)).to.deep.equal(whole);
    });
  }

  it('restarted on two ranks, it gives the same result', async () => {
    await killed(RANKS - 1, 'fewer');
    const { cost } = await answer(2, 'fewer');
    // the costs in the checkpoint have the same bits
    expect(cost.slice(0, 13)).to.deep.equal(whole.cost.slice(0, 13));
    expectClose(cost, whole.cost, { atol: 1e-9 });
  });
});
