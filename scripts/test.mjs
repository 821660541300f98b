// Set-up, then all tests in one report. The last line is 'N passed, N failed, N skipped'.
//
//   npm test -- [part of a file name…] [--grep RegExp] [--no-setup] [--reporter NAME]
//
//   LOPS_TEST_RANKS=1,2       numbers of ranks, default 1,2,3,4
//   LOPS_TEST_BACKENDS=cpu    backends, default all of test/support/backends.ts
//   LOPS_TEST_VERBOSE=1       shows what ranks print
//   LOPS_MPIEXEC=PATH         the launcher
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string', short: 'g' }, 'no-setup': { type: 'boolean' }, reporter: { type: 'string', default: 'spec' } },
});

if (!values['no-setup']) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

// From the sources, since dist keeps files whose source is gone
const compiled = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(test|ranks)\.ts$/.test(path) && !path.includes('fixtures'))
  .sort()
  .map((path) => join(root, 'dist/test', path.replace(/\.ts$/, '.js')));
const wanted = compiled.filter(
  (path) => positionals.length === 0 || positionals.some((part) => relative(root, path).includes(part.replace(/\.ts$/, ''))),
);
const ranks = wanted.filter((path) => path.endsWith('.ranks.js'));
const matrix = join(root, 'dist/test/distributed.test.js');
const plain = wanted.filter((path) => path.endsWith('.test.js') && path !== matrix);

process.env.LOPS_TEST_FILES = ranks.join('\n');
if (values.grep !== undefined) process.env.LOPS_TEST_GREP = values.grep;

const { default: Mocha } = await import('mocha');
const mocha = new Mocha({
  timeout: 20_000,
  reporter: values.reporter,
  forbidOnly: Boolean(process.env.CI),
  ...(values.grep === undefined ? {} : { grep: new RegExp(values.grep) }),
});
mocha.files = ranks.length > 0 ? [...plain, matrix] : plain;
await mocha.loadFilesAsync();
const runner = mocha.run((failures) => {
  const { passes = 0, pending = 0 } = runner.stats ?? {};
  process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`, () =>
    process.exit(failures > 0 || passes === 0 ? 1 : 0),
  );
});
