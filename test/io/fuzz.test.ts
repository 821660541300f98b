/**
 * Tests readers on damaged files. A reader must return an array or throw. It must not crash, hang,
 * or allocate memory out of proportion to the file.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { bytesOf, type DType } from '../../src/core/base/dtype.js';
import { LopsError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { setDefaultBackend, setDefaultCommunicator } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/index.js';
import {
  readNpy,
  readNpyDistributed,
  readNpz,
  readSegy,
  readSegyTraces,
  readZarr,
  writeNpy,
  writeNpz,
  writeSegy,
  writeZarr,
} from '../../src/io/index.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { numbered } from '../core/arrays.js';
import { BLOSC_BUFFERS } from './blosc-buffers.js';
import { generator, mutated } from './damage.js';
import {
  bytesOfNumbers,
  chunkNumbers,
  jsonFile,
  secondVersion,
  shardOf,
  thirdVersion,
  writeFiles,
} from './zarr-files.js';

/** Records the size of the largest storage that was allocated. */
class MeteredBackend extends CpuBackend {
  largest = 0;
  constructor() {
    super({ name: 'metered' });
  }
  override alloc(dtype: DType, length: number): ReturnType<CpuBackend['alloc']> {
    this.largest = Math.max(this.largest, length * bytesOf(dtype));
    return super.alloc(dtype, length);
  }
}

const LIMIT = 1500;
const RUNS = 1500;
/**
 * The limit for Zarr arrays, which may have chunks that are not stored. Other limits depend on the
 * file size.
 */
const MOST = 1 << 27;

