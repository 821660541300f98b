import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import * as zarr from 'zarrita';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError } from '../../src/core/base/errors.js';
import { product } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { readZarr, readZarrMetadata, writeZarr } from '../../src/io/index.js';
import { chunkLayout, defaultChunks, forChunks } from '../../src/io/parts/chunk-layout.js';
import { formatZarrMetadata } from '../../src/io/zarr/parts/zarr-format.js';
import { parseJson } from '../../src/io/zarr/parts/zarr-json.js';
import { parseZarrMetadata } from '../../src/io/zarr/parts/zarr-metadata.js';
import { unzstdPortably } from '../../src/io/zarr/parts/zstd.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { numbered, onEveryBackend } from '../core/arrays.js';
import { layouts, shapes } from '../core/boxes.js';

/** A store of zarrita in a local folder. */
const storeIn = (folder: string) => ({
  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      return readFileSync(join(folder, key));
    } catch {
      return undefined;
    }
  },
  async set(key: string, value: Uint8Array): Promise<void> {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), value);
  },
});

/** Compresses all chunks with gzip. zarrita reads gzip but does not write it. */
function compressAll(folder: string): void {
  const file = join(folder, 'zarr.json');
  const metadata = JSON.parse(readFileSync(file, 'utf8'));
  metadata.codecs.push({ name: 'gzip', configuration: { level: 9 } });
  writeFileSync(file, JSON.stringify(metadata));
  for (const key of readdirSync(join(folder, 'c'), { recursive: true, encoding: 'utf8' })) {
    const chunk = join(folder, 'c', key);
    if (statSync(chunk).isFile()) writeFileSync(chunk, gzipSync(readFileSync(chunk)));
  }
}

const METADATA = {
  zarr_format: 3,
  node_type: 'array',
  shape: [4, 3],
  data_type: 'float32',
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [2, 3] } },
  chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
  fill_value: 0,
  codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
};
const parseText = (text: string) =>
  parseZarrMetadata({ version: 3, name: 'x', array: parseJson(text), attributes: undefined, text }).metadata;
const parse = (changes: object) => parseText(JSON.stringify({ ...METADATA, ...changes }));

