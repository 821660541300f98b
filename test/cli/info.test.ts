import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { fileText } from '../../src/cli/info.js';
import { textPicture } from '../../src/cli/text-picture.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError } from '../../src/core/base/errors.js';
import type { Shape } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { setDefaultBackend, setDefaultCommunicator } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { writeNpy, writeNpz, writeSegy, writeSegyTraces, writeZarr } from '../../src/io/index.js';
import { formatNpyHeader } from '../../src/io/npy/npy-header.js';
import { writeFileAtomically } from '../../src/io/output.js';
import { zipWriter } from '../../src/io/parts/zip.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { largestAllocation } from '../io/allocations.js';
import { thirdVersion, writeFiles } from '../io/zarr-files.js';
import { rankEnvironment } from '../support/launch.js';

/** A .npy file in C order. */
const npyOf = (descr: string, shape: Shape, data: Uint8Array): Buffer => {
  const header = Buffer.from(formatNpyHeader(shape, 'float64')).toString('latin1');
  return Buffer.concat([Buffer.from(header.replace('<f8', descr), 'latin1'), data]);
};

const LOPS = fileURLToPath(new URL('../../src/cli/lops.js', import.meta.url));
const PLAIN = { width: 20, height: 4, colors: false };

/** The lines of a picture, without its frame. */
const pictureOf = (text: string): string[] =>
  [...text.matchAll(/^│(.*)│$/gm)].map(([, line]) => line as string);

