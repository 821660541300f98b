/** Tests that the emulator detects intentional mistakes, and that it fails on request. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildEmulator, runScenario } from './emulator.js';

const ILLEGAL = 'CUDA_ERROR_ILLEGAL_ADDRESS';

/** The standard output of a scenario that must end normally. */
function outputOf(scenario: string, settings: NodeJS.ProcessEnv = {}): string {
  const { code, stdout, stderr } = runScenario('faults', scenario, settings);
  expect(code, stdout + stderr).to.equal(0);
  expect(stdout).to.match(/done\n$/);
  return stdout;
}

describe('CUDA emulator: mistakes', function () {
  this.timeout(600_000);
  before(buildEmulator);

  it('a missing synchronisation shows as old data with lazy streams', () => {
    expect(outputOf('missing-synchronisation', { CUEMU_MODE: 'lazy' })).to.include('before=1 after=2');
    expect(outputOf('missing-synchronisation', { CUEMU_MODE: 'eager' })).to.include('before=2 after=2');
  });

  it('a host dereference of device memory faults and names the allocation', () => {
    const { code, signal, stdout, stderr } = runScenario('faults', 'host-dereference');
    expect(signal ?? code, stdout).to.be.oneOf(['SIGSEGV', 139]);
    expect(stderr).to.match(
      /host code dereferenced device address 0x[0-9a-f]+, byte 8 of allocation 1 \(16 bytes at 0x[0-9a-f]+, device 0\)/,
    );
  });

  it('a use after free faults, also after other allocations', () => {
    const { stdout, stderr } = runScenario('faults', 'use-after-free');
    expect(stdout).to.include(ILLEGAL);
    expect(stderr).to.include('byte 0 of freed allocation 1');
  });

  it('a store past the end is an illegal address that stays until the context is reset', () => {
    const { stdout, stderr } = runScenario('faults', 'store-past-end');
    expect(stdout).to.include(`${ILLEGAL}\nlater ${ILLEGAL}\nafter reset CUDA_SUCCESS`);
    expect(stderr).to.include('1 bytes past the end of allocation 1 (512 bytes');
  });

  it('a store into the bytes around a block is found at its release and at a synchronisation', () => {
    expect(outputOf('store-in-red-zone')).to.include(`free ${ILLEGAL}`);
    expect(outputOf('store-before-start')).to.include(`synchronize ${ILLEGAL}`);
  });

  it('a store past dynamic shared memory is an illegal address', () => {
    expect(outputOf('shared-overrun')).to.include(ILLEGAL);
  });

  it('a missing barrier shows in reverse order', () => {
    expect(outputOf('missing-barrier', { CUEMU_ORDER: 'reverse' })).to.match(/wrong=[1-9]/);
    for (const order of ['forward', 'reverse'])
      expect(outputOf('barrier', { CUEMU_ORDER: order })).to.include('wrong=0');
  });

  it('a barrier that only some threads reach ends the kernel', () => {
    for (const [scenario, why] of [
      ['left-barrier', '5 returned before'],
      ['deadlock', 'wait at different barriers'],
    ] as const) {
      const { stdout, stderr } = runScenario('faults', scenario);
      expect(stdout).to.include('CUDA_ERROR_LAUNCH_FAILED');
      expect(stderr).to.include(why);
    }
  });
});

describe('CUDA emulator: failures on demand', function () {
  this.timeout(600_000);
  before(buildEmulator);

  /** The results of three allocations, and of three times copy, launch and synchronize. */
  function sequence(settings: NodeJS.ProcessEnv): { allocations: string[]; work: string[] } {
    const lines = outputOf('sequence', settings).split('\n');
    const of = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
    return { allocations: of(/^alloc CUDA_(\w+)/), work: of(/^(?:copy|launch|synchronize) CUDA_(\w+)/) };
  }

  it('out of memory at one allocation, from one on, and beyond a limit', () => {
    expect(sequence({ CUEMU_FAIL: 'alloc:2' }).allocations).to.deep.equal([
      'SUCCESS',
      'ERROR_OUT_OF_MEMORY',
      'SUCCESS',
    ]);
    expect(sequence({ CUEMU_FAIL: 'alloc:2+' }).allocations).to.deep.equal([
      'SUCCESS',
      'ERROR_OUT_OF_MEMORY',
      'ERROR_OUT_OF_MEMORY',
    ]);
    expect(sequence({ CUEMU_MEMORY: '9000' }).allocations).to.deep.equal([
      'SUCCESS',
      'SUCCESS',
      'ERROR_OUT_OF_MEMORY',
    ]);
  });

  it('a launch failure comes with the next call that waits, and stays', () => {
    const { work } = sequence({ CUEMU_FAIL: 'launch:2' });
    expect(work.slice(0, 5)).to.deep.equal(Array(5).fill('SUCCESS'));
    expect(work.slice(5)).to.deep.equal(Array(4).fill('ERROR_LAUNCH_FAILED'));
  });

  it('after the loss of the device every call fails', () => {
    const { work } = sequence({ CUEMU_FAIL: 'lost:3' });
    expect(work.slice(0, 3)).to.deep.equal(Array(3).fill('SUCCESS'));
    expect(work.slice(3)).to.deep.equal(Array(6).fill('ERROR_DEVICE_UNAVAILABLE'));
  });

  it('no device, several devices, an old driver', () => {
    expect(outputOf('sequence', { CUEMU_DEVICES: '0' })).to.include('init CUDA_ERROR_NO_DEVICE');
    expect(outputOf('sequence', { CUEMU_DEVICES: '3' })).to.include('devices 3');
    expect(outputOf('sequence', { CUEMU_DRIVER_VERSION: '10020' })).to.include('version 10020');
  });

  it('a setting that is not understood ends the program', () => {
    const { code, signal, stderr } = runScenario('faults', 'sequence', { CUEMU_FAIL: 'allocation:2' });
    expect(signal ?? code).to.be.oneOf(['SIGABRT', 134]);
    expect(stderr).to.include('CUEMU_FAIL=allocation:2');
  });

  it('is set at run time by a function and by a file; counters are read and written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cuemu-test-'));
    try {
      const settings = { CUEMU_CONTROL: join(folder, 'control'), CUEMU_STATS: join(folder, 'stats-%p.json') };
      const lines = outputOf('control', settings).split('\n');
      expect(lines.slice(0, 4)).to.deep.equal(
        ['SUCCESS', 'ERROR_OUT_OF_MEMORY', 'SUCCESS', 'ERROR_OUT_OF_MEMORY'].map((name) => `CUDA_${name}`),
      );
      expect(JSON.parse(lines[4] ?? '')).to.include({ liveBlocks: 2, liveBytes: 128, allocations: 0 });
      const path = join(folder, 'counts.json');
      outputOf('sequence', { CUEMU_STATS: path });
      expect(JSON.parse(readFileSync(path, 'utf8'))).to.deep.include({
        kernelLaunches: 3,
        launches: { twice: 3 },
        hostToDevice: { copies: 3, bytes: 12 },
        allocations: 3,
        releases: 1,
        liveBytes: 8192,
        peakBytes: 12288,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
