/** Tests that all ranks read Zarr stores of other programs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { ArgumentError, DTypeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
import { readZarr, readZarrMetadata } from '../../src/io/index.js';
import { distributed, group, type RanksContext } from '../support/distributed.js';
import { expectAllThrow } from '../support/vectors.js';
import { inFolder } from './folder.js';
import {
  bytesOfNumbers,
  chunkNumbers,
  crc32cBytes,
  type Files,
  indicesOf,
  joined,
  jsonFile,
  secondVersion,
  shardOf,
  thirdVersion,
  valuesOf,
  writeFiles,
} from './zarr-files.js';

const CPU = { backends: ['cpu'] } as const;
const BYTES = { name: 'bytes', configuration: { endian: 'little' } };

/** Runs `body` with the path of a store that rank 0 wrote. */
function withFiles({ comm }: RanksContext, files: Files, body: (path: string) => void): void {
  inFolder(comm, (folder) => {
    if (comm.rank === 0) writeFiles(join(folder, 'x'), files);
    comm.barrier();
    body(join(folder, 'x'));
  });
}

/** Compares what is read in several layouts. */
function expectValues(path: string, shape: Shape, values: readonly number[] = valuesOf(shape)): void {
  for (const options of [{}, { axis: shape.length - 1 }, { partition: 'BROADCAST' as const }]) {
    const x = readZarr(path, options);
    expect(x.globalShape).to.deep.equal(shape);
    expect(Array.from(x.asArray().toHost() as Float64Array), JSON.stringify(options)).to.deep.equal(values);
  }
}

