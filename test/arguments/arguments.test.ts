/**
 * Calls everything that the `exports` of package.json contain, with correct arguments of which one
 * was made wrong. Every error must be one of the library that states what was expected and what was
 * received, and it must be the same on every rank. `LOPS_TEST_DRAWS=20 LOPS_TEST_SEED=7` makes more
 * calls with other draws.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MORE, SEED } from '../support/draws.js';
import { type Fault, runCalls, writeTargets } from './run-calls.js';
import { type Signatures, signaturesOf } from './signatures.js';
import { MAKERS } from './values.js';

const ROOT = join(import.meta.dirname, '../../..');
const PATIENCE = 15_000 * Number(process.env['LOPS_TEST_PATIENCE'] ?? 1);
/** Jobs in which only one rank has a wrong argument. An error ends the job. */
const JOBS = 2 * MORE;

const reportOf = (faults: readonly Fault[]): string =>
  faults
    .map(({ index, call, fault, error }) => `${index}: ${call}: ${fault}; ${error?.message} at ${error?.at}`)
    .join('\n');

describe(`calls with arguments of all kinds, seed ${SEED}`, function () {
  this.timeout(60 * PATIENCE * MORE);
  let folder: string;
  let signatures: Signatures;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lops-signatures-'));
    signatures = signaturesOf(ROOT, new Set(Object.keys(MAKERS)));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('finds functions, classes, methods and properties of every module', () => {
    const found = new Set(signatures.targets.map(({ module, form }) => `${module} ${form}`));
    for (const one of [
      '. function',
      '. construct',
      '. static',
      '. method',
      '. getter',
      './extend function',
      './local construct',
      './cli function',
      './plotting function',
    ])
      expect(found.has(one), one).to.equal(true);
    expect(signatures.targets.length).to.be.above(800);
  });

  it('are accepted or refused by a LopsError on one rank', async () => {
    const { path, count } = writeTargets(signatures, folder, 1);
    const faults = await runCalls(path, { seed: SEED, calls: count * MORE, ranks: 1, patience: PATIENCE });
    expect(faults.length, reportOf(faults)).to.equal(0);
  });

  it('throw errors of one class on two ranks', async () => {
    const { path, count } = writeTargets(signatures, folder, 2);
    const faults = await runCalls(path, {
      seed: SEED + 1,
      calls: count * MORE,
      ranks: 2,
      patience: PATIENCE,
    });
    expect(faults.length, reportOf(faults)).to.equal(0);
  });

  it('end on both ranks where one of two ranks alone makes the call', async () => {
    const { path, count } = writeTargets(signatures, folder, 2);
    for (let job = 0; job < JOBS; job++) {
      const first = Math.floor((job * count) / JOBS);
      const faults = await runCalls(path, {
        seed: SEED + 2,
        first,
        calls: 1 + job,
        ranks: 2,
        patience: PATIENCE,
        alone: true,
      });
      expect(faults.length, reportOf(faults)).to.equal(0);
    }
  });
});
