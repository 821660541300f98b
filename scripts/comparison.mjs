// Compares the public names of other packages with those of this one, and makes the tables of
// docs/from-pylops-mpi.md and docs/numpy.md. The names are facts: originals.json and
// numpy-names.json of test/golden have those of the others, library.mjs reads those of this one.
// comparison-rows.mjs and numpy-rows.mjs state what cannot be derived.
//
// A name that is the same here, or the same in camelCase, needs no row. Nor does an option with the
// same name and the same default.

/** The most characters of a cell, see docs/style.md. */
export const CELL = 120;

/** How Python's methods for operators are written. */
const WRITTEN = {
  __getitem__: 'x[i]',
  __setitem__: 'x[i] = v',
  __neg__: '-x',
  __add__: 'x + y',
  __sub__: 'x - y',
  __mul__: 'x * y',
  __rmul__: 'a * x',
  __matmul__: 'x @ y',
  __pow__: 'x ** p',
  __truediv__: 'x / y',
};

/** What the variables in the texts of rows are. */
const VARIABLES = {
  x: 'DistributedArray',
  A: 'LinearOperator',
  f: 'ProxOperator',
  comm: 'Communicator',
  solver: 'cgls',
};
/** Pieces of code that are no names of a library. */
const NOT_OURS = /^(?:performance|Map|String|for|break|lops)\b/;

const camelCase = (name) => name.replace(/(?<=\w)_+(\w)/g, (_, letter) => letter.toUpperCase());
const code = (text) => `\`${text}\``;
const codes = (names) => names.map(code).join(', ');
const isIn = (module, modules) => modules.some((name) => module === name || module.startsWith(`${name}.`));

/** A parameter `name=default` of the list. One with a default or stars is an option. */
function parameterOf(text) {
  const [, stars, name, given] = /^(\**)(\w+)(?:=(.*))?$/s.exec(text);
  return { name, isOption: given !== undefined || stars !== '', given };
}

