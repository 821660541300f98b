import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { nvidiaLibrary } from '../cuemu/emulator.js';
import { cudaEnvironment, onRealCuda } from '../support/emulated-cuda.js';
import { type RanksResult, runRanks } from '../support/launch.js';
import { skip } from '../support/skip.js';

const script = fileURLToPath(new URL('./faults-rank.js', import.meta.url));
const example = fileURLToPath(new URL('../../examples/derivatives.js', import.meta.url));

/**
 * The run of a solver on one rank. The n-th allocation on rank 1 and all allocations after it fail.
 */
interface Line {
  readonly name: string;
  readonly n: number;
  readonly rank: number;
  /** The last cost, or the error. */
  readonly outcome: string | number;
  /**
   * Bytes in use after the run that were not in use before. `kept` is the same for a run without
   * failures.
   */
  readonly left: number;
  readonly kept: number;
  /** True if a smaller problem can be solved afterwards. */
  readonly after: boolean;
  /**
   * The cost of the same problem without failures. `same` is true if a third run has the same cost
   * and uses no more memory.
   */
  readonly again: string | number;
  readonly same: boolean;
}

describe('a CUDA device that fails on one of two ranks', function () {
  this.timeout(150_000);
  let folder = '';
  before(function () {
    if (onRealCuda()) skip(this as unknown as Mocha.Context, 'failures are injected into the emulator');
    folder = mkdtempSync(join(tmpdir(), 'lops-faults-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });
  const run = (what: string): Promise<RanksResult> =>
    runRanks(2, [script, what, folder], { env: cudaEnvironment(), timeout: 120_000 });

  it(
    'out of memory while a solver sets up, wherever it happens: all ranks throw, nothing is lost, and ' +
      'they go on',
    async () => {
      const { code, stdout, stderr } = await run('agreed');
      expect(code, stderr).to.equal(0);
      const lines = stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Line);
      const names = [...new Set(lines.map(({ name }) => name))];
      expect(names).to.have.length(4);
      for (const name of names) {
        const [zero, one] = [0, 1].map((rank) =>
          lines.filter((line) => line.name === name && line.rank === rank),
        ) as [Line[], Line[]];
        const solved = one.at(-1) as Line;
        expect(one.length, `${name}: allocations of vectors, buffers and tables`).to.be.at.least(6);
        expect(zero.map(({ outcome }) => outcome)).to.deep.equal(one.map(({ outcome }) => outcome));
        expect(solved.outcome, 'without a failure').to.be.a('number');
        for (const { n, outcome } of one.slice(0, -1))
          expect(outcome, `${name}, allocation ${n}`).to.match(
            /^BackendError: rank 1: out of device memory: \d+ bytes asked for, \d+ in use here/,
          );
        for (const mine of [zero, one]) {
          const whole = mine.at(-1) as Line;
          for (const { n, left, kept, after, again, same } of mine) {
            const where = `${name}, allocation ${n}`;
            expect(left, `${where}: only what the operator keeps`).to.be.at.most(whole.left);
            expect(kept, `${where}: what it keeps`).to.equal(whole.left);
            expect([after, again, same], where).to.deep.equal([true, solved.outcome, true]);
          }
        }
      }
    },
  );

  for (const [what, words] of [
    ['alloc', /out of device memory/],
    ['launch', /CUDA_ERROR_LAUNCH_FAILED/],
    ['lost', /CUDA_ERROR/],
  ] as const)
    it(`${what} in an iteration: the job ends and names the rank`, async () => {
      const { code, stdout, stderr, timedOut } = await run(what);
      expect(timedOut, stderr).to.equal(false);
      expect(code).to.not.equal(0);
      expect(stdout).to.not.include('came to its end');
      expect(stderr).to.match(/rank 1 of 2 .*uncaught error/);
      expect(stderr).to.match(words);
    });
});

describe('a machine without CUDA', function () {
  this.timeout(150_000);
  const refuses = async (libraries: string, reason: RegExp): Promise<void> => {
    const env = { LOPS_CUDA_LIBRARIES: libraries };
    const { code, stderr } = await runRanks(2, [example, '--backend', 'cuda'], { env, timeout: 60_000 });
    expect(code).to.equal(1);
    expect(stderr).to.match(reason);
    const other = await runRanks(1, [example, '--backend', 'auto', '--out', libraries], {
      env,
      timeout: 60_000,
    });
    expect(other.code, other.stderr).to.equal(0);
  };

  it('no driver: the reason and the remedy, and everything else works', async function () {
    if (onRealCuda()) skip(this, 'this machine has a driver');
    const folder = mkdtempSync(join(tmpdir(), 'lops-no-cuda-'));
    try {
      await refuses(folder, /backend 'cuda' is not available: .*libcuda.*:/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("NVIDIA's driver without a device: the reason and the remedy", async function () {
    if (onRealCuda()) skip(this, 'this machine has a device');
    const driver = nvidiaLibrary('driver');
    if ('reason' in driver) return skip(this, driver.reason);
    const folder = mkdtempSync(join(tmpdir(), 'lops-no-device-'));
    try {
      symlinkSync(driver.file, join(folder, 'libcuda.so.1'));
      await refuses(folder, /backend 'cuda' is not available: .*device.*:/i);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
