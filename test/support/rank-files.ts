import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The compiled `*.ranks.ts` files in a folder that `LOPS_TEST_FILES` names, sorted. All files if
 * the variable is not set.
 */
export function rankFiles(folder: string): string[] {
  const known = process.env['LOPS_TEST_FILES']?.split('\n');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => path.endsWith('.ranks.js') && (known === undefined || known.includes(path)))
    .sort();
}