describe('lops info', function () {
  this.timeout(60_000);
  let folder: string;
  const file = (name: string): string => join(folder, name);
  before(() => {
    setDefaultBackend(new CpuBackend());
    setDefaultCommunicator(new SelfCommunicator());
    folder = mkdtempSync(join(tmpdir(), 'lops-info-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [LOPS, 'info', ...args], { encoding: 'utf8', env: rankEnvironment() });
  /** An array whose value is the index along one axis. */
  const ramp = (shape: Shape, axis: number): NDArray =>
    NDArray.arange(shape[axis] as number)
      .reshape(shape.map((n, k) => (k === axis ? n : 1)))
      .broadcastTo(shape);

  it('prints shape, dtype, order, size and a picture of a .npy file, without colours in a pipe', () => {
    writeNpy(file('x.npy'), ramp([3, 40, 100], 1).astype('float32'));
    const { status, stdout, stderr } = run(file('x.npy'));
    expect(status, stderr).to.equal(0);
    expect(stdout).to.match(
      /^\S+x\.npy: NumPy array\n\nshape +\[3, 40, 100\]\ndtype +float32 \(<f4\)\norder +C/,
    );
    expect(stdout).to.match(/^size +12000 elements, 48\.0 kB$/m);
    expect(stdout).to.match(/^\[1, :, :\]$/m);
    const lines = pictureOf(stdout);
    expect(lines).to.have.length(20);
    expect(lines[0]).to.match(/^ +$/);
    expect(lines[19]).to.match(/^█+$/);
    expect(stdout).to.not.include('\x1b');
  });

  it('draws rows downwards and columns to the right, of Fortran order too', () => {
    const values = ramp([8, 40], 1);
    writeNpy(file('c.npy'), values);
    expect(new Set(pictureOf(fileText(file('c.npy'), undefined, PLAIN)))).to.deep.equal(
      new Set(['    ░░░░▒▒▒▒▓▓▓▓████']),
    );
    const header = Buffer.from(formatNpyHeader([8, 40], 'float64'))
      .toString('latin1')
      .replace('False', 'True ');
    const bytes = Buffer.from(values.transpose().toHost().buffer);
    writeFileSync(file('f.npy'), Buffer.concat([Buffer.from(header, 'latin1'), bytes]));
    const text = fileText(file('f.npy'), undefined, PLAIN);
    expect(text).to.match(/^order +Fortran/m);
    expect(pictureOf(text)).to.deep.equal(pictureOf(fileText(file('c.npy'), undefined, PLAIN)));
  });

  it('answers for a file of 100 GB by a few reads', () => {
    const shape = [1000, 5000, 2500];
    const fd = openSync(file('large.npy'), 'w');
    const header = formatNpyHeader(shape, 'float64');
    writeSync(fd, header);
    ftruncateSync(fd, header.length + 8 * 1000 * 5000 * 2500);
    const began = performance.now();
    const text = fileText(file('large.npy'), undefined, PLAIN);
    expect(performance.now() - began).to.be.lessThan(5000);
    expect(text).to.match(/^size +12500000000 elements, 100 GB$/m);
    expect(text).to.match(/^\[500, :, :\]$/m);
    rmSync(file('large.npy'));
  });

  it('lists the arrays of an .npz archive, and shows the one that is named', () => {
    for (const compress of [false, true]) {
      writeNpz(file('a.npz'), { model: ramp([8, 40], 1), wavelet: NDArray.arange(21) }, { compress });
      const listed = fileText(file('a.npz'), undefined, PLAIN);
      expect(listed).to.match(/^model +\[8, 40\] +float64 \(<f8\) +2\.56 kB$/m);
      expect(listed).to.match(/^wavelet +\[21\] +/m);
      expect(listed).to.include('--array NAME');
      expect(pictureOf(listed)).to.have.length(0);
      expect(pictureOf(fileText(file('a.npz'), 'model', PLAIN))[0]).to.equal('    ░░░░▒▒▒▒▓▓▓▓████');
      expect(pictureOf(fileText(file('a.npz'), 'wavelet', PLAIN))).to.have.length(1);
    }
    expect(() => fileText(file('a.npz'), 'modle')).to.throw(ArgumentError, "did you mean 'model'?");
  });

  it('reads the middle of a compressed array of moderate size, the start of a large one', () => {
    const x = ramp([3, 4, 5], 0);
    writeNpz(file('z.npz'), { x }, { compress: true });
    expect(fileText(file('z.npz'), undefined, PLAIN)).to.match(/mean of each cell: ' ' 0\.5 to '█' 1\.5$/);
    writeNpz(file('z.npz'), { x: NDArray.zeros([1, 3000, 3000]) }, { compress: true });
    expect(fileText(file('z.npz'), undefined, PLAIN)).to.match(/^\[0, 0:2796, :\]$/m);
  });

  it('prints geometry, times and units of a SEG-Y volume, with time downwards', () => {
    const x = DistributedArray.toDist(ramp([3, 20, 50], 2).astype('float32'));
    writeSegy(file('v.sgy'), x, {
      sampleInterval: 0.004,
      delay: 0.1,
      inlines: [100, 102, 104],
      format: 'ibm',
    });
    const text = fileText(file('v.sgy'), undefined, PLAIN);
    for (const line of [
      /v\.sgy: SEG-Y volume$/m,
      /^shape +\[3, 20, 50\]: inline, crossline, sample$/m,
      /^dtype +float32 \(format ibm, big-endian, revision 1\)$/m,
      /^inlines +100 … 104, every 2$/m,
      /^crosslines +1 … 20, every 1$/m,
      /^time +0\.1 … 0\.296 s, every 0\.004 s$/m,
      /^lengths +m$/m,
      /^text +POST-STACK VOLUME SORTED BY INLINE/m,
      /^inline 102, crosslines 1 … 20, every 1; time downwards$/m,
    ])
      expect(text).to.match(line);
    const lines = pictureOf(text);
    expect(lines.map((line) => line[0])).to.deep.equal([' ', '░', '▓', '█']);
  });

  it('prints the places, coordinates and units of SEG-Y traces', () => {
    const x = DistributedArray.toDist(ramp([6, 30], 0));
    const path = file('shots.sgy');
    writeSegyTraces(path, x, {
      sampleInterval: 0.002,
      headers: {
        fieldRecord: [7, 7, 7, 8, 8, 8],
        offset: [0, 25, 50, 0, 25, 50],
        ensembleX: [10, 20, 30, 40, 50, 60],
        coordinateScalar: [-10, -10, -10, -10, -10, -10],
      },
    });
    const fd = openSync(path, 'r+');
    writeSync(fd, Buffer.from([0, 2]), 0, 2, 3254);
    const text = fileText(path, undefined, PLAIN);
    for (const line of [
      /SEG-Y traces without a regular order/,
      /^shape +\[6, 30\]: trace, sample$/m,
      /^fieldRecord +7 … 8$/m,
      /^offset +0 … 50$/m,
      /^ensembleX +1 … 6 ft$/m,
      /^lengths +ft$/m,
    ])
      expect(text).to.match(line);
    expect(pictureOf(text)[0]).to.match(/^ .*█$/);
  });

  it('prints chunks, names and attributes of a Zarr array', () => {
    writeZarr(file('m.zarr'), DistributedArray.toDist(ramp([4, 8, 40], 2)), {
      chunks: [2, 8, 40],
      attributes: { units: 'm/s', 'a\u001b[31m': [1] },
      dimensionNames: ['x', 'y', 'z'],
    });
    const text = fileText(file('m.zarr'), undefined, PLAIN);
    for (const line of [
      /^shape +\[4, 8, 40\]: x, y, z$/m,
      /^dtype +float64$/m,
      /^chunks +\[2, 8, 40\], compression gzip$/m,
      /^units +"m\/s"$/m,
      /^a\?\[31m +\[1\]$/m,
      /^\[2, :, :\]$/m,
    ])
      expect(text).to.match(line);
    expect(pictureOf(text)[0]).to.equal('    ░░░░▒▒▒▒▓▓▓▓████');
  });

  it('draws integers above 2^53 and complex values of a Zarr array as those of a .npy file', () => {
    const values = BigInt64Array.from({ length: 20 }, (_, k) => 2n ** 60n + BigInt(k) * 2n ** 58n + 1n);
    writeFileSync(file('i.npy'), npyOf('<i8', [1, 20], new Uint8Array(values.buffer)));
    mkdirSync(file('i.zarr'));
    const metadata = {
      zarr_format: 2,
      shape: [1, 20],
      chunks: [1, 20],
      dtype: '<i8',
      order: 'C',
      fill_value: 0,
    };
    writeFileSync(file('i.zarr/.zarray'), JSON.stringify({ ...metadata, compressor: null, filters: null }));
    writeFileSync(file('i.zarr/0.0'), new Uint8Array(values.buffer));
    const z = ramp([4, 20], 1).astype('complex128');
    writeNpy(file('z.npy'), z);
    writeZarr(file('z.zarr'), DistributedArray.toDist(z));
    for (const [name, title] of [
      ['i', '[:, :]'],
      ['z', '[:, :], moduli'],
    ]) {
      const [npy, zarr] = ['npy', 'zarr'].map((kind) => fileText(file(`${name}.${kind}`), undefined, PLAIN));
      expect(pictureOf(zarr as string)).to.deep.equal(pictureOf(npy as string));
      for (const text of [npy, zarr]) expect(text?.split('\n')).to.include(title);
    }
  });

  it('lists arrays of an archive that are not read, and shows the last of equal names', () => {
    const strings = npyOf('<U2', [1], new Uint8Array(8));
    writeFileAtomically(file('mixed.npz'), (sink) => {
      const zip = zipWriter(sink, { compress: false });
      for (const [name, bytes] of [
        ['names', strings],
        ['x', npyOf('<f8', [1], new Uint8Array(8))],
        ['x', npyOf('<f8', [40], new Uint8Array(320))],
      ] as const)
        zip.add(`${name}.npy`, (write) => write(bytes));
      zip.finish();
    });
    const listed = fileText(file('mixed.npz'), undefined, PLAIN);
    expect(listed).to.match(/^names +- +not read +-$/m);
    expect(listed).to.match(/^x +\[40\] +float64/m);
    expect(fileText(file('mixed.npz'), 'x', PLAIN)).to.match(/^shape +\[40\]$/m);
    expect(() => fileText(file('mixed.npz'), 'names')).to.throw(DTypeError, '"<U2": expected bool');
    writeNpz(file('none.npz'), {});
    expect(fileText(file('none.npz'), undefined, PLAIN)).to.match(/none\.npz: NumPy archive, 0 arrays$/);
  });

  it('describes the arrays of a ZIP store by their paths', () => {
    writeZarr(file('s.zarr'), DistributedArray.toDist(ramp([8, 40], 1)), { compression: 'none' });
    const parts = ['zarr.json', 'c/0/0'].map((key) => [key, readFileSync(file(`s.zarr/${key}`))] as const);
    writeFileSync(file('s.zip'), zipSync(Object.fromEntries(parts)));
    writeFileSync(
      file('g.zip'),
      zipSync(Object.fromEntries(parts.map(([key, bytes]) => [`a/${key}`, bytes]))),
    );
    for (const path of ['s.zip', 'g.zip/a'])
      expect(pictureOf(fileText(file(path), undefined, PLAIN))[0]).to.equal('    ░░░░▒▒▒▒▓▓▓▓████');
    for (const path of ['s.zip', 'g.zip/a'])
      expect(() => fileText(file(path), 'a')).to.throw(ArgumentError, "there is no array 'a' to name");
    for (const path of ['g.zip/b', 'g.zip/b/c'])
      expect(() => fileText(file(path))).to.throw(ArgumentError, `no such array: ${file(path)}`);
    writeFileSync(file('e.zip'), zipSync({}));
    expect(() => fileText(file('e.zip'))).to.throw(ArgumentError, 'e.zip has no zarr.json and no .zarray');
  });

  it('draws a Zarr array of 240 GB by some of its chunks', () => {
    const [shape, chunks] = [
      [5000, 4000, 3000],
      [50, 40, 30],
    ];
    const files = thirdVersion({
      shape,
      grid: shape,
      codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
      fill: 1,
      encode: () => undefined,
    });
    const text = Buffer.from(files['zarr.json'] as Uint8Array).toString();
    const grid = `"chunk_shape":${JSON.stringify(chunks)}`;
    const metadata = text.replace(`"chunk_shape":${JSON.stringify(shape)}`, grid);
    // the right half of the plane in the middle is stored: every chunk of it
    const chunk = Buffer.from(new Float32Array(50 * 40 * 30).fill(2).buffer);
    writeFiles(file('large.zarr'), { 'zarr.json': Buffer.from(metadata), one: chunk });
    for (let i = 0; i < 100; i++) {
      mkdirSync(file(`large.zarr/c/50/${i}`), { recursive: true });
      for (let j = 50; j < 100; j++) linkSync(file('large.zarr/one'), file(`large.zarr/c/50/${i}/${j}`));
    }
    const { bytes, value } = largestAllocation(() => fileText(file('large.zarr'), undefined, PLAIN));
    expect(bytes).to.be.at.most(2 ** 27);
    expect(value).to.match(/^size +60000000000 elements, 240 GB$/m);
    expect(value).to.match(/^\[2500, :, :\], 91 of its 10000 parts$/m);
    for (const line of pictureOf(value)) expect(line).to.match(/^ {8}[ ░▒▓█]█{11}$/);
    // chunks that no machine holds at once, more chunks than can be counted, one axis
    for (const [shape, chunks, picture] of [
      [[1e5, 1e5], [1e5, 1e5], 0],
      [[1e6, 1e7], [2, 3], 4],
      [[1e12], [1e6], 1],
    ] as const) {
      const other = metadata
        .replace('[5000,4000,3000]', JSON.stringify(shape))
        .replace('[50,40,30]', JSON.stringify(chunks));
      writeFiles(file('other.zarr'), { 'zarr.json': Buffer.from(other) });
      const described = largestAllocation(() => fileText(file('other.zarr'), undefined, PLAIN));
      expect(described.bytes).to.be.at.most(2 ** 27);
      expect(pictureOf(described.value)).to.have.length(picture);
    }
  });

  it('lists the datasets of an HDF5 file, and shows the one that is named', () => {
    const golden = fileURLToPath(new URL('../../../test/golden/hdf5/', import.meta.url));
    const listed = fileText(join(golden, 'datasets.h5'), undefined, PLAIN);
    expect(listed).to.match(/datasets\.h5: HDF5 file, \d+ datasets$/m);
    expect(listed).to.match(/^chunked\/gzip +\[12, 10, 7\] +float32 +3\.36 kB$/m);
    expect(listed).to.match(/^types\/text +\[\] +not read +/m);
    expect(listed).to.match(/^null +- +float32 +-$/m);
    expect(listed).to.include('--array NAME');
    const plain = fileText(join(golden, 'datasets.h5'), 'chunked/plain', PLAIN);
    expect(plain).to.match(/^chunks +\[5, 4, 7\]$/m);
    expect(plain).to.match(/^units +"m\/s"$/m);
    expect(plain).to.match(/^\[6, :, :\]$/m);
    expect(pictureOf(plain)).to.have.length(4);
    expect(fileText(join(golden, 'datasets.h5'), 'chunked/lzf', PLAIN)).to.match(/filters lzf$/m);
    const huge = fileText(join(golden, 'datasets.h5'), 'huge', PLAIN);
    expect(huge).to.match(/^\[2500, :, :\], 5 of its 10 parts$/m);
    expect(huge).to.match(/^size +60000000000 elements, 240 GB$/m);
    const only = fileText(join(golden, 'earliest.h5'), undefined, PLAIN);
    expect(only).to.match(/HDF5 file, 1 dataset: model\/velocity$/m);
    expect(only).to.match(/^chunks +\[5, 4, 7\], filters deflate$/m);
    expect(pictureOf(only)).to.have.length(4);
    expect(() => fileText(join(golden, 'earliest.h5'), 'no')).to.throw(ArgumentError, "has nothing at 'no'");
  });

  it('draws NaN, oscillations and colours', () => {
    const grid = (values: readonly number[], columns: number) => ({
      values,
      rows: values.length / columns,
      columns,
      rowStride: columns,
      columnStride: 1,
    });
    expect(pictureOf(textPicture(grid([0, Number.NaN, 1, 1], 2), PLAIN))).to.deep.equal([
      '          ??????????',
      '          ??????????',
      '████████████████████',
      '████████████████████',
    ]);
    // a mean of 0 everywhere, and twice the amplitude in the right half
    const waves = Array.from({ length: 4000 }, (_, k) => (k % 2 ? 1 : -1) * (k % 400 < 200 ? 1 : 2));
    const picture = textPicture(grid(waves, 400), PLAIN);
    expect(picture).to.match(/root mean square of each cell: ' ' 1 to '█' 2$/);
    expect(pictureOf(picture)[0]).to.equal('          ██████████');
    const colored = textPicture(grid([0, 1, 2, 3], 2), { ...PLAIN, colors: true });
    expect(colored).to.include('\x1b[38;2;68;1;84m');
    expect(colored.split('\n')[1]?.endsWith('\x1b[0m│')).to.equal(true);
  });

  it('refuses damaged, unknown and missing files with one message and exit code 1', () => {
    writeNpy(file('cut.npy'), NDArray.zeros([100]));
    const fd = openSync(file('cut.npy'), 'r+');
    ftruncateSync(fd, 500);
    writeFileSync(file('notes.txt'), 'a text');
    writeFileSync(file('empty.sgy'), '');
    writeFileSync(file('x.h5'), Buffer.from('894844460d0a1a0a', 'hex'));
    for (const [name, message] of [
      ['cut.npy', /its header says shape \[100\] of <f8 .* cut short or damaged/],
      ['notes.txt', /is of no kind that lops reads: expected \.npy, \.npz, .* SEG-Y/],
      ['empty.sgy', /empty\.sgy is not a SEG-Y file that can be read: it has 0 bytes only/],
      ['x.h5', /HDF5/],
      ['missing.npy', /ENOENT: no such file or directory/],
      ['', /zarr/i],
    ] as const) {
      const { status, stdout, stderr } = run(file(name));
      expect(status, name).to.equal(1);
      expect(stdout).to.equal('');
      expect(stderr).to.match(/^lops: .*\n$/);
      expect(stderr).to.match(message);
    }
    expect(run().stderr).to.match(/missing required argument 'file'/);
    expect(run('--help').stdout).to.match(/--array <name>/);
  });
});
