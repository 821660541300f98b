import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BackendError } from '../core/base/errors.js';
import { requireHere } from './require-here.js';

const NAME = 'lops-mpi';

/** Whether `folder` is the folder of this package. */
function isPackage(folder: string): boolean {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === NAME;
  } catch {
    return false;
  }
}

/**
 * Finds the folder of this package. Compiled modules, bundled or not, run from its `dist`. A
 * program that was bundled together with them runs elsewhere, and finds the package where it is
 * installed.
 */
function findRoot(): string | undefined {
  const here: string | undefined = import.meta.url;
  const dist = here?.lastIndexOf('/dist/') ?? -1;
  const folder = here && dist >= 0 ? fileURLToPath(here.slice(0, dist)) : undefined;
  if (folder && isPackage(folder)) return folder;
  try {
    return dirname(requireHere.resolve(`${NAME}/package.json`));
  } catch {
    return undefined;
  }
}

/** Why the package is not found, and what to do. */
export const NO_PACKAGE = {
  reason: `this program was bundled, and the package ${NAME} is not installed beside it`,
  remedy: `keep the package external (esbuild: --external:${NAME}) and install it where the program runs`,
} as const;

let root: string | undefined;

/**
 * The path of a file of this package.
 * @param path relative to the folder of the package
 * @throws {@link BackendError} if the package is not found
 */
export function packagePath(path: string): string {
  root ??= findRoot();
  if (root === undefined)
    throw new BackendError(`${path} is not found, because ${NO_PACKAGE.reason}: ${NO_PACKAGE.remedy}`);
  return join(root, path);
}

/** Whether the package is found. */
export function hasPackage(): boolean {
  root ??= findRoot();
  return root !== undefined;
}
