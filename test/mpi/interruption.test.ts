import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Checkpoint } from '../../src/io/checkpoint/checkpoint.js';
import { runRanks, startRanks } from '../support/launch.js';
import { closed, started } from './ended.js';

const RANK = fileURLToPath(new URL('./interrupted-rank.js', import.meta.url));

interface Said {
  readonly reason: string;
  readonly iterations: number;
  readonly cost: number;
  readonly norm: number;
}
const said = (stdout: string): Said =>
  JSON.parse(stdout.slice(stdout.indexOf('{')).trim().split('\n')[0] ?? '') as Said;

describe('a job that is interrupted writes its state and resumes', function () {
  this.timeout(60_000);
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lops-interrupted-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('on 3 ranks, of which one receives the signal', async () => {
    const whole = await runRanks(3, [RANK, join(folder, 'whole')]);
    expect(whole.code, whole.stderr).to.equal(0);
    const first = await runRanks(3, [RANK, join(folder, 'run'), '5']);
    expect(first.code, first.stderr).to.equal(85);
    const { reason, iterations } = said(first.stdout);
    expect({ reason, iterations }).to.deep.equal({ reason: 'signal received', iterations: 6 });
    expect(first.stderr).to.not.include('lops-mpi');
    const second = await runRanks(3, [RANK, join(folder, 'run')]);
    expect(second.code, second.stderr).to.equal(0);
    expect(said(second.stdout)).to.deep.equal(said(whole.stdout));
  });

  it('on one rank without a launcher, in a loop that never returns to the event loop', async () => {
    const child = startRanks(1, [RANK, folder, 'forever']);
    let stdout = '';
    child.stdout?.on('data', (piece: Buffer) => {
      stdout += piece.toString();
    });
    await started(child, 1);
    await new Promise((r) => setTimeout(r, 300));
    child.kill('SIGTERM');
    expect(await closed(child)).to.equal(85);
    expect(said(stdout).reason).to.equal('signal received');
    expect(new Checkpoint(folder).latest).to.equal(said(stdout).iterations);
  });
});