/** A literal as a value. Undefined if there is none, the text itself if it is no literal. */
function literal(text) {
  if (text === 'None' || text === '') return undefined;
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (/^'[^']*'$/.test(text)) return text.slice(1, -1);
  if (/^[([].*[)\]]$/.test(text)) return text.slice(1, -1).split(/,\s*/).filter(Boolean).map(literal);
  if (/^-?np\.inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** The literal with which the text of a `@default` begins. */
const literalOf = (text) => literal(/^(?:'[^']*'|\[[^\]]*\]|[^,;\s]+)(?=$|[;,])/.exec(text)?.[0] ?? text);

/** True if two defaults mean the same. One number stands for a list of it. */
function isSame(a, b) {
  if (!Array.isArray(a) && !Array.isArray(b)) return a === b;
  const [list, other] = Array.isArray(a) ? [a, b] : [b, a];
  return list.every((value, k) => isSame(value, Array.isArray(other) ? other[k] : other));
}

function shown(value) {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  const isSmall = typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-3;
  return isSmall ? value.toExponential() : `${value}`;
}

/** The difference of the default of an option, or undefined. */
function differentDefault(name, original, here) {
  const [before, now] = [literal(original), literalOf(here)];
  // An expression such as MPI.COMM_WORLD is no value to compare
  if (typeof before === 'string' && !original.startsWith("'")) return undefined;
  const isText = typeof now === 'string' && !here.startsWith("'");
  if (isSame(before, now) || (before === undefined && isText)) return undefined;
  const there = before === undefined ? 'not set' : code(shown(before));
  if (now === undefined) return `${code(name)} has no default, there ${there}`;
  return `${code(name)} is ${isText ? here : code(shown(now))}, there ${there}`;
}

/** Texts joined to as few cells as the limit allows. */
function cellsOf(texts, separator) {
  const cells = [];
  for (const text of texts) {
    const longer = `${cells.at(-1)}${separator}${text}`;
    if (cells.length > 0 && longer.length <= CELL) cells[cells.length - 1] = longer;
    else cells.push(text);
  }
  return cells;
}

const HEADS = ['here', 'distributed', 'what differs'];

/** A table in Markdown, without columns that are empty. */
function tableOf(head, rows) {
  const isFilled = head.map((_, k) => rows.some((row) => row[k]));
  const line = (cells) =>
    `|${cells
      .filter((_, k) => isFilled[k])
      .map((cell) => (cell ? ` ${cell.replaceAll('|', '\\|')} ` : ' '))
      .join('|')}|`;
  const width = isFilled.filter(Boolean).length;
  return [line(head), `|${'---|'.repeat(width)}`, ...rows.map(line)].join('\n');
}

/**
 * The cells of lines: names without differences share rows, and so do those with the same text.
 * What is missing comes last.
 */
function rowsOf(lines) {
  const isPlain = ({ kind, differs }) => /same|camel|alias/.test(kind) && differs.length === 0;
  const plain = lines.filter(isPlain);
  const same = [...new Set(plain.map(({ distributed }) => distributed))].flatMap((distributed) => {
    const those = plain.filter((line) => line.kind === 'same' && line.distributed === distributed);
    const written = those.map((line) => code(line.written));
    return cellsOf(written, ', ').map((names) => [names, 'the same', distributed, '']);
  });
  const camel = [];
  for (const line of plain.filter(({ kind }) => kind !== 'same')) {
    const [names, here, distributed] = camel.at(-1) ?? [];
    const longer = [`${names}, ${code(line.written)}`, `${here}, ${line.here}`];
    const fits = names && distributed === line.distributed && longer.every((text) => text.length <= CELL);
    if (fits) camel.splice(-1, 1, [...longer, distributed, '']);
    else camel.push([code(line.written), line.here, line.distributed, '']);
  }
  const groups = new Map();
  for (const line of lines.filter((known) => !isPlain(known))) {
    const text = JSON.stringify([line.kind === 'missing', line.here, line.distributed, line.differs]);
    groups.set(text, [...(groups.get(text) ?? []), line]);
  }
  const isMissing = ([{ kind }]) => kind === 'missing';
  const all = [...groups.values()];
  const rest = [...all.filter((group) => !isMissing(group)), ...all.filter(isMissing)].flatMap((group) => {
    const [{ kind, here, distributed, differs }] = group;
    const names = group.map((line) => code(line.written));
    const text = kind === 'missing' ? ['not there', here].filter(Boolean).join(': ') : here;
    const columns = [
      cellsOf(names, ', '),
      cellsOf(text.split(/(?<=;) /), ' '),
      [distributed],
      cellsOf(differs, '; '),
    ];
    const height = Math.max(...columns.map(({ length }) => length));
    return Array.from({ length: height }, (_, k) => columns.map((column) => column[k] ?? ''));
  });
  return [...same, ...camel, ...rest];
}

/**
 * The comparison as Markdown, with what is wrong in the rows.
 *
 * @param originals the content of originals.json
 * @param facts the names of this library, by `libraryFacts`
 * @param rows the exports of comparison-rows.mjs
 * @returns `{ text, faults }`
 */
export function compare(originals, facts, { INTRO, GENERAL = [], SECTIONS }) {
  const faults = [];
  const general = new Map(GENERAL.flatMap(([names]) => names.map((name) => [name, false])));
  const tables = SECTIONS.flatMap(({ library, tables: all }) => all.map((table) => ({ library, ...table })));

  /** What a path such as `Class.member` is here. Members of members are not read. */
  function lookUp(path) {
    const [head, member] = path.split('.');
    const name = Object.hasOwn(VARIABLES, head) ? VARIABLES[head] : head;
    const found = Object.hasOwn(facts, name) ? facts[name] : undefined;
    return member === undefined ? found : found?.members[member];
  }

  /** The names with which the pieces of code in a text begin. */
  const pathsIn = (text) =>
    [...text.matchAll(/`(?:new )?([^`]+)`/g)].map(([, span]) => /^\w+(?:\.\w+)*/.exec(span)?.[0] ?? '');

  /** Reports the names in a text that are not here. */
  function checkText(where, text, known = []) {
    const gone = pathsIn(text).filter(
      (path) => path !== '' && !lookUp(path) && !known.includes(path) && !NOT_OURS.test(path),
    );
    for (const path of gone) faults.push(`${where}: ${path} is not here`);
  }

  /** What differs in the parameters of a thing that is here. */
  function differences(where, parameters, here, { options = {}, equal = [], isExact, known }) {
    const texts = [];
    const missing = [];
    const asOptions = [];
    const has = (name) =>
      here.parameters.includes(name) || here.options.some((option) => option.name === name);
    const given = parameters.map(parameterOf);
    for (const name of [...Object.keys(options), ...equal])
      if (!given.some((parameter) => parameter.name === name))
        faults.push(`${where}: the original has no ${name}`);
    for (const { name, isOption, given: original } of given) {
      const stated = options[name];
      const target = stated ?? camelCase(name);
      if (stated === undefined && !has(target)) {
        if (general.has(name)) general.set(name, true);
        else if (isOption || isExact) faults.push(`${where}: nothing is said of ${name}`);
        continue;
      }
      if (stated === null) {
        if (has(target)) faults.push(`${where}: ${target} is here`);
        missing.push(name);
        continue;
      }
      if (stated !== undefined) {
        if (!has(stated) && /^\w+$/.test(stated)) faults.push(`${where}: ${stated} is not here`);
        if (!has(stated)) checkText(where, stated, known);
        texts.push(has(stated) ? `${code(name)} is ${code(stated)}` : `${code(name)}: ${stated}`);
      }
      const option = here.options.find((found) => found.name === target);
      const text =
        option && original !== undefined && name !== 'dtype'
          ? differentDefault(target, original, option.default)
          : undefined;
      if (text && !equal.includes(name)) texts.push(text);
      if (option && isExact && !isOption) asOptions.push(code(target));
      if (!text && equal.includes(name)) faults.push(`${where}: the default of ${name} is the same`);
    }
    const places = given
      .filter(
        ({ name, isOption }) => !isOption && !here.options.some((option) => option.name === camelCase(name)),
      )
      .map(({ name }) => here.parameters.indexOf(camelCase(name)));
    if (isExact && places.some((place, k) => place >= 0 && place < places[k - 1]))
      faults.push(`${where}: its arguments have another order here`);
    return [
      ...(missing.length > 0 ? [`no ${codes(missing)}`] : []),
      ...(asOptions.length > 0 ? [`${asOptions.join(', ')} among the options`] : []),
      ...texts,
    ];
  }

  /** The originals in a table: `{ name, key, written, parameters }`. Rows have the key. */
  function namesOf({ library, modules, apart = [], of, write = {} }) {
    const hasTable = (name) => tables.some((table) => table.library === library && table.of?.includes(name));
    const found = Object.entries(originals[library].modules)
      .filter(([module]) => isIn(module, modules) && !isIn(module, apart))
      .flatMap(([, names]) => Object.entries(names))
      .flatMap(([name, parameters]) => {
        const [first, member] = name.split('.');
        if (
          of
            ? member === undefined || !of.includes(first)
            : member && (hasTable(first) || member === '__call__')
        )
          return [];
        const key = of ? member : name;
        const letters = of ? write : { x: first };
        const text = WRITTEN[member]?.replace(/\b[xya]\b/g, (letter) => letters[letter] ?? letter);
        return [{ name, key, written: text ?? write[member] ?? key, parameters }];
      });
    // Classes with the same members have one table
    return [...new Map(found.map((original) => [original.key, original])).values()];
  }

  /** Whether distributed arrays have a method, or whether a function takes them. */
  function takesDistributed(path) {
    const [, method] = /^(?:NDArray|x)\.(.*)/.exec(path) ?? [];
    return (method === undefined ? lookUp(path)?.distributed : lookUp(`x.${method}`)) ? 'yes' : 'no';
  }

  /** The lines of a table: `{ written, kind, here, distributed, differs }`. */
  function linesOf(table) {
    const { library, entries, of, as = of?.[0], rows = {}, otherwise = {}, ofArrays = false } = table;
    const statements = new Map(
      Object.entries(rows).flatMap(([keys, stated]) => keys.split(', ').map((key) => [key, stated])),
    );
    const names = namesOf(table);
    for (const key of statements.keys())
      if (!names.some((original) => original.key === key)) faults.push(`${library}: no ${key} for its row`);

    /** The path of a name that is the same here, or the same in camelCase. */
    function derived(key) {
      const [first, member] = of ? [as, key] : key.split(/\.(.*)/);
      const owner = member === undefined ? '' : `${first}.`;
      return [member ?? first, camelCase(member ?? first)]
        .map((last) => owner + last)
        .find((path) => {
          const thing = lookUp(path);
          return thing && (member !== undefined || (thing.isValue && entries.includes(thing.entry)));
        });
    }
    const isMissing = (key) =>
      names.some((original) => original.key === key) &&
      !derived(key) &&
      (statements.get(key) ?? otherwise).no !== undefined;

    return names.flatMap(({ name, key, written, parameters }) => {
      const where = `${library} ${name}`;
      const path = derived(key);
      const stated = statements.get(key) ?? (path ? {} : otherwise);
      // Members of what is missing are missing
      if (!of && key.includes('.') && isMissing(key.split('.')[0])) return [];
      const {
        no,
        note,
        known = [],
        loose = false,
        ...row
      } = typeof stated === 'string' ? { here: stated } : stated;
      if (no !== undefined) {
        checkText(where, no, known);
        if (path) faults.push(`${where}: ${path} is here`);
        return [{ written, kind: 'missing', here: no, distributed: '', differs: [] }];
      }
      if (ofArrays && row.here !== undefined && path) faults.push(`${where}: ${path} is here`);
      if (row.here === undefined && path === undefined) {
        faults.push(`${where}: nothing is said of it`);
        return [];
      }
      const first = row.here === undefined ? path : (pathsIn(row.here)[0] ?? '');
      const target = (of && lookUp(`${as}.${first}`)) || lookUp(first);
      const names = [
        ...known,
        ...Object.keys(lookUp(as ?? '')?.members ?? {}),
        ...(target?.parameters ?? []),
        ...(target?.options ?? []).map((option) => option.name),
      ];
      for (const text of [row.here, note]) if (text) checkText(where, text, names);
      // Of methods, and of what has another name, the first parameters may have other names
      const isExact =
        row.here === undefined && !key.includes('.') && !of && !target.parameters.includes('args');
      const differs =
        parameters === null || !target || loose
          ? []
          : differences(where, parameters, target, { ...row, isExact, known: names });
      const place = of && lookUp(`${as}.${first}`) ? `${as}.${first}` : first;
      const distributed = ofArrays ? (row.distributed ?? takesDistributed(place)) : '';
      const last = path?.split('.').at(-1);
      const renamed = ofArrays && /^`[\w.]+`$/.test(row.here) ? 'alias' : 'renamed';
      const kind = row.here !== undefined ? renamed : last === key.split('.').at(-1) ? 'same' : 'camel';
      const here = { same: 'the same', camel: code(of ? last : path) }[kind] ?? row.here;
      return [{ written, kind, here, distributed, differs: note ? [...differs, note] : differs }];
    });
  }

  const sections = SECTIONS.map(({ title, text, library, entries, head, tables: all }) => {
    const parts = all.map((table) => {
      const more = table.more ?? [];
      for (const texts of more) for (const said of texts.slice(1)) checkText(title, said, table.known);
      const lines = table.modules ? linesOf({ library, entries, ...table }) : [];
      return tableOf(
        [table.head ?? head, ...HEADS],
        [...rowsOf(lines), ...more.map((texts) => [...texts, '', ''])],
      );
    });
    return [`## ${title}`, ...(text ? [text] : []), ...parts].join('\n\n');
  });
  for (const [name, isUsed] of general) if (!isUsed) faults.push(`${name}: no original needs its row`);
  for (const [library, { modules }] of Object.entries(originals))
    for (const module of Object.keys(modules))
      if (!tables.some((table) => table.library === library && isIn(module, table.modules ?? [])))
        faults.push(`${library}: no table has ${module}`);
  const versions = Object.entries(originals).map(([library, { version }]) => `${library} ${version}`);
  const answers = GENERAL.map(([names, text]) => [codes(names), text]);
  const head = [
    ...(INTRO ? [INTRO(versions.join(', '))] : []),
    ...(GENERAL.length > 0 ? ['## Options that many have', tableOf(['option', 'here'], answers)] : []),
  ];
  return { text: [...head, ...sections].join('\n\n'), faults };
}
