// Compares the library with reference numbers: set-up, then all golden cases in a folder.
//
//   npm run golden -- DIR [--ranks N] [--backend B] [--json] [--timeout SECONDS] [--emulated-cuda]
//   [--no-setup]
//
// It prints a line for each case: ok, off by X > tolerance, not supported, not for N ranks. The
// last line has the counts. It exits with 1 if a case is off or not supported.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeEmulatedCuda } from './emulated-cuda.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// By default the test matrix would use the emulator; here a real device is the default
process.env.LOPS_TEST_CUDA = (await takeEmulatedCuda()) ? 'emulated' : (process.env.LOPS_TEST_CUDA ?? 'real');

if (!process.argv.includes('--no-setup')) {
  const setup = join(root, 'scripts/setup.mjs');
  const { status } = spawnSync(
    process.execPath,
    existsSync(setup) ? [setup] : [join(root, 'node_modules/typescript/bin/tsc'), '-p', root],
    // stdout has the results only
    { cwd: root, stdio: ['ignore', 2, 'inherit'] },
  );
  if (status !== 0) process.exit(status ?? 1);
}
await import('../dist/test/support/golden/cli.js');
