import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { readSegy, type SegyFormat, writeSegy } from '../../src/io/index.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';
import { inFolder } from './folder.js';
import { type SegyFile, segyFile } from './segy-file.js';

/** Writes a file on rank 0, and returns its path on all ranks. */
function saved(comm: Communicator, folder: string, file: Uint8Array): string {
  const path = join(folder, 'x.sgy');
  comm.barrier();
  if (comm.rank === 0) writeFileSync(path, file);
  comm.barrier();
  return path;
}

const ORDERS = ['big', 'little', 'swapped'] as const;

/** Values that a format holds: the ends of its range, and some between. */
const FORMATS: Readonly<Record<SegyFormat, { readonly code: number; readonly values: readonly number[] }>> = {
  ibm: { code: 1, values: [0, 1, -118.625, 2 ** -20, 1e6] },
  int32: { code: 2, values: [-(2 ** 31), 2 ** 31 - 1, 0, -7] },
  int16: { code: 3, values: [-32768, 32767, 0, -7] },
  float32: { code: 5, values: [0.25, -(2 ** 100), 0, Number.POSITIVE_INFINITY] },
  float64: { code: 6, values: [0.1, -1e300, 0, 5e-324] },
  int8: { code: 8, values: [-128, 127, 0, -7] },
  uint32: { code: 10, values: [0, 2 ** 32 - 1, 2 ** 31, 7] },
  uint16: { code: 11, values: [0, 65535, 32768, 7] },
  uint64: { code: 12, values: [0, 2 ** 53, 2 ** 63, 7] },
  uint8: { code: 16, values: [0, 255, 128, 7] },
};
const NAMES = Object.keys(FORMATS) as SegyFormat[];

const host = (x: DistributedArray): number[] => Array.from(x.asArray().toHost() as Float64Array);

const CPU = { backends: ['cpu'] };

