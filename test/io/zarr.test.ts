import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import * as zarr from 'zarrita';
import type { Backend } from '../../src/core/backend.js';
import { DistributedArray } from '../../src/core/distributed-array.js';
import type { DType } from '../../src/core/dtype.js';
import { ArgumentError, DTypeError } from '../../src/core/errors.js';
import { Layout } from '../../src/core/layout.js';
import { NDArray } from '../../src/core/ndarray.js';
import { product } from '../../src/core/shape.js';
import { readZarr, readZarrMetadata, writeZarr } from '../../src/io/index.js';
import { unzstd } from '../../src/io/zarr-codec.js';
import { chunkLayout, defaultChunks, forChunks } from '../../src/io/zarr-layout.js';
import { parseZarrMetadata } from '../../src/io/zarr-metadata.js';
import { SelfCommunicator } from '../../src/mpi/self-communicator.js';
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

/** zarrita reads gzip and doesn't write it. */
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
const parse = (changes: object) => parseZarrMetadata(JSON.stringify({ ...METADATA, ...changes }), 'zarr.json');

describe('Zarr metadata', () => {
  it('says what an array is', () => {
    expect(parse({})).deep.equals({
      shape: [4, 3],
      dataType: 'float32',
      kind: 'float',
      bytes: 4,
      littleEndian: true,
      chunkShape: [2, 3],
      compression: 'none',
      fill: [0],
      keys: { prefix: 'c', separator: '/' },
      dimensionNames: undefined,
      attributes: {},
    });
  });
  it('has fill values of every kind', () => {
    const fill = (data_type: string, fill_value: unknown) => parse({ data_type, fill_value }).fill;
    expect(fill('bool', true)).deep.equals([1]);
    expect(fill('int16', -3)).deep.equals([-3]);
    expect(fill('float32', '0x3fc00000')).deep.equals([1.5]);
    expect(fill('float64', '0x3ff8000000000000')).deep.equals([1.5]);
    expect(fill('float64', '-Infinity')).deep.equals([Number.NEGATIVE_INFINITY]);
    expect(fill('float32', 'NaN')).deep.equals([Number.NaN]);
    expect(fill('complex64', [1, 'Infinity'])).deep.equals([1, Number.POSITIVE_INFINITY]);
    const wrong: readonly (readonly [string, unknown])[] = [
      ['bool', 1],
      ['int16', 0.5],
      ['int16', 'NaN'],
      ['float32', '0x3fc0'],
      ['float64', 'nan'],
      ['complex64', 0],
      ['complex64', [1]],
      ['float32', null],
    ];
    for (const [type, value] of wrong) expect(() => fill(type, value), `${type} ${String(value)}`).throws(ArgumentError, 'fill_value');
  });
  it('is refused where it says what is not read', () => {
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
      [/held by any machine/, { chunk_grid: { name: 'regular', configuration: { chunk_shape: [2 ** 50, 8] } } }],
      [/encoding/, { chunk_key_encoding: { name: 'mine' } }],
      [/separator/, { chunk_key_encoding: { name: 'default', configuration: { separator: '../' } } }],
      [/codecs none/, { codecs: [] }],
      [/sharding_indexed/, { codecs: [{ name: 'sharding_indexed' }] }],
      [/gzip/, { codecs: [gzip] }],
      [/crc32c/, { codecs: [...METADATA.codecs, { name: 'crc32c' }] }],
      [/"gzip", "gzip"/, { codecs: [...METADATA.codecs, gzip, gzip] }],
      [/endian/, { codecs: [{ name: 'bytes' }] }],
      [/transformers/, { storage_transformers: [{}] }],
    ];
    for (const [why, changes] of wrong) expect(() => parse(changes), String(why)).throws(ArgumentError, why);
    for (const data_type of ['float16x', 'r8', { name: 'float32' }, 'toString', null])
      expect(() => parse({ data_type })).throws(DTypeError, 'expected one of');
    for (const text of ['', '[]', 'null', '7', '{"zarr_format": 3'])
      expect(() => parseZarrMetadata(text, 'x')).throws(ArgumentError, 'zarr.json');
  });
});

