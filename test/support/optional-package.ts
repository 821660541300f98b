import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = `${root}build/optional`;

/**
 * A package that only some tests need and that would make every installation larger. At first use
 * it is installed in `build/optional`, without its scripts.
 *
 * @returns undefined if it cannot be installed
 */
export function optionalPackage(name: string, version: string): unknown {
  const load = createRequire(`${folder}/package.json`);
  try {
    return load(name);
  } catch {
    const args = [
      'install',
      '--ignore-scripts',
      '--omit=optional',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--prefix',
      folder,
      `${name}@${version}`,
    ];
    const { status } = spawnSync('npm', args, { stdio: 'ignore', timeout: 100_000 });
    return status === 0 ? load(name) : undefined;
  }
}
