// Compiles TypeScript and bundles again whenever a source changes: `npm run watch`. In another
// terminal `npm test -- --no-setup NAME` uses the compiled files.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const compiler = spawn(process.execPath, [tsc, '-p', root, '--watch', '--preserveWatchOutput'], {
  cwd: root,
  stdio: ['inherit', 'pipe', 'inherit'],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => compiler.kill());
for await (const line of createInterface({ input: compiler.stdout })) {
  console.log(line);
  if (line.includes('Found 0 errors')) await bundle();
}
