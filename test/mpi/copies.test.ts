import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { addonPath } from '../../src/mpi/mpi-addon.js';
import { runRanks } from '../support/launch.js';
import { packageCopy } from '../support/package-copy.js';

const RANK = fileURLToPath(new URL('./copies-rank.js', import.meta.url));
const SECONDS = 1000;

describe('two copies of the package in one process', function () {
  this.timeout(60 * SECONDS);
  let copies: ReturnType<typeof packageCopy>[] = [];
  let mains: string[] = [];
  before(() => {
    copies = [packageCopy(['cpu', 'mpi']), packageCopy(['cpu', 'mpi'])];
    mains = copies.map(({ main }) => main);
  });
  after(() => {
    for (const { remove } of copies) remove();
  });
  const run = (ranks: number, how: string, env: NodeJS.ProcessEnv = {}) =>
    runRanks(ranks, [RANK, how, ...mains], { timeout: 40 * SECONDS, env });

  const settings: Readonly<Record<string, NodeJS.ProcessEnv>> = {
    'each with its addon': {},
    'with one addon': { LOPS_MPI_ADDON: addonPath() },
    'under LOPS_TIMEOUT and LOPS_DEBUG': { LOPS_TIMEOUT: '30', LOPS_DEBUG: '1' },
    'with one addon, under LOPS_TIMEOUT': { LOPS_MPI_ADDON: addonPath(), LOPS_TIMEOUT: '30' },
  };
  for (const [name, env] of Object.entries(settings)) {
    for (const ranks of [1, 2]) {
      it(`work, and end without an error: ${name}, ${ranks} rank${ranks > 1 ? 's' : ''}`, async () => {
        const { code, stdout, stderr } = await run(ranks, 'nothing', env);
        expect([code, stderr], stderr).to.deep.equal([0, '']);
        expect(stdout).to.equal(`${ranks} ranks, 10\n`.repeat(4));
      });
    }
  }
  it('an error ends the job once', async () => {
    const { code, stderr } = await run(2, 'throw');
    expect(code, stderr).to.equal(1);
    expect(stderr.match(/rank 1 of 2 .*uncaught error/g)?.length, stderr).to.equal(1);
  });
  it('a rank that waits in a call of the second copy is named', async () => {
    const { code, stderr } = await run(2, 'wait', { LOPS_TIMEOUT: '2' });
    expect(code, stderr).to.equal(124);
    expect(stderr).to.match(/rank 0: waiting for .* in barrier/);
  });
  it('the second copy knows that the first has finalized MPI', async () => {
    const { code, stdout, stderr } = await run(2, 'late');
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include('MPI was finalized');
  });
});
