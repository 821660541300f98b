/**
 * Tests that docs/from-pylops-mpi.md says something of every public name of PyLops-MPI, PyLops and
 * PyProximal, docs/numpy.md of every function of lops-mpi/array and of the golden cases, and that
 * they claim no name that is not here. The comparison is made by scripts/comparison.mjs, whose
 * faults make `npm run docs:tables` fail; here it is tested itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import * as xp from '../src/array/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

/** Names with their parameters, by module. */
type Modules = Record<string, Record<string, readonly string[] | null>>;
type Originals = Record<string, { readonly version: string; readonly modules: Modules }>;

interface Option {
  readonly name: string;
  readonly default: string;
}
interface Fact {
  readonly entry: string;
  readonly isValue: boolean;
  readonly distributed?: boolean;
  readonly parameters: readonly string[];
  readonly options: readonly Option[];
  readonly members: Record<string, Pick<Fact, 'parameters' | 'options'>>;
}
interface Rows {
  readonly GENERAL?: readonly (readonly [readonly string[], string])[];
  readonly SECTIONS: readonly object[];
}
type Compare = (
  originals: Originals,
  facts: Record<string, Fact>,
  rows: Rows,
) => { text: string; faults: string[] };

/** The first three columns of the tables in a text. An empty second cell is that above. */
function rowsIn(text: string): string[][] {
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  let above = ['', ''];
  return rows.map((line) => {
    const [, names = '', here = '', third = ''] = line.split('|').map((cell) => cell.trim());
    above = here === '' ? above : [here, third];
    return [names, ...above];
  });
}

/** The rows of the tables below a heading. */
function rowsBelow(page: string, heading: string): string[][] {
  const [, below = ''] = page.split(`\n## ${heading}\n`);
  const [section = ''] = below.split('\n## ');
  return rowsIn(section);
}

const spans = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);

describe('the comparison with PyLops-MPI, PyLops and PyProximal', () => {
  const page = read('docs/from-pylops-mpi.md');
  const originals = JSON.parse(read('test/golden/originals.json')) as Originals;
  const SECTIONS: Record<string, readonly string[]> = {
    'pylops-mpi': [
      'Arrays',
      'Distributed operators',
      'Distributed solvers',
      'Distributed proximal operators, utilities and figures',
    ],
    pylops: ['PyLops operators', 'PyLops solvers and utilities'],
    pyproximal: ['PyProximal'],
  };

  for (const [library, { modules }] of Object.entries(originals)) {
    it(`names every class, function and method of ${library}`, () => {
      const rows = (SECTIONS[library] ?? []).flatMap((heading) => rowsBelow(page, heading));
      const said = new Set(rows.flatMap(([names = '']) => spans(names)));
      const missing = new Set(
        rows.flatMap(([names = '', here = '']) => (here.startsWith('not there') ? spans(names) : [])),
      );
      const names = Object.values(modules).flatMap((found) => Object.keys(found));
      expect(names.length).to.be.greaterThan(80);
      const silent = names.filter((name) => {
        const [first = '', member = first] = name.split('.');
        // x + y and its like are written as they are used
        return !/^__/.test(member) && !said.has(name) && !said.has(member) && !missing.has(first);
      });
      expect(silent).to.deep.equal([]);
      expect([...missing]).to.not.have.length(0);
    });
  }

  it('says of no name that it is the same if it is not exported', () => {
    const exported = new Set(Object.values(JSON.parse(read('test/public-names.json')) as object).flat());
    const tables = Object.values(SECTIONS).flat();
    const same = tables
      .flatMap((heading) => rowsBelow(page, heading))
      .filter(([, here]) => here === 'the same')
      .flatMap(([names = '']) => spans(names))
      .filter((name) => /^(?:MPI)?[A-Z]\w*$/.test(name) && name.length > 1);
    expect(same.length).to.be.greaterThan(80);
    expect(same.filter((name) => !exported.has(name))).to.deep.equal([]);
  });
});

