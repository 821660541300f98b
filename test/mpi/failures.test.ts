import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { launcher, rankEnvironment, runRanks, startRanks } from '../support/launch.js';
import { closed, gone, pidsIn, started } from './ended.js';

const RANK = fileURLToPath(new URL('./ending-rank.js', import.meta.url));
const STALLED = fileURLToPath(new URL('./stalled-rank.js', import.meta.url));
const LOPS = fileURLToPath(new URL('../../src/cli/lops.js', import.meta.url));
const INDEX = new URL('../../src/index.js', import.meta.url).href;
const SECONDS = 1000;
const hydra = spawnSync(launcher(), ['--version'], { encoding: 'utf8' }).stdout?.includes('HYDRA');

describe('the end of one rank is the end of the job', function () {
  this.timeout(40 * SECONDS);

  const cases: readonly [how: string, said: RegExp, code?: number][] = [
    ['throw', /rank 1 of 3 .*uncaught error[\s\S]*RangeError: the reason/, 1],
    ['throw later', /rank 1 of 3 .*uncaught error[\s\S]*RangeError: the reason/, 1],
    ['reject', /rank 1 of 3 .*uncaught error[\s\S]*RangeError: the reason/, 1],
    ['exit 3', /rank 1 of 3 .*exits with code 3/, 3],
    ['exit code', /rank 1 of 3 .*exits with code 4/, 4],
    ['exit 0', /rank 1 of 3 .*waited 2 s for/, 75],
    ['abort', /the reason/, 9],
    ['mpi error', /rank 1 of 3 .*uncaught error[\s\S]*MpiError: .*failed on rank 1 of 3: .*truncated/, 1],
    // The launcher prints the signal.
    ['kill', /rank 1\b[\s\S]*signal 9|PID \d+[\s\S]*KILLED|EXIT CODE: 9/],
    ['output', /rank 1 of 3 .*exits with code 3/, 3],
    ['all exit 5', /rank \d of 3 .*exits with code 5/, 5],
  ];
  for (const [how, said, code] of cases) {
    it(how, async () => {
      const start = Date.now();
      const result = await runRanks(3, [RANK, how], {
        timeout: 20 * SECONDS,
        env: { LOPS_MPI_EXIT_TIMEOUT: '2' },
      });
      expect(result.timedOut, result.stderr).to.equal(false);
      expect(Date.now() - start).to.be.lessThan(10 * SECONDS);
      if (code === undefined) expect(result.code).to.not.equal(0);
      else expect(result.code, result.stderr).to.equal(code);
      expect(result.stderr + result.stdout).to.match(said);
      expect(result.stdout).to.not.include('went on');
      if (how === 'output') expect(result.stdout.match(/x/g)?.length).to.equal(2_000_000);
      expect(await gone(pidsIn(result.stdout))).to.equal(true);
    });
  }

  it('also of rank 0', async () => {
    const result = await runRanks(2, [RANK, 'exit 0', '0'], {
      timeout: 20 * SECONDS,
      env: { LOPS_MPI_EXIT_TIMEOUT: '1' },
    });
    expect(result.code).to.equal(75);
    expect(result.stderr).to.match(/rank 0 of 2 .*waited 1 s for rank 1 to come/);
  });

  for (const stalled of ['1', '0,2']) {
    it(`LOPS_TIMEOUT names ranks that never join: ${stalled}`, async () => {
      const result = await runRanks(3, [STALLED, stalled], {
        timeout: 20 * SECONDS,
        env: { LOPS_TIMEOUT: '2' },
      });
      expect(result.timedOut, result.stderr).to.equal(false);
      // Hydra, MPICH's launcher, may end with the signal with which it killed the other ranks.
      expect(result.code, result.stderr).to.be.oneOf(hydra ? [124, 9] : [124]);
      const text =
        `waited longer than LOPS_TIMEOUT \\(2 s\\) for all ranks to join MPI.*these ranks have not: ` +
        `${stalled.replace(',', ', ')}\\s`;
      expect(result.stderr.match(new RegExp(text, 'g'))?.length, result.stderr).to.equal(1);
    });
  }

  it('the job ends with exit code 0 where no rank fails', async () => {
    const result = await runRanks(3, [RANK, 'nothing'], { timeout: 20 * SECONDS });
    expect([result.code, result.stderr]).to.deep.equal([0, '']);
    expect(result.stdout.match(/went on/g)?.length).to.equal(2);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`${signal} to mpiexec`, async () => {
      const child = startRanks(2, [
        '--input-type=module',
        '-e',
        `import { COMM_WORLD as w } from '${INDEX}'; console.log('is process ' + process.pid);
        if (w.rank === 0) for (;;); w.barrier();`,
      ]);
      const pids = await started(child, 2);
      child.kill(signal);
      await closed(child);
      expect(await gone(pids)).to.equal(true);
    });
    it(`${signal} to lops run`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lops-test-'));
      try {
        const script = join(folder, 'busy.mjs');
        writeFileSync(
          script,
          `import { COMM_WORLD as w } from '${INDEX}'; console.log('is process ' + process.pid); if ` +
            '(w.rank === 0) for (;;); w.barrier();',
        );
        const child = spawn(process.execPath, [LOPS, 'run', '-n', '2', script], {
          env: rankEnvironment(),
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        const pids = await started(child, 2);
        child.kill(signal);
        expect(await closed(child)).to.equal(signal === 'SIGINT' ? 130 : 143);
        expect(await gone(pids)).to.equal(true);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

describe('joining MPI', function () {
  this.timeout(40 * SECONDS);
  const say =
    `import { COMM_WORLD as w } from '${INDEX}'; console.log(w.rank + '/' + w.size + ' ' + ` +
    'w.constructor.name);';
  const script = ['--input-type=module', '-e'];
  const alone = (env: NodeJS.ProcessEnv): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [...script, say], {
      encoding: 'utf8',
      env: { ...rankEnvironment(), LOPS_MPI: '', ...env },
    });

  it('joins alone without the addon, and without a launcher', () => {
    const { stdout, stderr } = alone({ LOPS_MPI_ADDON: '/nonexistent' });
    expect([stdout, stderr]).to.deep.equal(['0/1 SelfCommunicator\n', '']);
  });

  it('has one rank in a batch script and in a single Slurm task', () => {
    expect(alone({ SLURM_PROCID: '0', SLURM_NTASKS: '4' }).stdout).to.equal('0/1 SelfCommunicator\n');
    expect(alone({ SLURM_PROCID: '0', SLURM_STEP_ID: '1', SLURM_STEP_NUM_TASKS: '1' }).stdout).to.equal(
      '0/1 SelfCommunicator\n',
    );
  });

  it('throws on each of several ranks without the addon, with the remedy', async () => {
    const { code, stderr } = await runRanks(2, [...script, say], { env: { LOPS_MPI_ADDON: '/nonexistent' } });
    expect(code).to.not.equal(0);
    expect(stderr).to.match(/MpiError: rank \d of 2: the MPI addon is not built.*npx lops setup/);
  });

  it('is left out with LOPS_MPI=off, each process is one rank', async () => {
    const { code, stdout } = await runRanks(2, [...script, say], { env: { LOPS_MPI: 'off' } });
    expect([code, stdout]).to.deep.equal([0, '0/1 SelfCommunicator\n'.repeat(2)]);
  });

  for (const [name, first, others] of [
    ['LOPS_DEBUG', '', '1'],
    ['LOPS_TRACE', '', '/nonexistent/a'],
    ['LOPS_TRACE', '/nonexistent/a', '/nonexistent/b'],
  ] as const)
    it(`throws on each rank where ${name} is '${first}' on rank 0 and '${others}' elsewhere`, async () => {
      const unlike = `const rank = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK;
      process.env.${name} = Number(rank) > 0 ? '${others}' : '${first}';
      const { COMM_WORLD } = await import('${INDEX}'); console.log('joined ' + COMM_WORLD.rank);`;
      const { code, stdout, stderr } = await runRanks(2, [...script, unlike]);
      expect(code).to.not.equal(0);
      expect(stdout).to.not.include('joined');
      expect(stderr).to.include(`expected ${name} to be alike on all ranks`);
    });

  it('throws under a launcher of another MPI, and names both', () => {
    const { status, stderr } = alone({ PMI_RANK: '1', PMI_SIZE: '4', LOPS_MPIEXEC: '' });
    expect(status).to.not.equal(0);
    expect(stderr).to.match(/launcher started 4 ranks \(this is 1\), but .* sees 1: .*lops run/);
  });

  it('is left out in a child process and in a worker of a rank', async () => {
    const program = `
      import { COMM_WORLD as w } from '${INDEX}';
      import { spawnSync } from 'node:child_process';
      import { Worker } from 'node:worker_threads';
      const say = ${JSON.stringify(say)};
    const args = ['--input-type=module', '-e', say];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(say)), { stdout: true });
      let text = '';
      worker.stdout.on('data', (d) => { text += d; });
      await new Promise((r) => worker.on('exit', r));
      process.stdout.write([w.size, JSON.stringify(stdout), JSON.stringify(text)].join(' ') + '\\n');`;
    const { code, stdout, stderr } = await runRanks(2, [...script, program]);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal(`2 "0/1 SelfCommunicator\\n" "0/1 SelfCommunicator\\n"\n`.repeat(2));
  });
});

describe('lops', function () {
  this.timeout(40 * SECONDS);
  const lops = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [LOPS, ...args], {
      encoding: 'utf8',
      env: {
        ...rankEnvironment(),
        OMPI_ALLOW_RUN_AS_ROOT: undefined,
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: undefined,
      },
    });

  it('run returns the exit code and passes the arguments', () => {
    const failed = lops('run', '-n', '3', RANK, 'exit 3', '2');
    expect(failed.status, failed.stderr).to.equal(3);
    expect(failed.stderr).to.match(/rank 2 of 3 .*exits with code 3/);
    expect(lops('run', '-n', '4', RANK, 'nothing').status).to.equal(0);
  });

  it('run -n 1 needs no MPI', () => {
    const { status, stdout } = lops('run', '-n', '1', RANK, 'nothing', '0');
    expect(status).to.equal(0);
    expect(stdout).to.match(/^rank 0 is process/);
  });

  it('refuses unknown commands and options', () => {
    for (const [args, message] of [
      [['run', '-n', '2', '--frobnicate', RANK], /unknown option '--frobnicate'/],
      [['run', '-n', 'x', RANK], /positive integer/],
      [['run', RANK], /--ranks/],
      [['run', '-n', '1', '/no/such/script.js'], /no such script/],
      [['walk'], /unknown command 'walk'/],
    ] as const) {
      const { status, stderr } = lops(...args);
      expect(status).to.not.equal(0);
      expect(stderr).to.match(message);
    }
  });

  it('doctor prints a report', () => {
    const { status, stdout } = lops('doctor');
    expect(status).to.equal(0);
    for (const line of [
      /^lops-mpi +\d/m,
      /^Node.js +v/m,
      /^CPU kernels +native|^CPU kernels +missing/m,
      /^MPI library +\S/m,
      /^mpiexec +\//m,
      /^ranks +1/m,
    ])
      expect(stdout).to.match(line);
  });
});
