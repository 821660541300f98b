/**
 * Tests that the documentation is correct: every TypeScript block in README.md and below docs/
 * compiles and runs on one and on two ranks, the operators in its tables pass their dot tests,
 * every exported operator and solver is described, and links have targets.
 *
 * A block with 'ts' is a separate module. A block with 'ts no-run' is only compiled. A block of
 * 'text' directly after one is its output on one rank. So is a later one of 'text 1 rank', and one
 * of 'text 2 ranks' is the output of two, one after the other. A block with 'ts deadlock' runs on
 * two ranks with the flags after 'text', such as 'text --debug', which has lines of its output. An
 * expression in the column 'example' of a table makes an operator; the test imports the names that
 * it uses.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import * as extend from '../src/extend.js';
import * as main from '../src/index.js';
import * as local from '../src/local/index.js';
import * as proximal from '../src/proximal/index.js';
import {
  type CodeBlock,
  codeBlocks,
  relativeLinks,
  type TableExample,
  tableExamples,
} from './support/doc-blocks.js';
import type { BlockReport } from './support/doc-runner.js';
import { runRanks } from './support/launch.js';
import * as lops from './support/library.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = join(root, 'docs');
const pages = [
  join(root, 'README.md'),
  ...readdirSync(docs, { recursive: true, encoding: 'utf8' }).flatMap((name) =>
    name.endsWith('.md') ? [join(docs, name)] : [],
  ),
];
/** Pages with code that is not run. */
const otherPages = [
  'CHANGELOG.md',
  'CODE_OF_CONDUCT.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  '.github/pull_request_template.md',
  'bench/README.md',
  'test/cuemu/README.md',
  'test/golden/README.md',
  'test/support/README.md',
].map((name) => join(root, name));
const read = (page: string) => readFileSync(page, 'utf8');
const nameOf = (page: string) => relative(root, page);

const ENTRIES = {
  'lops-mpi': main,
  'lops-mpi/local': local,
  'lops-mpi/proximal': proximal,
  'lops-mpi/extend': extend,
};

/**
 * The source of a module that tests the examples of a table. It imports the exports of the library
 * that they use.
 */
function moduleOf(examples: readonly TableExample[]): string {
  const used = new Set(
    examples.flatMap(({ code }) => code.match(/\b[A-Za-z_]\w*\b/g) ?? []).filter((name) => name in lops),
  );
  const lines = examples.map(({ line, code }) => `check(${line}, () => ${code});`);
  const imports = Object.entries(ENTRIES).flatMap(([entry, module]) => {
    const names = [...used].filter((name) => name in module);
    for (const name of names) used.delete(name);
    return names.length > 0 ? [`import { ${names.join(', ')} } from '${entry}';`] : [];
  });
  return `${imports.join('\n')}
import type { LinearOperator } from 'lops-mpi';
function check(line: number, make: () => Pick<LinearOperator<never>, 'dotTest'>): void {
  try {
    make().dotTest();
  } catch (error) {
    throw new Error(\`line \${line}: \${error}\`);
  }
}
${lines.join('\n')}
`;
}

interface Source {
  /** The title in the test report. */
  readonly title: string;
  readonly file: string;
  readonly code: string;
  readonly runs: boolean;
  readonly prints?: string | undefined;
  readonly printsOnTwo?: string | undefined;
  readonly reports?: CodeBlock['reports'];
}

/** The time limit of a run in milliseconds. */
const LIMIT = 120_000;

