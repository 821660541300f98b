/** Tests with 64 ranks on any number of cores. */
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runRanks } from '../support/launch.js';
import { CROWD, exported } from './operators.js';

const RANK = fileURLToPath(new URL('./crowd-rank.js', import.meta.url));
const LIMIT = 480_000;

describe('64 ranks', () => {
  it('every exported operator has a row', () => {
    const missing = exported().filter(
      (name) => !CROWD.some((row) => new RegExp(`^${name}\\b`).test(row.name)),
    );
    expect(missing).to.deep.equal([]);
  });

  it('every operator and a solver give the results of one rank', async function () {
    this.timeout(LIMIT + 10_000);
    // few helper threads and small heaps, because only the number of processes matters here
    const lean = ['--v8-pool-size=0', '--max-semi-space-size=2', '--max-old-space-size=128'];
    const result = await runRanks(64, [...lean, RANK], { timeout: LIMIT, env: { UV_THREADPOOL_SIZE: '1' } });
    expect(result.timedOut, result.stderr).to.equal(false);
    expect(result.code, result.stderr).to.equal(0);
    const { size, rows, mebibytes, failures } = JSON.parse(result.stdout);
    expect(failures).to.deep.equal([]);
    expect([size, rows]).to.deep.equal([64, CROWD.length]);
    if (this.test) this.test.title += ` (${mebibytes} MiB)`;
  });
});
