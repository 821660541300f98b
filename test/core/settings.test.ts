import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { readSetting, type Setting } from '../../src/core/base/settings.js';
import { CPU_SETTINGS } from '../../src/cpu/cpu-settings.js';
import { CUDA_SETTINGS } from '../../src/gpu/cuda/cuda-settings.js';
import { LOG_SETTINGS } from '../../src/io/pino-logger.js';
import { addonPath } from '../../src/mpi/mpi-addon.js';
import { MPI_SETTINGS } from '../../src/mpi/mpi-settings.js';
import { runRanks } from '../support/launch.js';
import { packageCopy } from '../support/package-copy.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const ALL: readonly Setting<unknown>[] = [CPU_SETTINGS, MPI_SETTINGS, CUDA_SETTINGS, LOG_SETTINGS].flatMap(
  (table) => Object.values(table),
);
/** Values that no setting accepts. */
const NEVER = ['many', 'sse9', '-1', 'NaN', 'Infinity', '0x10', '1e999', '1 2', 'true', ' '];
const NUMBERS: Readonly<
  Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>
> = {
  LOPS_CPU_STREAM_BYTES: { good: ['0', '1', '33554432', '1e6'], bad: ['0.5', '1e300'] },
  LOPS_THREADS: { good: ['1', '64'], bad: ['0', '1.5'] },
  LOPS_TIMEOUT: { good: ['0.5', '60'], bad: ['0'] },
  LOPS_MPI_EXIT_TIMEOUT: { good: ['0', '0.5', '300'], bad: [] },
  LOPS_MPI_MAX_COUNT: { good: ['1', '2147483647'], bad: ['0', '2.5'] },
  LOPS_CUDA_DEVICE: { good: ['0', '7'], bad: ['0.5'] },
  LOPS_CUDA_MEMORY: { good: ['0.5', '1', '8e9'], bad: ['0'] },
};

describe('settings in the environment', () => {
  for (const setting of ALL) {
    it(`${setting.name} takes what it should, refuses the rest by name`, () => {
      const read = (text: string | undefined) => readSetting(setting, { [setting.name]: text });
      expect(read(undefined)).to.equal(undefined);
      expect(read('')).to.equal(undefined);
      const numbers = NUMBERS[setting.name];
      const choices = [...setting.expected.matchAll(/'(\w+)'/g)].map(([, word]) => word as string);
      for (const text of numbers?.good ?? choices)
        expect(read(text), text).to.equal(numbers ? Number(text) : text);
      for (const text of [...NEVER, ...(numbers?.bad ?? ['ON', `${choices[0]} `])])
        expect(() => read(text), text).to.throw(
          ArgumentError,
          `expected ${setting.name} to be ${setting.expected}, received '${text}'`,
        );
    });
  }

  it('a mistyped value ends the program at import, on one rank and on two', async function () {
    this.timeout(60_000);
    const script = join(ROOT, 'dist/src/index.js');
    for (const { name } of ALL) {
      const { code, stderr } = await runRanks(1, [script], { env: { [name]: 'many' } });
      expect(code, `${name}: ${stderr}`).to.not.equal(0);
      expect(stderr).to.match(new RegExp(`ArgumentError: expected ${name} to be .*received 'many'`));
    }
    const { code, stderr } = await runRanks(2, [script], { env: { LOPS_THREADS: '0' } });
    expect(code).to.not.equal(0);
    expect(stderr).to.include("expected LOPS_THREADS to be a positive number of threads, received '0'");
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
