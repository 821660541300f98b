// Runs native code under the address and undefined-behaviour sanitizers. It builds the addons cpu
// and mpi a second time with the sanitizers, in build/sanitize. It runs the conformance of the CPU
// kernels and the tests of random arguments, files and operators with them, on one and on two
// ranks. An error ends the process with a report. The last line is 'N passed, N failed, N skipped'.
//
//   npm run test:sanitize -- [part of a file name…] [arguments of npm test]
//
// It needs a compiler with libasan, which Debian's g++ includes. Without one, one test is skipped,
// with the reason.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonFile, buildNative } from './build-native.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);

function end(line, status) {
  console.log(line);
  process.exit(status);
}

/** The library that a process without its own sanitizers must load first. */
function runtime() {
  const compiler = (process.env.CXX ?? 'g++').split(' ')[0];
  try {
    const file = execFileSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
    return existsSync(file) ? realpathSync(file) : undefined;
  } catch {
    return undefined;
  }
}

const library = runtime();
if (!library)
  end(
    '  - native code under sanitizers (skipped: the C++ compiler has no libasan; Debian: g++)\n0 ' +
      'passed, 0 failed, 1 skipped',
    0,
  );
if (!args.includes('--no-setup')) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}

const into = join(root, 'build/sanitize');
process.env.CXXFLAGS =
  '-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1';
process.env.LDFLAGS = '-fsanitize=address,undefined';
// Node does not free all of its memory
process.env.ASAN_OPTIONS = 'detect_leaks=0:allocator_may_return_null=1';
process.env.UBSAN_OPTIONS = 'print_stacktrace=1';
if ((await buildNative({ names: ['cpu', 'mpi'], into, preload: library })).length > 0)
  end('  1) native code under sanitizers: the addons could not be built\n0 passed, 1 failed, 0 skipped', 1);

const named = args.some((arg) => !arg.startsWith('-'));
const parts = named
  ? []
  : [
      'cpu/native.test',
      'cpu/native-fft',
      'cpu/backend-arguments',
      'test/io/',
      'test/local/',
      'test/operators/',
      'test/mpi/collectives',
    ];
const { status } = spawnSync(
  process.execPath,
  [join(root, 'scripts/test.mjs'), '--no-setup', ...parts, ...args.filter((arg) => arg !== '--no-setup')],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      LD_PRELOAD: library,
      LOPS_TEST_PRELOAD: library,
      LOPS_CPU_ADDON: addonFile('cpu', into),
      LOPS_MPI_ADDON: addonFile('mpi', into),
      LOPS_TEST_RANKS: process.env.LOPS_TEST_RANKS ?? '1,2',
      LOPS_TEST_BACKENDS: process.env.LOPS_TEST_BACKENDS ?? 'cpu',
      LOPS_TEST_PATIENCE: process.env.LOPS_TEST_PATIENCE ?? '10',
    },
  },
);
process.exit(status ?? 1);
