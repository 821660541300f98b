// Times the library beside the machine's limits: set-up, then the cases that are named, or all.
//
//   npm run bench -- [CASE…] [--ranks N] [--backend B] [--emulated-cuda] [--against FILE] [--quick]
//   [--json] [--list] [--no-setup]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeEmulatedCuda } from './emulated-cuda.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await takeEmulatedCuda();
if (!process.argv.includes('--no-setup')) {
  // stdout is for the results
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs'), '--quiet', '--bench'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
await import('../dist/bench/cli.js');