describe('Zarr metadata', () => {
  it('describes an array', () => {
    expect(parse({})).to.deep.equal({
      version: 3,
      shape: [4, 3],
      dataType: 'float32',
      kind: 'float',
      bytes: 4,
      littleEndian: true,
      chunkShape: [2, 3],
      shardShape: undefined,
      compression: 'none',
      fill: [0],
      keys: { prefix: 'c', separator: '/' },
      dimensionNames: undefined,
      attributes: {},
    });
  });
  it('has fill values of every kind', () => {
    const fill = (data_type: string, fill_value: unknown) => parse({ data_type, fill_value }).fill;
    expect(fill('bool', true)).to.deep.equal([1]);
    expect(fill('int16', -3)).to.deep.equal([-3]);
    expect(fill('float32', '0x3fc00000')).to.deep.equal([1.5]);
    expect(fill('float64', '0x3ff8000000000000')).to.deep.equal([1.5]);
    expect(fill('float64', '-Infinity')).to.deep.equal([Number.NEGATIVE_INFINITY]);
    expect(fill('float32', 'NaN')).to.deep.equal([Number.NaN]);
    expect(fill('complex64', [1, 'Infinity'])).to.deep.equal([1, Number.POSITIVE_INFINITY]);
    const wrong: readonly (readonly [string, unknown])[] = [
      ['bool', 1],
      ['uint8', 300],
      ['uint8', -1],
      ['int8', 128],
      ['int16', -32769],
      ['int32', 2 ** 31],
      ['int64', 2 ** 63],
      ['uint64', 2 ** 64],
      ['float16', 65520],
      ['float32', 1e39],
      ['complex64', [0, 1e39]],
      ['int16', 0.5],
      ['int16', 'NaN'],
      ['float32', '0x3fc0'],
      ['float64', 'nan'],
      ['complex64', 0],
      ['complex64', [1]],
      ['float32', null],
    ];
    for (const [type, value] of wrong)
      expect(() => fill(type, value), `${type} ${String(value)}`).to.throw(ArgumentError, 'fill_value');
  });
  it('has fill values rounded to their type', () => {
    const written = (data_type: string, fill: string) =>
      parseText(JSON.stringify({ ...METADATA, data_type, fill_value: 'FILL' }).replace('"FILL"', fill))
        .fill[0];
    expect(written('float32', '0.1')).to.equal(Math.fround(0.1));
    expect(written('float16', '0.1')).to.equal(0.0999755859375);
    expect(written('float16', '65519')).to.equal(65504);
    expect(written('float16', '5e-8')).to.equal(2 ** -24);
    expect(written('float16', '"0x3e00"')).to.equal(1.5);
    expect(written('uint8', '255')).to.equal(255);
    expect(written('int64', '-9223372036854775808')).to.equal(-(2 ** 63));
    expect(written('uint64', '1152921504606846976')).to.equal(2 ** 60);
    for (const [type, fill] of [
      ['int64', '9007199254740993'],
      ['int64', '9223372036854775807'],
      ['uint64', '18446744073709551615'],
      ['uint64', '1.8e19'],
      ['float64', '1e400'],
      ['float64', 'NaN'],
    ] as const)
      expect(() => written(type, fill), `${type} ${fill}`).to.throw(ArgumentError, 'fill_value');
  });
  it('has NaN and infinities in attributes as Python writes them', () => {
    const text = JSON.stringify({
      ...METADATA,
      attributes: { a: 'A', b: ['B', { c: 'C' }], text: '"NaN, Infinity' },
    });
    const { attributes } = parseText(
      text.replace('"A"', 'NaN').replace('"B"', '-Infinity').replace('"C"', 'Infinity'),
    );
    expect(attributes).to.deep.equal({
      a: Number.NaN,
      b: [Number.NEGATIVE_INFINITY, { c: Number.POSITIVE_INFINITY }],
      text: '"NaN, Infinity',
    });
  });
  it('writes attributes that JSON can store, and refuses others by name', () => {
    const write = (attributes: Readonly<Record<string, unknown>>) =>
      parseText(formatZarrMetadata([2], 'float64', [2], { compression: 'none', level: 1, attributes }))
        .attributes;
    const good = { a: [1, null, { b: 'text' }], c: true, d: -1.5e300 };
    expect(write(good)).to.deep.equal(good);
    expect(write({ when: new Date(0) })).to.deep.equal({ when: '1970-01-01T00:00:00.000Z' });
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const wrong: readonly (readonly [RegExp, unknown])[] = [
      [/NaN in x/, Number.NaN],
      [/Infinity in x\[1\]\.y/, [1, { y: Number.POSITIVE_INFINITY }]],
      [/-Infinity in x/, Number.NEGATIVE_INFINITY],
      [/a bigint in x/, 1n],
      [/a function in x/, () => 1],
      [/a undefined in x\[0\]/, [undefined]],
      [/a typed array in x/, Float64Array.of(1)],
      [/a circle in x\.self/, circle],
    ];
    for (const [why, x] of wrong) expect(() => write({ x })).to.throw(ArgumentError, why);
  });
  it('is refused where it describes features that are not read', () => {
    const gzip = { name: 'gzip', configuration: { level: 1 } };
    const wrong: readonly (readonly [RegExp, object])[] = [
      [/zarr_format 2/, { zarr_format: 2 }],
      [/node_type/, { node_type: 'group' }],
      [/shape/, { shape: [4, -3] }],
      [/shape/, { shape: [4, 2.5] }],
      [/shape/, { shape: '4' }],
      [/chunk grid/, { chunk_grid: { name: 'rectangular' } }],
      [/chunks of shape/, { chunk_grid: { name: 'regular', configuration: { chunk_shape: [2] } } }],
      [/chunks of shape/, { chunk_grid: { name: 'regular', configuration: { chunk_shape: [2, 0] } } }],
      [/held by any machine/, { shape: [2 ** 50, 2 ** 50] }],
      [
        /held by any machine/,
        { chunk_grid: { name: 'regular', configuration: { chunk_shape: [2 ** 50, 8] } } },
      ],
      [/encoding/, { chunk_key_encoding: { name: 'mine' } }],
      [/separator/, { chunk_key_encoding: { name: 'default', configuration: { separator: '../' } } }],
      [/codecs none/, { codecs: [] }],
      [/chunks of shape undefined in shards/, { codecs: [{ name: 'sharding_indexed' }] }],
      [/gzip/, { codecs: [gzip] }],
      [/codecs bytes, snappy/, { codecs: [...METADATA.codecs, 'snappy'] }],
      [/endian/, { codecs: [{ name: 'bytes' }] }],
      [/transformers/, { storage_transformers: [{}] }],
    ];
    for (const [why, changes] of wrong)
      expect(() => parse(changes), String(why)).to.throw(ArgumentError, why);
    for (const data_type of ['float16x', 'r8', { name: 'float32' }, 'toString', null])
      expect(() => parse({ data_type })).to.throw(DTypeError, 'expected one of');
    for (const text of ['[]', 'null', '7'])
      expect(() => parseText(text)).to.throw(ArgumentError, 'zarr.json');
  });
});

