import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findProblems } from '../../src/cli/doctor-problems.js';
import type { DoctorReport, RankReport } from '../../src/cli/doctor-report.js';
import { doctorText } from '../../src/cli/doctor-text.js';
import { backendNames, registerBackend, reportBackend } from '../../src/core/ports/defaults.js';
import { mpiShim } from '../cuemu/emulator.js';
import { cudaEnvironment, onRealCuda } from '../support/emulated-cuda.js';
import { rankEnvironment, runRanks } from '../support/launch.js';
import { skip } from '../support/skip.js';

const LOPS = fileURLToPath(new URL('../../src/cli/lops.js', import.meta.url));

describe('lops doctor', function () {
  this.timeout(60_000);
  const alone = (args: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [LOPS, 'doctor', ...args], {
      encoding: 'utf8',
      env: { ...rankEnvironment(), ...env },
    });

  it('reports one rank as text and as JSON', () => {
    const { status, stdout, stderr } = alone([], { LOPS_TIMEOUT: '60' });
    expect(status, stderr).to.equal(0);
    expect(stdout).to.match(/^ready: several ranks by \S.*, backends cpu/);
    for (const line of [
      /^lops-mpi +\d/m,
      /^addon mpi +\S/m,
      /^BLAS +\S/m,
      /^FFTW +\S/m,
      /^GPUs +\S/m,
      /^transport +host memory by MPI/m,
      /^ranks +1 \(no launcher\)/m,
      /^\* LOPS_TIMEOUT +60$/m,
      /^\* LOPS_MPI_EXIT_TIMEOUT +20$/m,
      /^ {2}LOPS_LOG +no log$/m,
    ])
      expect(stdout).to.match(line);
    const report: DoctorReport = JSON.parse(alone(['--json']).stdout);
    expect(report.ranks).to.have.length(1);
    expect(report.addons.map((a) => a.name)).to.include.members(['cpu', 'mpi']);
    expect(report.network).to.deep.equal([]);
    expect(report.launch).to.equal(undefined);
    expect(report.settings['LOPS_MPI']).to.deep.equal({ value: 'on', isSet: false });
    expect(report.ranks[0]?.backends['cpu']?.available).to.equal(true);
  });

  it('warns without an MPI addon, and names the remedy', () => {
    const { status, stdout } = alone([], { LOPS_MPI_ADDON: '/nonexistent' });
    expect(status).to.equal(0);
    expect(stdout).to.match(/^ready: one rank, without MPI, .*; 1 warning, see the end\n/);
    expect(stdout).to.match(/^addon mpi +missing: the MPI addon is not built \(looked for \/nonexistent\)/m);
    expect(stdout).to.match(/^warning: addon mpi: .*\n {2}→ .*npx lops setup/m);
    expect(stdout).to.match(/^MPI library +none/m);
  });

  it('warns where mpiexec is not on the PATH', () => {
    const { status, stdout } = alone([], { PATH: '/nonexistent', LOPS_MPIEXEC: undefined });
    expect(status).to.equal(0);
    expect(stdout).to.match(/^mpiexec +(none: no mpiexec of|\/)/m);
    expect(stdout).to.match(/^srun +none: no srun on the PATH/m);
  });

  it('reports three ranks together, with the speed of messages', async () => {
    const { code, stdout, stderr } = await runRanks(3, [LOPS, 'doctor', '--json']);
    expect(code, stderr).to.equal(0);
    const report: DoctorReport = JSON.parse(stdout);
    expect(report.ranks.map((r) => r.rank)).to.deep.equal([0, 1, 2]);
    expect(new Set(report.ranks.map((r) => r.pid)).size).to.equal(3);
    expect(report.launch?.size).to.equal(3);
    expect(report.network.map(({ between, ranks }) => ({ between, ranks }))).to.deep.equal([
      { between: 'one node', ranks: [0, 1] },
    ]);
    for (const { latencyMicroseconds, gigabytesPerSecond } of report.network) {
      expect(latencyMicroseconds).to.be.greaterThan(0);
      expect(gigabytesPerSecond).to.be.greaterThan(0);
    }
  });

  it('names the transport of device memory, and the reason', async function () {
    if (onRealCuda()) skip(this, 'what an MPI says of itself is made up for the emulator');
    const transport = async (env: NodeJS.ProcessEnv): Promise<string> => {
      const { code, stdout, stderr } = await runRanks(2, [LOPS, 'doctor'], {
        env: { ...cudaEnvironment(), ...env },
      });
      expect(code, stderr).to.equal(0);
      return /^transport .*$/m.exec(stdout)?.[0] ?? '';
    };
    const aware = { LD_PRELOAD: mpiShim, CUEMU_MPI: 'aware' };
    expect(await transport({})).to.match(/device memory staged: MPI does not read device memory \(/);
    expect(await transport(aware)).to.match(/device memory direct: .*, and an exchange proved it/);
    expect(await transport({ LOPS_GPU_TRANSPORT: 'nccl' })).to.match(
      /device memory nccl: LOPS_GPU_TRANSPORT asks for it/,
    );
    expect(await transport({ LOPS_GPU_TRANSPORT: 'direct' })).to.match(
      /device memory none: LOPS_GPU_TRANSPORT=direct, but MPI does not/,
    );
    expect(await transport({ CUEMU_DEVICES: '0' })).to.match(
      /device memory none: no backend 'cuda': .*device/i,
    );
  });

  it('reports ranks of separate jobs as an error, with exit code 1', async () => {
    const { code, stdout } = await runRanks(2, [LOPS, 'doctor'], { env: { LOPS_MPI_ADDON: '/nonexistent' } });
    expect(code).to.equal(1);
    expect(stdout).to.match(/^not ready; 1 error/);
    expect(stdout.match(/^lops-mpi /gm)).to.have.length(1);
    expect(stdout).to.match(
      /^error: the ranks of this launch do not see each other: rank 0 of 2: the MPI addon is not built/m,
    );
  });

  it('refuses unknown flags', () => {
    const { status, stderr } = alone(['--jsn']);
    expect(status).to.equal(1);
    expect(stderr).to.match(/unknown option '--jsn'/);
  });
});

describe('problems that doctor reports', () => {
  const rank = (n: number, of: Partial<RankReport> = {}): RankReport => ({
    rank: n,
    host: 'a',
    pid: 100 + n,
    cores: 4,
    cpus: '0-3',
    memoryBytes: 1e9,
    node: 'v20',
    version: '1',
    settings: {},
    mpi: 'X',
    backends: {},
    transport: { name: 'staged', reason: 'one rank' },
    ...of,
  });
  const report = (ranks: readonly RankReport[]): Omit<DoctorReport, 'problems'> => ({
    version: '1',
    node: 'v20',
    platform: 'linux',
    cpu: 'c',
    addons: [],
    mpi: undefined,
    launchers: { mpiexec: 'none', srun: 'none' },
    launch: { source: 'PMIx', size: ranks.length },
    libraries: {},
    settings: { LOPS_MPI: { value: 'on', isSet: false } },
    ranks,
    network: [],
  });
  const found = (ranks: readonly RankReport[]): string[] =>
    findProblems(report(ranks), undefined).map((p) => p.what);
  const gpu = (device: number) => ({
    cuda: {
      available: true,
      summary: 's',
      device,
      devices: [0, 1].map((index) => ({ index, name: 'G', id: `bus ${index}` })),
    },
  });

  it('are none where the ranks of a node fit its cores', () => {
    expect(found([0, 1, 2, 3].map((n) => rank(n)))).to.deep.equal([]);
    expect(found([0, 1, 2, 3].map((n) => rank(n, { cores: 1, cpus: String(n) })))).to.deep.equal([]);
  });

  it('name more ranks than cores, and ranks that are bound to one core', () => {
    expect(found([0, 1, 2, 3, 4].map((n) => rank(n)))).to.deep.equal([
      'a: 5 ranks on 4 cores; they wait for each other',
    ]);
    expect(found([0, 1].map((n) => rank(n, { cores: 1, cpus: '7' })))).to.deep.equal([
      'a: 2 ranks are bound to 1 hardware thread',
    ]);
  });

  it('name a device that two ranks of one host use', () => {
    expect(found([0, 1].map((n) => rank(n, { backends: gpu(0) })))).to.deep.equal([
      'a: cuda device bus 0 is used by ranks 0, 1',
    ]);
    expect(found([0, 1].map((n) => rank(n, { backends: gpu(n) })))).to.deep.equal([]);
    expect(found([rank(0, { backends: gpu(0) }), rank(1, { host: 'b', backends: gpu(0) })])).to.deep.equal(
      [],
    );
  });

  it('name ranks of different versions', () => {
    expect(found([rank(0), rank(1, { node: 'v22' })])).to.deep.equal([
      'ranks have different versions of Node.js: v20 | v22',
    ]);
  });

  it('name settings that differ between ranks, and unknown ones', () => {
    const ranks = [{ LOPS_TIMEOUT: '60', LOPS_CUDA_DEVICE: '0' }, { LOPS_CUDA_DEVICE: '1' }];
    expect(found(ranks.map((settings, n) => rank(n, { settings })))).to.deep.equal([
      'ranks have different LOPS_TIMEOUT: 60 | not set',
    ]);
    const { stdout } = spawnSync(process.execPath, [LOPS, 'doctor'], {
      encoding: 'utf8',
      env: { ...rankEnvironment(), ...Object.fromEntries([['LOPS_TIMOUT', '1']]) },
    });
    expect(stdout).to.match(
      /^warning: unknown environment variable LOPS_TIMOUT, did you mean LOPS_TIMEOUT\?$/m,
    );
  });

  it('list the device of each rank, or one line for each host where there are many ranks', () => {
    const two = { ...report([0, 1].map((n) => rank(n, { backends: gpu(n) }))), problems: [] };
    expect(doctorText(two)).to.match(/^ +1 +a +101 +4 +0-3 +cuda 1 G$/m);
    expect(doctorText(two)).to.match(/^GPUs +2 × G$/m);
    const many = {
      ...report(Array.from({ length: 64 }, (_, n) => rank(n, { host: n < 32 ? 'a' : 'b', cores: 32 }))),
      problems: [],
    };
    expect(doctorText(many)).to.match(/^b +32 +32 +63 +32 +0$/m);
  });

  it("are read from a backend's report; a backend without a report is made", async () => {
    registerBackend(
      'reporting',
      () => expect.fail('made'),
      () => ({ available: true, summary: 'itself' }),
    );
    registerBackend('broken', () => {
      throw new Error('the reason');
    });
    expect(backendNames()).to.include.members(['reporting', 'broken']);
    expect(await reportBackend('reporting')).to.deep.equal({ available: true, summary: 'itself' });
    expect(await reportBackend('broken')).to.deep.equal({ available: false, summary: 'the reason' });
  });
});
