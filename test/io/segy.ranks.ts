import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { readSegy, type SegyGeometry, writeSegy } from '../../src/io/index.js';
import { toIbm } from '../../src/io/segy/parts/ibm-float.js';
import { numbered } from '../core/arrays.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow, layoutsOf, placed } from '../support/vectors.js';
import { inFolder } from './folder.js';

const SHAPE = [3, 4, 5] as const;
const GEOMETRY: SegyGeometry = {
  inlines: [100, 102, 104],
  crosslines: [20, 19, 18, 17],
  sampleInterval: 0.004,
  delay: -0.1,
  text: 'C 1 A TEST\nC 2  OF LINES',
  byteOrder: 'big',
  format: 'float32',
};

/**
 * Builds a file byte by byte as the standard defines it, for files that the library does not write.
 */
function segy(options: {
  readonly little?: boolean;
  readonly format: number;
  readonly crosslineFirst?: boolean;
  readonly ascii?: boolean;
  readonly order?: boolean;
  readonly texts?: number;
  readonly bytes?: readonly [number, number];
}): Buffer {
  const {
    little = false,
    format,
    crosslineFirst = false,
    ascii = false,
    order = false,
    texts = 0,
    bytes = [189, 193],
  } = options;
  const [ni, nx, ns] = SHAPE;
  const width = format === 3 ? 2 : 4;
  const start = 3600 + 3200 * Math.abs(texts);
  const file = Buffer.alloc(start + ni * nx * (240 + ns * width));
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  file.fill(ascii ? 0x20 : 0x40, 0, 3200);
  file.set(
    ascii ? Buffer.from('C 1 HELLO') : Uint8Array.of(0xc3, 0x40, 0xf1, 0x40, 0xc8, 0xc5, 0xd3, 0xd3, 0xd6),
    0,
  );
  view.setUint16(3200 + 16, 2000, little);
  view.setUint16(3200 + 20, ns, little);
  view.setUint16(3200 + 24, format, little);
  if (order) view.setUint32(3200 + 96, 0x01020304, little);
  if (order || texts !== 0) view.setUint8(3200 + 300, order ? 2 : 1);
  view.setInt16(3200 + 304, texts, little);
  if (texts !== 0) file.write('((SEG: EndText))', start - 3200, 'latin1');
  const rows = crosslineFirst ? nx : ni;
  const columns = crosslineFirst ? ni : nx;
  let at = start;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [i, j] = crosslineFirst ? [column, row] : [row, column];
      view.setInt32(at + bytes[0] - 1, 10 + i, little);
      view.setInt32(at + bytes[1] - 1, 30 + 5 * j, little);
      at += 240;
      for (let k = 0; k < ns; k++, at += width) {
        const value = (i * nx + j) * ns + k - 7;
        if (format === 1) view.setUint32(at, toIbm(value) as number, little);
        if (format === 2) view.setInt32(at, value, little);
        if (format === 3) view.setInt16(at, value, little);
        if (format === 5) view.setFloat32(at, value, little);
      }
    }
  }
  return file;
}