group('SEG-Y as the standard defines it', () => {
  for (const order of ORDERS)
    distributed(`${order}: every format is read, and written to the same bytes`, CPU, ({ comm }) => {
      inFolder(comm, (folder) => {
        for (const name of NAMES) {
          const { code, values } = FORMATS[name];
          const value = (t: number, k: number) => values[(t + k) % values.length] as number;
          const file = segyFile({ order, format: code, revision: [2, 0], value, binary: [[3503, 'i16', 1]] });
          const path = saved(comm, folder, file);
          const { data, ...geometry } = readSegy(path);
          expect(host(data), name).to.deep.equal(
            Array.from({ length: 24 }, (_, k) => value(Math.floor(k / 4), k % 4)),
          );
          expect([geometry.format, geometry.byteOrder, geometry.sampleInterval]).to.deep.equal([
            name,
            order,
            0.004,
          ]);
          writeSegy(join(folder, 'y.sgy'), data, geometry);
          const written = readFileSync(join(folder, 'y.sgy'));
          for (let t = 0; t < 6; t++) {
            const bytes = (file.length - 3600) / 6;
            const samples = [3600 + t * bytes + 240, 3600 + (t + 1) * bytes] as const;
            expect(written.subarray(...samples), name).to.deep.equal(file.subarray(...samples));
          }
          const again = readSegy(join(folder, 'y.sgy'));
          expect(host(again.data)).to.deep.equal(host(data));
          const { data: _, ...rest } = again;
          expect(rest).to.deep.equal(geometry);
        }
      });
    });

  distributed('values beyond a format are refused, and nothing is written', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const wrong: Readonly<Record<SegyFormat, readonly number[]>> = {
        ibm: [1e76, Number.NaN],
        int32: [2 ** 31, 0.5, Number.NaN],
        int16: [32768, -32769],
        float32: [1e39],
        float64: [],
        int8: [128, -129],
        uint32: [-1, 2 ** 32],
        uint16: [-1, 65536],
        uint64: [-1, 2 ** 64, 0.5],
        uint8: [-1, 256],
      };
      for (const format of NAMES)
        for (const value of wrong[format]) {
          const x = DistributedArray.full([1, 3, 2], value, { axis: 1, dtype: 'float64' });
          expectAllThrow(
            comm,
            () => writeSegy(join(folder, 'x.sgy'), x, { sampleInterval: 0.004, format }),
            DTypeError,
            `${value} as ${format}`,
          );
        }
    });
  });

  distributed('values beyond the dtype are refused when they are read', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const cases = [
        [6, 1e39, 'float32'],
        [10, 2 ** 31, 'int32'],
        [12, 2 ** 40, 'int32'],
      ] as const;
      for (const [format, value, dtype] of cases) {
        const path = saved(comm, folder, segyFile({ format, revision: [2, 0], value: () => value }));
        expectAllThrow(comm, () => readSegy(path, { dtype }), DTypeError, `${value} as ${dtype}`);
      }
      const file = segyFile({ format: 12, revision: [2, 0] });
      file.writeBigUInt64BE(2n ** 53n + 1n, 3840);
      expectAllThrow(comm, () => readSegy(saved(comm, folder, file)), DTypeError, '2^53 + 1');
    });
  });

  distributed('headers of all kinds are read as the standard says', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const cases: readonly (readonly [
        string,
        SegyFile,
        { readonly delay?: number; readonly dt?: number },
      ])[] = [
        ['delay', { header: () => [[109, 'i16', 1234]] }, { delay: 1.234 }],
        [
          'a dividing scalar of times',
          {
            header: () => [
              [109, 'i16', 1234],
              [215, 'i16', -10],
            ],
          },
          { delay: 0.1234 },
        ],
        [
          'a multiplying scalar of times',
          {
            header: () => [
              [109, 'i16', -12],
              [215, 'i16', 100],
            ],
          },
          { delay: -1.2 },
        ],
        [
          'no samples in the binary header',
          { binary: [[3221, 'u16', 0]], header: () => [[115, 'u16', 4]] },
          {},
        ],
        [
          'the flag of equal traces, and another number in their headers',
          { binary: [[3503, 'i16', 1]], header: () => [[115, 'u16', 9]] },
          {},
        ],
        [
          'the flag of equal traces, and another interval in their headers',
          { binary: [[3503, 'i16', 1]], header: () => [[117, 'u16', 9]] },
          {},
        ],
        [
          'an interval in trace headers only',
          { binary: [[3217, 'u16', 0]], header: () => [[117, 'u16', 500]] },
          { dt: 0.0005 },
        ],
        ['no interval', { binary: [[3217, 'u16', 0]] }, { dt: 0 }],
        ['a fraction of a microsecond', { revision: [2, 0], binary: [[3273, 'f64', 0.25]] }, { dt: 0.25e-6 }],
        ['a long interval', { binary: [[3217, 'u16', 40_000]] }, { dt: 0.04 }],
        [
          'the extended number of samples',
          {
            revision: [2, 0],
            binary: [
              [3221, 'u16', 2],
              [3269, 'u32', 4],
            ],
            header: () => [[115, 'u16', 2]],
          },
          {},
        ],
        ['revision 1 in the lower byte', { revision: [0, 1], binary: [[3505, 'i16', 2]], before: 6400 }, {}],
        ['revision 2.1', { revision: [2, 1], binary: [[3505, 'i16', 1]], before: 3200 }, {}],
        ['texts without a revision', { revision: [0, 0], binary: [[3505, 'i16', 1]], before: 3200 }, {}],
        ['blanks for a revision', { revision: [0x40, 0x40] }, {}],
        ['the byte of the first trace', { revision: [2, 0], binary: [[3521, 'u64', 4000]], before: 400 }, {}],
        ['data trailers', { revision: [2, 0], binary: [[3529, 'i32', 2]], after: new Uint8Array(6400) }, {}],
        [
          'data trailers of unknown number',
          {
            revision: [2, 0],
            binary: [[3529, 'i32', -1]],
            after: Buffer.from('((SEG: Anything))'.padEnd(3200)),
          },
          {},
        ],
        [
          'data trailers of unknown number, and the number of traces',
          {
            revision: [2, 0],
            binary: [
              [3529, 'i32', -1],
              [3513, 'u64', 6],
            ],
            after: new Uint8Array(3200),
          },
          {},
        ],
      ];
      for (const [what, file, { delay = 0, dt = 0.004 }] of cases)
        for (const order of ORDERS) {
          if (order !== 'big' && file.revision?.[0] !== 2) continue;
          const { data, ...geometry } = readSegy(saved(comm, folder, segyFile({ ...file, order })));
          expect(data.globalShape, what).to.deep.equal([2, 3, 4]);
          expect(host(data), what).to.deep.equal(
            Array.from({ length: 24 }, (_, k) => 10 * Math.floor(k / 4) + (k % 4)),
          );
          expect(geometry.delay, what).to.be.closeTo(delay, 1e-12);
          expect(geometry.sampleInterval, what).to.be.closeTo(dt, 1e-15);
          // what was read is written, and means the same
          writeSegy(join(folder, 'y.sgy'), data, geometry);
          const { data: again, ...same } = readSegy(join(folder, 'y.sgy'));
          expect(same, what).to.deep.equal(geometry);
          expect(host(again), what).to.deep.equal(host(data));
        }
    });
  });

  distributed('traces that differ, and files that do not fit their headers, are refused', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const cases: readonly (readonly [string, SegyFile, RegExp])[] = [
        ['delays', { header: (t) => [[109, 'i16', t === 4 ? 8 : 0]] }, /trace 5 has a delay of 0.008 s/],
        [
          'scalars of times',
          {
            header: (t) => [
              [109, 'i16', 8],
              [215, 'i16', t === 2 ? -10 : 0],
            ],
          },
          /trace 3 has a delay of 0.0008 s/,
        ],
        [
          'intervals',
          { binary: [[3217, 'u16', 0]], header: (t) => [[117, 'u16', 1000 * (t + 1)]] },
          /trace 2 has an interval of 2000 µs/,
        ],
        ['one interval', { header: (t) => [[117, 'u16', t === 5 ? 2000 : 4000]] }, /trace 6 has an interval/],
        ['numbers of samples', { header: (t) => [[115, 'u16', t === 3 ? 9 : 4]] }, /trace 4 has 9 samples/],
        ['a trailer that nothing states', { after: new Uint8Array(3200) }, /data trailers/],
        ['more texts than the file has', { binary: [[3505, 'i16', 100]] }, /header says traces/],
        ['no end of texts', { binary: [[3505, 'i16', -1]] }, /no end/],
        ['more headers', { revision: [2, 0], binary: [[3507, 'u32', 1]] }, /additional trace headers/],
        [
          'a first trace inside the headers',
          { revision: [2, 0], binary: [[3521, 'u64', 300]] },
          /start at byte/,
        ],
        ['no samples at all', { binary: [[3221, 'u16', 0]] }, /no samples/],
      ];
      for (const [what, file, message] of cases) {
        const path = saved(comm, folder, segyFile(file));
        expectAllThrow(comm, () => readSegy(path), ArgumentError, what);
        expect(() => readSegy(path), what).to.throw(message);
      }
    });
  });

  distributed('more samples than 16 bits count', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const x = DistributedArray.toDist(
        NDArray.arange(0, 2 * 70_000, 1, { dtype: 'float32' }).reshape([1, 2, 70_000]),
        { axis: 1 },
      );
      const path = join(folder, 'long.sgy');
      writeSegy(path, x, { sampleInterval: 0.001 });
      const { data } = readSegy(path, { axis: 1 });
      expect(data.globalShape).to.deep.equal([1, 2, 70_000]);
      expectClose(data, x, 0);
    });
  });
});
