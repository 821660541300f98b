import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { setting, unknownSettings } from '../../src/environment/environment.js';
import { VARIABLES, type VariableName } from '../../src/environment/variables.js';
import { addonPath } from '../../src/mpi/mpi-addon.js';
import { runRanks } from '../support/launch.js';
import { packageCopy } from '../support/package-copy.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NAMES = Object.keys(VARIABLES) as VariableName[];
/** The variables whose values are not any text. */
const CHECKED = NAMES.filter((name) => VARIABLES[name].expected !== 'a text');
/** Values that no variable accepts. */
const NEVER = ['many', 'sse9', '-1', 'NaN', 'Infinity', '0x10', '1e999', '1 2', 'true', ' '];
const NUMBERS: Readonly<
  Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>
> = {
  LOPS_CPU_STREAM_BYTES: { good: ['0', '1', '33554432', '1e6'], bad: ['0.5', '1e300'] },
  LOPS_THREADS: { good: ['1', '64'], bad: ['0', '1.5'] },
  LOPS_WAIT_REPORT: { good: ['0', '0.5', '30'], bad: [] },
  LOPS_TIMEOUT: { good: ['0.5', '60'], bad: ['0'] },
  LOPS_MPI_EXIT_TIMEOUT: { good: ['0', '0.5', '300'], bad: [] },
  LOPS_MPI_MAX_COUNT: { good: ['1', '2147483647'], bad: ['0', '2.5'] },
  LOPS_CUDA_DEVICE: { good: ['0', '7'], bad: ['0.5'] },
  LOPS_TTY_COLUMNS: { good: ['0', '80'], bad: ['0.5'] },
  LOPS_CUDA_MEMORY: { good: ['0.5', '1', '8e9'], bad: ['0'] },
};

describe('environment variables', () => {
  for (const name of CHECKED) {
    it(`${name} takes what it should, refuses the rest by name`, () => {
      const { expected, default: unset } = VARIABLES[name];
      const read = (text: string | undefined) => setting(name, { [name]: text });
      expect(read(undefined)).to.equal(unset);
      expect(read('')).to.equal(unset);
      const numbers = NUMBERS[name];
      const choices = [...expected.matchAll(/'(\w+)'/g)].map(([, word]) => word as string);
      for (const text of numbers?.good ?? choices)
        expect(read(text), text).to.equal(numbers ? Number(text) : text);
      for (const text of [...NEVER, ...(numbers?.bad ?? ['ON', `${choices[0]} `])])
        expect(() => read(text), text).to.throw(
          ArgumentError,
          `expected ${name} to be ${expected}, received '${text}'`,
        );
    });
  }

  it('a mistyped value ends the program at import, on one rank and on two', async function () {
    this.timeout(60_000);
    const script = join(ROOT, 'dist/src/index.js');
    for (const name of CHECKED) {
      const { code, stderr } = await runRanks(1, [script], { env: { [name]: 'many' } });
      expect(code, `${name}: ${stderr}`).to.not.equal(0);
      expect(stderr).to.match(new RegExp(`ArgumentError: expected ${name} to be .*received 'many'`));
    }
    const { code, stderr } = await runRanks(2, [script], { env: { LOPS_THREADS: '0' } });
    expect(code).to.not.equal(0);
    expect(stderr).to.include("expected LOPS_THREADS to be a positive number of threads, received '0'");
  });

  it('unknown ones that begin with LOPS_ are named with the nearest known one', () => {
    expect(unknownSettings({ LOPS_TIMOUT: '1', LOPS_MPI: 'on', PATH: '/', LOP_MPI: '1' })).to.deep.equal([
      'unknown environment variable LOPS_TIMOUT, did you mean LOPS_TIMEOUT?',
    ]);
    expect(unknownSettings({ LOPS_COLOUR_OF_PLOTS: 'red' })).to.deep.equal([
      'unknown environment variable LOPS_COLOUR_OF_PLOTS',
    ]);
  });

  it('an unknown one is a warning, once for all ranks of a node, and in the log', async function () {
    this.timeout(60_000);
    const script = join(ROOT, 'dist/src/index.js');
    const text = 'unknown environment variable LOPS_THREDS, did you mean LOPS_THREADS?';
    for (const [ranks, env, times] of [
      [1, {}, 1],
      [2, {}, 1],
      [2, { LOPS_LOG: 'warn' }, 2],
    ] as const) {
      const { code, stderr } = await runRanks(ranks, [script], { env: { LOPS_THREDS: '2', ...env } });
      expect(code, stderr).to.equal(0);
      expect(stderr.split(text).length - 1, stderr).to.equal(times);
    }
  });

  it('all that sources, scripts and tests read are in the table', () => {
    const inScripts = /(?:env\.|env\[['"]|setting\('|\$\{|[{,]\s*|^\s*)(LOPS_[A-Z_]+)(?=\s*['":=)\]}-])/gm;
    const inNativeCode = /"(LOPS_[A-Z_]+)"/g;
    const files = spawnSync(
      'git',
      ['ls-files', 'src', 'native', 'scripts', 'test', 'bench', 'examples', '.ci'],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    ).stdout.split('\n');
    const seen = files
      .filter((path) => /\.(ts|mjs|cjs|cpp|sbatch)$|run$/.test(path))
      .filter((path) => !path.endsWith('variables.test.ts'))
      .flatMap((path) => {
        const reads = path.endsWith('.cpp') ? inNativeCode : inScripts;
        return [...readFileSync(join(ROOT, path), 'utf8').matchAll(reads)].map(([, name]) => name);
      });
    expect(seen.length).to.be.greaterThan(50);
    expect(NAMES).to.include.members([...new Set(seen)]);
  });

  it('the use of TypeScript kernels in the place of missing native ones is reported once', async function () {
    this.timeout(60_000);
    const { main, remove } = packageCopy([]);
    try {
      const said = async (ranks: number, env: NodeJS.ProcessEnv) => {
        const { code, stderr } = await runRanks(ranks, [main], {
          env: { LOPS_MPI_ADDON: addonPath(), ...env },
        });
        expect(code, stderr).to.equal(0);
        return stderr.split('\n').filter((line) => line.includes('TypeScript kernels, many times slower'))
          .length;
      };
      expect(await said(1, {})).to.equal(1);
      expect(await said(2, {})).to.equal(1);
      expect(await said(1, { LOPS_CPU: 'reference' })).to.equal(0);
    } finally {
      remove();
    }
  });
});
