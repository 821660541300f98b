import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { nodeRankIn } from '../../src/mpi/launch-environment.js';
import { cudaEnvironment, onRealCuda } from '../support/emulated-cuda.js';
import { skip } from '../support/skip.js';
import { program } from './cuda-program.js';

describe('errors of the CUDA backend', () => {
  const emulated = (settings: Record<string, string> = {}): Record<string, string> => ({
    ...cudaEnvironment(),
    ...settings,
  });
  before(function () {
    if (onRealCuda()) skip(this as unknown as Mocha.Context, 'failures are injected into the emulator');
  });

  it(
    'a driver without a device: an error with the reason and a remedy; everything else works, and auto ' +
      'is the CPU',
    () => {
      const said = program(
        `const cuda = attempt(() => lops.NDArray.zeros(3, { backend: 'cuda' }));
       say({ ...cuda, value: lops.NDArray.ones(3, { backend: 'auto' }).backend.name });`,
        emulated({ CUEMU_DEVICES: '0' }),
      );
      expect(said.name).to.equal('BackendError');
      expect(said.message).to.match(
        /backend 'cuda' is not available: .*CUDA_ERROR_NO_DEVICE.*: .*'cpu'|backend 'cuda' is not available: .*device/,
      );
      expect(said.value).to.equal('cpu');
    },
  );

  it('a device that does not exist: an error with the numbers that exist', () => {
    const said = program(
      `say(attempt(() => lops.NDArray.zeros(3, { backend: 'cuda' })));`,
      emulated({ LOPS_CUDA_DEVICE: '7' }),
    );
    expect(said).to.deep.equal({
      name: 'BackendError',
      message: "expected LOPS_CUDA_DEVICE to be the number of a device, 0 to 0, received '7'",
    });
  });

  it('out of memory: an error with byte counts, and existing arrays stay valid', () => {
    const said = program(
      `const cuda = lops.NDArray.ones(1000, { backend: 'cuda' }).backend;
       const x = lops.NDArray.ones(1000, { backend: cuda });
       const { message, name } = attempt(() => lops.tidy(() => {
         const kept = [];
         for (;;) kept.push(lops.NDArray.zeros(100000, { backend: cuda }));
       }));
       const live = cuda.poolStats().liveBytes < 2e6;
       const again = lops.NDArray.ones(100000, { backend: cuda });
       say({ name, message, value: [live, again.sum(), x.sum()] });`,
      emulated({ LOPS_CUDA_MEMORY: String(8e6) }),
    );
    expect(said.name).to.equal('BackendError');
    expect(said.message).to.match(
      /out of device memory: 800256 bytes asked for, \d+ in use here, .* limit is 8000000/,
    );
    expect(said.value).to.deep.equal([true, 100000, 1000]);
  });

  it('arrays of two backends in one operation: an error that names both', () => {
    const said = program(
      `const [x, y] = ['cpu', 'cuda'].map((backend) => lops.NDArray.ones(4, { backend }));
       const [u, v] = ['cpu', 'cuda'].map((backend) => lops.DistributedArray.ones([4], { backend }));
       const [p, q] = [u, v].map((array) => new lops.StackedDistributedArray([array, array]));
       const sums = [() => x.add(y), () => u.add(v), () => p.add(q), () => y.add(x)];
      const works = [...sums, () => x.dot(y), () => p.dot(q)];
      say(works.map((work) => attempt(work).message));`,
      emulated(),
    );
    for (const message of said as readonly string[]) expect(message).to.match(/(cpu.*cuda|cuda.*cpu)/);
  });

  it('the ranks of a node share its devices in turn', () => {
    const device = (rank: string) =>
      program(
        `say({ value: lops.NDArray.ones(1, { backend: 'cuda' }).backend.device.ordinal });`,
        emulated({ CUEMU_DEVICES: '2', OMPI_COMM_WORLD_LOCAL_RANK: rank }),
      ).value;
    expect(['0', '1', '2', '3'].map(device)).to.deep.equal([0, 1, 0, 1]);
  });

  it('a device that another process has for itself: an error with the remedy', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lops-exclusive-'));
    try {
      const { value } = program(
        `const { spawnSync } = await import('node:child_process');
         const found = attempt(() => lops.NDArray.ones(3, { backend: 'cuda' }).sum());
         const env = { ...process.env, SECOND: '1' };
         if (process.env.SECOND) say(found);
         const again = () => spawnSync(process.execPath, process.execArgv, { env, encoding: 'utf8' });
         if (!process.env.SECOND) say({ value: [found, again().stdout] });`,
        emulated({ CUEMU_EXCLUSIVE: join(folder, 'device') }),
      );
      const [first, second] = value as [{ value: number }, string];
      expect(first.value).to.equal(3);
      expect(JSON.parse(second).message).to.match(
        /^device 0 \(cuemu .*CUDA_ERROR_DEVICE_UNAVAILABLE.*EXCLUSIVE_PROCESS.*one rank for each device/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ranks whose launcher does not number them within their node count those that share its memory', () => {
    const calls: string[] = [];
    const node = { rank: 2, free: () => calls.push('free') };
    const world = { rank: 7, size: 9, splitShared: () => node } as unknown as Communicator;
    expect(nodeRankIn(world, { OMPI_COMM_WORLD_LOCAL_RANK: '1' })).to.equal(1);
    expect(calls).to.deep.equal([]);
    expect(nodeRankIn(world, {})).to.equal(2);
    expect(calls).to.deep.equal(['free']);
    expect(nodeRankIn({ ...world, rank: 0, size: 1 } as Communicator, {})).to.equal(0);
    expect(calls).to.deep.equal(['free']);
  });
});
