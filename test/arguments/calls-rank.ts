/**
 * Calls public functions with drawn arguments on this rank:
 * `calls-rank.js SIGNATURES FOLDER SEED FIRST COUNT`. It writes a line of JSON for each fault.
 * Before each call it writes the call to FOLDER/at-RANK, so that a call that does not return can be
 * identified.
 */
import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { callOnce, type Outcome } from './calls.js';
import { exportedModules, type Signatures } from './signatures.js';
import type { Setting } from './values.js';

const [signaturesPath = '', folder = '', seedText = '1', firstText = '0', countText = '100', alone = ''] =
  process.argv.slice(2);
const root = join(import.meta.dirname, '../../..');
const signatures = JSON.parse(readFileSync(signaturesPath, 'utf8')) as Signatures;
const modules = new Map<string, Record<string, unknown>>();
for (const [key, path] of exportedModules(root))
  modules.set(
    key,
    (await import(join(root, 'dist', path.replace(/\.ts$/, '.js')))) as Record<string, unknown>,
  );
const library = Object.assign({}, ...modules.values()) as Setting['library'];
const { COMM_WORLD: comm } = library;
library.defaultBackend();
const home = join(folder, `rank-${comm.rank}`);
mkdirSync(home, { recursive: true });
process.chdir(home);
const shared = join(folder, 'shared');
mkdirSync(shared, { recursive: true });
const setting: Setting = {
  library,
  comm,
  signatures,
  exported: (module, name) => modules.get(module)?.[name],
  path: (name) => join(shared, name),
};
const at = openSync(join(folder, `at-${comm.rank}`), 'w');
const place = Buffer.alloc(12);
const [seed, first, count] = [Number(seedText), Number(firstText), Number(countText)];
const verdicts = comm.size > 1 ? comm.dup() : undefined;
/** FNV-1a of 32 bits. */
const hash = (text: string): number => {
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h;
};
const said = (outcome: Outcome) => `${JSON.stringify(outcome)}\n`;

for (let i = first; i < first + count; i++) {
  writeSync(at, place.fill(0), 0, place.length, 0);
  writeSync(at, String(i), 0);
  const target = signatures.targets[i % signatures.targets.length] as Signatures['targets'][number];
  // The name and not the index: a new export leaves the draws of the others as they are
  const { module, owner, member, form } = target;
  const number = hash(`${module} ${owner} ${member} ${form} ${Math.floor(i / signatures.targets.length)}`);
  const drawn = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b)) >>> 0;
  // with `alone`, only one rank has a wrong argument; the ranks take turns
  const wrongHere = alone === '' || i % comm.size === comm.rank;
  const outcome = await callOnce(setting, target, drawn, wrongHere);
  if (outcome.fault) process.stdout.write(said({ ...outcome, index: i } as Outcome));
  if (alone !== '' && outcome.error)
    throw new library.ArgumentError(`${outcome.call}: ${outcome.error.message}`);
  if (!verdicts || alone !== '') continue;
  const kinds = verdicts.allgatherObject(outcome.error?.name ?? 'no error');
  if (comm.rank === 0 && new Set(kinds).size > 1)
    process.stdout.write(
      said({ ...outcome, fault: `ranks differ: ${kinds.join(', ')}`, index: i } as Outcome),
    );
}
process.stdout.write('"end"\n', () => process.exit(0));
