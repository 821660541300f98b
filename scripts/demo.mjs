// Runs the main application on real MPI ranks: set-up, then 3-D post-stack inversion.
//
//   npm run demo [-- --ranks N] [-- flags of examples/poststack.ts]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

const flags = process.argv.slice(2);
const at = flags.indexOf('--ranks');
const [, ranks = '2'] = at >= 0 ? flags.splice(at, 2) : [];

run(join(root, 'scripts/setup.mjs'));
run(
  join(root, 'dist/bundle/cli/lops.js'),
  'run',
  '-n',
  ranks,
  join(root, 'dist/examples/poststack.js'),
  ...flags,
);