group('SEG-Y by all ranks', () => {
  distributed('is read as it was written, from and to any layout', ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.sgy');
      for (const [dtype, format] of [
        ['float32', 'float32'],
        ['float32', 'ibm'],
        ['int32', 'int32'],
        ['int32', 'int16'],
      ] as const) {
        const whole = numbered(SHAPE, dtype);
        for (const layout of [...layoutsOf(SHAPE, comm.size), Layout.replicated(SHAPE, comm.size)]) {
          writeSegy(path, placed(whole, layout, comm), { ...GEOMETRY, format });
          for (const axis of [0, 1, 2]) {
            const { data, ...geometry } = readSegy(path, { axis });
            expect([data.dtype, data.axis, data.globalShape]).to.deep.equal([dtype, axis, SHAPE]);
            expect(data.asArray().toHost(), `${format} ${layout}`).to.deep.equal(whole.toHost());
            expect(geometry).to.deep.equal({ ...GEOMETRY, format });
          }
          comm.barrier();
        }
      }
      expect(
        readSegy(path, { partition: 'BROADCAST', dtype: 'float32' }).data.asArray().toHost(),
      ).to.deep.equal(numbered(SHAPE, 'float32').toHost());
    });
  });

  distributed('reads formats, byte orders, sortings and texts that it does not write', ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.sgy');
      const variants = [
        { format: 1 },
        { format: 2, little: true },
        { format: 3, crosslineFirst: true },
        { format: 5, ascii: true, little: true, crosslineFirst: true },
        { format: 5, order: true, little: true },
        { format: 1, texts: 2 },
        { format: 1, texts: -1 },
        { format: 3, bytes: [9, 21] as const },
      ];
      for (const variant of variants) {
        comm.barrier();
        if (comm.rank === 0) writeFileSync(path, segy(variant));
        comm.barrier();
        const message = JSON.stringify(variant);
        for (const axis of [0, 1, 2]) {
          const bytes = variant.bytes
            ? { inlineByte: variant.bytes[0], crosslineByte: variant.bytes[1] }
            : {};
          const { data, ...geometry } = readSegy(path, { axis, dtype: 'float32', ...bytes });
          expect(data.asArray().toHost(), message).to.deep.equal(numbered(SHAPE, 'float32').toHost());
          expect([geometry.inlines, geometry.crosslines, geometry.sampleInterval], message).to.deep.equal([
            [10, 11, 12],
            [30, 35, 40, 45],
            0.002,
          ]);
          expect(geometry.text, message).to.equal('C 1 HELLO');
        }
        expect(readSegy(path, variant.bytes ? { inlineByte: 9, crosslineByte: 21 } : {}).data.dtype).to.equal(
          variant.format === 2 || variant.format === 3 ? 'int32' : 'float32',
        );
      }
    });
  });

  distributed('a line and one trace are read as volumes', ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'x.sgy');
      for (const shape of [
        [1, 9, 4],
        [9, 1, 4],
        [1, 1, 4],
      ]) {
        const whole = numbered(shape, 'float32');
        writeSegy(path, DistributedArray.toDist(whole, { axis: 1 }), { sampleInterval: 0.002 });
        const { data, inlines, text } = readSegy(path);
        expect(data.globalShape).to.deep.equal(shape);
        expect(data.asArray().toHost()).to.deep.equal(whole.toHost());
        expect(inlines).to.deep.equal(Array.from({ length: shape[0] as number }, (_, k) => k + 1));
        expect(text).to.match(/^C 1 POST.*\nC40 END TEXTUAL HEADER$/s);
        comm.barrier();
      }
    });
  });

  distributed(
    'irregular, damaged and hostile files are refused on all ranks',
    { backends: ['cpu', 'reference'] },
    ({ comm }) => {
      inFolder(comm, (folder) => {
        const path = join(folder, 'x.sgy');
        const good = segy({ format: 5 });
        const trace = 260;
        const patch = (at: number, value: number, width: 2 | 4 = 4) => {
          const file = Buffer.from(good);
          if (width === 2) file.writeInt16BE(value, at);
          else file.writeInt32BE(value, at);
          return file;
        };
        const cases: readonly (readonly [string, Uint8Array, new (message: string) => Error])[] = [
          ['cut short', good.subarray(0, -1), ArgumentError],
          ['a trace too few', good.subarray(0, -trace), ArgumentError],
          ['nothing', good.subarray(0, 3700), ArgumentError],
          ['no format', patch(3224, 0, 2), ArgumentError],
          ['another format', patch(3224, 4, 2), DTypeError],
          ['no samples', patch(3220, 0, 2), ArgumentError],
          ['more samples', patch(3220, 6, 2), ArgumentError],
          ['a trace elsewhere', patch(3600 + 5 * trace + 188, 77), ArgumentError],
          ['the last trace elsewhere', patch(3600 + 11 * trace + 192, 77), ArgumentError],
          ['a repeated crossline', patch(3600 + 2 * trace + 192, 35), ArgumentError],
          ['a trace of other length', patch(3600 + 7 * trace + 114, 4, 2), ArgumentError],
          ['no text', new Uint8Array(good.length), ArgumentError],
        ];
        for (const [what, file, error] of cases) {
          comm.barrier();
          if (comm.rank === 0) writeFileSync(path, file);
          comm.barrier();
          expectAllThrow(comm, () => readSegy(path), error, what);
        }
        const mine = join(folder, `rank-${comm.rank}.sgy`);
        for (let bad = 0; bad < comm.size; bad++) {
          writeFileSync(mine, comm.rank === bad ? segy({ format: 1 }) : good);
          if (comm.size > 1)
            expectAllThrow(comm, () => readSegy(mine), ArgumentError, `another file on rank ${bad}`);
          writeFileSync(mine, good);
          if (comm.rank === bad) truncateSync(mine, good.length - 1);
          expectAllThrow(comm, () => readSegy(mine), ArgumentError, `cut short on rank ${bad}`);
        }
        expectAllThrow(comm, () => readSegy(join(folder, 'none')), ArgumentError);
        comm.barrier();
        if (comm.rank === 0) {
          const file = segy({ format: 1 });
          file.writeUInt32BE(0x7fffffff, 3600 + 240);
          writeFileSync(path, file);
        }
        comm.barrier();
        expectAllThrow(comm, () => readSegy(path), DTypeError, 'beyond float32');
        expect(readSegy(path, { dtype: 'float64' }).data.get([0, 0, 0])).to.be.above(1e75);
        expectAllThrow(comm, () => readSegy(path, { dtype: 'int32' }), DTypeError);
        expectAllThrow(comm, () => readSegy(path, { dtype: 'complex64' }), DTypeError);
        expectAllThrow(comm, () => readSegy(path, { inlineByte: 238 }), ArgumentError);
        expectAllThrow(comm, () => readSegy(path, { inline: 5 } as never), ArgumentError);
      });
    },
  );

  distributed(
    'the first trace out of order ends the search, however many follow',
    { backends: ['cpu'] },
    ({ comm }) => {
      inFolder(comm, (folder) => {
        const path = join(folder, 'x.sgy');
        for (const places of [
          [],
          [[1, 1]],
          [
            [1, 1],
            [1, 2],
            [1, 2],
          ],
          [
            [1, 1],
            [2, 1],
            [2, 1],
          ],
          [
            [1, 1],
            [1, 2],
            [1, 1],
          ],
        ]) {
          comm.barrier();
          if (comm.rank === 0) {
            const head = segy({ format: 5 }).subarray(0, 3600);
            writeFileSync(path, head);
            // 10⁸ traces, nearly all of them zeros
            truncateSync(path, 3600 + 260 * 1e8);
            const fd = openSync(path, 'r+');
            for (const [k, [inline = 0, crossline = 0]] of places.entries()) {
              const place = Buffer.alloc(8);
              place.writeInt32BE(inline);
              place.writeInt32BE(crossline, 4);
              writeSync(fd, place, 0, 8, 3600 + 260 * k + 188);
            }
            closeSync(fd);
          }
          comm.barrier();
          const began = performance.now();
          expectAllThrow(comm, () => readSegy(path), ArgumentError, String(places));
          expect(performance.now() - began, String(places)).to.be.below(2000);
        }
      });
    },
  );

  distributed(
    'values that the format cannot store are refused, and no file is written',
    { backends: ['cpu', 'reference'] },
    ({ comm }) => {
      inFolder(comm, (folder) => {
        const path = join(folder, 'x.sgy');
        const x = DistributedArray.ones(SHAPE, { dtype: 'float32', axis: 2 });
        const y = DistributedArray.full(SHAPE, 40_000, { dtype: 'int32' });
        const wrong: readonly (readonly [string, () => void, new (message: string) => Error])[] = [
          ['complex', () => writeSegy(path, x.astype('complex64'), GEOMETRY), DTypeError],
          [
            'fractions as integers',
            () => writeSegy(path, x.multiply(0.5), { ...GEOMETRY, format: 'int16' }),
            DTypeError,
          ],
          ['large integers', () => writeSegy(path, y, { ...GEOMETRY, format: 'int16' }), DTypeError],
          [
            'not a number',
            () => writeSegy(path, x.copy().fill(Number.NaN), { ...GEOMETRY, format: 'ibm' }),
            DTypeError,
          ],
          ['two axes', () => writeSegy(path, DistributedArray.ones([3, 4]), GEOMETRY), ShapeError],
          [
            'no traces',
            () => writeSegy(path, DistributedArray.ones([3, 0, 4]), { sampleInterval: 1e-3 }),
            ShapeError,
          ],
          ['inlines', () => writeSegy(path, x, { ...GEOMETRY, inlines: [1, 2] }), ArgumentError],
          ['repeated', () => writeSegy(path, x, { ...GEOMETRY, inlines: [1, 2, 2] }), ArgumentError],
          ['interval', () => writeSegy(path, x, { ...GEOMETRY, sampleInterval: -0.004 }), ArgumentError],
          [
            'a delay between the steps of all scalars',
            () => writeSegy(path, x, { ...GEOMETRY, delay: Math.PI }),
            ArgumentError,
          ],
          ['text', () => writeSegy(path, x, { ...GEOMETRY, text: 'x'.repeat(81) }), ArgumentError],
          ['letters', () => writeSegy(path, x, { ...GEOMETRY, text: 'Ω' }), ArgumentError],
          ['option', () => writeSegy(path, x, { ...GEOMETRY, dt: 4 } as never), ArgumentError],
        ];
        for (const [what, body, error] of wrong) expectAllThrow(comm, body, error, what);
        for (let bad = 0; bad < comm.size; bad++) {
          const gone = x.copy();
          if (comm.rank === bad) gone.dispose();
          expectAllThrow(comm, () => writeSegy(path, gone, GEOMETRY), BackendError, `gone on rank ${bad}`);
        }
        expect(readdirSync(folder)).to.deep.equal([]);
        comm.barrier();
        // a value that only one rank has
        const one = x.copy().set([2, 3, 4], Number.POSITIVE_INFINITY);
        expectAllThrow(comm, () => writeSegy(path, one, { ...GEOMETRY, format: 'ibm' }), DTypeError);
        expect(readdirSync(folder)).to.deep.equal([]);
        comm.barrier();
        writeSegy(path, x, GEOMETRY);
        const bytes = readFileSync(path);
        expect(bytes.length).to.equal(3600 + 12 * 260);
        expect([
          bytes.readUInt16BE(3216),
          bytes.readUInt16BE(3220),
          bytes.readUInt16BE(3224),
          bytes.readUInt16BE(3500),
        ]).to.deep.equal([4000, 5, 5, 0x0100]);
      });
    },
  );
});
