// Bundles the compiled modules for browsers into a few files in `dist/browser`, minified. The
// entries are those of package.json that have the condition `browser`.
//
// `name.browser.ts` takes the place of `name.ts`. It does in a browser what the other does by means
// of Node, or throws a BackendError that says what to do instead. Most exports of
// the entries in NODE_ONLY are functions that throw one.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nameCheaply } from './cheap-names.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const COMPILED = join(root, 'dist/src');
const BUNDLE = join(root, 'dist/browser');

/** Entries that do what only Node can, and the modules of them that browsers can run too. */
const NODE_ONLY = { cli: ['profile', 'table'], cuda: [], io: [], testing: [] };
const REMEDY = 'run the program in Node.js';

const inBrowsers = (path) => path.replace(/\.js$/, '.browser.js');

/** The names that a compiled module exports. */
async function namesOf(build, file) {
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: BUNDLE,
  });
  return Object.values(metafile.outputs).flatMap(({ exports }) => exports);
}

/** An entry of Node as a module for browsers. */
async function nodeOnlyModule(build, name, file) {
  const exported = await namesOf(build, file);
  const lines = [`import { needsNode } from '${join(COMPILED, 'package/needs-node.js')}';`];
  const there = new Set();
  for (const part of NODE_ONLY[name]) {
    const path = join(dirname(file), `${part}.js`);
    const names = (await namesOf(build, path)).filter((export_) => exported.includes(export_));
    lines.push(`export { ${names.join(', ')} } from '${path}';`);
    for (const export_ of names) there.add(export_);
  }
  for (const export_ of exported.filter((other) => !there.has(other)))
    lines.push(`export function ${export_}() { needsNode('${export_} of lops-mpi/${name}', '${REMEDY}'); }`);
  return lines.join('\n');
}

/** Resolves modules to those for browsers, where there are such. */
function browserModules(build, entries) {
  return {
    name: 'browser-modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\..*\.js$/ }, ({ path, resolveDir }) => {
        const variant = inBrowsers(join(resolveDir, path));
        return existsSync(variant) ? { path: variant } : undefined;
      });
      onLoad({ filter: /\.js$/ }, async ({ path }) => {
        const name = entries.get(path);
        return name in NODE_ONLY
          ? { contents: await nodeOnlyModule(build, name, path), resolveDir: root }
          : undefined;
      });
    },
  };
}

/** Returns esbuild's description of the bundle. */
export async function bundleForBrowsers() {
  const { build, transform } = await import('esbuild');
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  /** The compiled file of each entry, and the entry's name. */
  const entries = new Map(
    Object.entries(exports).flatMap(([name, { browser }]) =>
      browser ? [[join(COMPILED, relative(BUNDLE, join(root, browser))), name.slice(2)]] : [],
    ),
  );
  rmSync(BUNDLE, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: [...entries.keys()],
    outbase: COMPILED,
    outdir: BUNDLE,
    bundle: true,
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // Operators and errors use their class names in texts
    keepNames: true,
    metafile: true,
    logLevel: 'warning',
    plugins: [browserModules(build, entries)],
  });
  nameCheaply(BUNDLE);
  for (const path of readdirSync(BUNDLE, { recursive: true }).filter((name) => name.endsWith('.js'))) {
    const file = join(BUNDLE, path);
    const { code } = await transform(readFileSync(file, 'utf8'), { format: 'esm', minify: true });
    writeFileSync(file, code);
  }
  return metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleForBrowsers();
