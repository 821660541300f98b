/**
 * Shows every test of the `*.ranks.ts` files in the report of mocha, once for each number of ranks
 * and each backend. The tests of a folder on a number of ranks run in one launch, since a start
 * takes longer than most tests.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BACKENDS } from './support/backends.js';
import { collect, type DistributedTest } from './support/distributed.js';
import { runFiles, type Verdict } from './support/file-run.js';
import type { PlannedTest } from './support/protocol.js';
import { rankFiles } from './support/rank-files.js';
import { skip } from './support/skip.js';

const list = (text: string | undefined): string[] | undefined => text?.split(',').map((s) => s.trim());
const RANKS = list(process.env['LOPS_TEST_RANKS'])?.map(Number) ?? [1, 2, 3, 4];
const ONLY = list(process.env['LOPS_TEST_BACKENDS']);
const GREP = new RegExp(process.env['LOPS_TEST_GREP'] ?? '');
const root = fileURLToPath(new URL('.', import.meta.url));

/** A file with tests, or the error that importing it threw. */
interface TestFile {
  readonly path: string;
  /** Its path below the folder of tests, as a source. */
  readonly name: string;
  readonly tests: readonly DistributedTest[];
  readonly broken?: unknown;
}

async function load(path: string): Promise<TestFile> {
  const name = path.slice(root.length).replace(/\.js$/, '.ts');
  try {
    return { path, name, tests: await collect(new URL(`file://${path}`).href) };
  } catch (broken) {
    return { path, name, tests: [], broken };
  }
}

function matrix({ path, name, tests }: TestFile, size: number): PlannedTest[] {
  return tests.flatMap(({ title, options }, index) => {
    if (!(options.ranks ?? [1, 2, 3, 4]).includes(size)) return [];
    const names = BACKENDS.filter(
      (b) =>
        b.ranks.includes(size) &&
        (options.backends ?? [b.name]).includes(b.name) &&
        (ONLY?.includes(b.name) ?? b.files?.test(name) ?? true),
    );
    return names.map((b) => ({ file: path, index, title, backend: b.name, timeout: options.timeout }));
  });
}

const ranks = (size: number): string => (size === 1 ? '1 rank' : `${size} ranks`);
const label = ({ title, backend }: PlannedTest): string => `${title} [${backend}]`;

/** The tests of a folder on a number of ranks. They are launched when the first suite begins. */
class FolderRun {
  readonly #size: number;
  readonly #tests: readonly PlannedTest[];
  readonly #verdicts = new Map<PlannedTest, Promise<Verdict>>();
  #ending: Promise<string | undefined> | undefined;

  constructor(size: number, tests: readonly PlannedTest[]) {
    this.#size = size;
    this.#tests = tests;
  }

  start(): void {
    if (this.#ending) return;
    const reports: ((verdict: Verdict) => void)[] = [];
    for (const test of this.#tests) this.#verdicts.set(test, new Promise((resolve) => reports.push(resolve)));
    this.#ending = runFiles({
      size: this.#size,
      tests: this.#tests,
      report: (step, verdict) => reports[step]?.(verdict),
    });
    // the last suite reports the error
    this.#ending.catch(() => undefined);
  }

  async verdict(test: PlannedTest): Promise<Verdict> {
    const verdict = this.#verdicts.get(test);
    return (
      (await Promise.race([verdict, this.#ending?.then(() => verdict)])) ?? {
        state: 'failed',
        message: 'no result',
      }
    );
  }

  async end(): Promise<void> {
    const message = await this.#ending;
    if (message !== undefined) throw new Error(message);
  }
}

function conclude(context: Mocha.Context, verdict: Verdict): void {
  if (verdict.state === 'skipped') skip(context, verdict.why);
  if (verdict.state === 'failed') {
    const error = new Error(verdict.message);
    error.stack = `${verdict.message}\n${(verdict.stack ?? '')
      .split('\n')
      .filter((l) => /^\s+at /.test(l))
      .join('\n')}`;
    throw error;
  }
}

const folders = new Map<string, TestFile[]>();
for (const path of rankFiles(root))
  folders.set(dirname(path), [...(folders.get(dirname(path)) ?? []), await load(path)]);

for (const files of folders.values()) {
  for (const { name, broken } of files.filter((f) => f.broken !== undefined)) {
    describe(name, () => {
      it('loads', () => {
        throw broken;
      });
    });
  }
  for (const size of RANKS) {
    const suites = files
      .map((file) => ({
        name: file.name,
        tests: matrix(file, size).filter((t) => GREP.test(`${file.name} ${ranks(size)} ${label(t)}`)),
      }))
      .filter(({ tests }) => tests.length > 0);
    const run = new FolderRun(
      size,
      suites.flatMap(({ tests }) => tests),
    );
    for (const { name, tests } of suites) {
      describe(name, () => {
        describe(ranks(size), function () {
          this.timeout(0);
          before(() => run.start());
          for (const test of tests) {
            it(label(test), async function () {
              conclude(this, await run.verdict(test));
            });
          }
          if (tests === suites.at(-1)?.tests) after(() => run.end());
        });
      });
    }
  }
}
