/** Tests that the runner of distributed tests reports failing tests correctly. */
import { expect } from 'chai';
import { collect } from './distributed.js';
import { DEFAULT_LIMITS, type Limits, runFiles, type Verdict } from './file-run.js';
import type { PlannedTest } from './protocol.js';

async function run(
  fixtures: string | readonly string[],
  size: number,
  limits: Partial<Limits>,
): Promise<{ verdicts: Map<string, Verdict>; ending: string | undefined }> {
  const tests: PlannedTest[] = [];
  for (const fixture of [fixtures].flat()) {
    const url = new URL(`./fixtures/${fixture}.js`, import.meta.url);
    for (const [index, { title }] of (await collect(url.href)).entries())
      tests.push({ file: url.pathname, index, title, backend: 'cpu' });
  }
  const titles = tests.map((t) => t.title);
  const verdicts = new Map<string, Verdict>();
  const ending = await runFiles({
    size,
    tests,
    limits: { ...DEFAULT_LIMITS, ...limits },
    report: (step, verdict) => {
      const title = titles[step] as string;
      expect(verdicts.has(title), `${title} is reported once`).to.equal(false);
      verdicts.set(title, verdict);
    },
  });
  expect([...verdicts.keys()]).to.deep.equal(titles);
  return { verdicts, ending };
}

const text = (verdict: Verdict | undefined): string => {
  if (verdict?.state === 'failed') return verdict.message;
  return verdict?.state === 'skipped' ? `skipped: ${verdict.why}` : `${verdict?.state}`;
};

describe('the runner of distributed tests', function () {
  this.timeout(60_000);

  it('names the rank that fails, hangs, exits or dies, and runs the next test', async () => {
    const { verdicts, ending } = await run('troubled', 3, { test: 3000, grace: 1000 });
    const expected: readonly (readonly [string, RegExp])[] = [
      ['passes', /^passed$/],
      ['fails on rank 1', /^rank 1 of 3: AssertionError: expected 3 to equal -7$/],
      ['fails on all', /^all ranks: RangeError: the same everywhere$/],
      [
        'compares an array that is wrong on rank 1',
        /^all ranks: AssertionError: ones: layout .*: 1 of 6 elements differs, the worst at \[3\]: expected 1, received 5, .*\(rank 1\)$/,
      ],
      ['leaves a message behind and fails', /^all ranks: Error: left$/],
      ['gets only its own messages', /^passed$/],
      ['is skipped', /^skipped: not today$/],
      ['is skipped on rank 0 only', /^rank 0 of 3 skipped the test \(only here\), the others ran it$/],
      [
        'throws on rank 1 before a collective',
        /^rank 1 of 3: Error: out of step\nranks 0, 2 of 3 did not come to the end of the test within 1 s after that$/,
      ],
      ['passes after that', /^passed$/],
      ['hangs on rank 1', /^rank 1 of 3 did not come to the end of the test within 3 s$/],
      ['exits on rank 1', /^rank 1 of 3 left the test with exit code 3$/],
      ['exits with 0 on rank 1', /^rank 1 of 3 left the test with exit code 0/],
      ['crashes on rank 1', /^rank 1 of 3 died of signal 11/],
      ['throws later on rank 1', /^rank 1 of 3: uncaught TypeError: nobody catches this$/],
      ['passes at the end', /^passed$/],
    ];
    for (const [title, pattern] of expected) expect(text(verdicts.get(title)), title).to.match(pattern);
    expect(expected.map(([title]) => title)).to.deep.equal([...verdicts.keys()]);
    expect(ending).to.equal(undefined);
  });

  it('passes all of them on one rank but those that fail everywhere', async () => {
    const { verdicts, ending } = await run('troubled', 1, {});
    const bad = [...verdicts]
      .filter(([, v]) => v.state !== 'passed')
      .map(([title, v]) => `${title}: ${text(v)}`);
    expect(bad).to.deep.equal([
      'fails on all: rank 0 of 1: RangeError: the same everywhere',
      'leaves a message behind and fails: rank 0 of 1: Error: left',
      'is skipped: skipped: not today',
      'is skipped on rank 0 only: skipped: only here',
    ]);
    expect(ending).to.equal(undefined);
  });

  it('fails every test of a file that the ranks cannot load', async () => {
    const { verdicts } = await run('unloadable', 2, { grace: 1000 });
    for (const verdict of verdicts.values())
      expect(text(verdict)).to.match(/^rank \d of 2: uncaught Error: cannot be loaded here$/);
  });

  it('goes on with the next file after one that the ranks cannot load', async () => {
    const { verdicts } = await run(['unloadable', 'two-tests'], 2, { grace: 1000 });
    expect([...verdicts].map(([title, { state }]) => `${title}: ${state}`)).to.deep.equal([
      'never runs: failed',
      'nor does this: failed',
      'runs after another file: passed',
      'runs in the same process: passed',
    ]);
  });

  it('ends a file at its limit and names the tests that were not run', async () => {
    const { verdicts } = await run('endless', 1, { file: 3500 });
    const texts = [...verdicts.values()].map(text);
    const cut = texts.findIndex((t) => t !== 'passed');
    expect(cut).to.be.within(1, 4);
    expect(texts[cut]).to.match(
      /^rank 0 of 1 did not come to the end of the test within the file's limit of 3.5 s$/,
    );
    expect(new Set(texts.slice(cut + 1))).to.deep.equal(
      new Set(["not run: the file's limit of 3.5 s was over"]),
    );
  });

  it('names a launcher that is missing', async () => {
    const before = process.env['LOPS_MPIEXEC'];
    process.env['LOPS_MPIEXEC'] = 'no-such-launcher';
    try {
      const { verdicts } = await run('endless', 2, {});
      expect(text(verdicts.get('one'))).to.match(/^cannot start 2 ranks: .*no-such-launcher ENOENT$/);
    } finally {
      if (before === undefined) delete process.env['LOPS_MPIEXEC'];
      else process.env['LOPS_MPIEXEC'] = before;
    }
  });
});
