// What users load, in few files: `dist/bundle`, from the compiled modules. Node takes about a
// millisecond for each module of the three hundred, which a script would wait for at its start; npm
// run bench -- import measures it. The entries are those that package.json names.
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
    // Operators and errors tell their names
    keepNames: true,
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
