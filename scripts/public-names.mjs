// The names that each entry of package.json exports. `npm run names` writes them to
// test/public-names.json; with --check it compares. Each name needs a doc comment and has one
// meaning.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checker, entries, root } from './library.mjs';

const list = join(root, 'test/public-names.json');

const names = {};
const faults = new Set();
const meanings = new Map();
for (const [entry, found] of entries) {
  names[entry] = found.map(({ name }) => name).sort();
  for (const { name, symbol } of found) {
    if (symbol.getDocumentationComment(checker).length === 0) faults.add(`${name} has no doc comment`);
    // NumPy's names, which programs import as a namespace
    if (entry === './array') continue;
    if ((meanings.get(name) ?? symbol) !== symbol)
      faults.add(`${name} stands for two things, one of them exported by ${entry}`);
    meanings.set(name, symbol);
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
