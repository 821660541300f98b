// Sets up and runs all tests with one report. The last line is 'N passed, N failed, N skipped'.
//
//   npm test -- [part of a file name…] [--grep RegExp] [--no-setup] [--reporter NAME] [--tier NAME]
//               [--times] [--serial]
//
//   --tier NAME               runs the tests in *.NAME.ts, which are left out by default
//   --serial                  one test at a time. By default the tests over ranks run beside the
//                             others, and are reported after them
//   --times                   lists the 40 suites that took the most seconds
//   LOPS_TEST_RANKS=1,2       numbers of ranks, default 1,2,3,4
//   LOPS_TEST_BACKENDS=cpu    backends, default all of test/support/backends.ts
//   LOPS_TEST_VERBOSE=1       shows the output of ranks
//   LOPS_TEST_PATIENCE=4      multiplies time limits, for slow or shared machines
//   LOPS_MPIEXEC=PATH         the launcher
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: 'string', short: 'g' },
    'no-setup': { type: 'boolean' },
    reporter: { type: 'string', default: 'spec' },
    tier: { type: 'string' },
    times: { type: 'boolean' },
    serial: { type: 'boolean' },
    // the tests over ranks alone, in a process that this script starts
    matrix: { type: 'boolean' },
  },
});

if (!values['no-setup']) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
// The list comes from the sources, because dist keeps files of deleted sources
const endings = values.tier === undefined ? ['.test.ts', '.ranks.ts'] : [`.${values.tier}.ts`];
const compiled = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => endings.some((ending) => path.endsWith(ending)) && !path.includes('fixtures'))
  .sort()
  .map((path) => join(root, 'dist/test', path.replace(/\.ts$/, '.js')));
const wanted = compiled.filter(
  (path) =>
    positionals.length === 0 ||
    positionals.some((part) => relative(root, path).includes(part.replace(/\.ts$/, ''))),
);
const ranks = wanted.filter((path) => path.endsWith('.ranks.js'));
const matrix = join(root, 'dist/test/distributed.test.js');
const plain = wanted.filter((path) => !path.endsWith('.ranks.js') && path !== matrix);
const beside = !values.serial && !values.matrix && ranks.length > 0 && plain.length > 0;
const chosen = [...(values.matrix ? [] : plain), ...(ranks.length > 0 ? [matrix] : [])];

/** Whether a compiled module, or one that it imports, uses the emulator of CUDA. */
function usesEmulator(path, seen) {
  if (seen.has(path) || !existsSync(path)) return false;
  seen.add(path);
  if (/test[/\\](cuemu[/\\]|support[/\\]emulated-cuda)/.test(relative(root, path))) return true;
  const imports = readFileSync(path, 'utf8').matchAll(/(?:from|import|import\() ?['"](\.[^'"]+)['"]/g);
  return [...imports].some(([, name]) => usesEmulator(join(dirname(path), name), seen));
}

// Builds the emulator if the tests use it and its sources changed
process.env.LOPS_TEST_CUDA ??= 'emulated';
const seen = new Set();
if (process.env.LOPS_TEST_CUDA !== 'real' && chosen.some((path) => usesEmulator(path, seen))) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build-cuemu.mjs'), '--quiet'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs the tests over ranks. The result has their output and the three counts of its last line. */
function runMatrix() {
  const folder = mkdtempSync(join(tmpdir(), 'lops-test-'));
  const file = join(folder, 'output');
  const output = openSync(file, 'w');
  const child = spawn(
    process.execPath,
    [import.meta.filename, ...process.argv.slice(2), '--no-setup', '--matrix'],
    { stdio: ['ignore', output, output] },
  );
  process.once('exit', () => child.kill());
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      const text = readFileSync(file, 'utf8');
      rmSync(folder, { recursive: true });
      const last = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(text);
      const [passed, failed, skipped] = last?.slice(1).map(Number) ?? [0, 1, 0];
      const why = `  1) the tests over ranks ended with ${signal ?? `exit code ${code}`}\n`;
      resolve({ text: last ? text.slice(0, last.index) : text + why, passed, failed, skipped });
    });
  });
}

process.env.LOPS_TEST_FILES = ranks.join('\n');
if (values.grep !== undefined) process.env.LOPS_TEST_GREP = values.grep;

const { default: Mocha } = await import('mocha');
// Multiplies all time limits, also those that tests set while they run
const patience = Number(process.env.LOPS_TEST_PATIENCE ?? 1);
const { timeout } = Mocha.Runnable.prototype;
Mocha.Runnable.prototype.timeout = function (ms) {
  return ms === undefined ? timeout.call(this) : timeout.call(this, ms * patience);
};

const mocha = new Mocha({
  timeout: 20_000,
  reporter: values.reporter,
  forbidOnly: Boolean(process.env.CI),
  ...(values.grep === undefined ? {} : { grep: new RegExp(values.grep) }),
});
mocha.files = beside ? plain : chosen;
await mocha.loadFilesAsync();
const overRanks = beside ? runMatrix() : undefined;
const runner = mocha.run(async (ownFailures) => {
  let { passes = 0, pending = 0 } = runner.stats ?? {};
  let failures = ownFailures;
  if (values.times) process.stdout.write(`${slowest(40)}\n`);
  if (overRanks) {
    const { text, passed, failed, skipped } = await overRanks;
    process.stdout.write(text);
    passes += passed;
    failures += failed;
    pending += skipped;
  }
  // If a tier is impossible on this machine, its tests are skipped
  const none = passes === 0 && !(values.tier !== undefined && pending > 0);
  process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`, () =>
    process.exit(failures > 0 || none ? 1 : 0),
  );
});

const seconds = new Map();
runner.on('test end', ({ parent, duration = 0 }) => {
  const top = (suite) => (suite.parent?.root === false ? top(suite.parent) : suite.title);
  seconds.set(top(parent), (seconds.get(top(parent)) ?? 0) + duration / 1000);
});

/** The suites that took the most seconds, a line each. */
function slowest(count) {
  const sorted = [...seconds].sort(([, a], [, b]) => b - a);
  return sorted
    .slice(0, count)
    .map(([title, s]) => `${s.toFixed(1).padStart(8)} s  ${title}`)
    .join('\n');
}
