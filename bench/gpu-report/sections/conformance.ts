/** The tests of the backend on this device: every kernel beside the reference, and its launches. */
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';
import { failure, quick, rounded, row } from '../say.js';

/** The files of tests. `--quick` runs some of the last two: the first builds all its cases. */
const FILES = ['cuda-conformance', 'cuda-programs', 'cuda-raw-kernel', 'cuda-counts'];
const FEW = /RawKernel|derivative/;

process.env['LOPS_MPI'] = 'off';
const mocha = new Mocha({ timeout: 60_000, reporter: Mocha.reporters.Base, ...(quick ? { grep: FEW } : {}) });
for (const name of quick ? FILES.slice(2) : FILES)
  mocha.addFile(fileURLToPath(new URL(`../../../test/gpu/${name}.test.js`, import.meta.url)));
await mocha.loadFilesAsync();
const counts = { passed: 0, failed: 0, skipped: 0 };
let began = performance.now();
const runner = mocha.run(() => process.exit());
runner.on('pass', () => counts.passed++);
runner.on('pending', () => counts.skipped++);
runner.on('fail', (test, error) => {
  counts.failed++;
  failure(`${test.fullTitle()}: ${error.message.slice(0, 400)}`);
});
runner.on('suite', () => {
  began = performance.now();
});
runner.on('suite end', (suite) => {
  if (suite.tests.length > 0 && counts.passed + counts.failed + counts.skipped > 0)
    row({ suite: suite.title, ...counts, seconds: rounded((performance.now() - began) / 1000) });
  Object.assign(counts, { passed: 0, failed: 0, skipped: 0 });
});
