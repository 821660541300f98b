/** Tests jobs on a real Slurm: a private cluster of two nodes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
// Sets the default backend, which readNpy needs
import '../../src/index.js';
import { readNpy } from '../../src/io/index.js';
import { runRanks } from '../support/launch.js';
import { skip } from '../support/skip.js';
import { type Cluster, type Result, startCluster } from './cluster.js';

const compiled = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const source = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const RANK = compiled('test/slurm/rank.js');
const LOPS = compiled('src/cli/lops.js');
const SECONDS = 1000;
const FOUR = ['-N2', '-n4', '--ntasks-per-node=2'];
const SMALL = ['--ny', '8', '--nx', '20', '--nz', '48', '--niter', '4'];

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);
const pidsIn = (text: string): number[] => [...text.matchAll(/process (\d+)\n/g)].map((m) => Number(m[1]));
const text = (result: Result): string =>
  `exit code ${result.code} after ${result.took / SECONDS} s\n${result.stdout}\n${result.stderr}`;

describe('Slurm', function () {
  this.timeout(90 * SECONDS);
  let cluster: Cluster;
  before(function () {
    const made = startCluster();
    if (typeof made === 'string') skip(this, made);
    cluster = made as Cluster;
  });
  after(() => cluster?.stop());

  const srun = (...args: string[]): Promise<Result> => cluster.run('srun', ['--mpi=pmix', ...args]);
  /** Submits a job and waits for its end. `output` is the text that the job wrote. */
  async function sbatch(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Result & { readonly output: string }> {
    const file = join(cluster.folder, `job-${Math.random().toString(36).slice(2)}.out`);
    const result = await cluster.run('sbatch', ['-W', '-o', file, `--chdir=${source('')}`, ...args], { env });
    return { ...result, output: existsSync(file) ? readFileSync(file, 'utf8') : '' };
  }

  /** Checks the output of four ranks of rank.ts: two on each node. */
  function expectFour(stdout: string): void {
    const ranks = [...stdout.matchAll(/rank (\d) of 4 on (node\d), (\d) of 2 there, sum 6,/g)];
    expect(ranks.map((m) => m[1]).sort(), stdout).to.deep.equal(['0', '1', '2', '3']);
    expect(
      ranks.filter((m) => m[2] === 'node1'),
      stdout,
    ).to.have.length(2);
  }

  it('srun -N2 -n4 node script.js: four ranks on two nodes, two in each node’s shared memory', async () => {
    const result = await srun(...FOUR, process.execPath, RANK);
    expect(result.code, text(result)).to.equal(0);
    expectFour(result.stdout);
  });

  it('without a process manager that fits: an error on each rank, which says what to do', async () => {
    const result = await cluster.run('srun', ['--mpi=none', ...FOUR, process.execPath, RANK]);
    expect(result.code, text(result)).to.not.equal(0);
    expect(result.took, text(result)).to.be.lessThan(10 * SECONDS);
    expect(result.stderr).to.match(/--mpi=pmix/);
  });

  it('mpirun in a batch job starts all ranks', async () => {
    const { code, output } = await sbatch([...FOUR, '--wrap', `mpirun ${process.execPath} ${RANK}`]);
    expect(code, output).to.equal(0);
    expectFour(output);
  });

  it('lops run in an allocation: its nodes, its ranks', async () => {
    const result = await cluster.run('salloc', [...FOUR, process.execPath, LOPS, 'run', '-n', '4', RANK]);
    expect(result.code, text(result)).to.equal(0);
    expectFour(result.stdout);
  });

  it('lops run by srun starts all ranks', async () => {
    const result = await cluster.run('salloc', [
      ...FOUR,
      process.execPath,
      LOPS,
      'run',
      '--launcher',
      'srun',
      '-n',
      '4',
      RANK,
    ]);
    expect(result.code, text(result)).to.equal(0);
    expectFour(result.stdout);
    const failing = await cluster.run('salloc', [
      ...FOUR,
      process.execPath,
      LOPS,
      'run',
      '--launcher',
      'srun',
      '-n',
      '4',
      RANK,
      'kill',
    ]);
    expect(failing.code, text(failing)).to.not.equal(0);
    expect(failing.took, text(failing)).to.be.lessThan(12 * SECONDS);
  });

  describe('a failing rank ends the job', () => {
    for (const [how, codes, said] of [
      ['throw', [1], /rank 3 of 4 .*uncaught error[\s\S]*RangeError: the reason/],
      ['exit', [3], /rank 3 of 4 .*exits with code 3/],
      ['kill', [137, 143], /task 3: Killed/],
    ] as const) {
      it(how, async () => {
        const env = { SLURM_KILL_BAD_EXIT: '1', SLURM_WAIT: '60' };
        const result = await cluster.run('srun', ['--mpi=pmix', ...FOUR, process.execPath, RANK, how], {
          env,
        });
        expect(result.code, text(result)).to.be.oneOf([...codes]);
        expect(result.took, text(result)).to.be.lessThan(10 * SECONDS);
        expect(result.stderr).to.match(said);
        expect(result.stdout).to.not.include('went on');
        expect(pidsIn(result.stdout).filter(isAlive)).to.deep.equal([]);
      });
    }
  });

  it('scancel ends ranks that compute and ranks that wait', async () => {
    const output = join(cluster.folder, 'cancelled.out');
    const { stdout } = await cluster.run('sbatch', [
      '--parsable',
      ...FOUR,
      '-o',
      output,
      '--wrap',
      `srun --mpi=pmix ${process.execPath} ${RANK} busy`,
    ]);
    const id = stdout.trim();
    const written = (): string => (existsSync(output) ? readFileSync(output, 'utf8') : '');
    for (const end = Date.now() + 30 * SECONDS; pidsIn(written()).length < 4 && Date.now() < end; )
      await new Promise((r) => setTimeout(r, 100));
    const pids = pidsIn(written());
    expect(pids, written()).to.have.length(4);
    expect(pids.filter(isAlive)).to.have.length(4);
    const began = Date.now();
    await cluster.run('scancel', [id]);
    await cluster.until(id, ['CANCELLED'], 10 * SECONDS);
    for (const end = began + 10 * SECONDS; pids.some(isAlive) && Date.now() < end; )
      await new Promise((r) => setTimeout(r, 100));
    expect(pids.filter(isAlive), written()).to.deep.equal([]);
  });

  describe('the job scripts of examples/slurm', () => {
    let alone: string;
    before(async () => {
      alone = join(cluster.folder, 'alone');
      const result = await runRanks(1, [compiled('examples/poststack.js'), ...SMALL, '--out', alone]);
      expect(result.code, result.stderr).to.equal(0);
    });

    for (const [name, args] of [
      ['one-node', ['-n4']],
      ['several-nodes', FOUR],
      ['mpirun', FOUR],
    ] as const) {
      it(`${name}: the post-stack example gives what one rank gives`, async () => {
        const out = join(cluster.folder, name);
        const { code, output } = await sbatch([
          ...args,
          source(`examples/slurm/${name}.sbatch`),
          ...SMALL,
          '--out',
          out,
        ]);
        expect(code, output).to.equal(0);
        expect(output).to.match(/model 8 × 20 × 48 float64 on 4 ranks/);
        for (const file of ['true', 'data', 'cgls', 'ne', 'stacked', 'tv']) {
          const [expected, actual] = [alone, out].map((folder) => readNpy(join(folder, `${file}.npy`)));
          if (!expected || !actual) throw new Error('no such file');
          expect(actual.shape).to.deep.equal([8, 20, 48]);
          expect(actual.subtract(expected).norm() / expected.norm(), file).to.be.lessThan(1e-4);
        }
        expect(existsSync(join(out, 'poststack.png'))).to.equal(true);
      });
    }
  });

  it(
    'a time limit: a signal before it stops the solver, its state is kept, and the requeued job goes ' +
      'on there',
    async function () {
      this.timeout(240 * SECONDS);
      const output = join(cluster.folder, 'requeued.out');
      const script = [
        source('examples/slurm/requeue.sbatch'),
        compiled('test/slurm/resumable-rank.js'),
        join(cluster.folder, 'checkpoint'),
      ];
      const submitted = await cluster.run('sbatch', [
        '--parsable',
        ...FOUR,
        '--time=2',
        '--signal=USR1@30',
        '-o',
        output,
        ...script,
      ]);
      expect(submitted.code, text(submitted)).to.equal(0);
      const job = await cluster.until(
        submitted.stdout.trim(),
        ['COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED'],
        220 * SECONDS,
      );
      const written = readFileSync(output, 'utf8');
      expect(job['JobState'], written).to.equal('COMPLETED');
      expect(job['Restarts']).to.equal('1');
      const said =
        /starts at iteration (\d+)\n[\s\S]*signal received after iteration (\d+)\n[\s\S]*starts at iteration (\d+)\n[\s\S]*ends at iteration (\d+)/.exec(
          written,
        );
      expect(said, written).to.not.equal(null);
      const [started, stopped, resumed, ended] = (said ?? []).slice(1).map(Number) as [
        number,
        number,
        number,
        number,
      ];
      expect(started).to.be.at.most(1);
      expect(stopped, written).to.be.greaterThan(10);
      expect(resumed - stopped, written).to.be.within(0, 1);
      expect(ended).to.equal(resumed + 5);
    },
  );

  it('doctor under srun: one report of both nodes', async () => {
    const result = await srun(...FOUR, process.execPath, LOPS, 'doctor', '--json');
    expect(result.code, text(result)).to.equal(0);
    const report = JSON.parse(result.stdout);
    expect(report.ranks.map((r: { host: string }) => r.host)).to.deep.equal([
      'node1',
      'node1',
      'node2',
      'node2',
    ]);
    expect(report.launch.source).to.equal('PMIx');
    expect(report.network.map((n: { between: string }) => n.between)).to.deep.equal([
      'one node',
      'two nodes',
    ]);
  });
});
