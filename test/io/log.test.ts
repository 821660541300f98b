import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runRanks } from '../support/launch.js';

const RANK = fileURLToPath(new URL('./log-rank.js', import.meta.url));

interface Line {
  readonly level: string;
  readonly time: string;
  readonly rank: number;
  readonly ranks: number;
  readonly pid: number;
  readonly msg: string;
  readonly iteration?: number;
  readonly iterations?: number;
}
const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

describe('logging', function () {
  this.timeout(60_000);
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lops-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const run = (ranks: number, env: NodeJS.ProcessEnv) =>
    runRanks(ranks, [RANK, join(folder, 'checkpoint')], { env });

  it('prints nothing by default, and loads no logger', async () => {
    const { code, stdout, stderr } = await run(2, {});
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: 'without pino\n', stderr: '' });
  });

  it('writes to stderr, with rank and time', async () => {
    const { code, stdout, stderr } = await run(2, { LOPS_LOG: 'info' });
    expect([code, stdout]).to.deep.equal([0, 'with pino\n']);
    const lines = linesOf(stderr);
    for (const rank of [0, 1]) {
      const its = lines.filter((line) => line.rank === rank);
      expect(its.map(({ msg }) => msg.replace(/: (native|TypeScript) kernels.*/, ''))).to.deep.equal([
        'MPI started',
        'backend cpu',
        'cgls: starts',
        'checkpoint written',
        'checkpoint written',
        'cgls: iteration limit reached',
      ]);
      expect(its.map(({ iteration, iterations }) => iteration ?? iterations)).to.deep.equal([
        undefined,
        undefined,
        0,
        2,
        3,
        3,
      ]);
      for (const { time, level, ranks } of its) {
        expect(Math.abs(Date.parse(time) - Date.now())).to.be.lessThan(60_000);
        expect(level).to.be.oneOf(['info', 'warn']);
        expect(ranks).to.equal(2);
      }
    }
  });

  it('writes a file for each rank, with iterations', async () => {
    const { code, stderr } = await run(2, {
      LOPS_LOG: 'debug',
      LOPS_LOG_FILE: join(folder, 'logs/run.%r.log'),
    });
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(readdirSync(join(folder, 'logs')).sort()).to.deep.equal(['run.0.log', 'run.1.log']);
    for (const rank of [0, 1]) {
      const lines = linesOf(readFileSync(join(folder, `logs/run.${rank}.log`), 'utf8'));
      expect(new Set(lines.map((line) => line.rank))).to.deep.equal(new Set([rank]));
      expect(
        lines.filter(({ msg }) => msg === 'cgls: iteration').map(({ iteration }) => iteration),
      ).to.deep.equal([1, 2, 3]);
    }
  });

  it('refuses unknown levels and files that cannot be written', async () => {
    const level = await run(2, { LOPS_LOG: 'loud' });
    expect(level.code).to.equal(1);
    expect(level.stderr).to.match(
      /ArgumentError: expected LOPS_LOG to be 'debug' or 'info' or 'warn' or 'error', received 'loud'/,
    );
    const file = await run(1, { LOPS_LOG: 'info', LOPS_LOG_FILE: '/dev/null/x.log' });
    expect(file.code).to.not.equal(0);
    expect(file.stderr).to.match(/ArgumentError: LOPS_LOG_FILE: cannot write \/dev\/null\/x\.log/);
  });
});
