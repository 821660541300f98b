import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { CASES } from '../../bench/cases/index.js';

const cli = fileURLToPath(new URL('../../bench/cli.js', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });

describe('bench', () => {
  it('names every case once', () => {
    const names = CASES.map((c) => c.name);
    expect(new Set(names).size).to.equal(names.length);
    expect(bench('--list').stdout.trim().split('\n')).to.deep.equal(names);
  });

  it('refuses unknown cases, and names the nearest', () => {
    const { status, stderr } = bench('axpi');
    expect(status).to.equal(2);
    expect(stderr).to.contain("did you mean 'axpy'?");
  });

  it('prints a JSON line for each case', function () {
    this.timeout(60_000);
    const { status, stdout, stderr } = bench('copy_n1000', 'iadd_n1000', '--json');
    expect(status, stderr).to.equal(0);
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results.map((r) => r.case)).to.deep.equal(['iadd_n1000', 'copy_n1000']);
    for (const r of results) {
      expect(r.ranks).to.equal(1);
      expect(r.seconds_median).to.be.at.least(r.seconds_min);
      expect(r.repeats).to.be.at.least(7);
      expect(r.GB_per_s).to.be.closeTo((1e-9 * r.bytes) / r.seconds_median, 1e-9 * r.GB_per_s);
      expect(r.maxrss_MiB).to.be.greaterThan(10);
    }
  });
});
