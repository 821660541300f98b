import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { launcher, rankEnvironment, runRanks, startRanks } from '../support/launch.js';
import { closed } from './ended.js';

const RANK = fileURLToPath(new URL('./waiting-rank.js', import.meta.url));
const STALLED = fileURLToPath(new URL('./stalled-rank.js', import.meta.url));
const UNREAD = fileURLToPath(new URL('./unread-rank.js', import.meta.url));
const SECONDS = 1000;
const BEGIN =
  /lops-mpi: rank \d of \d \(.*, process \d+\): has waited for 1 s in one call; the job goes on\./g;
const HINT = /LOPS_DEBUG=1 and LOPS_TIMEOUT=60 \(lops run --debug --timeout 60\) name the lines/;
const IN = 'waiting for \\d+\\.\\d s in';
const ALL_IN = 'waiting for up to \\d+\\.\\d s in';

const run = (ranks: number, how: string, env: NodeJS.ProcessEnv = {}) =>
  runRanks(ranks, [RANK, how], { timeout: 60 * SECONDS, env: { LOPS_WAIT_REPORT: '1', ...env } });

/** What a job that never ends says on stderr, until half a second after it has said `last`. */
async function saidBy(ranks: number, script: string, how: string, last: RegExp): Promise<string> {
  const child = startRanks(ranks, [script, how], { LOPS_WAIT_REPORT: '1' });
  const end = closed(child);
  let text = '';
  child.stdout?.resume();
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    if (!last.test(text) && last.test(text + piece)) setTimeout(() => child.kill(), 0.5 * SECONDS);
    text += piece;
  });
  await end;
  return text;
}

describe('a job whose ranks wait says once what they do', function () {
  this.timeout(60 * SECONDS);

  const programs: readonly [ranks: number, how: string, said: readonly string[]][] = [
    [2, 'a norm on rank 0', [`rank 0: ${IN} allreduce`, `rank 1: ${IN} the end of the program`]],
    [3, 'a norm on rank 0', [`rank 0: ${IN} allreduce`, `ranks 1, 2: ${ALL_IN} the end of the program`]],
    [2, 'different collectives', [`rank 0: ${IN} barrier`, `rank 1: ${IN} allreduce`]],
    [4, 'a receive without a send', [`ranks 0-2: ${ALL_IN} barrier`, `rank 3: ${IN} recv`]],
    [2, 'a halo exchange on rank 0', [`rank 0: ${IN} wait for MPI_\\w+`, `rank 1: ${IN} barrier`]],
    [
      3,
      'requests',
      [
        `rank 0: ${IN} wait for MPI_Irecv`,
        `rank 1: ${IN} wait for MPI_Recv_init`,
        `rank 2: ${IN} wait for MPI_Iallreduce`,
      ],
    ],
    [
      3,
      'outside of MPI',
      [
        `rank 0: ${IN} barrier`,
        'rank 1: computing for \\d+\\.\\d s; the last call was split',
        'rank 2: in the event loop, or blocked outside of MPI, for \\d+\\.\\d s; the last call was split',
      ],
    ],
  ];
  for (const [ranks, how, said] of programs) {
    it(`${how}, ${ranks} ranks`, async () => {
      const text = await saidBy(ranks, RANK, how, HINT);
      expect(text.match(BEGIN), text).to.have.length(1);
      const lines = `The ranks of this node:\n {2}${said.join('\n {2}')}\nIf they wait for each other`;
      expect(new RegExp(lines).test(text), text).to.equal(true);
    });
  }

  it('a rank that does not join MPI', async () => {
    const text = await saidBy(2, STALLED, '1', /goes on/);
    expect(text.match(/longer than LOPS_WAIT_REPORT/g), text).to.have.length(1);
    expect(text).to.match(
      /rank 0 of 2 .*LOPS_WAIT_REPORT \(1 s\) for all ranks to join MPI.*goes on; LOPS_TIMEOUT=60 \(lops run/,
    );
  });

  it('and joins MPI although the report on stderr is not read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lops-unread-'));
    try {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const rank = ['sh', '-c', 'exec "$0" "$1" "$2" 2<>"$2"', process.execPath, UNREAD, pipe];
      const stdout = execFileSync(launcher(), ['-n', '2', ...rank], {
        env: rankEnvironment({ LOPS_WAIT_REPORT: '1' }),
        timeout: 30 * SECONDS,
        encoding: 'utf8',
      });
      expect(stdout.match(/joined/g)).to.have.length(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('goes on', async () => {
    const { code, stdout, stderr } = await run(3, 'slow but healthy');
    expect(code, stderr).to.equal(0);
    expect(stdout.match(/is done/g)).to.have.length(3);
    expect(stderr.match(BEGIN), stderr).to.have.length(1);
    expect(stderr).to.match(new RegExp(`rank 0: computing for .*\n {2}ranks 1, 2: ${ALL_IN} barrier`));
  });

  it('with source lines where calls are recorded, before LOPS_TIMEOUT ends it', async () => {
    const { code, stderr } = await run(2, 'a receive without a send', { LOPS_TIMEOUT: '3' });
    expect(code, stderr).to.equal(124);
    const place = 'at \\S*waiting-rank\\.ts:\\d+:\\d+';
    const lines = `rank 1: ${IN} recv of 1 float64 from rank 0 \\(tag 7\\) ${place}`;
    expect(stderr).to.match(
      new RegExp(`goes on\\. [\\s\\S]*${lines}[\\s\\S]* the job is aborted[\\s\\S]*${lines}`),
    );
    expect(stderr.match(BEGIN), stderr).to.have.length(1);
    expect(stderr).to.not.match(HINT);
  });
});

describe('a job says nothing', function () {
  this.timeout(60 * SECONDS);

  for (const [how, env] of [
    // a loaded machine may not run a rank for a second
    ['quick', { LOPS_WAIT_REPORT: '4' }],
    ['all compute', { LOPS_WAIT_REPORT: '4' }],
    ['slow but healthy', { LOPS_WAIT_REPORT: '0' }],
  ] as const) {
    it(`${how} ${JSON.stringify(env)}`, async () => {
      const { code, stderr } = await run(3, how, env);
      expect([code, stderr]).to.deep.equal([0, '']);
    });
  }
});
