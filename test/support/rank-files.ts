import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The compiled `*.ranks.ts` files below a folder that are named in `LOPS_TEST_FILES` (all of them
 * where it is not set), sorted.
 */
export function rankFiles(folder: string): string[] {
  const known = process.env['LOPS_TEST_FILES']?.split('\n');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => path.endsWith('.ranks.js') && (known === undefined || known.includes(path)))
    .sort();
}
