/**
 * Tests the correct behaviour of the emulator: kernels, memory, streams, cuBLAS, cuFFT, NCCL, MPI,
 * and NVIDIA's compilers.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { skip } from '../support/skip.js';
import {
  buildEmulator,
  emulatorFolder,
  hasMpi,
  nvidiaLibrary,
  root,
  runOnTwoRanks,
  runScenario,
} from './emulator.js';
import { checkWithNvcc, hasNvcc } from './nvcc.js';

const MODES: readonly NodeJS.ProcessEnv[] = [
  { CUEMU_MODE: 'eager', CUEMU_ORDER: 'forward' },
  { CUEMU_MODE: 'lazy', CUEMU_ORDER: 'reverse' },
];

const HOST_CALL =
  '__host__ float h(float x) { return x; }\nextern "C" __global__ void f(float *x) { x[0] = h(x[0]); }\n';

describe('CUDA emulator', function () {
  this.timeout(600_000);
  before(buildEmulator);

  for (const settings of MODES) {
    const mode = Object.values(settings).join(', ');
    for (const [program, scenario, what] of [
      [
        'features',
        'kernels',
        'kernels: shared memory, shuffles, votes, atomics, templates, constants, name expressions',
      ],
      ['features', 'images', 'compilation errors, images of other architectures'],
      ['features', 'memory', 'copies, fills, what is known about addresses'],
      ['features', 'streams', 'streams, events, host functions'],
      ['libraries', 'gemm', 'matrix products against plain loops'],
      ['libraries', 'fft', 'Fourier transforms against plain sums'],
      ['nccl', 'all', 'NCCL between two processes'],
    ] as const) {
      it(`${what} (${mode})`, () => {
        const { code, stdout, stderr } = runScenario(program, scenario, settings);
        expect(code, stdout + stderr).to.equal(0);
        expect(stdout).to.match(/done\n$/);
      });
    }
  }

  it('products fuse with sums, as under NVRTC, unless CUEMU_FMA is 0', () => {
    const outcome = (settings: NodeJS.ProcessEnv): string => {
      const { stdout, stderr } = runScenario('features', 'rounding', settings);
      return stdout + stderr;
    };
    const fuses = process.arch !== 'x64' || / fma /.test(readFileSync('/proc/cpuinfo', 'utf8'));
    expect(outcome({})).to.equal(`${fuses ? 'fused' : 'rounded'}\ndone\n`);
    expect(outcome({ CUEMU_FMA: '0' })).to.equal('rounded\ndone\n');
  });

  it('NCCL has written nothing before its stream is synchronized, with lazy streams', () => {
    const { stdout } = runScenario('nccl', 'unsynchronised', { CUEMU_MODE: 'lazy' });
    expect(stdout).to.include('rank 0 before=-1 after=3');
  });

  it('NCCL ends with an error where a peer does not join', () => {
    const { stdout, stderr } = runScenario('nccl', 'absent', { CUEMU_NCCL_TIMEOUT: '1' });
    expect(stdout).to.include('CUDA_ERROR_LAUNCH_FAILED\ncommunicator 6');
    expect(stderr).to.include('rank 0 has waited 1 s for a peer');
  });

  it('has every function that the addon looks up', () => {
    const folder = `${root}native/cuda`;
    // cuSOLVER is emulated where there is a LAPACK
    const hasSolver = existsSync(join(emulatorFolder, 'libcusolver.so.11'));
    const wanted = readdirSync(folder)
      .filter((file) => file.endsWith('.hpp'))
      .flatMap((file) => [
        ...readFileSync(join(folder, file), 'utf8').matchAll(/X\([^,()]+,\s*\w+,\s*"([^"]+)"/g),
      ])
      .map(([, names = '']) => names.split('\\0'))
      .filter(([name = '']) => hasSolver || !name.startsWith('cusolver'));
    expect(wanted.length).to.be.greaterThan(30);
    const libraries = readdirSync(emulatorFolder).filter((file) =>
      /^lib(cuda|nvrtc|cublas|cufft|cusolver|nccl)\.so\.\d+$/.test(file),
    );
    const symbols = spawnSync(
      'nm',
      ['-D', '--defined-only', ...libraries.map((file) => join(emulatorFolder, file))],
      { encoding: 'utf8' },
    );
    const defined = new Set(symbols.stdout.split('\n').map((line) => line.split(' ').at(-1)));
    expect(wanted.filter((names) => !names.some((name) => defined.has(name)))).to.deep.equal([]);
  });
});

describe('CUDA emulator: MPI that acts CUDA-aware', function () {
  this.timeout(600_000);
  before(function () {
    buildEmulator();
    if (!hasMpi()) skip(this as Mocha.Context, 'no MPI on this machine');
  });

  it('moves device memory by messages, persistent requests and collectives', () => {
    const { stdout, stderr } = runOnTwoRanks('all', { CUEMU_MODE: 'lazy' });
    expect(stdout, stderr).to.include('query=1 exchange=1 persistent=1 gather=1 reduce=1');
  });

  it('sends old data where the stream was not synchronized', () => {
    const { stdout, stderr } = runOnTwoRanks('unsynchronised', { CUEMU_MODE: 'lazy' });
    expect(stdout, stderr).to.include('query=1 exchange=0');
  });

  it('sends wrong data where it claims support that it lacks', () => {
    const { stdout, stderr } = runOnTwoRanks('all', { CUEMU_MPI: 'lie' });
    expect(stdout, stderr).to.include('query=1 exchange=0 persistent=0 gather=0 reduce=0');
  });

  it('faults where it is a plain MPI', () => {
    const { code, stderr } = runOnTwoRanks('all', { CUEMU_MPI: 'off' });
    expect(code).to.not.equal(0);
    expect(stderr).to.include('host code dereferenced device address');
  });
});

describe('CUDA emulator: compilers of NVIDIA', function () {
  this.timeout(600_000);
  before(buildEmulator);

  it('NVRTC rejects code that g++ accepts, for sm_80 and sm_90', function () {
    const found = nvidiaLibrary('nvrtc');
    if ('reason' in found) return skip(this, found.reason);
    expect(runScenario('features', 'reject').stdout).to.include('result 0');
    for (const arch of ['sm_80', 'sm_90']) {
      const { stdout } = runScenario('features', 'reject', {
        CUEMU_REAL_NVRTC: found.file,
        CUEMU_REAL_ARCHS: arch,
      });
      expect(stdout).to.include(`result 6\nNVRTC (${arch}): test.cu(1): error`);
      expect(stdout).to.include('fine 0');
    }
    const missing = runScenario('features', 'reject', { CUEMU_REAL_NVRTC: '/nonexistent/libnvrtc.so' });
    expect(missing.stdout).to.include('result 7\ncuemu: CUEMU_REAL_NVRTC: /nonexistent/libnvrtc.so');
  });

  it('nvcc checks a file of kernels', function () {
    if (!hasNvcc()) return skip(this, 'no nvcc on this machine');
    const folder = mkdtempSync(join(tmpdir(), 'cuemu-test-'));
    try {
      const file = join(folder, 'kernel.cu');
      writeFileSync(file, 'extern "C" __global__ void f(float *x) { x[threadIdx.x] *= 2; }\n');
      expect(checkWithNvcc(file)).to.equal('');
      writeFileSync(file, HOST_CALL);
      expect(checkWithNvcc(file))
        .to.match(/^sm_80: .*__host__ function/s)
        .and.to.contain('sm_90: ');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
