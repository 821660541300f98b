import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * A copy of the installed package in a temporary folder: its main module, and a function that
 * removes it.
 *
 * @param addons the native addons of the copy
 */
export function packageCopy(addons: readonly ('cpu' | 'mpi')[]): {
  readonly main: string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'lops-mpi-copy-'));
  for (const part of ['package.json', 'dist/bundle'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  for (const name of addons) {
    const file = `native/${name}/build/Release/lops_${name}.node`;
    cpSync(join(ROOT, file), join(folder, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return {
    main: join(folder, 'dist/bundle/index.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
