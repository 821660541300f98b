/**
 * `npm run gpu-report -- [SECTION…] [--out FOLDER] [--quick] [--seconds N] [--patience N]`: all
 * that is worth knowing about a device in under ten minutes, as one page and one file of JSON. See
 * ../README.md.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/core/base/errors.js';
import { packageVersion } from '../../src/package/package-version.js';
import { reportPage } from './page.js';
import { runSections } from './run-sections.js';
import type { SectionResult } from './section.js';
import { sections } from './sections.js';

const USAGE =
  'usage: npm run gpu-report -- [SECTION…] [--emulated-cuda] [--out FOLDER] [--quick] [--seconds N] ' +
  '[--patience N] [--no-setup]';
const INTERRUPTED = 130;

function fail(message: string): never {
  process.stderr.write(`gpu-report: ${message}\n${USAGE}\n`);
  process.exit(2);
}

function settings() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        out: { type: 'string', default: 'gpu-report' },
        quick: { type: 'boolean', default: false },
        seconds: { type: 'string', default: '590' },
        patience: { type: 'string', default: '1' },
        'no-setup': { type: 'boolean' },
      },
    });
    return {
      ...values,
      seconds: Number(values.seconds),
      patience: Number(values.patience),
      names: positionals,
    };
  } catch (error) {
    return fail(messageOf(error));
  }
}

const { out, quick, seconds, patience, names } = settings();
const all = sections(quick ? ['--quick'] : []);
for (const name of names)
  if (!all.some((section) => section.name === name))
    fail(`no section '${name}'; there are: ${all.map((section) => section.name).join(' ')}`);
for (const [flag, value] of Object.entries({ seconds, patience }))
  if (!(value > 0)) fail(`expected --${flag} to be a positive number`);
const wanted = all
  .filter(({ name }) => names.length === 0 || names.includes(name))
  .map((section) => ({ ...section, seconds: patience * section.seconds }));

const folder = resolve(out);
mkdirSync(folder, { recursive: true });
const began = new Date();

/** Writes a file at once, so that a reader never finds a part of it. */
function write(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.part`), text);
  renameSync(join(folder, `${name}.part`), join(folder, name));
}

let printed = 0;
function update(results: readonly SectionResult[]): void {
  const device = results[0]?.rows.find(({ what }) => what === 'device 0')?.['value'] ?? '';
  const about = `${device} ${hostname()}, ${began.toISOString()}, lops-mpi ${packageVersion()}`.trim();
  const facts = { version: packageVersion(), node: process.version, host: hostname(), began };
  write('report.json', `${JSON.stringify({ ...facts, sections: results }, undefined, 1)}\n`);
  write('report.html', reportPage(about, results));
  for (const result of results.slice(printed)) {
    if (['open', 'running'].includes(result.status)) break;
    printed++;
    const why = result.skipped ?? result.failures[0] ?? '';
    process.stdout.write(
      `${result.name}: ${result.status}, ${result.seconds.toFixed(1)} s, ${result.rows.length} rows, ` +
        `${result.failures.length} failures${why ? `: ${why.slice(0, 160)}` : ''}\n`,
    );
  }
}

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort());
const results = await runSections(wanted, { seconds: patience * seconds, abort: abort.signal, update });
process.stdout.write(`${join(folder, 'report.html')}\n${join(folder, 'report.json')}\n`);
const bad = results.some(({ status }) => status === 'failed' || status === 'out of time');
process.exitCode = abort.signal.aborted ? INTERRUPTED : bad ? 1 : 0;
