/**
 * `npm run bench -- [CASE…] [--ranks N] [--backend B] [--against FILE] [--quick] [--json]`: times
 * cases, each in its own job, and compares them with the machine's limits and with other libraries.
 * See README.md.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from '../src/cli/run.js';
import { messageOf } from '../src/core/base/errors.js';
import { nearest } from '../src/core/base/options.js';
import type { BenchCase } from './case.js';
import { CASES } from './cases/index.js';
import { compareStarts } from './compare-starts.js';
import { buildFftwMpi, buildLimits, buildMpiStart, findNumpy } from './limit-process.js';
import { formatResults, type Result, resultOf } from './result.js';
import { peersOf, SharedLimits } from './shared-limit.js';

const USAGE =
  'usage: npm run bench -- [CASE…] [--ranks N] [--backend B] [--emulated-cuda] [--against FILE] ' +
  '[--quick] [--no-peers] [--json] [--list] [--no-setup]';
const STARTS = 5;

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
        backend: { type: 'string', default: 'cpu' },
        against: { type: 'string' },
        quick: { type: 'boolean', default: false },
        'no-peers': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        'no-setup': { type: 'boolean' },
      },
    });
    return { ...values, ranks: Number(values.ranks), names: positionals };
  } catch (error) {
    return fail(messageOf(error));
  }
}

/** Reads lines of `--json`, by their cases. */
function readResults(path: string): ReadonlyMap<string, Result> {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    const results = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Result);
    return new Map(results.map((result) => [result.case, result]));
  } catch (error) {
    return fail(`expected --against to be a file of results (--json): ${messageOf(error)}`);
  }
}

const { names, ranks, backend: engine, against, quick, 'no-peers': noPeers, json, list } = settings();
const known = CASES.map((c) => c.name);
/** True if a word is the name of the case or of its group. */
const isNamed = (name: string, words: readonly string[]): boolean =>
  words.some((word) => name === word || (!known.includes(word) && name.startsWith(`${word}_`)));
if (!(Number.isInteger(ranks) && ranks >= 1)) fail('expected --ranks to be a positive integer');
for (const name of names) {
  if (known.some((one) => isNamed(one, [name]))) continue;
  const guess = nearest(name, known);
  fail(`no case '${name}'${guess ? `, did you mean '${guess}'?` : `; there are: ${known.join(' ')}`}`);
}
if (list) {
  process.stdout.write(`${known.join('\n')}\n`);
  process.exit(0);
}
const wanted = CASES.filter(
  (c) => (names.length === 0 || isNamed(c.name, names)) && (c.backend ?? engine) === engine,
);
if (wanted.length === 0) fail(`${names.join(', ')}: not for backend '${engine}'`);
const others = against === undefined ? undefined : readResults(against);

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lops-bench-'));
const file = join(folder, 'result.json');

/** Runs a program on the ranks and returns the result that rank 0 wrote. */
async function job<T>(name: string, args: readonly string[]): Promise<T> {
  const code = await launch({ ranks, script: script(name), args });
  if (code !== 0) throw new Error(`it ended with exit code ${code}`);
  const text = readFileSync(file, 'utf8');
  rmSync(file);
  return JSON.parse(text) as T;
}

async function timeStarts(bench: BenchCase): Promise<Result> {
  const { program, failure } = await buildMpiStart();
  if (failure) process.stderr.write(`bench: no C program to compare starts with: ${failure}\n`);
  const { starts, details } = compareStarts({
    ranks,
    script: script('start.js'),
    file,
    program,
    times: STARTS,
  });
  const [{ backend, maxrss_MiB }] = starts as [(typeof starts)[0]];
  return resultOf(
    bench,
    {},
    { times: starts.map((s) => s.seconds), limitRates: [], roofRates: {} },
    { ranks, backend, maxrss_MiB, details },
  );
}

/** The name of the device with the peak rate that is the limit. */
const deviceLine = ([first]: readonly Result[]): string =>
  first?.device === undefined ? '' : `${first.device}\n`;

const limits = await buildLimits();
if (limits.failure) process.stderr.write(`bench: no limits: ${limits.failure}\n`);
const fftw = wanted.some((c) => c.name.startsWith('fftnd')) ? await buildFftwMpi() : {};
if (fftw.failure) process.stderr.write(`bench: no limit of Fourier transforms: ${fftw.failure}\n`);
const python = noPeers || quick || engine !== 'cpu' ? {} : findNumpy();
if (python.failure) process.stderr.write(`bench: no comparison with other libraries: ${python.failure}\n`);
const peers: ReadonlySet<string> = python.program ? peersOf(python.program, ranks) : new Set();
const shared = await SharedLimits.open({ fftw: fftw.program, python: python.program }, ranks, folder);
const results: Result[] = [];
let failures = 0;
try {
  for (const bench of wanted) {
    try {
      const result = bench.setup
        ? await job<Result>('rank.js', [
            bench.name,
            file,
            limits.program ?? '',
            shared.path,
            peers.has(bench.name) ? bench.name : '',
            engine,
            quick ? 'quick' : '',
          ])
        : await timeStarts(bench);
      results.push(result);
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
      else if (process.stdout.isTTY) process.stderr.write(`${bench.name} `);
    } catch (error) {
      failures++;
      process.stderr.write(`bench: ${bench.name}: ${messageOf(error)}\n`);
    }
  }
} finally {
  shared.close();
  rmSync(folder, { recursive: true, force: true });
}
if (!json)
  process.stdout.write(
    `${ranks} rank${ranks > 1 ? 's' : ''}\n${deviceLine(results)}${formatResults(results, others)}`,
  );
process.exitCode = failures > 0 ? 1 : 0;
