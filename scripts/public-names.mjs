// The names that each entry of package.json exports. `npm run names` writes them to
// test/public-names.json; with --check it compares. Each name needs a doc comment and has one
// meaning.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const list = join(root, 'test/public-names.json');

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const sources = Object.entries(exports).flatMap(([entry, { types }]) =>
  types ? [[entry, join(root, types.replace('./dist/', '').replace(/\.d\.ts$/, '.ts'))]] : [],
);
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
const program = ts.createProgram(
  sources.map(([, file]) => file),
  options,
);
const checker = program.getTypeChecker();

const names = {};
const faults = new Set();
const meanings = new Map();
for (const [entry, file] of sources) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  const symbols = checker.getExportsOfModule(module);
  names[entry] = symbols.map(({ name }) => name).sort();
  for (const symbol of symbols) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if (target.getDocumentationComment(checker).length === 0) faults.add(`${symbol.name} has no doc comment`);
    if ((meanings.get(symbol.name) ?? target) !== target)
      faults.add(`${symbol.name} stands for two things, one of them exported by ${entry}`);
    meanings.set(symbol.name, target);
  }
}

const text = `${JSON.stringify(names, undefined, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(list, text);
  console.log(
    Object.entries(names)
      .map(([entry, { length }]) => `${entry} ${length}`)
      .join('\n'),
  );
} else {
  const known = JSON.parse(readFileSync(list, 'utf8'));
  for (const entry of new Set([...Object.keys(names), ...Object.keys(known)])) {
    const [now, before] = [names[entry] ?? [], known[entry] ?? []];
    for (const name of now) if (!before.includes(name)) console.log(`${entry} exports ${name}, which is new`);
    for (const name of before) if (!now.includes(name)) console.log(`${entry} no longer exports ${name}`);
  }
  for (const fault of faults) console.log(fault);
  if (faults.size > 0) process.exitCode = 1;
  if (JSON.stringify(names) !== JSON.stringify(known)) {
    console.log("'npm run names' writes test/public-names.json");
    process.exitCode = 1;
  }
}
