import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { whyImpossible } from '../../bench/gpu-report/possible-transport.js';
import { profileRows } from '../../bench/gpu-report/profile.js';
import { runSections } from '../../bench/gpu-report/run-sections.js';
import type { Section, SectionResult } from '../../bench/gpu-report/section.js';
import { sections } from '../../bench/gpu-report/sections.js';
import { cudaEnvironment, onRealCuda } from '../support/emulated-cuda.js';
import { skip } from '../support/skip.js';

const cli = fileURLToPath(new URL('../../bench/gpu-report/cli.js', import.meta.url));
const env = { ...process.env, ...cudaEnvironment(), LOPS_TEST_CUDA: onRealCuda() ? 'real' : 'emulated' };

/** A section that runs a program of JavaScript. */
const section = (name: string, seconds: number, program: string): Section => ({
  name,
  title: name,
  about: '',
  seconds,
  command: [process.execPath, '--eval', `const say = (x) => console.log(JSON.stringify(x)); ${program}`],
});
const never = new AbortController().signal;
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`);

describe('gpu-report', function () {
  this.timeout(60_000);

  let out = '';
  beforeEach(() => {
    out = mkdtempSync(join(tmpdir(), 'lops-gpu-report-'));
  });
  afterEach(() => rmSync(out, { recursive: true }));

  it('keeps what sections found that fail, die, hang or cannot be started', async () => {
    const seen: string[][] = [];
    const hangs = `
      const { pid } = require('node:child_process').spawn('sleep', ['100'], { stdio: 'inherit' });
      say({ row: { pid } });
      process.on('SIGTERM', () => {});
      setInterval(() => {}, 1000);`;
    const results = await runSections(
      [
        section('well', 20, 'say({ row: { n: 1 } }); console.log("a word")'),
        section('wrong', 20, 'say({ row: { n: 2 } }); say({ failure: "not 3" })'),
        section('dies', 20, 'say({ row: { n: 3 } }); process.kill(process.pid, "SIGSEGV")'),
        section('hangs', 1, hangs),
        { ...section('missing', 20, ''), command: ['/no/such/program'] },
        section('none', 20, 'say({ skipped: "there is none" })'),
      ],
      { seconds: 50, abort: never, update: (all) => seen.push(all.map(({ status }) => status)) },
    );
    expect(results.map(({ status }) => status)).to.deep.equal([
      'passed',
      'failed',
      'failed',
      'out of time',
      'failed',
      'skipped',
    ]);
    const [well, wrong, dies, hung, missing, none] = results as [SectionResult, ...SectionResult[]];
    expect([well.rows, well.output]).to.deep.equal([[{ n: 1 }], 'a word\n']);
    expect([wrong?.rows, wrong?.failures]).to.deep.equal([[{ n: 2 }], ['not 3']]);
    expect([dies?.rows, dies?.failures]).to.deep.equal([[{ n: 3 }], ['it ended with SIGSEGV']]);
    expect(hung?.seconds).to.be.within(1, 20);
    expect(isAlive(Number(hung?.rows[0]?.['pid'])), 'what the section started').to.equal(false);
    expect(missing?.output).to.include('ENOENT');
    expect(none?.skipped).to.equal('there is none');
    expect(seen[0]).to.deep.equal(['running', 'open', 'open', 'open', 'open', 'open']);
    expect(seen).to.have.lengthOf(12);
  });

  it('leaves out sections when the time of all is over', async () => {
    const wait = 'say({ row: { n: 1 } }); setInterval(() => {}, 1000)';
    const results = await runSections([section('a', 20, wait), section('b', 20, wait)], {
      seconds: 1,
      abort: never,
      update: () => {},
    });
    expect(results.map(({ status }) => status)).to.deep.equal(['out of time', 'open']);
    expect(results[0]?.limit).to.be.at.most(1);
  });

  it('has limits that add up to less than ten minutes', () => {
    const limits = sections([]).map(({ seconds }) => seconds);
    expect(limits.reduce((a, b) => a + b)).to.be.at.most(590);
  });

  it('reads the longest run of each kernel from what ncu writes', () => {
    const head =
      '"ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","Block Size",' +
      '"Grid Size","Device","CC","Section Name","Metric Name","Metric Unit","Metric Value"';
    const line = (id: number, kernel: string, metric: string, unit: string, value: string): string =>
      `"${id}","9","node","h","${kernel}","1","7","(256, 1, 1)","(9, 1, 1)","0","9.0","Command line ` +
      `profiler metrics","${metric}","${unit}","${value}"`;
    const rows = profileRows(
      [
        '==PROF== Connected to process 9',
        head,
        line(0, 'fill(double *, long)', 'gpu__time_duration.sum', 'us', '5.5'),
        line(1, 'axpby<f64>', 'gpu__time_duration.sum', 'us', '1,234.5'),
        line(1, 'axpby<f64>', 'launch__registers_per_thread', 'register/thread', '32'),
        line(2, 'fill(double *, long)', 'gpu__time_duration.sum', 'us', '7.25'),
        line(2, 'fill(double *, long)', 'lts__t_sector_hit_rate.pct', '%', '50.1'),
        line(2, 'fill(double *, long)', 'sm__cycles_active.avg', 'cycle', '1'),
      ].join('\n'),
    );
    expect(rows).to.deep.equal([
      { kernel: 'axpby<f64>', 'duration, us': 1234.5, registers: 32 },
      { kernel: 'fill', 'duration, us': 7.25, 'L2 hits, %': 50.1 },
    ]);
    expect(profileRows('==ERROR== ERR_NVGPUCTRPERM')).to.deep.equal([]);
  });

  it('asks which transports are possible between two ranks, and why others are not', () => {
    Object.assign(process.env, cudaEnvironment());
    expect(whyImpossible('staged')).to.equal(undefined);
    if (!onRealCuda()) expect(whyImpossible('direct')).to.include('MPI does not read device memory');
  });

  it('refuses sections that do not exist', () => {
    const { status, stderr } = spawnSync(process.execPath, [cli, 'bandwith'], { encoding: 'utf8', env });
    expect(status).to.equal(2);
    expect(stderr).to.include("no section 'bandwith'; there are: device bandwidth conformance times");
  });

  it('runs all sections and writes a page and JSON', function () {
    this.timeout(180_000);
    const args = [cli, '--quick', '--patience', '4', '--out', out];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect(status, stdout + stderr).to.equal(0);
    const { sections: found } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as {
      sections: SectionResult[];
    };
    expect(found.map(({ name }) => name)).to.deep.equal(sections([]).map(({ name }) => name));
    for (const { name, status: ended, rows, skipped } of found) {
      expect(ended, `${name}: ${skipped}`).to.be.oneOf(['passed', 'skipped']);
      if (ended === 'passed') expect(rows.length, name).to.be.greaterThan(0);
      else expect(['cupy', 'profile'], `${name}: ${skipped}`).to.include(name);
    }
    const times = found.find(({ name }) => name === 'times')?.rows;
    expect(times?.map((row) => [row['case'], row['launches'], row['waits']])).to.deep.equal([
      ['axpy_n1000', 1, 0],
      ['firstderivative_n1000', 1, 0],
    ]);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).to.include('Overview').and.include('of copy, %').and.include('firstderivative_n1000');
  });

  it('keeps what is there after Ctrl-C', async () => {
    const child = spawn(process.execPath, [cli, 'device', 'conformance', 'memory', '--out', out], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('device: passed')) setTimeout(() => child.kill('SIGINT'), 500);
    });
    const code = await new Promise((done) => child.on('close', done));
    expect(code).to.equal(130);
    const { sections: found } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as {
      sections: SectionResult[];
    };
    expect(found.map(({ status }) => status)).to.deep.equal(['passed', 'interrupted', 'open']);
    expect(found[0]?.rows.length).to.be.greaterThan(5);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).to.include('The device: passed');
  });

  it('runs from a bundle in another folder, without an environment', function () {
    this.timeout(180_000);
    if (onRealCuda()) skip(this, 'a driver may need the environment of this machine');
    const script = fileURLToPath(new URL('../../../scripts/gpu-bundle.mjs', import.meta.url));
    const packed = spawnSync(process.execPath, [script, '--no-setup', '--folder', out], { encoding: 'utf8' });
    expect(packed.status, packed.stderr).to.equal(0);
    const libraries = cudaEnvironment();
    const run = join(out, 'lops-gpu/run');
    const { status, stdout, stderr } = spawnSync(
      run,
      ['device', 'conformance', 'times', '--quick', '--patience', '4', '--out', join(out, 'found')],
      { encoding: 'utf8', cwd: out, env: { PATH: '/usr/bin:/bin', ...libraries } },
    );
    expect(status, stdout + stderr).to.equal(0);
    expect(stdout).to.match(/^device: passed.*\n(.*\n)*times: passed/);
    const page = readFileSync(join(out, 'found/report.html'), 'utf8');
    expect(page).to.include(`${out}/lops-gpu/native/cuda`);
  });
});
