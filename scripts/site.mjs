// Builds the site into site/build/html: `npm run docs`. It writes the generated tables of docs/,
// installs the packages of the site where they are missing, runs the examples and the blocks that
// draw, and calls TypeDoc and VitePress. After the installation it needs no network.
//
//   --fast      keeps figures and API of the last build
//   --preview   shows the site at http://localhost:4173 afterwards
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const site = join(root, 'site');
const run = (command, ...args) => {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};
const flags = process.argv.slice(2);

run(process.execPath, join(root, 'scripts/setup.mjs'));
run(process.execPath, join(root, 'scripts/docs.mjs'));
if (!existsSync(join(site, 'node_modules/vitepress')))
  run('npm', 'ci', '--prefix', site, '--no-audit', '--no-fund');
if (!flags.includes('--fast')) {
  const { runDrawings, runExamples } = await import('../site/figures.mjs');
  runDrawings();
  runExamples();
  run(
    process.execPath,
    join(site, 'node_modules/typedoc/bin/typedoc'),
    '--options',
    join(site, 'typedoc.json'),
  );
}
// Programs of the pages import the bundle for browsers
cpSync(join(root, 'dist/browser'), join(site, 'build/public/lops-mpi'), { recursive: true });
const vitepress = join(site, 'node_modules/vitepress/bin/vitepress.js');
run(process.execPath, vitepress, 'build', site);
if (flags.includes('--preview')) run(process.execPath, vitepress, 'preview', site);
