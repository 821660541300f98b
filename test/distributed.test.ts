/**
 * Shows every test of the `*.ranks.ts` files in the report of mocha, once for each number of ranks
 * and each backend.
 */
import { fileURLToPath } from 'node:url';
import { BACKENDS } from './support/backends.js';
import { collect, type DistributedTest } from './support/distributed.js';
import { runFile, type Verdict } from './support/file-run.js';
import type { PlannedTest } from './support/protocol.js';
import { rankFiles } from './support/rank-files.js';
import { skip } from './support/skip.js';

const list = (text: string | undefined): string[] | undefined => text?.split(',').map((s) => s.trim());
const RANKS = list(process.env['LOPS_TEST_RANKS'])?.map(Number) ?? [1, 2, 3, 4];
const ONLY = list(process.env['LOPS_TEST_BACKENDS']);
const GREP = new RegExp(process.env['LOPS_TEST_GREP'] ?? '');
const root = fileURLToPath(new URL('.', import.meta.url));

function matrix(file: string, tests: readonly DistributedTest[], size: number): PlannedTest[] {
  return tests.flatMap(({ title, options }, index) => {
    if (!(options.ranks ?? [1, 2, 3, 4]).includes(size)) return [];
    const names = BACKENDS.filter(
      (b) =>
        b.ranks.includes(size) &&
        (options.backends ?? [b.name]).includes(b.name) &&
        (ONLY?.includes(b.name) ?? b.files?.test(file) ?? true),
    );
    return names.map(({ name }) => ({ index, title, backend: name, timeout: options.timeout }));
  });
}

function settle(context: Mocha.Context, verdict: Verdict): void {
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

for (const file of rankFiles(root)) {
  const name = file.slice(root.length).replace(/\.js$/, '.ts');
  let tests: readonly DistributedTest[] = [];
  let broken: unknown;
  try {
    tests = await collect(new URL(`file://${file}`).href);
  } catch (error) {
    broken = error;
  }
  describe(name, () => {
    if (broken !== undefined) {
      it('loads', () => {
        throw broken;
      });
    }
    for (const size of RANKS) {
      const planned = matrix(name, tests, size);
      if (planned.length === 0) continue;
      describe(size === 1 ? '1 rank' : `${size} ranks`, function () {
        this.timeout(0);
        const title = ({ title: t, backend }: PlannedTest): string => `${t} [${backend}]`;
        const wanted = planned.filter((p) => GREP.test(`${name} ${this.title} ${title(p)}`));
        const settled = new Map<PlannedTest, (verdict: Verdict) => void>();
        const verdicts = new Map(
          wanted.map((p) => [p, new Promise<Verdict>((resolve) => settled.set(p, resolve))]),
        );
        let ending: Promise<string | undefined> | undefined;
        before(() => {
          ending = runFile({
            file,
            size,
            tests: wanted,
            report: (step, verdict) => settled.get(wanted[step] as PlannedTest)?.(verdict),
          });
          // the hook below reports the error
          ending.catch(() => undefined);
        });
        for (const p of wanted) {
          it(title(p), async function () {
            const verdict = await Promise.race([verdicts.get(p), ending?.then(() => verdicts.get(p))]);
            settle(this, verdict ?? { state: 'failed', message: 'no result' });
          });
        }
        after(async () => {
          const message = await ending;
          if (message !== undefined) throw new Error(message);
        });
      });
    }
  });
}