describe("the table of NumPy's names", () => {
  const families = JSON.parse(read('test/golden/numpy-names.json')) as Record<string, readonly string[]>;
  const [, tables = ''] = read('docs/numpy.md').split('<!-- npm run docs:tables writes what follows -->');
  const [functions = ''] = tables.split('\n## Methods and operators\n');
  const rows = rowsIn(functions);
  const isMissing = (here = ''): boolean => here.startsWith('not there');
  const said = new Map(rows.flatMap((row) => spans(row[0] ?? '').map((name) => [name, row] as const)));
  /** The names of lops-mpi/array in the second column. */
  const claimed = rows.flatMap(([names = '', here = '']) =>
    (here === 'the same' ? spans(names) : spans(here)).map((text) => /^\w+(?:\.\w+)*/.exec(text)?.[0] ?? ''),
  );
  const find = (path: string): unknown =>
    path
      .split('.')
      .reduce<unknown>((from, name) => (from as Record<string, unknown> | undefined)?.[name], xp);

  it('has every name of the list', () => {
    const { ndarray: methods = [], ...others } = families;
    const names = Object.values(others).flat();
    expect(names.length).to.be.greaterThan(500);
    expect(names.filter((name) => !said.has(name))).to.deep.equal([]);
    const ofMethods = rowsBelow(tables, 'Methods and operators').flatMap(([cell = '']) => spans(cell));
    // x + y and its like are written as they are used
    expect(ofMethods.length).to.equal(methods.length);
  });

  it('has every function that lops-mpi/array exports', () => {
    const namesIn = (module: object, prefix = ''): string[] =>
      Object.entries(module).flatMap(([name, value]: [string, object]) =>
        typeof value === 'function' ? [prefix + name] : namesIn(value, `${prefix}${name}.`),
      );
    const exported = namesIn(xp);
    expect(exported.length).to.be.greaterThan(150);
    expect(exported.filter((name) => !claimed.includes(name))).to.deep.equal([]);
  });

  it('says of no name that it is the same if lops-mpi/array does not have it', () => {
    const same = rows.filter(([, here]) => here === 'the same').flatMap(([names = '']) => spans(names));
    expect(same.length).to.be.greaterThan(100);
    expect(same.filter((name) => typeof find(name) !== 'function')).to.deep.equal([]);
  });

  it('has the functions of golden cases, distributed if a case is', () => {
    const folder = join(root, 'test/golden/arrayapi');
    const cases = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('case.json'),
    );
    expect(cases.length).to.be.greaterThan(100);
    const wrong = cases.flatMap((path) => {
      const { function: name, distributed } = JSON.parse(readFileSync(join(folder, path), 'utf8')) as {
        function: string;
        distributed?: boolean;
      };
      if (/^[gs]etitem$/.test(name)) return [];
      const [, here, takes] = said.get(name) ?? [];
      const isRight = !isMissing(here) && takes !== undefined && !(distributed && takes === 'no');
      return isRight ? [] : [`${name}: ${here}, ${takes}`];
    });
    expect([...new Set(wrong)]).to.deep.equal([]);
  });
});

