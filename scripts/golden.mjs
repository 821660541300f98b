// Compares the library with reference numbers: set-up, then all golden cases below a folder.
//
//   npm run golden -- DIR [--ranks N] [--backend B] [--json] [--timeout SECONDS] [--emulated-cuda]
//   [--no-setup]
//
// A line a case: ok, off by X > tolerance, not supported, not for N ranks. The last line counts
// them. Exits with 1 where any is off or not supported.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeEmulatedCuda } from './emulated-cuda.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// The backends of the test matrix are on the emulator where nothing else is said
process.env.LOPS_TEST_CUDA = (await takeEmulatedCuda()) ? 'emulated' : (process.env.LOPS_TEST_CUDA ?? 'real');

if (!process.argv.includes('--no-setup')) {
  const setup = join(root, 'scripts/setup.mjs');
  const { status } = spawnSync(
    process.execPath,
    existsSync(setup) ? [setup] : [join(root, 'node_modules/typescript/bin/tsc'), '-p', root],
    // stdout is for the results
    { cwd: root, stdio: ['ignore', 2, 'inherit'] },
  );
  if (status !== 0) process.exit(status ?? 1);
}
await import('../dist/test/support/golden/cli.js');
