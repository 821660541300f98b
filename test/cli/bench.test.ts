import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { CASES } from '../../bench/cases/index.js';
import type { Result } from '../../bench/result.js';
import { trafficOf } from '../../bench/traffic.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { tidy } from '../../src/core/base/scope.js';
import { fuse } from '../../src/core/expressions/fuse.js';
import { createCpuBackend } from '../../src/cpu/index.js';
import { FirstDerivative } from '../../src/local/index.js';
import { cudaEnvironment } from '../support/emulated-cuda.js';
import { skip } from '../support/skip.js';

const cli = fileURLToPath(new URL('../../bench/cli.js', import.meta.url));
const bench = (...args: string[]) =>
  spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...cudaEnvironment() },
  });
const linesOf = (text: string): Result[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Result);

describe('bench', () => {
  it('names every case once', () => {
    const names = CASES.map((c) => c.name);
    expect(new Set(names).size).to.equal(names.length);
    expect(bench('--list').stdout.trim().split('\n')).to.deep.equal(names);
  });

  it('refuses unknown cases, and names the nearest', () => {
    const { status, stderr } = bench('axpi');
    expect(status).to.equal(2);
    expect(stderr).to.include("did you mean 'axpy'?");
  });

  it('prints a JSON line for each case', function () {
    this.timeout(60_000);
    const { status, stdout, stderr } = bench('copy_n1000', 'iadd_n1000', '--json');
    expect(status, stderr).to.equal(0);
    const results = linesOf(stdout);
    expect(results.map((r) => r.case)).to.deep.equal(['iadd_n1000', 'copy_n1000']);
    for (const r of results) {
      expect(r.ranks).to.equal(1);
      expect(r.seconds_median).to.be.at.least(r.seconds_min);
      expect(r.repeats).to.be.at.least(7);
      expect(r.GB_per_s).to.be.closeTo((1e-9 * (r.bytes ?? 0)) / r.seconds_median, 1e-9 * (r.GB_per_s ?? 0));
      expect(r.bytes_moved, 'nothing twice').to.equal(r.bytes);
      expect(r.maxrss_MiB).to.be.greaterThan(10);
    }
  });

  it('prints the time, launches and waits of a device, and no limit where it reports no peak', function () {
    this.timeout(120_000);
    const { status, stdout, stderr } = bench(
      '--backend',
      'cuda',
      '--quick',
      '--json',
      'dot_n1000',
      'firstderivative_n1000',
    );
    expect(status, stderr).to.equal(0);
    const [dot, derivative] = linesOf(stdout) as [Result, Result];
    expect([dot.launches, dot.waits, dot.bytes_moved]).to.deep.equal([1, 1, 16_000]);
    expect([derivative.launches, derivative.waits]).to.deep.equal([1, 0]);
    for (const r of [dot, derivative]) {
      expect(r.device).to.be.a('string');
      expect(r.device_seconds_median).to.be.within(0, r.seconds_median);
    }
    expect(dot.GB_per_s).to.be.closeTo((1e-9 * 16_000) / (dot.device_seconds_median ?? 0), 1e-9);
  });

  it('runs the cases of a family, and compares them with another run', function () {
    this.timeout(120_000);
    const folder = mkdtempSync(join(tmpdir(), 'lops-bench-test-'));
    try {
      const file = join(folder, 'other.jsonl');
      const row = { case: 'misfit_fused', backend: 'cupy', seconds_median: 1e3, device_seconds_median: 500 };
      writeFileSync(file, `${JSON.stringify(row)}\n`);
      const { status, stdout, stderr } = bench('misfit', '--quick', '--against', file);
      expect(status, stderr).to.equal(0);
      expect(stdout).to.match(/of cupy +faster/);
      expect(stdout).to.match(/misfit_fused .* 500\.?0* s +\d/);
      expect(stdout).to.match(/misfit_composed .* 3\.00 /);
      expect(bench('misfit', '--against', join(folder, 'none')).status).to.equal(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('counts the bytes that kernels read and write', () => {
    const backend = createCpuBackend();
    const [x, y] = [1, 2].map((seed) => NDArray.normal([30, 40], { backend, seed, dtype: 'float64' })) as [
      NDArray,
      NDArray,
    ];
    const each = (work: () => void): number => trafficOf(backend, () => tidy(work)) / (8 * x.size);
    const misfit = fuse((a, b) => a.subtract(b).square().add(1).sqrt());
    expect(each(() => void misfit(x, y))).to.equal(3);
    expect(each(() => void x.subtract(y).square().add(1).sqrt())).to.equal(9);
    expect(each(() => void x.dot(x))).to.equal(1);
    expect(each(() => void x.dot(y))).to.equal(2);
    const D = new FirstDerivative([30, 40]);
    expect(each(() => void D.matvec(x, y))).to.equal(2);
    expect(each(() => {})).to.equal(0);
  });

  it('has the same cases in Python', function () {
    this.timeout(120_000);
    const script = fileURLToPath(new URL('../../../bench/cupy_cases.py', import.meta.url));
    const python = (...args: string[]) =>
      spawnSync('python3', [script, '--numpy', ...args], { encoding: 'utf8' });
    const list = python('--list');
    if (list.status !== 0) skip(this, 'there is no Python with NumPy');
    const names = CASES.map((c) => c.name);
    for (const name of list.stdout.trim().split('\n')) expect(names).to.include(name);
    const { stdout, stderr, status } = python('--small');
    expect(status, stderr).to.equal(0);
    const results = linesOf(stdout);
    expect(results.map((r) => r.case)).to.deep.equal(list.stdout.trim().split('\n'));
    for (const r of results) expect(r.seconds_median, r.case).to.be.greaterThan(0);
  });

  it('has cases of other libraries under the same names', function () {
    this.timeout(120_000);
    const script = fileURLToPath(new URL('../../../bench/peer_cases.py', import.meta.url));
    const python = (args: readonly string[], input = '') =>
      spawnSync('python3', [script, ...args], { encoding: 'utf8', input });
    const list = python(['--list']);
    if (list.status !== 0) skip(this, 'there is no Python with NumPy');
    expect(CASES.map((c) => c.name)).to.include.members(list.stdout.trim().split('\n'));
    const { stdout, stderr } = python(['array_add_n1000'], '\n\n');
    const [library, ...seconds] = stdout.trim().split('\n');
    expect(library, stderr).to.match(/^NumPy/);
    expect(seconds).to.have.length(2);
    for (const s of seconds) expect(Number(s)).to.be.greaterThan(0);
  });
});