describe('chunks of Zarr arrays', () => {
  it("are whole in the chosen layout, which is the array's own where that cuts none", () => {
    const cases = fc.integer({ min: 1, max: 12 }).chain((ranks) =>
      shapes.chain((shape) =>
        fc.record({
          layout: layouts(shape, ranks),
          chunks: fc.array(fc.integer({ min: 1, max: 4 }), {
            minLength: shape.length,
            maxLength: shape.length,
          }),
        }),
      ),
    );
    fc.assert(
      fc.property(cases, ({ layout, chunks }) => {
        const chosen = chunkLayout(layout, chunks);
        const seen = new Set<string>();
        let cells = 0;
        for (let rank = 0; rank < layout.ranks; rank++) {
          forChunks(chosen.box(rank), chunks, (index, part) => {
            expect(seen.has(String(index))).to.equal(false);
            seen.add(String(index));
            expect(
              index.every((j, k) => Number.isInteger(j) && part.start[k] === j * (chunks[k] as number)),
            ).to.equal(true);
            cells += product(part.shape);
          });
        }
        expect(cells).to.equal(layout.size);
        expect(seen.size).to.equal(
          product(layout.globalShape.map((n, k) => Math.ceil(n / (chunks[k] as number)))),
        );
        expect(chunkLayout(chosen, chunks)).to.equal(chosen);
      }),
    );
    expect(chunkLayout(Layout.split([8, 8], 4), [4, 4]).grid).to.deep.equal([2, 2]);
    expect(chunkLayout(Layout.split([8, 8], 3), [4, 4]).grid).to.deep.equal([1, 1]);
  });
  it('hold at most 4 MiB unless asked for', () => {
    expect(defaultChunks([3, 4], 8)).to.deep.equal([3, 4]);
    expect(defaultChunks([0, 4], 8)).to.deep.equal([1, 4]);
    const chunks = defaultChunks([1000, 3000, 7], 8);
    expect(product(chunks) * 8).to.be.within(2 ** 20, 2 ** 22);
  });
});

