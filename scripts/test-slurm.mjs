// Runs the tests in test/slurm on a private Slurm cluster of two nodes on this machine:
//
//   npm run test:slurm -- [arguments of npm test]
//
// It needs root and installs Debian's packages of Slurm if they are missing. If that is impossible,
// the tests are skipped with the reason.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canInstall, installPackages, missingPackages } from './system-packages.mjs';

const PACKAGES = [
  'slurm-client',
  'slurmctld',
  'slurmd',
  'slurm-wlm-basic-plugins',
  'munge',
  'libpmi2-0',
  'libpmix-dev',
  'openmpi-bin',
  'iproute2',
  'util-linux',
];

const missing = process.getuid?.() === 0 && canInstall() ? missingPackages(PACKAGES) : [];
if (missing.length > 0) {
  const failure = installPackages(missing, (text) => console.log(`test:slurm: ${text}`));
  if (failure) console.log(`test:slurm: ${failure}`);
}
const script = fileURLToPath(new URL('test.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [script, '--tier', 'slurm', ...process.argv.slice(2)], {
  cwd: join(script, '../..'),
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
