/** Tests the rules of this repository that tools can check: format, lint, imports, sizes. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { build } from 'esbuild';
import { markdownBreaches } from './support/markdown-limits.js';
import { skip } from './support/skip.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

function tool(path: string, args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}node_modules/${path}`, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describe('the rules of the repository', function () {
  this.timeout(120_000);

  it('is formatted and free of lint (npm run lint; npm run format mends the format)', () => {
    const { status, output } = tool('@biomejs/biome/bin/biome', [
      'ci',
      '--error-on-warnings',
      '--colors=off',
      '--reporter=summary',
      '.',
    ]);
    expect(status, output).to.equal(0);
  });

  it('lays out its C++ as .clang-format says (clang-format -i mends it)', function () {
    const wanted = /clang-format (\d+) /.exec(readFileSync(`${root}.clang-format`, 'utf8'))?.[1];
    const found = /version (\d+)/.exec(
      spawnSync('clang-format', ['--version'], { encoding: 'utf8' }).stdout ?? '',
    )?.[1];
    if (found !== wanted) skip(this, `clang-format ${wanted} is not on PATH`);
    const files = spawnSync('git', ['ls-files', '*.cpp', '*.hpp', '*.cu', '*.cuh'], {
      cwd: root,
      encoding: 'utf8',
    });
    const { status, stderr } = spawnSync(
      'clang-format',
      ['--dry-run', '--Werror', ...files.stdout.trim().split('\n')],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    expect(status, stderr).to.equal(0);
  });

  it('asks for a Node.js that all dependencies take', () => {
    const read = (path: string) =>
      JSON.parse(readFileSync(`${root}${path}`, 'utf8')) as {
        dependencies: Record<string, string>;
        engines?: { node?: string };
      };
    // npm's own version of semver, which node-gyp depends on
    const { subset } = createRequire(`${root}node_modules/node-gyp/package.json`)('semver') as {
      subset(a: string, b: string): boolean;
    };
    const { dependencies, engines } = read('package.json');
    for (const name of Object.keys(dependencies)) {
      const theirs = read(`node_modules/${name}/package.json`).engines?.node ?? '*';
      expect(subset(engines?.node ?? '*', theirs), `${name} needs Node.js ${theirs}`).to.equal(true);
    }
  });

  it('names its modules with side effects, so that bundlers keep them and drop others', async () => {
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    const bundled = async (contents: string, platform: 'node' | 'browser'): Promise<string> => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: root },
        external: Object.keys(dependencies),
        bundle: true,
        write: false,
        format: 'esm',
        platform,
        logLevel: 'silent',
      });
      return outputFiles[0]?.text ?? '';
    };
    // the browser's is minified, texts aside
    const sideEffects = { node: 'setDefaultCommunicator(COMM_WORLD)', browser: "backend 'cuda'" };
    for (const platform of ['node', 'browser'] as const) {
      const bundle = (contents: string) => bundled(contents, platform);
      for (const program of [`import 'lops-mpi'`, `import { cgls } from 'lops-mpi'; cgls`])
        expect(await bundle(program)).to.include(sideEffects[platform]);
      expect(
        await bundle(`import * as core from 'lops-mpi/extend'; import * as figures from 'lops-mpi/plotting'`),
      ).to.equal('');
    }
  });

  it('exports the names of test/public-names.json (npm run names writes it)', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [`${root}scripts/public-names.mjs`, '--check'],
      { cwd: root, encoding: 'utf8' },
    );
    expect(status, stdout + stderr).to.equal(0);
  });

  it('has documents with one short sentence a line and short cells (docs/style.md)', () => {
    const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.md') && !/^(?:site[/\\])?(?:node_modules|dist|build)[/\\]/.test(path),
    );
    expect(pages.length).to.be.greaterThan(15);
    const breaches = pages.flatMap((page) =>
      markdownBreaches(readFileSync(`${root}${page}`, 'utf8')).map((text) => `${page}:${text}`),
    );
    expect(breaches).to.deep.equal([]);
  });

  it('has code of at most 110 columns, regular expressions aside, and comments of at most 100', () => {
    const wide = ['src', 'test', 'examples', 'bench', 'scripts', 'site'].flatMap((folder) =>
      readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.[cm]?[jt]s$/.test(path) && !/^(?:golden|node_modules|build)\//.test(path))
        .flatMap((path) =>
          readFileSync(`${root}${folder}/${path}`, 'utf8')
            .split('\n')
            .flatMap((line, k) => {
              const comment = /^\s*(\/\*|\*|\/\/)/.test(line);
              const width = [...line].length;
              const excused = /^\s*\/[^/*]/.test(line) || line.includes('biome-ignore');
              return width > (comment ? 100 : 110) && !excused
                ? [`${folder}/${path}:${k + 1}: ${width}`]
                : [];
            }),
        ),
    );
    expect(wide).to.deep.equal([]);
  });

  it('has at most 25 files in a folder of src', () => {
    const count = new Map<string, number>();
    for (const entry of readdirSync(`${root}src`, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) count.set(entry.parentPath, (count.get(entry.parentPath) ?? 0) + 1);
    }
    expect(count.size).to.be.greaterThan(20);
    expect([...count].filter(([, files]) => files > 25)).to.deep.equal([]);
  });

  it('reads the environment in one module', () => {
    const found = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .filter((path) =>
        /process\??\.env\b|process\[['"]env/.test(readFileSync(`${root}src/${path}`, 'utf8')),
      );
    expect(found).to.deep.equal(['environment/process-environment.ts']);
  });

  it('uses no global of Node in src/core (tsc -p src/core)', () => {
    const { status, output } = tool('typescript/bin/tsc', ['-p', 'src/core']);
    expect(status, output).to.equal(0);
  });

  it('imports downwards only (npm run layers)', () => {
    const { status, output } = tool('dependency-cruiser/bin/dependency-cruise.mjs', [
      '--config',
      '.dependency-cruiser.cjs',
      'src',
      'test',
      'examples',
      'bench',
    ]);
    expect(status, output).to.equal(0);
    expect(output).to.match(/no dependency violations found \([1-9]\d+ modules/);
  });
});
