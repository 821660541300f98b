// Bundles the compiled modules into a few files in `dist/bundle`, which users load. Node needs
// about a millisecond for each of the three hundred modules, which would delay the start of every
// script; npm run bench -- import measures it. The entries are those in package.json.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLE = join(root, 'dist/bundle');

/**
 * With keepNames, esbuild names each function again whenever it is made, which costs a call of the
 * library more than its own work. Classes, and functions that esbuild renamed, need it; arrow
 * functions do not.
 */
const NAMES = 'var __name = (target, value) => __defProp(target, "name", { value, configurable: true });';
const CHEAP_NAMES =
  'var __name = (target, value) => target.prototype === undefined || target.name === value ? target : ' +
  '__defProp(target, "name", { value, configurable: true });';

/** Replaces the definition of `__name` in the bundle. Lines stay, for the source maps. */
function nameCheaply() {
  const file = readdirSync(BUNDLE, { recursive: true })
    .map((name) => join(BUNDLE, name))
    .find((path) => path.endsWith('.js') && readFileSync(path, 'utf8').includes(NAMES));
  if (!file) throw new Error("bundle: esbuild's definition of __name is not the known one");
  writeFileSync(file, readFileSync(file, 'utf8').replace(NAMES, CHEAP_NAMES));
}

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
  nameCheaply();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
