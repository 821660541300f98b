/**
 * `npm run golden -- DIR [--ranks N] [--backend B] [--json]`: runs all golden cases below a folder.
 * See README.md.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf } from '../../../src/core/base/errors.js';
import { GOLDEN_BACKENDS } from '../backends.js';
import { formatOutcome, type Outcome, VERDICTS } from './outcome.js';
import { encode } from './protocol.js';
import { runUnits } from './run-units.js';
import { findUnits, type Unit } from './units.js';

const USAGE =
  'usage: npm run golden -- DIR [--ranks N] [--backend B] [--json] [--timeout SECONDS] [--no-setup]';

function fail(message: string): never {
  process.stderr.write(`${message}\n${USAGE}\n`);
  process.exit(2);
}

function settings() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ranks: { type: 'string', default: '1' },
        backend: { type: 'string', default: GOLDEN_BACKENDS[0]?.name ?? '' },
        json: { type: 'boolean', default: false },
        timeout: { type: 'string', default: '60' },
        'no-setup': { type: 'boolean' },
      },
    });
    return { ...values, ranks: Number(values.ranks), timeout: 1000 * Number(values.timeout), positionals };
  } catch (error) {
    return fail(messageOf(error));
  }
}

const { positionals, ranks, backend, json, timeout } = settings();
const [folder] = positionals;
if (folder === undefined || positionals.length > 1)
  fail(`expected one folder, received ${positionals.length}`);
if (!existsSync(folder)) fail(`there is no folder ${folder}`);
if (!(Number.isInteger(ranks) && ranks >= 1)) fail('expected --ranks to be a positive integer');
if (!(timeout > 0)) fail('expected --timeout to be a positive number of seconds');
if (!GOLDEN_BACKENDS.some((b) => b.name === backend))
  fail(`no backend '${backend}'; there are: ${GOLDEN_BACKENDS.map((b) => b.name).join(', ')}`);
const units = findUnits(folder);
if (units.length === 0) fail(`no case.json below ${folder}`);

const width = Math.max(...units.map((unit) => unit.name.length));
const results: { unit: Unit; outcome: Outcome }[] = [];
await runUnits(units, { ranks, backend, timeout }, (unit, outcome) => {
  results.push({ unit, outcome });
  if (!json) process.stdout.write(`${unit.name.padEnd(width)}  ${formatOutcome(outcome)}\n`);
});

const count = (verdict: Outcome['verdict']): number =>
  results.filter((r) => r.outcome.verdict === verdict).length;
const [ok, off, notSupported, notForRanks] = VERDICTS.map(count) as [number, number, number, number];
if (json) {
  const cases = results.map(({ unit, outcome }) => ({
    name: unit.name,
    ...outcome,
    line: formatOutcome(outcome),
  }));
  process.stdout.write(
    `${encode({ ranks, backend, cases, counts: { ok, off, notSupported, notForRanks } })}\n`,
  );
} else {
  process.stdout.write(
    `${ok} ok, ${off} off, ${notSupported} not supported, ${notForRanks} not for ${ranks} ` +
      `rank${ranks === 1 ? '' : 's'}\n`,
  );
}
process.exitCode = off + notSupported > 0 ? 1 : 0;
