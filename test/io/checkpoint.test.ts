import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { expectClose } from '../support/expect-close.js';
import { runRanks } from '../support/launch.js';

const RANK = fileURLToPath(new URL('./checkpoint-rank.js', import.meta.url));

describe('a job that is killed in the middle of a checkpoint', function () {
  this.timeout(60_000);

  it(
    'loses the steps since the last whole one: resumed, it gives the same bits; on another number of ' +
      'ranks the same answer',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lops-killed-'));
      const run = async (ranks: number, name: string, niter: number, ...more: string[]) =>
        await runRanks(ranks, [RANK, join(folder, name), `${niter}`, ...more], { timeout: 30_000 });
      try {
        const whole = await run(3, 'whole', 20);
        expect(whole.code, whole.stderr).to.equal(0);
        for (const name of ['killed', 'other']) {
          const began = Date.now();
          const killed = await run(3, name, 20, '12');
          expect(killed.timedOut).to.equal(false);
          expect(killed.code).to.not.equal(0);
          expect(Date.now() - began).to.be.below(15_000);
          expect(readdirSync(join(folder, name)).filter((f) => /^\d+$/.test(f))).to.deep.equal([
            '0000000004',
            '0000000008',
          ]);
        }
        const resumed = await run(3, 'killed', 20);
        expect(resumed.code, resumed.stderr).to.equal(0);
        expect(resumed.stdout).to.equal(whole.stdout);
        expect(readdirSync(join(folder, 'killed'))).to.deep.equal(['0000000016', '0000000020']);
        const other = await run(2, 'other', 20);
        expect(other.code, other.stderr).to.equal(0);
        const costs = [whole, other].map(({ stdout }) => (JSON.parse(stdout) as { cost: number[] }).cost);
        expect(costs[1]?.slice(0, 9)).to.deep.equal(costs[0]?.slice(0, 9));
        expectClose(costs[1] ?? [], costs[0] ?? [], { atol: 1e-9 });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