describe('damaged files', function () {
  this.timeout(30_000);
  const backend = new MeteredBackend();
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  });
  beforeEach(() => {
    setDefaultBackend(backend);
    setDefaultCommunicator(new SelfCommunicator());
    backend.largest = 0;
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Reads `file` repeatedly, each time with other damage. */
  function fuzz(file: string, within: number, read: () => unknown, most: number): void {
    const good = readFileSync(file);
    read();
    const random = generator(20_251);
    const end = Date.now() + LIMIT;
    let [refused, runs] = [0, 0];
    const memory = process.memoryUsage().arrayBuffers;
    for (; runs < RUNS && (Date.now() < end || runs < 50); runs++) {
      const bytes = mutated(good, random, within);
      writeFileSync(file, bytes);
      try {
        read();
      } catch (error) {
        refused++;
        if (!(error instanceof LopsError))
          throw new Error(`run ${runs}: ${String(error)}\n${bytes.subarray(0, 400).toString('latin1')}`, {
            cause: error,
          });
      }
    }
    expect(refused, 'refused').to.be.above(runs / 5);
    expect(backend.largest, 'largest array').to.be.at.most(most);
    expect(process.memoryUsage().arrayBuffers - memory, 'memory').to.be.at.most(2 ** 30);
  }

  it('.npy', () => {
    const path = join(folder, 'x.npy');
    writeNpy(path, numbered([5, 6, 7], 'float32'));
    fuzz(path, 128, () => readNpy(path).dispose(), 1 << 20);
    writeNpy(path, numbered([5, 6, 7], 'float64'));
    fuzz(path, 128, () => readNpyDistributed(path).dispose(), 1 << 20);
  });
  for (const compress of [false, true]) {
    it(`.npz, ${compress ? 'deflated' : 'stored'}`, () => {
      const path = join(folder, 'x.npz');
      writeNpz(path, { a: numbered([30], 'float64'), b: numbered([4, 5], 'int32') }, { compress });
      const all = () => {
        for (const entry of readNpz(path).values()) entry.read().dispose();
      };
      fuzz(path, Number.POSITIVE_INFINITY, all, 1 << 20);
    });
  }
  it('zarr.json', () => {
    const path = join(folder, 'x.zarr');
    writeZarr(path, DistributedArray.toDist(numbered([6, 7], 'float32')), { chunks: [2, 3] });
    fuzz(join(path, 'zarr.json'), Number.POSITIVE_INFINITY, () => readZarr(path).dispose(), MOST);
  });
  it('.zarray and .zattrs', () => {
    const path = join(folder, 'second.zarr');
    const files = secondVersion({ shape: [6, 7], chunks: [2, 3], dtype: '<f4' });
    writeFiles(path, { ...files, '.zattrs': jsonFile({ a: [1, { b: 2 }], units: 'm' }) });
    const read = () => readZarr(path).dispose();
    fuzz(join(path, '.zarray'), Number.POSITIVE_INFINITY, read, MOST);
    writeFiles(path, files);
    fuzz(join(path, '.zattrs'), Number.POSITIVE_INFINITY, read, MOST);
  });
  for (const [name, buffer] of Object.entries(BLOSC_BUFFERS))
    it(`chunks of Zarr arrays, blosc, ${name}`, () => {
      const path = join(folder, `${name}.zarr`);
      const array = secondVersion({
        shape: [304],
        chunks: [304],
        dtype: '<f4',
        compressor: { id: 'blosc' },
        encode: () => Buffer.from(buffer, 'base64'),
      });
      writeFiles(path, array);
      fuzz(join(path, '0'), 100, () => readZarr(path).dispose(), MOST);
    });
  it('shards of Zarr arrays', () => {
    const path = join(folder, 'shards.zarr');
    const bytes = { name: 'bytes', configuration: { endian: 'little' } };
    const shards = thirdVersion({
      shape: [600],
      grid: [600],
      codecs: [
        {
          name: 'sharding_indexed',
          configuration: {
            chunk_shape: [100],
            codecs: [bytes],
            index_codecs: [bytes],
            index_location: 'start',
          },
        },
      ],
      encode: () =>
        shardOf(
          [0, 1, 2, 3, 4, 5].map((k) => bytesOfNumbers(chunkNumbers([600], [100 * k], [100]), '<f4')),
          { atStart: true, checked: false },
        ),
    });
    writeFiles(path, shards);
    fuzz(join(path, 'c/0'), 96, () => readZarr(path).dispose(), MOST);
  });
  for (const level of [0, 9] as const)
    it(`ZIP stores of Zarr arrays, level ${level}`, () => {
      const path = join(folder, `store${level}.zip`);
      writeFileSync(path, zipSync(secondVersion({ shape: [40], chunks: [10], dtype: '<f4' }), { level }));
      fuzz(path, Number.POSITIVE_INFINITY, () => readZarr(path).dispose(), MOST);
    });
  for (const codec of ['gzip', 'zstd'] as const) {
    it(`chunks of Zarr arrays, ${codec}`, () => {
      const path = join(folder, `${codec}.zarr`);
      writeZarr(path, DistributedArray.toDist(numbered([600], 'float32')), { chunks: [600] });
      if (codec === 'zstd') {
        const file = join(path, 'zarr.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"gzip"', '"zstd"'));
        // a frame of one segment: 2400 bytes, as one repeated byte and a raw block
        const raw = Buffer.alloc(1200, 7);
        const block = (last: number, type: number, size: number) =>
          Buffer.from([(last | (type << 1) | (size << 3)) & 255, (size >> 5) & 255, size >> 13]);
        const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x60, (2400 - 256) & 255, (2400 - 256) >> 8]);
        mkdirSync(join(path, 'c'), { recursive: true });
        writeFileSync(
          join(path, 'c/0'),
          Buffer.concat([head, block(0, 1, 1200), Buffer.from([5]), block(1, 0, 1200), raw]),
        );
      }
      fuzz(join(path, 'c/0'), 40, () => readZarr(path).dispose(), MOST);
    });
  }
  it('SEG-Y', () => {
    const path = join(folder, 'x.sgy');
    writeSegy(path, DistributedArray.toDist(numbered([3, 4, 10], 'float32')), { sampleInterval: 0.004 });
    const good = readFileSync(path);
    // faults in the binary header and the first traces
    const random = generator(7);
    let refused = 0;
    const end = Date.now() + LIMIT;
    for (let k = 0; k < RUNS && Date.now() < end; k++) {
      writeFileSync(
        path,
        Buffer.concat([good.subarray(0, 3200), mutated(good.subarray(3200), random, 400 + 280)]),
      );
      try {
        tidy(() => void readSegyTraces(path));
        readSegy(path).data.dispose();
      } catch (error) {
        refused++;
        if (!(error instanceof LopsError)) throw error;
      }
    }
    expect(refused).to.be.above(50);
    expect(backend.largest).to.be.at.most(1 << 20);
  });
});