group('Zarr stores of other programs', () => {
  distributed('version 2: types, orders, separators, codecs, filters', CPU, (context) => {
    const zlib = { id: 'zlib', level: 1 };
    const gzip = { id: 'gzip', level: 1 };
    const shuffled = (bytes: Uint8Array) =>
      // of 4-byte elements
      joined(...[0, 1, 2, 3].map((b) => bytes.filter((_, i) => i % 4 === b)));
    const cases: readonly Parameters<typeof secondVersion>[0][] = [
      { shape: [7], chunks: [3], dtype: '<f8' },
      { shape: [5, 4], chunks: [2, 3], dtype: '>f4', order: 'F' },
      { shape: [4, 3, 5], chunks: [2, 3, 2], dtype: '<i4', order: 'F', separator: '/' },
      { shape: [5, 4], chunks: [5, 4], dtype: '|u1', separator: '.', compressor: gzip, encode: gzipSync },
      { shape: [3, 4], chunks: [1, 4], dtype: '>i2', compressor: zlib, encode: deflateSync },
      {
        shape: [5, 4],
        chunks: [2, 2],
        dtype: '<f4',
        compressor: zlib,
        filters: [{ id: 'shuffle', elementsize: 4 }],
        encode: (bytes) => deflateSync(shuffled(bytes)),
      },
      { shape: [6], chunks: [4], dtype: '<i8' },
    ];
    for (const array of cases)
      withFiles(context, secondVersion(array), (path) => {
        expectValues(path, array.shape);
        expect(readZarrMetadata(path)).to.deep.include({ version: 2, dataType: array.dtype });
      });
  });

  distributed('version 2: fill values, attributes and names of dimensions', CPU, (context) => {
    const has = ([j]: readonly number[]) => j === 0;
    for (const [fill, value] of [
      [null, 0],
      [-2.5, -2.5],
      ['NaN', Number.NaN],
      ['Infinity', Number.POSITIVE_INFINITY],
      ['-Infinity', Number.NEGATIVE_INFINITY],
    ] as const) {
      const files = secondVersion({ shape: [7], chunks: [3], dtype: '<f8', fill, has });
      files['.zattrs'] = jsonFile({ units: 'm', _ARRAY_DIMENSIONS: ['t'] });
      withFiles(context, files, (path) => {
        const values = valuesOf([7]).map((v, i) => (i < 3 ? v : value));
        expectValues(path, [7], values);
        const { attributes, dimensionNames } = readZarrMetadata(path);
        expect(attributes['units']).to.equal('m');
        expect(dimensionNames).to.deep.equal(['t']);
      });
    }
  });

  distributed('what is not read is refused by name on all ranks', CPU, (context) => {
    const good = { shape: [4], chunks: [2], dtype: '<f4' } as const;
    const { comm } = context;
    const refused = (files: Files, why: string, kind: new (message: string) => Error = ArgumentError) =>
      withFiles(context, files, (path) => {
        expectAllThrow(comm, () => readZarr(path), kind, why);
        expect(() => readZarr(path)).to.throw(kind, why);
      });
    refused(secondVersion({ ...good, compressor: { id: 'bz2' } }), 'compressor "bz2"');
    refused(
      secondVersion({ ...good, filters: [{ id: 'delta', dtype: '<f4' }] }),
      'filter or compressor "delta"',
    );
    refused(secondVersion({ ...good, fill: 'none' }), 'fill_value "none"');
    const typed = (dtype: string): Files => {
      const text = new TextDecoder().decode(secondVersion(good)['.zarray']);
      return { '.zarray': new TextEncoder().encode(text.replace('<f4', dtype)) };
    };
    for (const dtype of ['<M8[ns]', '|S4', '|O', '<f16']) refused(typed(dtype), dtype, DTypeError);
    const third = (codecs: readonly unknown[], more = {}) =>
      thirdVersion({ shape: [4], grid: [2], codecs, more, encode: () => undefined });
    refused(third([BYTES, { name: 'numcodecs.bz2' }]), 'codecs bytes, numcodecs.bz2');
    refused(third([BYTES], { tiles: { name: 'x' } }), '"tiles" is an unknown extension');
    refused(third([BYTES], { tiles: { must_understand: true } }), '"tiles" is an unknown extension');
    refused(third([BYTES], { storage_transformers: [{ name: 'mine' }] }), 'storage transformers (mine)');
    refused(third([sharding({ chunk: [3] })]), 'in shards of shape');
    refused(third([sharding({ chunk: [1], index: ['gzip'] })]), 'index codecs gzip');
    refused(third([sharding({ chunk: [1] }), 'gzip']), 'compressed as a whole');
    refused(third([{ name: 'transpose', configuration: { order: [1] } }, BYTES]), 'transpose with order [1]');
  });

  distributed('extensions that need not be understood are left out', CPU, (context) => {
    const files = thirdVersion({
      shape: [5],
      grid: [2],
      codecs: [
        { ...BYTES, must_understand: true },
        { name: 'hint', must_understand: false },
      ],
      more: {
        tiles: { must_understand: false, x: 1 },
        storage_transformers: [{ name: 'hint', must_understand: false }],
      },
      encode: (first) => bytesOfNumbers(chunkNumbers([5], first, [2]), '<f4'),
    });
    withFiles(context, files, (path) => expectValues(path, [5]));
  });

  distributed('transpositions and check sums', CPU, (context) => {
    const shape = [4, 3, 5];
    const grid = [2, 3, 2];
    const transpose = (order: unknown) => ({ name: 'transpose', configuration: { order } });
    const cases = [
      [[transpose([2, 0, 1])], [2, 0, 1]],
      [[transpose('F')], [2, 1, 0]],
      // the second permutes what the first did: axes 2, 0, 1, and of these 1, 0, 2
      [
        [transpose([2, 0, 1]), transpose([1, 0, 2])],
        [0, 2, 1],
      ],
    ] as const;
    for (const [before, axes] of cases) {
      const files = thirdVersion({
        shape,
        grid,
        codecs: [...before, { name: 'bytes', configuration: { endian: 'big' } }, 'crc32c'],
        encode: (first) => {
          const bytes = bytesOfNumbers(chunkNumbers(shape, first, grid, axes), '>f4');
          return joined(bytes, crc32cBytes(bytes));
        },
      });
      withFiles(context, files, (path) => expectValues(path, shape));
      const damaged = Buffer.from(files['c/1/0/1'] as Uint8Array);
      damaged.writeUInt8(damaged.readUInt8(3) ^ 1, 3);
      withFiles(context, { ...files, 'c/1/0/1': damaged }, (path) => {
        expectAllThrow(context.comm, () => readZarr(path), ArgumentError, 'check sum');
      });
    }
  });

  distributed('shards, with any index, holes, transposed and compressed chunks', CPU, (context) => {
    const [shape, grid, chunk] = [
      [9, 8],
      [4, 6],
      [2, 3],
    ];
    for (const atStart of [true, false])
      for (const checked of [true, false])
        for (const big of [true, false]) {
          const axes = big ? [1, 0] : [0, 1];
          const inner = (first: readonly number[], corner: readonly number[]) =>
            gzipSync(
              bytesOfNumbers(
                chunkNumbers(
                  shape,
                  corner.map((c, k) => (first[k] as number) + c * (chunk[k] as number)),
                  chunk,
                  axes,
                ),
                '<f4',
              ),
            );
          const files = thirdVersion({
            shape,
            grid,
            fill: -3,
            codecs: [
              sharding({
                chunk,
                atStart,
                index: [
                  { name: 'bytes', configuration: { endian: big ? 'big' : 'little' } },
                  ...(checked ? ['crc32c'] : []),
                ],
                codecs: [{ name: 'transpose', configuration: { order: axes } }, BYTES, { name: 'gzip' }],
              }),
            ],
            // the last shard is not stored, and of each other one its second chunk
            encode: (first) =>
              first[0] === 8 && first[1] === 6
                ? undefined
                : shardOf(
                    indicesOf([2, 2]).map((corner, k) => (k === 1 ? undefined : inner(first, corner))),
                    { atStart, checked, big },
                  ),
          });
          const values = valuesOf(shape).map((v, i) => {
            const [a, b] = [Math.floor(i / 8), i % 8];
            const isHole = (a % 4 < 2 && b % 6 >= 3) || (a >= 8 && b >= 6);
            return isHole ? -3 : v;
          });
          withFiles(context, files, (path) => {
            expectValues(path, shape, values);
            expect(readZarrMetadata(path)).to.deep.include({ chunkShape: chunk, shardShape: grid });
          });
        }
  });

  distributed('shards in shards, behind a transposition', CPU, (context) => {
    const shape = [8, 12];
    // stored as 12 × 8: shards of 6 × 4, in them shards of 6 × 2, in them chunks of 3 × 1
    const leaf = (at: readonly number[]) => bytesOfNumbers(chunkNumbers(shape, at, [1, 3], [1, 0]), '<f4');
    const options = { atStart: false, checked: true };
    const files = thirdVersion({
      shape,
      grid: [4, 6],
      codecs: [
        { name: 'transpose', configuration: { order: [1, 0] } },
        sharding({ chunk: [6, 2], codecs: [sharding({ chunk: [3, 1] })] }),
      ],
      encode: ([a = 0, b = 0]) =>
        shardOf(
          [0, 1].map((q) =>
            shardOf(
              indicesOf([2, 2]).map(([r = 0, s = 0]) => leaf([a + 2 * q + s, b + 3 * r])),
              options,
            ),
          ),
          options,
        ),
    });
    withFiles(context, files, (path) => {
      expectValues(path, shape);
      expect(readZarrMetadata(path)).to.deep.include({ chunkShape: [1, 3], shardShape: [4, 6] });
    });
  });

  distributed('arrays without files of their own, from consolidated metadata', CPU, (context) => {
    const second = secondVersion({ shape: [5], chunks: [2], dtype: '<f4' });
    const third = thirdVersion({
      shape: [5],
      grid: [2],
      codecs: [BYTES],
      encode: (first) => bytesOfNumbers(chunkNumbers([5], first, [2]), '<f4'),
    });
    const parsed = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes));
    const below = (files: Files, folder: string, without: string) =>
      Object.fromEntries(
        Object.entries(files)
          .filter(([key]) => key !== without)
          .map(([key, bytes]) => [`${folder}/${key}`, bytes]),
      );
    const files = {
      '.zgroup': jsonFile({ zarr_format: 2 }),
      '.zmetadata': jsonFile({
        zarr_consolidated_format: 1,
        metadata: {
          'a/b/.zarray': parsed(second['.zarray']),
          'a/b/.zattrs': { units: 's' },
        },
      }),
      ...below(second, 'a/b', '.zarray'),
      'g/zarr.json': jsonFile({
        zarr_format: 3,
        node_type: 'group',
        consolidated_metadata: {
          kind: 'inline',
          must_understand: false,
          metadata: { 'c/d': parsed(third['zarr.json']) },
        },
      }),
      ...below(third, 'g/c/d', 'zarr.json'),
    };
    withFiles(context, files, (path) => {
      expectValues(join(path, 'a/b'), [5]);
      expect(readZarrMetadata(join(path, 'a/b')).attributes).to.deep.equal({ units: 's' });
      expectValues(join(path, 'g/c/d'), [5]);
      for (const missing of ['a', 'g/c/e'])
        expectAllThrow(context.comm, () => readZarr(join(path, missing)), ArgumentError, missing);
      expectAllThrow(context.comm, () => readZarr(join(path, 'g')), ArgumentError, 'group');
    });
  });

  distributed('ZIP stores, stored and deflated, whole and in part', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const second = secondVersion({ shape: [5, 4], chunks: [2, 3], dtype: '<f4', separator: '/' });
      const options = { atStart: false, checked: true };
      const third = thirdVersion({
        shape: [6],
        grid: [4],
        codecs: [sharding({ chunk: [2] })],
        encode: ([first = 0]) =>
          shardOf(
            [0, 2].map((k) => bytesOfNumbers(chunkNumbers([6], [first + k], [2]), '<f4')),
            options,
          ),
      });
      const inner = Object.fromEntries(Object.entries(third).map(([key, bytes]) => [`g/x/${key}`, bytes]));
      for (const level of [0, 9] as const) {
        const [one, two] = ['one', 'two'].map((name) => join(folder, `${name}${level}.zip`)) as [
          string,
          string,
        ];
        if (comm.rank === 0) {
          writeFileSync(one, zipSync(second, { level }));
          writeFileSync(two, zipSync(inner, { level }));
        }
        comm.barrier();
        expectValues(one, [5, 4]);
        expectValues(join(two, 'g/x'), [6]);
        expect(readZarrMetadata(join(two, 'g/x'))).to.deep.include({ version: 3, shardShape: [4] });
        expectAllThrow(comm, () => readZarr(two), ArgumentError, 'nothing at the root');
        expect(() => readZarr(join(two, 'g'))).to.throw(ArgumentError, `such as ${join(two, 'g/x')}`);
      }
    });
  });
});

/** The sharding codec. */
function sharding(shards: {
  readonly chunk: Shape;
  readonly codecs?: readonly unknown[];
  readonly index?: readonly unknown[];
  readonly atStart?: boolean;
}): object {
  const { chunk, codecs = [BYTES], index = [BYTES, 'crc32c'], atStart } = shards;
  return {
    name: 'sharding_indexed',
    configuration: {
      chunk_shape: chunk,
      codecs,
      index_codecs: index,
      ...(atStart !== undefined && { index_location: atStart ? 'start' : 'end' }),
    },
  };
}
