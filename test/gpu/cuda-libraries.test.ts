import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildEmulator } from '../cuemu/emulator.js';
import { cuemuFolder, onRealCuda } from '../support/emulated-cuda.js';
import { skip } from '../support/skip.js';
import { program } from './cuda-program.js';

/** The files of libraries that were loaded, or undefined, in a process with this environment. */
const loaded = (env: Record<string, string>): unknown =>
  program(
    `const { cudaAddon } = await part('gpu/cuda/index.js');
     const { libraries } = cudaAddon();
     say({ value: ['nvrtc', 'cublas', 'cufft'].map((name) => libraries[name].file ?? null) });`,
    // nothing of this machine
    { CONDA_PREFIX: '', VIRTUAL_ENV: '', CUDA_HOME: '', CUDA_PATH: '', ...env },
  ).value;

describe('where the CUDA libraries are looked for', function () {
  this.timeout(300_000);
  let folder = '';
  const place = (parts: string, ...names: readonly string[]): string => {
    const into = join(folder, parts);
    mkdirSync(into, { recursive: true });
    for (const name of names) symlinkSync(join(cuemuFolder, name), join(into, name));
    return into;
  };
  before(function () {
    if (onRealCuda())
      skip(this as unknown as Mocha.Context, 'the libraries of the emulator are moved around');
    buildEmulator();
    folder = mkdtempSync(join(tmpdir(), 'lops-libraries-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('LOPS_CUDA_LIBRARIES names several folders, of which the first that has a library counts', () => {
    const first = place('first', 'libcuda.so.1', 'libnvrtc.so.12');
    const second = place('second', 'libnvrtc.so.12', 'libcublas.so.12');
    const none = join(folder, 'absent');
    expect(loaded({ LOPS_CUDA_LIBRARIES: `${none}:${first}::${second}` })).to.deep.equal([
      `${first}/libnvrtc.so.12`,
      `${second}/libcublas.so.12`,
      null,
    ]);
  });

  it('packages of pip in an environment, and the libraries of conda', () => {
    const driver = place('driver', 'libcuda.so.1');
    const conda = place('conda/lib', 'libnvrtc.so.12');
    const packages = 'venv/lib/python3.11/site-packages/nvidia';
    const blas = place(`${packages}/cublas/lib`, 'libcublas.so.12');
    const fft = place(`${packages}/cufft/lib`, 'libcufft.so.11');
    expect(
      loaded({
        LOPS_CUDA_LIBRARIES: driver,
        CONDA_PREFIX: join(folder, 'conda'),
        VIRTUAL_ENV: join(folder, 'venv'),
      }),
    ).to.deep.equal([`${conda}/libnvrtc.so.12`, `${blas}/libcublas.so.12`, `${fft}/libcufft.so.11`]);
  });
});
