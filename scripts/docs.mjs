// Writes the parts of the documents that come from the sources: from doc comments docs/options.md,
// and the columns of options and examples in the tables of docs/operators.md and docs/solvers.md;
// from src/environment/variables.ts the tables of environment variables in docs/mpi.md and
// docs/cuda.md; from src/core/base/errors.ts the table of docs/errors.md; from comparison-rows.mjs
// the tables of docs/from-pylops-mpi.md, from numpy-rows.mjs those of docs/numpy.md. With --check
// it writes nothing, and exits with 1 if a file would change. It also exits with 1 if a row of
// these two is wrong.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { CELL, compare } from './comparison.mjs';
import * as comparisonRows from './comparison-rows.mjs';
import { exported, libraryFacts, oneLine, optionsFor, root, tagOf } from './library.mjs';
import * as numpyRows from './numpy-rows.mjs';

const check = process.argv.includes('--check');

/** The options of every solver, and those of every distributed operator. */
const OF_ALL_SOLVERS = ['niter', 'x0', 'maxTime', 'checkpoint', 'reproducible'];
const RUN = OF_ALL_SOLVERS.slice(2);
const GROUPS = [
  {
    title: 'Distributed operators',
    folders: ['src/operators/'],
    page: 'docs/operators.md',
    common: ['comm'],
    all: 'distributed-operators',
  },
  {
    title: 'Local operators',
    folders: ['src/local/', 'src/gpu/js-kernel/'],
    page: 'docs/operators.md',
    common: [],
  },
  {
    title: 'Solvers',
    folders: ['src/optimization/'],
    page: 'docs/solvers.md',
    common: RUN,
    all: 'options-of-all',
  },
  { title: 'Proximal functions', folders: ['src/proximal/functions/'], page: 'docs/solvers.md', common: [] },
  {
    title: 'Proximal solvers',
    folders: ['src/proximal/'],
    page: 'docs/solvers.md',
    common: RUN,
    all: 'options-of-all',
  },
];

/** The exported classes and functions that have options. */
const items = exported
  .flatMap(({ name, symbol }) => {
    const source = symbol.declarations?.[0]?.getSourceFile();
    const file = source && relative(root, source.fileName);
    const group = file && GROUPS.find(({ folders }) => folders.some((folder) => file.startsWith(folder)));
    const options = group && optionsFor(name, symbol);
    return options ? [{ name, group, options }] : [];
  })
  .sort((a, b) => a.name.localeCompare(b.name, 'en'));

const row = (cells) => `${cells.map((cell) => (cell === '' ? '| ' : `| ${cell} `)).join('')}|`;
const isCode = (text) => /^(-?[\d.]+(e-?\d+)?|-?Infinity|true|false|'[^']*'|\[[^\]]*\]|\{.*\})$/.test(text);
const escaped = (text) => text.replaceAll('|', '\\|');

/** A text with one sentence on each line. */
const sentences = (text) => text.split(/(?<=[.!?])\s+(?=[A-Z`'])/).join('\n  ');

function section({ name, group, options: all }) {
  const rows = all.filter((option) => !group.common.includes(option.name));
  if (rows.length === 0) return '';
  const below = [];
  const lines = rows.map((option) => {
    const value = isCode(option.default) ? `\`${option.default}\`` : option.default;
    const cells = [value, option.meaning].map(escaped);
    const [shown, meaning] = cells.map((cell) => (cell.length > CELL ? 'see below' : cell));
    if (meaning === 'see below') below.push(`- \`${option.name}\`: ${sentences(option.meaning)}`);
    if (shown === 'see below') below.push(`- Default of \`${option.name}\`: ${sentences(option.default)}`);
    return row([`\`${option.name}\``, shown, meaning]);
  });
  const table = `| option | default | meaning |\n|---|---|---|\n${lines.join('\n')}\n`;
  return `### ${name}\n\n${table}${below.length > 0 ? `\n${below.join('\n')}\n` : ''}\n`;
}

function optionsPage() {
  const groups = GROUPS.map((group) => {
    const sections = items
      .filter((item) => item.group === group)
      .map(section)
      .join('');
    const page = relative('docs', group.page);
    const common = group.common.map((name) => `\`${name}\``).join(', ');
    const also = common && `\nAll take the options ${common} too, see [there](${page}#${group.all}).`;
    return `## ${group.title}\n\nThey are in [${page}](${page}).${also}\n\n${sections}`;
  });
  const contents = GROUPS.map(
    ({ title }) => `[${title.toLowerCase()}](#${title.toLowerCase().replaceAll(' ', '-')})`,
  );
  return `# Options

This page is made of the doc comments by \`npm run docs:tables\`.
Without a default an option is not set, or must be given.

- ${contents.join(', ')}

${groups.join('').trimEnd()}
`;
}

