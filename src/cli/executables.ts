import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathFolders } from '../environment/path-folders.js';

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Executable files with these names in these folders: all files with the first name, then all with
 * the second, …
 *
 * @param folders default: those of the PATH
 */
export function executablesOnPath(
  names: readonly string[],
  folders: readonly string[] = pathFolders(),
): string[] {
  return [
    ...new Set(names.flatMap((name) => folders.map((folder) => join(folder, name)).filter(isExecutable))),
  ];
}
