// Bundles the compiled modules into a few files in `dist/bundle`, which users load. Node needs
// about a millisecond for each file, and three hundred modules would delay the start of every
// script; npm run bench -- import measures it. The entries are those in package.json. The files for
// browsers come from bundle-browser.mjs.
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleForBrowsers } from './bundle-browser.mjs';
import { nameCheaply } from './cheap-names.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLE = join(root, 'dist/bundle');
/** Modules that run in threads of their own. Each is one file, without the library. */
const THREADS = ['cli/watch/server-thread.js'];

/**
 * Lets all starts but the command's import the modules of the main entry. esbuild makes a file of
 * the modules that the same starts import; without this it makes forty of them, of which a script
 * loads most.
 */
function inOneFile(mainModules, starts) {
  return {
    name: 'in-one-file',
    setup(build) {
      build.onResolve({ filter: /^main-modules$/ }, ({ path }) => ({ path, namespace: 'bundle' }));
      build.onLoad({ filter: /^main-modules$/, namespace: 'bundle' }, () => ({
        contents: mainModules.map((file) => `import ${JSON.stringify(file)};`).join('\n'),
        resolveDir: root,
      }));
      build.onLoad({ filter: /\.js$/ }, ({ path }) =>
        starts.has(path)
          ? { contents: `${readFileSync(path, 'utf8')}\nimport 'main-modules';`, resolveDir: dirname(path) }
          : undefined,
      );
    },
  };
}

/** The modules of a build that a module imports when it is loaded, and itself. */
function importedBy(inputs, module, found = new Set()) {
  if (found.has(module)) return found;
  found.add(module);
  for (const { kind, path, external } of inputs[module].imports)
    if (kind === 'import-statement' && !external) importedBy(inputs, path, found);
  return found;
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
  const compiled = join(root, 'dist/src');
  const options = {
    outbase: compiled,
    outdir: BUNDLE,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  };
  const entryPoints = entries.map((entry) => join(compiled, entry));
  const { metafile } = await build({ ...options, entryPoints, write: false, metafile: true });
  const [main, command] = ['index.js', 'cli/lops.js'].map((entry) => join(compiled, entry));
  // index.js and the module with side effects join MPI, which other starts do not
  const mainModules = [...importedBy(metafile.inputs, relative(process.cwd(), main))]
    .map((file) => resolve(file))
    .filter((file) => file !== main && !file.endsWith('import-side-effects.js'));
  const loadedLater = Object.values(metafile.inputs)
    .flatMap(({ imports }) => imports)
    .filter(({ kind, external }) => kind === 'dynamic-import' && !external)
    .map(({ path }) => resolve(path));
  const starts = new Set([...entryPoints, ...loadedLater].filter((file) => file !== command));
  await build({
    ...options,
    entryPoints,
    chunkNames: 'parts/[name]-[hash]',
    splitting: true,
    // Operators and errors use their class names in texts
    keepNames: true,
    sourcemap: 'linked',
    plugins: [inOneFile(mainModules, starts)],
    // these imports are for the division into files only
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  nameCheaply(BUNDLE);
  await bundleForBrowsers();
  await build({ ...options, entryPoints: THREADS.map((file) => join(compiled, file)) });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