/** The cell with the options of a row: names with short defaults, or names, or a link. */
function optionsCell({ name, group, options: all }) {
  const hidden = [...group.common, 'dtype', ...(group.common === RUN ? OF_ALL_SOLVERS : [])];
  const own = all.filter((option) => !hidden.includes(option.name));
  const names = own.map((option) => `\`${option.name}\``);
  const withDefaults = own.map((option, k) =>
    option.default.length <= 24 && /^([-\d'[{]|true|false|Infinity)/.test(option.default)
      ? `${names[k]} (${option.default})`
      : names[k],
  );
  const texts = [withDefaults.join(', '), names.join(', ')].map(escaped);
  return texts.find((text) => text.length <= CELL) ?? `[options](options.md#${name.toLowerCase()})`;
}

/** The generated columns: functions from the name of a row to its cell. */
const COLUMNS = {
  options: (name) => {
    const item = items.find((known) => known.name === name);
    return item ? optionsCell(item) : '';
  },
  example: (name) => {
    const { symbol } = exported.find((known) => known.name === name) ?? {};
    const example = symbol ? tagOf(symbol, 'example') : '';
    return example === '' ? '' : `\`${escaped(example)}\``;
  },
};

/** A page in which the columns of options and examples are those of the doc comments. */
function withColumns(page) {
  let heads;
  return page
    .split('\n')
    .map((line) => {
      if (!line.startsWith('|')) {
        heads = undefined;
        return line;
      }
      const cells = line.split(/(?<!\\)\|/);
      heads ??= cells.map((cell) => /^ (options|example)\b/.exec(cell)?.[1]);
      const name = /^ `(\w+)` $/.exec(cells[1])?.[1];
      if (name === undefined) return line;
      const filled = cells.map((cell, k) => {
        if (heads[k] === undefined) return cell;
        const text = COLUMNS[heads[k]](name);
        return text === '' ? ' ' : ` ${text} `;
      });
      return filled.join('|');
    })
    .join('\n');
}

/** The module of the table of environment variables. */
async function variablesModule() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/environment/variables.ts')],
    bundle: true,
    write: false,
    format: 'esm',
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

const HEAD = '| variable | read by | values | default | meaning |';

/** A page whose table of environment variables has those for which `isHere` is true. */
const withVariables = (isHere) => (page) => {
  const here = Object.entries(VARIABLES).filter(([, { readBy }]) => isHere(readBy));
  const rows = here.map(([name, { readBy, expected, default: value, otherwise, meaning }]) =>
    row([
      `\`${name}\``,
      readBy,
      expected === 'a text' ? '' : expected.replace(/'(\w+)'/g, '`$1`'),
      value === undefined ? (otherwise ?? '') : `\`${value}\``,
      meaning,
    ]),
  );
  const table = new RegExp(`(${HEAD.replaceAll('|', '\\|')}\n.*\n)(\\|.*\n)*`);
  return page
    .replace(table, (_, head) => `${head}${rows.join('\n')}\n`)
    .replace(/^Set for (processes of the \w+):.*$/gm, (_, reader) => {
      const names = Object.keys(VARIABLES).filter((name) => VARIABLES[name].readBy === reader);
      return `Set for ${reader}: ${names.map((name) => `\`${name}\``).join(', ')}.`;
    });
};

/** The page of errors, whose table has the doc comments of src/core/base/errors.ts. */
function withErrors(page) {
  const source = readFileSync(join(root, 'src/core/base/errors.ts'), 'utf8');
  const CLASS = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport class (\w+)[^}]*code = '(\w+)'/g;
  const rows = [...source.matchAll(CLASS)].map(([, comment, name, code]) => {
    const [cause, remedy] = oneLine(comment.replace(/^ *\*/gm, '')).split(' Remedy: ');
    return row([`\`${code}\``, `\`${name}\``, cause, remedy].map((text) => text.replace(/\.$/, '')));
  });
  return page.replace(/(\| code \|.*\n.*\n)(\|.*\n)*/, (_, head) => `${head}${rows.join('\n')}\n`);
}

const WRITTEN_BELOW = '<!-- npm run docs:tables writes what follows -->';

/** A page that ends with the comparison with other packages, whose rows are in `file`. */
const withComparison = (file, originals, facts, rows) => (page) => {
  const { text, faults } = compare(originals, facts, rows);
  for (const fault of faults) console.log(`scripts/${file}: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  return `${page.slice(0, page.indexOf(WRITTEN_BELOW))}${WRITTEN_BELOW}\n\n${text}\n`;
};

const golden = (file) => JSON.parse(readFileSync(join(root, 'test/golden', file), 'utf8'));

/** The names of NumPy as a list of originals: without parameters. */
const ofNumPy = (names) => ({
  numpy: {
    modules: Object.fromEntries(
      Object.entries(names).map(([family, list]) => [
        family,
        Object.fromEntries(list.map((name) => [name, null])),
      ]),
    ),
  },
});

const { VARIABLES, INTERNAL } = await variablesModule();
const pages = { 'docs/options.md': optionsPage };
for (const page of ['docs/operators.md', 'docs/solvers.md']) pages[page] = withColumns;
pages['docs/from-pylops-mpi.md'] = withComparison(
  'comparison-rows.mjs',
  golden('originals.json'),
  libraryFacts(),
  comparisonRows,
);
pages['docs/numpy.md'] = withComparison(
  'numpy-rows.mjs',
  ofNumPy(golden('numpy-names.json')),
  libraryFacts('./array'),
  numpyRows,
);
pages['docs/errors.md'] = withErrors;
const OF_DEVICES = 'backend cuda';
pages['docs/mpi.md'] = withVariables((reader) => ![...Object.values(INTERNAL), OF_DEVICES].includes(reader));
pages['docs/cuda.md'] = withVariables((reader) => reader === OF_DEVICES);
for (const [page, make] of Object.entries(pages)) {
  const path = join(root, page);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const wanted = make(text);
  if (wanted === text) continue;
  if (check) {
    const [lines, right] = [text.split('\n'), wanted.split('\n')];
    const k = right.findIndex((line, n) => line !== lines[n]);
    console.log(`${page}:${k + 1}: run npm run docs:tables\n- ${lines[k] ?? ''}\n+ ${right[k] ?? ''}`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, wanted);
    console.log(`docs: ${page}`);
  }
}