describe('chunks of Zarr arrays', () => {
  it('are whole in the layout that is chosen, which is the own one where that cuts none', () => {
    const cases = fc.integer({ min: 1, max: 12 }).chain((ranks) =>
      shapes.chain((shape) =>
        fc.record({
          layout: layouts(shape, ranks),
          chunks: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: shape.length, maxLength: shape.length }),
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
            expect(seen.has(String(index))).equals(false);
            seen.add(String(index));
            expect(index.every((j, k) => Number.isInteger(j) && part.start[k] === j * (chunks[k] as number))).equals(true);
            cells += product(part.shape);
          });
        }
        expect(cells).equals(layout.size);
        expect(seen.size).equals(product(layout.globalShape.map((n, k) => Math.ceil(n / (chunks[k] as number)))));
        expect(chunkLayout(chosen, chunks)).equals(chosen);
      }),
    );
    expect(chunkLayout(Layout.split([8, 8], 4), [4, 4]).grid).deep.equals([2, 2]);
    expect(chunkLayout(Layout.split([8, 8], 3), [4, 4]).grid).deep.equals([1, 1]);
  });
  it('hold at most 4 MiB unless asked for', () => {
    expect(defaultChunks([3, 4], 8)).deep.equals([3, 4]);
    expect(defaultChunks([0, 4], 8)).deep.equals([1, 4]);
    const chunks = defaultChunks([1000, 3000, 7], 8);
    expect(product(chunks) * 8).within(2 ** 20, 2 ** 22);
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
  /** zarrita has no complex numbers. */
  const reals = (b: Backend): DType[] => b.dtypes.filter((d) => !d.startsWith('complex'));

  it('what is written here is read there', async () => {
    for (const dtype of reals(backend())) {
      for (const compression of ['none', 'gzip'] as const) {
        const path = join(folder, `${dtype}-${compression}`);
        const x = numbered([5, 7, 2], dtype);
        writeZarr(path, place(x), { chunks: [2, 3, 2], compression, level: 6, attributes: { a: 1 }, dimensionNames: ['x', 'y', 'z'] });
        const there = await zarr.open(zarr.root(storeIn(path)), { kind: 'array' });
        expect([there.dtype, there.attrs, there.dimensionNames]).deep.equals([dtype, { a: 1 }, ['x', 'y', 'z']]);
        const chunk = await zarr.get(there);
        expect(chunk.shape).deep.equals([5, 7, 2]);
        expect(chunk.data).deep.equals(x.toHost());
      }
    }
  });

  it('what is written there is read here', async () => {
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
        expect([x.dtype, readZarrMetadata(path).dataType]).deep.equals([natural, dataType]);
        expect(Array.from(x.local.toHost()), path).deep.equals(Array.from(data));
        rmSync(join(path, compression === 'none' ? 'c.1.1' : 'c/1/1'));
        expect(readZarr(path, { comm }).local.get(3, 6)).equals(3);
      }
    }
  });

  it('zstd is decoded without help of Node.js, within bounds', async () => {
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
    const bytes = unzstd(stored, 4 * n);
    expect(Buffer.from(bytes).equals(Buffer.from(data.buffer))).equals(true);
    expect(() => unzstd(stored, 4 * n - 1)).throws(ArgumentError, 'more than');
    expect(() => unzstd(stored.subarray(0, -1), 4 * n)).throws(ArgumentError);
    expect(() => unzstd(Buffer.concat([stored, stored]), 4 * n)).throws(ArgumentError, 'its frame has');
    const window = Buffer.from(stored);
    window[4] = 0;
    window[5] = 0xff;
    expect(() => unzstd(window, 4 * n)).throws(ArgumentError, 'window');
    expect(() => unzstd(new Uint8Array(3), 4)).throws(ArgumentError, 'no frame');
  });

  it('wide integers become float64 where that is exact', () => {
    if (!backend().dtypes.includes('float64')) return;
    const path = join(folder, 'wide');
    writeZarr(path, place(NDArray.zeros([3])), { compression: 'none' });
    const file = join(path, 'zarr.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"float64"', '"int64"'));
    writeFileSync(join(path, 'c/0'), new Uint8Array(BigInt64Array.of(1n, -(2n ** 40n), 5n).buffer));
    expect(readZarr(path, { comm }).local.toHost()).deep.equals(Float64Array.of(1, -(2 ** 40), 5));
    writeFileSync(join(path, 'c/0'), new Uint8Array(BigInt64Array.of(1n, 2n ** 60n + 1n, 5n).buffer));
    expect(() => readZarr(path, { comm })).throws(DTypeError, 'exactly');
  });
});