describe('documentation', function () {
  this.timeout(2 * LIMIT);
  const sources: Source[] = [];
  // within the package, so that 'lops-mpi' resolves to this package
  const folder = mkdtempSync(join(root, 'dist', 'docs-'));
  const errors = new Map<string, string>();
  let emitted = false;

  for (const page of pages) {
    const stem = nameOf(page).replace(/\W/g, '-');
    for (const block of codeBlocks(page))
      sources.push({ ...block, title: `${nameOf(page)}:${block.line}`, file: `${stem}-${block.line}` });
    const examples = tableExamples(page);
    if (examples.length > 0)
      sources.push({
        title: `${nameOf(page)}: examples of the tables`,
        file: `${stem}-tables`,
        code: moduleOf(examples),
        runs: true,
      });
  }

  before(() => {
    const files = sources.map(({ file, code }) => {
      const path = join(folder, `${file}.ts`);
      // a block without imports is a module, too
      writeFileSync(path, `${code}\nexport {};\n`);
      return path;
    });
    const program = ts.createProgram(files, {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      skipLibCheck: true,
      types: ['node', 'mocha'],
      typeRoots: [join(root, 'node_modules', '@types')],
      rootDir: folder,
      outDir: folder,
    });
    for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
      const { file, start = 0 } = diagnostic;
      const name = file ? relative(folder, file.fileName).replace(/\.ts$/, '') : 'the compiler';
      const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      errors.set(
        name,
        `${errors.get(name) ?? ''}\n  line ${line} of the block: ` +
          `${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`,
      );
    }
    program.emit();
    emitted = true;
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('has code that compiles', () => {
    expect(sources.length).to.be.greaterThan(10);
    for (const { file, title } of sources) expect(errors.get(file), title).to.equal(undefined);
    expect([...errors]).to.deep.equal([]);
  });

  for (const ranks of [1, 2]) {
    it(`runs on ${ranks} rank${ranks > 1 ? 's' : ''}`, async () => {
      expect(emitted).to.equal(true);
      const running = sources.filter((s) => s.runs);
      const runner = fileURLToPath(new URL('support/doc-runner.js', import.meta.url));
      const { code, stdout, stderr } = await runRanks(
        ranks,
        [runner, folder, ...running.map((s) => `${s.file}.js`)],
        {
          timeout: LIMIT,
        },
      );
      const reports = stdout
        .split('\n')
        .filter((line) => line.startsWith('{"name"'))
        .map((line) => JSON.parse(line) as BlockReport);
      const of = (file: string, rank: number) =>
        reports.find((r) => r.name === `${file}.js` && r.rank === rank);
      for (const { file, title, prints, printsOnTwo } of running) {
        for (let rank = 0; rank < ranks; rank++) {
          const report = of(file, rank);
          expect(report, `${title}, rank ${rank}: did not run; exit code ${code}\n${stderr}`).to.not.equal(
            undefined,
          );
          expect(report?.error, `${title}, rank ${rank}`).to.equal(undefined);
        }
        const expected = ranks === 1 ? prints : printsOnTwo;
        const printed = Array.from({ length: ranks }, (_, rank) => of(file, rank)?.printed ?? '').join('');
        if (expected !== undefined) expect(printed.trimEnd(), `${title} prints`).to.equal(expected.trimEnd());
      }
      expect(code, stderr).to.equal(0);
    });
  }

  /** What does not depend on the machine and on the moment, in a line about ranks that wait. */
  const lasting = (line: string): string =>
    line
      .replace(/rank \d of 2 \([\w.-]+, process \d+\)/, 'a rank')
      .replace(/\d+\.\d s/, 's')
      .replace(/at \S+:\d+:\d+/, 'at place')
      .trim();

  it('shows the reports of ranks that wait as lops run prints them', async () => {
    const cases = sources.flatMap(({ file, title, reports = [] }) =>
      reports.map(({ flags, lines }) => ({ file, title, flags, lines })),
    );
    expect(cases).to.have.length.greaterThan(0);
    for (const { file, title, flags, lines } of cases) {
      const lops = join(root, 'dist/bundle/cli/lops.js');
      const args = [lops, 'run', '-n', '2', ...flags.split(' '), join(folder, `${file}.js`)];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: LIMIT });
      expect(status, `${title} ${flags}`).to.be.greaterThan(0);
      const printed = stderr.split('\n').map(lasting);
      for (const line of lines.split('\n')) expect(printed, `${title} ${flags}`).to.include(lasting(line));
    }
  });

  it('has links to files and headings that exist', () => {
    for (const page of [...pages, ...otherPages]) {
      for (const link of relativeLinks(read(page))) {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : resolve(dirname(page), path);
        expect(existsSync(target), `${nameOf(page)} links to ${link}`).to.equal(true);
        if (anchor === undefined || !target.endsWith('.md')) continue;
        const headings = read(target).match(/^#+ .*$/gm) ?? [];
        const anchors = headings.map((h) =>
          h
            .replace(/^#+ /, '')
            .toLowerCase()
            .replace(/[^\p{L}\p{N} _-]/gu, '')
            .replaceAll(' ', '-'),
        );
        expect(anchors, `${nameOf(page)} links to ${link}`).to.include(anchor);
      }
    }
  });

  it('has the options of the doc comments (npm run docs:tables)', () => {
    const script = join(root, 'scripts/docs.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(status, stdout + stderr).to.equal(0);
    expect(read(join(docs, 'options.md')).match(/^### /gm)).to.have.length.greaterThan(80);
  });

  it('names files and folders that exist', () => {
    const PATH = /`((?:src|test|native|docs|bench|scripts|examples|\.ci|\.github)\/[\w./-]*)`/g;
    const named = [...pages, ...otherPages]
      .filter((page) => !page.endsWith('CHANGELOG.md'))
      .flatMap((page) => [...read(page).matchAll(PATH)].map(([, path = '']) => ({ page, path })));
    expect(named.length).to.be.greaterThan(50);
    const missing = named.filter(
      ({ page, path }) =>
        // NAME and SUBJECT are placeholders
        !/NAME|SUBJECT/.test(path) && ![root, dirname(page)].some((folder) => existsSync(join(folder, path))),
    );
    expect(missing).to.deep.equal([]);
  });

  // base classes of operators; the page describes them by their requirements
  const BASES = ['ScatteredOperator', 'HaloOperator', 'DerivativeOperator'];
  const isOperator = (value: unknown): boolean =>
    typeof value === 'function' &&
    value.prototype instanceof lops.LinearOperator &&
    !BASES.includes(value.name);
  const isSolver = (value: unknown): boolean => typeof value === 'function' && 'steps' in value;
  for (const { page, what, has } of [
    { page: 'operators.md', what: 'operator', has: isOperator },
    { page: 'solvers.md', what: 'solver', has: isSolver },
  ]) {
    it(`names every exported ${what} in docs/${page}`, () => {
      const text = read(join(docs, page));
      const names = Object.entries(lops).flatMap(([name, value]) => (has(value) ? [name] : []));
      expect(names).to.not.have.length(0);
      const missing = names.filter((name) => !text.includes(`\`${name}\``));
      expect(missing, `add a row to docs/${page}`).to.deep.equal([]);
    });
  }

  it('lops-mpi has every operator and solver of lops-mpi/extend', () => {
    const all = Object.entries(extend).filter(([, value]) => isOperator(value) || isSolver(value));
    expect(all.length).to.be.greaterThan(30);
    expect(all.map(([name]) => name).filter((name) => !(name in main))).to.deep.equal([]);
  });

  it(
    "every solver's comment has its recurrence, when it stops, its memory, what an iteration costs, " +
      'errors and a source',
    () => {
      const REQUIRED = [
        /`.*=.*`/,
        /stops|until/,
        / Memory: /,
        /(iteration|refinement) costs/,
        /reduction|a prox/,
        / Errors: /,
        / Source: /,
      ];
      const found: string[] = [];
      for (const folder of ['src/optimization', 'src/proximal']) {
        for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
          if (!file.endsWith('.ts')) continue;
          const text = read(join(root, folder, file));
          for (const [, comment = '', name = ''] of text.matchAll(
            /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export const (\w+) = defineSolver\(/g,
          )) {
            found.push(name);
            for (const part of REQUIRED) expect(comment.replace(/\s+\*\s+/g, ' '), name).to.match(part);
          }
        }
      }
      const exported = Object.entries(lops).flatMap(([name, value]) => (isSolver(value) ? [name] : []));
      expect(found.sort()).to.deep.equal(exported.sort());
    },
  );
});
