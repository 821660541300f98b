import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { CpuBackend, cpuAddon, createCpuBackend, nativeOptions } from '../../src/cpu/index.js';
import { backendConformance } from '../../src/testing/index.js';
import { MORE, SEED } from '../support/draws.js';
import { skip } from '../support/skip.js';

const state = cpuAddon();
const loader = new URL('../../src/cpu/index.js', import.meta.url).href;

/** Runs the conformance tests of this file in a new process. Returns the number of passed tests. */
function conformance(env: Readonly<Record<string, string>>, name: string): number {
  const mocha = fileURLToPath(new URL('../../../node_modules/mocha/bin/mocha.js', import.meta.url));
  const args = [
    mocha,
    '--reporter',
    'dot',
    '--timeout',
    '60000',
    '--fgrep',
    `backend 'native ${name}'`,
    fileURLToPath(import.meta.url),
  ];
  const result = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (result.status !== 0) throw new Error(result.stdout + result.stderr);
  return Number(/(\d+) passing/.exec(result.stdout)?.[1]);
}

/** The output of a new process that runs `code` with `cpu`, the exports of src/cpu. */
function inProcess(env: Readonly<Record<string, string>>, code: string): string {
  const source = `const cpu = await import(${JSON.stringify(loader)}); ${code}`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (result.status !== 0)
    throw new Error(`the process ended with ${String(result.status ?? result.signal)}:\n${result.stderr}`);
  return result.stdout.trim();
}

describe('native CPU kernels', () => {
  it('are not used with LOPS_CPU=reference', () => {
    const kernels = inProcess(
      { LOPS_CPU: 'reference' },
      'const b = cpu.createCpuBackend(); console.log(b.name, process.moduleLoadList.some((m) => ' +
        "m.includes('lops_cpu')));",
    );
    expect(kernels).to.equal('cpu false');
  });

  it('are needed for decompositions of matrices, and the error says so', () => {
    const url = (folder: string): string =>
      JSON.stringify(new URL(`../../src/${folder}/index.js`, import.meta.url).href);
    const told = inProcess(
      { LOPS_CPU: 'reference' },
      `const core = await import(${url('core')}); const xp = await import(${url('array')});` +
        "core.registerBackend('cpu', cpu.createCpuBackend);" +
        "core.setDefaultBackend(core.resolveBackend('cpu'));" +
        'try { xp.linalg.inv([[1]]); } catch (e) { console.log(e.code, e.message); }',
    );
    expect(told).to.match(/^ERR_BACKEND backend 'cpu' has no kernel decompose, .*Debian: libopenblas-dev/);
  });

  it('are refused with an unknown LOPS_CPU', () => {
    expect(() => createCpuBackend(undefined, 'fast')).to.throw("'reference' or 'native', received 'fast'");
  });

  it('are not used if they were built from older sources, and say so', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'lops-addon-')), 'old.cjs');
    writeFileSync(file, 'module.exports = { info: () => ({}), addressOf() {}, copy() {} };');
    const told = inProcess(
      { LOPS_CPU_ADDON: file },
      'console.log(cpu.cpuAddon().reason, cpu.createCpuBackend().name);',
    );
    rmSync(dirname(file), { recursive: true });
    expect(told).to.equal(`the native kernels were built from older sources: ${file} has no fill cpu`);
  });

  if (!state.available) {
    const { reason } = state;
    it('conform to the reference', function () {
      skip(this, reason);
    });
    return;
  }
  const { simd } = state.info;
  backendConformance(() => new CpuBackend({ ...nativeOptions(), name: `native ${simd}` }), {
    seed: SEED,
    draws: 12 * MORE,
  });

  describe('instruction sets', () => {
    const levels = ['baseline', 'avx2', 'avx512'];
    /** The levels below the best level of the machine. */
    for (const level of levels.slice(0, levels.indexOf(simd))) {
      it(`${level} conforms to the reference`, function () {
        this.timeout(60_000);
        expect(conformance({ LOPS_CPU_SIMD: level }, level)).to.be.greaterThan(300);
      });
    }

    it('a misspelt LOPS_CPU_SIMD is refused by name', () => {
      const out = inProcess(
        { LOPS_CPU_SIMD: 'sse9' },
        'try { cpu.cpuAddon() } catch (e) { console.log(e.name, e.message) }',
      );
      expect(out).to.match(/^ArgumentError expected LOPS_CPU_SIMD to be .*received 'sse9'$/);
    });
  });

  it('conform to the reference for large outputs that bypass the caches', function () {
    this.timeout(60_000);
    expect(conformance({ LOPS_CPU_STREAM_BYTES: '1' }, simd)).to.be.greaterThan(300);
  });
});
