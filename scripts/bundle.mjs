// Bundles the compiled modules into a few files in `dist/bundle`, which users load. Node needs
// about a millisecond for each of the three hundred modules, which would delay the start of every
// script; npm run bench -- import measures it. The entries are those in package.json.
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLE = join(root, 'dist/bundle');

export async function bundle() {
  const { build } = await import('esbuild');
  const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const targets = [
    ...Object.values(exports).map((target) => target.default ?? target),
    ...Object.values(bin),
  ];
  const entries = targets
    .map((target) => relative(BUNDLE, join(root, target)))
    .filter((file) => !file.startsWith('..'));
  rmSync(BUNDLE, { recursive: true, force: true });
  await build({
    entryPoints: entries.map((file) => join(root, 'dist/src', file)),
    outbase: join(root, 'dist/src'),
    outdir: BUNDLE,
    chunkNames: 'parts/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    // Operators and errors use their class names in texts
    keepNames: true,
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