onEveryBackend('Zarr and zarrita', (backend) => {
  const comm = new SelfCommunicator();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zarr-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const place = (x: NDArray) => DistributedArray.toDist(x, { comm });
  /** The real dtypes of a backend. zarrita has no complex numbers. */
  const reals = (b: Backend): DType[] => b.dtypes.filter((d) => !d.startsWith('complex'));

  it('zarrita reads what this library writes', async () => {
    for (const dtype of reals(backend())) {
      for (const compression of ['none', 'gzip'] as const) {
        const path = join(folder, `${dtype}-${compression}`);
        const x = numbered([5, 7, 2], dtype);
        writeZarr(path, place(x), {
          chunks: [2, 3, 2],
          compression,
          level: 6,
          attributes: { a: 1 },
          dimensionNames: ['x', 'y', 'z'],
        });
        const there = await zarr.open(zarr.root(storeIn(path)), { kind: 'array' });
        // an additional attribute identifies the write
        const { lops_mpi_write: id, ...attributes } = there.attrs;
        expect([there.dtype, attributes, there.dimensionNames]).to.deep.equal([
          dtype,
          { a: 1 },
          ['x', 'y', 'z'],
        ]);
        expect(id).to.match(/^[0-9a-f]{32}$/);
        expect(readZarrMetadata(path).attributes).to.deep.equal({ a: 1 });
        const chunk = await zarr.get(there);
        expect(chunk.shape).to.deep.equal([5, 7, 2]);
        // zarrita gives booleans for bool
        expect(Array.from(chunk.data as Iterable<unknown>, Number)).to.deep.equal([...x.toHost()]);
      }
    }
  });

  it('this library reads what zarrita writes', async () => {
    const zstd = { name: 'zstd', configuration: { level: 3, checksum: false } };
    const types = {
      int8: Int8Array,
      uint8: Uint8Array,
      int16: Int16Array,
      uint16: Uint16Array,
      int32: Int32Array,
      float32: Float32Array,
      float64: Float64Array,
    };
    for (const [dataType, Type] of Object.entries(types)) {
      const natural: DType = dataType === 'float32' || dataType === 'float64' ? dataType : 'int32';
      if (!backend().dtypes.includes(natural)) continue;
      for (const compression of ['none', 'gzip', 'zstd']) {
        const path = join(folder, `${dataType}-${compression}`);
        const array = await zarr.create(zarr.root(storeIn(path)), {
          shape: [5, 7],
          chunkShape: [2, 4],
          dtype: dataType as 'float32',
          codecs: [
            { name: 'bytes', configuration: { endian: compression === 'gzip' ? 'big' : 'little' } },
            ...(compression === 'zstd' ? [zstd] : []),
          ],
          chunkSeparator: compression === 'none' ? '.' : '/',
          fillValue: 3,
        });
        const data = new Type(35) as Float32Array<ArrayBuffer>;
        for (let i = 0; i < 35; i++) data[i] = (i * 7) % 50;
        await zarr.set(array, null, { data, shape: [5, 7], stride: [7, 1] });
        if (compression === 'gzip') compressAll(path);
        const x = readZarr(path, { comm });
        expect([x.dtype, readZarrMetadata(path).dataType]).to.deep.equal([natural, dataType]);
        expect(Array.from(x.local.toHost()), path).to.deep.equal(Array.from(data));
        rmSync(join(path, compression === 'none' ? 'c.1.1' : 'c/1/1'));
        expect(readZarr(path, { comm }).local.get(3, 6)).to.equal(3);
      }
    }
  });

  it('zstd is decoded without Node.js, and no more than the expected bytes', async () => {
    const path = join(folder, 'z');
    const n = 200_000;
    const array = await zarr.create(zarr.root(storeIn(path)), {
      shape: [n],
      chunkShape: [n],
      dtype: 'float32',
      codecs: [
        { name: 'bytes', configuration: { endian: 'little' } },
        { name: 'zstd', configuration: { level: 1, checksum: false } },
      ],
    });
    const data = Float32Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i / 50)));
    await zarr.set(array, null, { data, shape: [n], stride: [1] });
    const stored = readFileSync(join(path, 'c/0'));
    const bytes = unzstdPortably(stored, 4 * n);
    expect(Buffer.from(bytes).equals(Buffer.from(data.buffer))).to.equal(true);
    expect(() => unzstdPortably(stored, 4 * n - 1)).to.throw(ArgumentError, 'more than');
    expect(() => unzstdPortably(stored.subarray(0, -1), 4 * n)).to.throw(ArgumentError);
    expect(() => unzstdPortably(Buffer.concat([stored, stored]), 4 * n)).to.throw(
      ArgumentError,
      'its frame has',
    );
    const window = Buffer.from(stored);
    window[4] = 0;
    window[5] = 0xff;
    expect(() => unzstdPortably(window, 4 * n)).to.throw(ArgumentError, 'window');
    expect(() => unzstdPortably(new Uint8Array(3), 4)).to.throw(ArgumentError, 'no frame');
  });

  it('groups, files and missing paths have different errors', () => {
    for (const name of ['.zarray', 'zarr.json']) {
      const path = join(folder, `damaged${name}`);
      mkdirSync(path);
      for (const text of ['', '{"zarr_format": 3'])
        for (const read of [() => readZarr(path, { comm }), () => readZarrMetadata(path)]) {
          writeFileSync(join(path, name), text);
          expect(read, name).to.throw(ArgumentError, `${name} is no JSON`);
        }
    }
    for (const [name, text] of [
      ['.zgroup', '{"zarr_format": 2}'],
      ['zarr.json', '{"zarr_format": 3, "node_type": "group"}'],
    ] as const) {
      const path = join(folder, `group${name}`);
      mkdirSync(path);
      writeFileSync(join(path, name), text);
      expect(() => readZarr(path, { comm })).to.throw(ArgumentError, /is a group of Zarr: expected the path/);
      writeZarr(join(path, 'a'), place(NDArray.zeros([3])));
      expect(() => readZarrMetadata(path)).to.throw(ArgumentError, `such as ${join(path, 'a')}`);
      expect(() => writeZarr(path, place(NDArray.zeros([3])))).to.throw(
        ArgumentError,
        'no Zarr array of version 3',
      );
    }
    mkdirSync(join(folder, 'empty'));
    expect(() => readZarr(join(folder, 'empty'), { comm })).to.throw(
      ArgumentError,
      'has no zarr.json and no .zarray',
    );
    writeFileSync(join(folder, 'x.zip'), 'PK');
    expect(() => readZarr(join(folder, 'x.zip'), { comm })).to.throw(ArgumentError, /is a file: .*ZIP/);
    writeFileSync(join(folder, 'x.h5'), Buffer.from('\x89HDF\r\n\x1a\n and more than that', 'latin1'));
    expect(() => readZarr(join(folder, 'x.h5'), { comm })).to.throw(
      ArgumentError,
      /is an HDF5 file: readHdf5/,
    );
    const began = performance.now();
    expect(() => readZarr(join(folder, 'none'), { comm })).to.throw(ArgumentError, 'no such array');
    expect(performance.now() - began).to.be.below(200);
  });

  it('a value of chunks that are not stored is as exact as those that are', () => {
    if (!backend().dtypes.includes('float64')) return;
    const path = join(folder, 'fill');
    writeZarr(path, place(NDArray.zeros([3])), { compression: 'none' });
    const file = join(path, 'zarr.json');
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace('"float64"', '"int64"')
        .replace('"fill_value": 0', `"fill_value": ${2 ** 40}`),
    );
    rmSync(join(path, 'c/0'));
    expect(readZarr(path, { comm }).local.toHost()).to.deep.equal(Float64Array.of(2 ** 40, 2 ** 40, 2 ** 40));
    expect(() => readZarr(path, { comm, dtype: 'int32' })).to.throw(DTypeError, 'does not fit into int32');
  });

  it('wide integers become float64 where that is exact', () => {
    if (!backend().dtypes.includes('float64')) return;
    const path = join(folder, 'wide');
    writeZarr(path, place(NDArray.zeros([3])), { compression: 'none' });
    const file = join(path, 'zarr.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"float64"', '"int64"'));
    writeFileSync(join(path, 'c/0'), new Uint8Array(BigInt64Array.of(1n, -(2n ** 40n), 5n).buffer));
    expect(readZarr(path, { comm }).local.toHost()).to.deep.equal(Float64Array.of(1, -(2 ** 40), 5));
    writeFileSync(join(path, 'c/0'), new Uint8Array(BigInt64Array.of(1n, 2n ** 60n + 1n, 5n).buffer));
    expect(() => readZarr(path, { comm })).to.throw(DTypeError, 'exactly');
  });
});

