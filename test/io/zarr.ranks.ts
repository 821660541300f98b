import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DType } from '../../src/core/base/dtype.js';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { readZarr, readZarrMetadata, writeZarr } from '../../src/io/index.js';
import { numbered } from '../core/arrays.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow, layoutsOf, placed } from '../support/vectors.js';
import { inFolder } from './folder.js';

const CASES: readonly (readonly [shape: Shape, chunks: Shape])[] = [
  [[7], [3]],
  [
    [5, 4],
    [2, 3],
  ],
  [
    [4, 6, 3],
    [1, 2, 8],
  ],
  [
    [2, 0],
    [1, 1],
  ],
];

group('Zarr by all ranks', () => {
  distributed('is read as it was written, from and to any layout', ({ comm, dtypes }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.zarr');
      let turn = 0;
      for (const [shape, chunks] of CASES) {
        for (const layout of [...layoutsOf(shape, comm.size), Layout.replicated(shape, comm.size)]) {
          // each case uses the next dtype, because all combinations take long
          const dtype = dtypes[turn++ % dtypes.length] as DType;
          const whole = numbered(shape, dtype);
          writeZarr(path, placed(whole, layout, comm), {
            chunks,
            compression: turn % 3 === 0 ? 'none' : 'gzip',
          });
          for (const options of turn % 2 === 0
            ? [{ axis: shape.length - 1 }]
            : [{ partition: 'BROADCAST' as const }, { axis: 0 }]) {
            const x = readZarr(path, options);
            expect([x.dtype, x.globalShape], `${layout}`).to.deep.equal([dtype, shape]);
            expect(x.asArray().toHost(), `${dtype} ${layout}`).to.deep.equal(whole.toHost());
          }
        }
        comm.barrier();
        expect(readdirSync(folder)).to.deep.equal(['x.zarr']);
      }
    });
  });

  distributed(
    'chunks that a layout does not cut are read and written in place',
    { ranks: [2, 4], backends: ['cpu'] },
    ({ comm }) => {
      inFolder(comm, (folder) => {
        const path = join(folder, 'x.zarr');
        const x = DistributedArray.random([8, 6], { dtype: 'float32' });
        const { messages } = comm.counters;
        writeZarr(path, x, { chunks: [2, 4] });
        expect(readZarr(path).local.toHost()).to.deep.equal(x.local.toHost());
        expect(comm.counters.messages).to.equal(messages);
        expect(readZarr(path, { axis: 1 }).redistribute(0).local.toHost()).to.deep.equal(x.local.toHost());
        expect(comm.counters.messages).to.be.above(messages);
      });
    },
  );

  distributed('keeps attributes and names, and fills chunks that are not stored', ({ comm, floats }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.zarr');
      const dtype = floats[0] ?? 'float32';
      const whole = numbered([5, 4], dtype);
      const attributes = { units: 'm/s', axes: [1, 2] };
      writeZarr(`${path}/`, DistributedArray.toDist(whole), {
        chunks: [2, 2],
        attributes,
        dimensionNames: ['y', null],
      });
      const metadata = readZarrMetadata(path);
      expect([metadata.attributes, metadata.dimensionNames, metadata.compression]).to.deep.equal([
        attributes,
        ['y', null],
        'gzip',
      ]);
      comm.barrier();
      if (comm.rank === 0) {
        rmSync(join(path, 'c/1/0'));
        const file = join(path, 'zarr.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"fill_value": 0', '"fill_value": "NaN"'));
      }
      comm.barrier();
      const holes = whole.copy();
      holes.set(
        [
          [2, 4],
          [0, 2],
        ],
        Number.NaN,
      );
      expect(readZarr(path, { axis: 1 }).asArray().toHost()).to.deep.equal(holes.toHost());
    });
  });

  distributed(
    'damaged and hostile arrays are refused on all ranks',
    { backends: ['cpu', 'reference'] },
    ({ comm }) => {
      inFolder(comm, (folder) => {
        const path = join(folder, 'x.zarr');
        const file = join(path, 'zarr.json');
        const x = DistributedArray.ones([6, 5], { dtype: 'float32' });
        const damage = (body: () => void) => {
          writeZarr(path, x, { chunks: [2, 5], compression: 'gzip' });
          if (comm.rank === 0) body();
          comm.barrier();
        };
        const edit = (from: string | RegExp, to: string) => () =>
          writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
        const cases: readonly (readonly [string, () => void, new (message: string) => Error])[] = [
          ['no metadata', () => rmSync(file), ArgumentError],
          ['no JSON', () => truncateSync(file, 60), ArgumentError],
          ['2^60 elements', edit(/"shape": \[[^\]]*\]/, `"shape": [${2 ** 30}, ${2 ** 30}]`), ArgumentError],
          ['2^40 elements', edit(/"shape": \[[^\]]*\]/, `"shape": [${2 ** 20}, ${2 ** 20}]`), ArgumentError],
          [
            'enormous chunks',
            edit(/"chunk_shape": \[[^\]]*\]/, `"chunk_shape": [${2 ** 20}, ${2 ** 20}]`),
            ArgumentError,
          ],
          ['another dtype', edit('float32', 'float64'), ArgumentError],
          ['an unknown dtype', edit('float32', 'float31'), DTypeError],
          ['zstd that is none', edit('"gzip"', '"zstd"'), ArgumentError],
          ['another codec', edit('"gzip"', '"blosc"'), ArgumentError],
          ['a damaged chunk', () => writeFileSync(join(path, 'c/2/0'), new Uint8Array(30)), ArgumentError],
          ['a chunk cut short', () => truncateSync(join(path, 'c/1/0'), 12), ArgumentError],
          ['a chunk too long', () => truncateSync(join(path, 'c/1/0'), 100_000), ArgumentError],
          [
            'a chunk that is a folder',
            () => mkdirSync(rmSync(join(path, 'c/0/0')) ?? join(path, 'c/0/0')),
            ArgumentError,
          ],
        ];
        for (const [what, body, error] of cases) {
          damage(body);
          expectAllThrow(comm, () => readZarr(path), error, what);
          comm.barrier();
          if (comm.rank === 0) rmSync(path, { recursive: true });
          comm.barrier();
        }
        writeZarr(path, x, { chunks: [2, 5] });
        expectAllThrow(comm, () => readZarr(path, { maxBytes: 100 }), ArgumentError);
        expect(readZarr(path, { maxBytes: 120 }).size).to.equal(30);
        // one rank has a different array at its path
        const mine = join(folder, `rank-${comm.rank}`);
        const alone = DistributedArray.ones([comm.rank === comm.size - 1 ? 4 : 3], {
          comm: comm.split(comm.rank),
        });
        writeZarr(mine, alone);
        if (comm.size > 1) expectAllThrow(comm, () => readZarr(mine), ArgumentError, 'another array');
      });
    },
  );

  distributed('is written as a whole or not at all, and replaces arrays only', ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.zarr');
      const x = DistributedArray.ones([6, 5], { axis: 1 });
      writeZarr(path, x);
      writeZarr(path, DistributedArray.zeros([3]));
      expect(readZarr(path).globalShape).to.deep.equal([3]);
      comm.barrier();
      for (let bad = 0; bad < comm.size; bad++) {
        const gone = DistributedArray.ones([6, 5], { axis: 1 });
        if (comm.rank === bad) gone.dispose();
        expectAllThrow(comm, () => writeZarr(path, gone), BackendError, `gone on rank ${bad}`);
      }
      expectAllThrow(comm, () => writeZarr(path, x, { chunks: [0, 1] }), ShapeError);
      expectAllThrow(comm, () => writeZarr(path, x, { chunks: [2] }), ShapeError);
      expectAllThrow(comm, () => writeZarr(path, x, { compression: 'blosc' as never }), ArgumentError);
      expectAllThrow(comm, () => writeZarr(path, x, { level: 10 }), ArgumentError);
      expectAllThrow(comm, () => writeZarr(path, x, { chunk: [2, 2] } as never), ArgumentError);
      expectAllThrow(comm, () => writeZarr(join(folder, 'none', 'x'), x), ArgumentError);
      if (comm.size > 1) expectAllThrow(comm, () => writeZarr(path, x, { level: comm.rank }), ArgumentError);
      comm.barrier();
      if (comm.rank === 0) {
        mkdirSync(join(folder, 'data'));
        writeFileSync(join(folder, 'data', 'precious'), 'data');
      }
      comm.barrier();
      expectAllThrow(comm, () => writeZarr(join(folder, 'data'), x), ArgumentError);
      expect(existsSync(join(folder, 'data', 'precious'))).to.equal(true);
      expect(readdirSync(folder).sort()).to.deep.equal(['data', 'x.zarr']);
      expect(readZarr(path).globalShape).to.deep.equal([3]);
    });
  });
});
