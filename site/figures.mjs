// Makes what the pages show: runs each example on two ranks and keeps its output and its figures,
// and runs the blocks of code that draw, on as many ranks as the comment below them says.
//
//   <!-- drawing: NAME on N ranks -->    after a block that writes NAME.svg into the current folder
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { built, root } from './pages.mjs';

const lops = join(root, 'dist/bundle/cli/lops.js');

function run(ranks, script, args, cwd) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [lops, 'run', '-n', String(ranks), script, ...args],
    { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  if (status !== 0) throw new Error(`${script} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** Empties a folder below site/build. */
function emptied(name) {
  const folder = join(built, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

const isProgram = (file) =>
  file.endsWith('.ts') && readFileSync(join(root, 'examples', file), 'utf8').includes('parseFlags');

export function runExamples() {
  const folder = emptied('examples');
  emptied('public/examples');
  for (const file of readdirSync(join(root, 'examples'))) {
    const name = file.replace(/\.ts$/, '');
    if (!isProgram(file) || name === 'support') continue;
    const out = join(folder, name);
    const output = run(2, join(root, 'dist/examples', `${name}.js`), ['--out', out], built);
    writeFileSync(join(folder, `${name}.txt`), output.replaceAll(`${built}/examples`, 'out'));
    const figures = readdirSync(out).filter((figure) => /\.(png|svg)$/.test(figure));
    mkdirSync(join(built, 'public/examples', name), { recursive: true });
    for (const figure of figures)
      copyFileSync(join(out, figure), join(built, 'public/examples', name, figure));
    console.log(`site: example ${name}, ${figures.length} figures`);
  }
}

export function runDrawings() {
  const folder = emptied('public/drawings');
  // within the package, so that 'lops-mpi' is this one
  const scripts = join(root, 'dist/drawings');
  mkdirSync(scripts, { recursive: true });
  for (const page of readdirSync(join(root, 'docs'), { recursive: true })) {
    if (!page.endsWith('.md')) continue;
    const text = readFileSync(join(root, 'docs', page), 'utf8');
    for (const [comment, name, ranks] of text.matchAll(/^<!-- drawing: ([\w-]+) on (\d+) ranks? -->$/gm)) {
      const before = text.slice(0, text.indexOf(comment));
      const source = before.slice(before.lastIndexOf('```ts\n') + 6).split('\n```')[0];
      const script = join(scripts, `${name}.mjs`);
      writeFileSync(script, transformSync(source, { loader: 'ts', target: 'es2023' }).code);
      run(ranks, script, [], folder);
      console.log(`site: drawing ${name}`);
    }
  }
  rmSync(scripts, { recursive: true, force: true });
}