describe('the comparison of names and options', () => {
  let compare: Compare;
  before(async () => {
    const path = new URL('../../scripts/comparison.mjs', import.meta.url).href;
    ({ compare } = (await import(path)) as { compare: Compare });
  });

  const solve = ['A', 'y', 'x0=None', 'niter=10', 'tol=1e-05', 'show=False', 'kind=(1, 2)'];
  const original = (names: Record<string, readonly string[] | null>): Originals => ({
    py: { version: '1.0', modules: { all: names } },
  });
  const here = (
    options: readonly (readonly [string, string])[],
    parameters = ['A', 'y', 'options'],
  ): Fact => ({
    entry: '.',
    isValue: true,
    parameters: [...parameters, ...options.map(([name]) => name)],
    options: options.map(([name, text]) => ({ name, default: text })),
    members: {},
  });
  const OPTIONS = [
    ['x0', 'zeros'],
    ['niter', '10'],
    ['tol', '1e-5, at most 1e-5 ‖y‖'],
    ['kind', '[1, 2]'],
  ] as const;
  const run = (
    names: Record<string, readonly string[] | null>,
    facts: Record<string, Fact>,
    rows: object = {},
  ) =>
    compare(original(names), facts, {
      GENERAL: [[['show'], 'nothing prints']],
      SECTIONS: [
        { title: 'All', library: 'py', entries: ['.'], head: 'Py', tables: [{ modules: ['all'], rows }] },
      ],
    });

  it('needs no row for names, options and defaults that are the same', () => {
    const { text, faults } = run(
      { solve, solve_it: solve },
      { solve: here(OPTIONS), solveIt: here(OPTIONS) },
    );
    expect(faults).to.deep.equal([]);
    expect(text).to.include('| `solve` | the same |').and.to.include('| `solve_it` | `solveIt` |');
  });

  it('writes what differs: names, options, defaults, what is missing', () => {
    const facts = {
      solve: here([['iterations', '20'], ...OPTIONS.filter(([name]) => name === 'kind')]),
    };
    const rows = {
      solve: { options: { niter: 'iterations', x0: null, tol: null } },
      gone: { no: '`solve` does it' },
    };
    const { text, faults } = run({ solve, gone: ['x'] }, facts, rows);
    expect(faults).to.deep.equal([]);
    expect(text).to.include(
      '| `solve` | the same | no `x0`, `tol`; `niter` is `iterations`; `iterations` is `20`, there `10` |',
    );
    expect(text).to.include('| `gone` | not there: `solve` does it | |');
  });

  const ofArrays = (rows: object) =>
    compare(
      original({ sum_all: null, sum: null, zeros: null, old: null, gone: null }),
      {
        sumAll: { ...here([]), distributed: true },
        sum: { ...here([]), distributed: true },
        zeros: { ...here([]), distributed: false },
      },
      {
        SECTIONS: [
          {
            title: 'All',
            library: 'py',
            entries: ['.'],
            head: 'Py',
            tables: [{ modules: ['all'], rows, otherwise: { no: '' }, ofArrays: true }],
          },
        ],
      },
    );

  it('writes which functions take distributed arrays, and what is missing without a row', () => {
    const { text, faults } = ofArrays({ old: '`sum`', zeros: { note: 'local' } });
    expect(faults).to.deep.equal([]);
    expect(text)
      .to.include('| `sum` | the same | yes | |')
      .and.to.include('| `sum_all`, `old` | `sumAll`, `sum` | yes | |')
      .and.to.include('| `zeros` | the same | no | local |')
      .and.to.include('| `gone` | not there | | |');
  });

  it('finds another name for a function that is here under its own', () => {
    expect(ofArrays({ sum: '`zeros`' }).faults).to.include('py sum: sum is here');
  });

  const facts = { solve: here(OPTIONS) };
  for (const { title, names = { solve }, known = facts, rows = {}, fault } of [
    {
      title: 'a name without a row',
      names: { solve, other: ['x'] },
      fault: 'py other: nothing is said of it',
    },
    {
      title: 'an option without a row',
      names: { solve: [...solve, 'damp=0'] },
      fault: 'py solve: nothing is said of damp',
    },
    {
      title: 'an option that is here and stated as missing',
      rows: { solve: { options: { tol: null } } },
      fault: 'py solve: tol is here',
    },
    {
      title: 'a name that is here and stated as missing',
      rows: { solve: { no: 'not' } },
      fault: 'py solve: solve is here',
    },
    {
      title: 'another name of an option that is not here',
      rows: { solve: { options: { tol: 'tolerance' } } },
      fault: 'py solve: tolerance is not here',
    },
    {
      title: 'a name in a text that is not here',
      rows: { solve: { note: 'see `MPIWonder`' } },
      fault: 'py solve: MPIWonder is not here',
    },
    {
      title: 'a row for no original',
      rows: { lost: '`solve`' },
      fault: 'py: no lost for its row',
    },
    {
      title: 'a row for an option that the original does not have',
      rows: { solve: { options: { damp: null } } },
      fault: 'py solve: the original has no damp',
    },
    {
      title: 'arguments in another order',
      known: { solve: here(OPTIONS, ['y', 'A', 'options']) },
      fault: 'py solve: its arguments have another order here',
    },
    {
      title: 'defaults that are stated as written in another way and are the same',
      rows: { solve: { equal: ['tol'] } },
      fault: 'py solve: the default of tol is the same',
    },
  ])
    it(`finds ${title}`, () => {
      expect(run(names, known, rows).faults).to.include(fault);
      expect(run({ solve }, facts).faults).to.deep.equal([]);
    });
});
