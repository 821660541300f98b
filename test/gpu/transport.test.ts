import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { SHARED_DEVICE, whyImpossible } from '../../bench/gpu-report/possible-transport.js';
import { mpiShim } from '../cuemu/emulator.js';
import { cudaEnvironment, onRealCuda } from '../support/emulated-cuda.js';
import { type RanksResult, runRanks } from '../support/launch.js';
import { skip } from '../support/skip.js';

const EMULATED = 'the preloaded library that makes MPI CUDA-aware is for the emulator';
const script = fileURLToPath(new URL('./transport-rank.js', import.meta.url));

/** Runs the ranks of one transport. If MPI must be CUDA-aware, a preloaded library makes it so. */
function run(size: number, transport: string, env: NodeJS.ProcessEnv = {}): Promise<RanksResult> {
  const aware = { LD_PRELOAD: mpiShim, CUEMU_MPI: 'aware' };
  return runRanks(size, [script, env['EXPECTED'] ?? transport], {
    env: {
      ...cudaEnvironment(),
      LOPS_GPU_TRANSPORT: transport,
      ...(onRealCuda() || transport !== 'direct' ? {} : aware),
      ...env,
    },
    timeout: 120_000,
  });
}

function expectAllRight({ code, stdout, stderr }: RanksResult): void {
  const failures = stdout.split('\n').filter((line) => line.startsWith('{'));
  expect(failures.length, `failures such as ${failures.slice(0, 2).join('\n')}`).to.equal(0);
  expect(stdout, stderr).to.match(/^done$/m);
  expect(code, stderr).to.equal(0);
}

describe('device memory between ranks', function () {
  this.timeout(150_000);

  for (const transport of ['direct', 'staged', 'nccl'])
    for (const mode of onRealCuda() ? ['real'] : ['eager', 'lazy'])
      it(`travels ${transport}, ${mode}`, async function () {
        const why = onRealCuda() ? whyImpossible(transport) : undefined;
        if (why !== undefined) skip(this, why);
        expectAllRight(await run(2, transport, onRealCuda() ? SHARED_DEVICE : { CUEMU_MODE: mode }));
      });

  it('travels direct in messages of more elements than one call counts', async function () {
    if (onRealCuda()) skip(this, EMULATED);
    expectAllRight(await run(2, 'direct', { LOPS_MPI_MAX_COUNT: '5' }));
  });

  it('auto uses direct where MPI proves that it reads device memory', async function () {
    if (onRealCuda()) skip(this, EMULATED);
    expectAllRight(await run(2, 'auto', { EXPECTED: 'direct', LD_PRELOAD: mpiShim, CUEMU_MPI: 'aware' }));
  });

  it('auto copies through the host where MPI reports no support', async function () {
    if (onRealCuda()) skip(this, EMULATED);
    expectAllRight(await run(2, 'auto', { EXPECTED: 'staged' }));
  });

  it('auto copies through the host where MPI reports support and lacks it', async function () {
    if (onRealCuda()) skip(this, EMULATED);
    expectAllRight(await run(2, 'auto', { EXPECTED: 'staged', LD_PRELOAD: mpiShim, CUEMU_MPI: 'lie' }));
  });

  it('direct is refused where MPI reports support and lacks it', async function () {
    if (onRealCuda()) skip(this, EMULATED);
    const { code, stderr } = await run(2, 'direct', { CUEMU_MPI: 'lie' });
    expect(code).to.not.equal(0);
    expect(stderr).to.include(
      'LOPS_GPU_TRANSPORT=direct, but MPI says that it reads device memory and does not',
    );
  });

  it('a transport that differs between ranks is refused on all of them', async () => {
    const { code, stderr } = await run(2, 'staged', { UNLIKE: 'nccl' });
    expect(code).to.not.equal(0);
    expect(stderr).to.include(
      'expected one LOPS_GPU_TRANSPORT on all ranks, rank 0 has "staged", rank 1 "nccl"',
    );
  });

  it('a transport that does not exist is refused', async () => {
    const { code, stderr } = await run(2, 'pigeon');
    expect(code).to.not.equal(0);
    expect(stderr).to.match(/LOPS_GPU_TRANSPORT.*direct/);
  });
});
