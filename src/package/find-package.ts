import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { requireHere } from './require-here.js';

/**
 * The folder of an installed package: where this package finds its own, otherwise where a program
 * in the working directory does. For packages that `require` does not load. Undefined if it is not
 * installed.
 */
export function findPackage(name: string): string | undefined {
  const program = createRequire(join(process.cwd(), 'package.json'));
  const folders = [requireHere, program].flatMap(({ resolve }) => resolve.paths(name) ?? []);
  return folders
    .map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, 'package.json')));
}
