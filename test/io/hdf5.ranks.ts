/** Tests `readHdf5` on files that h5py wrote. */
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ArgumentError, BackendError, DTypeError, LopsError } from '../../src/core/base/errors.js';
import { h5wasmUrl } from '../../src/io/hdf5/parts/hdf5-thread.js';
import { readHdf5, readHdf5Metadata, readZarr } from '../../src/io/index.js';
import { distributed, group } from '../support/distributed.js';
import { inFolder } from './folder.js';
import { valuesOf } from './zarr-files.js';

const FILES = fileURLToPath(new URL('../../../test/golden/hdf5/', import.meta.url));
const file = (name: string): string => join(FILES, `${name}.h5`);
const DATASETS = file('datasets');
const SHAPE = [12, 10, 7];
const OPTIONS = { backends: ['cpu'], timeout: 60_000 };

const NUMBERS = ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f4', 'f8'];

group('readHdf5', () => {
  distributed('all types of numbers, in either byte order', OPTIONS, () => {
    const names = readHdf5Metadata(DATASETS).map(({ dataset }) => dataset);
    const types = names.filter((name) => NUMBERS.includes(name.replace(/^types\/(little-|big-)?/, '')));
    expect(types).to.have.length(13);
    for (const name of types) {
      const x = readHdf5(DATASETS, name);
      const code = name.slice(-2);
      const dtype = code === 'f4' ? 'float32' : ['f8', 'i8', 'u8', 'u4'].includes(code) ? 'float64' : 'int32';
      expect(x.dtype, name).to.equal(dtype);
      expect([...x.asArray().toHost()], name).to.deep.equal(valuesOf([6, 7]));
    }
    const pairs = [0, 7, 14, 21, 28, 35];
    const single = readHdf5(DATASETS, 'types/complex64');
    expect(single.dtype).to.equal('complex64');
    expect([...single.asArray().toHost()]).to.deep.equal(pairs.flatMap((v) => [v, v]));
    const double = readHdf5(DATASETS, 'types/complex128');
    expect(double.dtype).to.equal('complex128');
    expect([...double.asArray().toHost()]).to.deep.equal(pairs.flatMap((v) => [v, -1]));
    const named = readHdf5(DATASETS, 'types/real-imag');
    expect([...named.asArray().toHost()]).to.deep.equal([1, 2, 3, -4]);
    const enumeration = readHdf5(DATASETS, 'types/enumeration');
    expect(enumeration.dtype).to.equal('int32');
    expect([...enumeration.asArray().toHost()]).to.deep.equal(valuesOf([6, 7]));
    const bool = readHdf5(DATASETS, 'types/bool');
    expect(bool.dtype).to.equal('bool');
    expect([...bool.asArray().toHost()]).to.deep.equal(valuesOf([6, 7]).map((v) => 1 - (v % 2)));
  });

  distributed('chunks, filters and missing chunks, in any layout', OPTIONS, ({ comm }) => {
    const layouts = [
      {},
      { axis: 1 },
      { axis: 2 },
      { partition: 'BROADCAST' as const },
      { grid: [1, comm.size, 1] },
      { dtype: 'float64' as const },
    ];
    for (const name of ['plain', 'gzip', 'offset', 'nbit', 'unlimited'])
      for (const layout of layouts) {
        const x = readHdf5(DATASETS, `chunked/${name}`, layout);
        expect(x.globalShape).to.deep.equal(SHAPE);
        expect([...x.asArray().toHost()], name).to.deep.equal(valuesOf(SHAPE));
      }
    for (const name of ['/link', 'other-array'])
      expect([...readHdf5(DATASETS, name).asArray().toHost()], name).to.deep.equal(valuesOf(SHAPE));
    expect([...readHdf5(DATASETS, 'compact').asArray().toHost()]).to.deep.equal(valuesOf([3]));
    const sparse = readHdf5(DATASETS, 'chunked/sparse').asArray();
    for (const [index, value] of [
      [[0, 0, 0], 2.5],
      [[5, 3, 6], 1],
      [[5, 4, 0], 2.5],
      [[10, 0, 0], 2.5],
    ] as const)
      expect(sparse.get(...index)).to.equal(value);
  });

  distributed('the oldest and the newest form of files', OPTIONS, () => {
    for (const name of ['earliest', 'latest'])
      expect([...readHdf5(file(name), 'model/velocity').asArray().toHost()]).to.deep.equal(valuesOf(SHAPE));
  });

  distributed('scalars, and arrays without elements', OPTIONS, () => {
    const scalar = readHdf5(DATASETS, 'scalar');
    expect([...scalar.asArray().toHost()]).to.deep.equal([3.5]);
    const empty = readHdf5(DATASETS, 'empty');
    expect([empty.globalShape, empty.dtype]).to.deep.equal([[0, 3], 'float64']);
  });

  distributed('refuses claims of more than the file supports', OPTIONS, () => {
    expect(() => readHdf5(DATASETS, 'huge')).to.throw(ArgumentError, /claims an array 'huge'.*pass maxBytes/);
    expect(() => readHdf5(DATASETS, 'scalar', { maxBytes: 4 })).to.throw(
      ArgumentError,
      /more than maxBytes 4/,
    );
    expect(() => readHdf5(DATASETS, 'scalar', { maxBytes: Number.NaN })).to.throw(
      ArgumentError,
      /at least 0/,
    );
  });

  distributed('refuses what it does not read, on all ranks alike', OPTIONS, ({ comm }) => {
    const refused = [
      ['types/half', DTypeError, /'types\/half' is not read, expected integers/],
      ['types/text', DTypeError, /is not read/],
      ['types/record', DTypeError, /is not read/],
      ['types/large', DTypeError, /9007199254740993, which does not fit into float64 exactly/],
      ['chunked/lzf', ArgumentError, /has the filter lzf, expected deflate/],
      ['null', ArgumentError, /has no values/],
      [
        'chunked',
        ArgumentError,
        /has a Group at 'chunked', expected a dataset: its datasets are chunked\/gzip/,
      ],
      ['no', ArgumentError, /has nothing at 'no'/],
      ['other-file', ArgumentError, /has an ExternalLink at 'other-file'/],
      ['', ArgumentError, /expected the path of a dataset/],
    ] as const;
    for (const [name, kind, message] of refused)
      expect(() => readHdf5(DATASETS, name), name).to.throw(kind, message);
    expect(() => readHdf5(DATASETS, 'types/little-f4', { dtype: 'int32' })).to.throw(DTypeError, /float32/);
    expect(() => readHdf5('no-such.h5', 'x')).to.throw(ArgumentError, /ENOENT/);
    expect(() => readHdf5(FILES, 'x')).to.throw(ArgumentError, /is a folder/);
    expect(() => readHdf5(join(FILES, 'make.py'), 'x')).to.throw(ArgumentError, /not an HDF5 file/);
    expect(() => readZarr(DATASETS)).to.throw(ArgumentError, /is an HDF5 file: readHdf5 reads/);
    expect(() => readHdf5(DATASETS, 'chunked/plain', { localShapes: [[3]] })).to.throw(LopsError);
    if (comm.size > 1)
      expect(() => readHdf5(DATASETS, comm.rank === 0 ? 'chunked/plain' : 'chunked/gzip')).to.throw(
        ArgumentError,
        /on all ranks/,
      );
  });

  distributed('a file that is cut short, and one whose chunks do not decode', OPTIONS, ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.h5');
      if (comm.rank === 0) {
        copyFileSync(file('earliest'), path);
        truncateSync(path, 3000);
      }
      comm.barrier();
      expect(() => readHdf5(path, 'model/velocity')).to.throw(ArgumentError, /not an HDF5 file that can be/);
      comm.barrier();
      if (comm.rank === 0) {
        const bytes = Buffer.from(readFileSync(file('earliest')));
        const at = bytes.lastIndexOf(Buffer.from([0x78, 0x5e]));
        expect(at).to.be.above(0);
        bytes.fill(0xff, at + 2, at + 60);
        writeFileSync(path, bytes);
      }
      comm.barrier();
      expect(() => readHdf5(path, 'model/velocity')).to.throw(ArgumentError, /does not decode its values/);
      expect(readHdf5(DATASETS, 'chunked/plain').sum()).to.equal(valuesOf(SHAPE).reduce((a, b) => a + b));
    });
  });

  distributed('describes datasets', { ...OPTIONS, ranks: [1] }, () => {
    const found = readHdf5Metadata(DATASETS).find(({ dataset }) => dataset === 'chunked/gzip');
    expect(found).to.deep.equal({
      dataset: 'chunked/gzip',
      shape: SHAPE,
      dataType: 'float32',
      bytes: 4,
      chunkShape: [5, 4, 7],
      filters: ['shuffle', 'deflate', 'fletcher32'],
      attributes: {},
    });
    const plain = readHdf5Metadata(DATASETS).find(({ dataset }) => dataset === 'chunked/plain');
    expect(plain?.attributes).to.deep.equal({ units: 'm/s', spacing: [10, 10, 5] });
    expect(() => h5wasmUrl('x.h5', '/no/such/folder')).to.throw(BackendError, /npm install h5wasm/);
  });
});
