// Runs the tests with MPICH, even if the package is built for Open MPI. It builds a second MPI
// addon in build/mpich and runs scripts/test.mjs with that addon and with Hydra's mpiexec. The last
// line is 'N passed, N failed, N skipped'.
//
//   npm run test:mpich -- [--started] [arguments of npm test]
//
//   --started           runs only tests that start ranks, on 2 to 4 ranks depending on the number
//                       of cores, unless LOPS_TEST_RANKS is set. A single rank does not use MPI.
//                       Waiting ranks of MPICH spin: with more ranks than cores a test takes a
//                       minute that takes a second with Open MPI
//   LOPS_MPICH=PREFIX   uses bin/mpicc and bin/mpiexec of the MPICH in PREFIX; by default
//                       mpicc.mpich and mpiexec.hydra (Debian: mpich libmpich-dev)
//
// If there is no MPICH, it is installed if apt-get is available. Otherwise one test is skipped,
// with the reason.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildForMpich, needMpich } from './mpich.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const started = args.includes('--started');
const rest = args.filter((arg) => arg !== '--started');
const say = (text) => console.log(`test:mpich: ${text}`);

function skipAll(why) {
  console.log(`  - the tests under MPICH (skipped: ${why})\n0 passed, 0 failed, 1 skipped`);
  process.exit(0);
}

/** Ends the script and reports the reason as one failed test. */
function fail(why) {
  console.log(`  1) the tests under MPICH: ${why}\n0 passed, 1 failed, 0 skipped`);
  process.exit(1);
}

const missing = needMpich(say);
if (missing && process.env.LOPS_MPICH) fail(missing);
if (missing) skipAll(missing);

if (!rest.includes('--no-setup')) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
const mpich = await buildForMpich(say);
if (!mpich) fail('the addon could not be built');

/** The tests that start ranks: those with several ranks, and those of the launcher. */
const starting = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter(
  (path) =>
    path.endsWith('.ranks.ts') ||
    (path.endsWith('.test.ts') &&
      /\/(launch|file-run|on-ranks)\.js'/.test(readFileSync(join(root, 'test', path), 'utf8'))),
);
const ranks = [2, 3, 4].filter((n) => n === 2 || n <= availableParallelism());
const named = rest.some((arg) => !arg.startsWith('-'));
const env = {
  ...process.env,
  ...mpich,
  LOPS_TEST_PATIENCE: '5',
  ...(started ? { LOPS_TEST_RANKS: process.env.LOPS_TEST_RANKS ?? ranks.join() } : {}),
};
const parts = started && !named ? starting.map((path) => `test/${path}`) : [];
// Serial, since waiting ranks spin
const own = ['--no-setup', '--serial', ...parts, ...rest.filter((a) => a !== '--no-setup')];
const { status } = spawnSync(process.execPath, [join(root, 'scripts/test.mjs'), ...own], {
  cwd: root,
  env,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
