// Removes everything that set-up and tests build. The npm packages stay: `npm run clean`, then
// `npm run setup`.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const addons = readdirSync(join(root, 'native')).map((name) => `native/${name}/build`);
for (const folder of ['dist', 'build', ...addons])
  rmSync(join(root, folder), { recursive: true, force: true });
