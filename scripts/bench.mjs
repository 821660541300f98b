// Sets up and times the library beside the limits of the machine: the named cases, or all of them.
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
  // stdout has the results only
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs'), '--quiet', '--bench'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
await import('../dist/bench/cli.js');