describe('a Zarr array that is replaced while it is read', function () {
  this.timeout(30_000);
  it('is read whole, all old or all new', async () => {
    setDefaultBackend(new CpuBackend());
    const folder = mkdtempSync(join(tmpdir(), 'zarr-'));
    const path = join(folder, 'x.zarr');
    const comm = new SelfCommunicator();
    writeZarr(path, DistributedArray.full([64], 0, { comm }), { chunks: [8], compression: 'none' });
    const writer = spawn(process.execPath, [
      fileURLToPath(new URL('./writer-process.js', import.meta.url)),
      'zarr-loop',
      path,
      '64',
    ]);
    try {
      const seen = new Set<number>();
      let reads = 0;
      const began = Date.now();
      // longer where the machine is busy
      const limit = (): number => began + (seen.size > 5 ? 3000 : 25_000);
      for (; Date.now() < limit(); reads++) {
        const values = new Set(readZarr(path, { comm }).local.toHost());
        expect([...values]).to.have.length(1);
        seen.add([...values][0] as number);
        expect(readZarrMetadata(path).shape).to.deep.equal([64]);
      }
      expect(reads).to.be.above(20);
      expect(seen.size).to.be.above(5);
    } finally {
      writer.kill('SIGKILL');
      await new Promise((done) => writer.on('close', done));
      rmSync(folder, { recursive: true });
    }
  });

  it('throws where it is replaced in every attempt', () => {
    const folder = mkdtempSync(join(tmpdir(), 'zarr-'));
    const path = join(folder, 'x.zarr');
    const comm = new SelfCommunicator();
    /** A backend that replaces the stored array whenever memory for a read is allocated. */
    class Restless extends CpuBackend {
      writes = 0;
      override alloc(dtype: DType, length: number): ReturnType<CpuBackend['alloc']> {
        if (this.writes > 0 && length === 5)
          writeZarr(path, DistributedArray.full([5], ++this.writes, { comm, backend: quiet }));
        return super.alloc(dtype, length);
      }
    }
    const quiet = new CpuBackend();
    const restless = new Restless({ name: 'restless' });
    try {
      writeZarr(path, DistributedArray.full([5], 0, { comm, backend: quiet }));
      restless.writes = 1;
      expect(() => readZarr(path, { comm, backend: restless })).to.throw(
        ArgumentError,
        /was replaced in each of 20 attempts/,
      );
      expect(restless.writes).to.be.above(20);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
