import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import {
  readSegy,
  readSegyHeaders,
  readSegyTraces,
  type SegyTracesWriteOptions,
  segyGathers,
  segySorting,
  writeSegyTraces,
} from '../../src/io/index.js';
import { TRACE_WORDS, WORD_NAMES } from '../../src/io/segy/parts/trace-words.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow } from '../support/vectors.js';
import { inFolder } from './folder.js';
import { type Field, type SegyFile, segyFile } from './segy-file.js';

function saved(comm: Communicator, folder: string, file: Uint8Array): string {
  const path = join(folder, 'x.sgy');
  comm.barrier();
  if (comm.rank === 0) writeFileSync(path, file);
  comm.barrier();
  return path;
}

const list = (x: DistributedArray): number[] => Array.from(x.asArray().toHost() as Int32Array);

/** Shots 20, 10, 30 with two, three and two traces, whose offsets fall in shot 10. */
const SHOTS: readonly (readonly [record: number, offset: number])[] = [
  [20, 100],
  [20, 200],
  [10, 300],
  [10, 200],
  [10, 100],
  [30, 100],
  [30, 200],
];

/** Each byte of each trace header is another, except where the header has a meaning. */
const everyByte = (t: number): Field[] => [
  ...WORD_NAMES.map((word, k): Field => {
    const { at, bytes } = TRACE_WORDS[word];
    return bytes === 4 ? [at + 1, 'i32', (k + 1) * 0x1020304 + t] : [at + 1, 'i16', (k + 1) * 211 + t];
  }),
  [9, 'i32', (SHOTS[t] as (typeof SHOTS)[number])[0]],
  [37, 'i32', (SHOTS[t] as (typeof SHOTS)[number])[1]],
  [115, 'u16', 4],
  [117, 'u16', 1000 + t],
];
const PRESTACK: SegyFile = { traces: SHOTS.length, header: everyByte };
const CPU = { backends: ['cpu'] };

group('SEG-Y traces in any order', () => {
  for (const order of ['big', 'little', 'swapped'] as const)
    distributed(`${order}: samples and all bytes of trace headers are read and written`, CPU, ({ comm }) => {
      inFolder(comm, (folder) => {
        const file = segyFile({ ...PRESTACK, order, revision: [2, 0], binary: [[3217, 'u16', 0]] });
        const path = saved(comm, folder, file);
        for (const options of [{}, { axis: 1 }, { partition: 'BROADCAST' as const }]) {
          const traces = readSegyTraces(path, options);
          expect(traces.data.globalShape).to.deep.equal([7, 4]);
          expect(list(traces.data)).to.deep.equal(
            Array.from({ length: 28 }, (_, k) => 10 * Math.floor(k / 4) + (k % 4)),
          );
          expect(list(traces.headers.fieldRecord)).to.deep.equal(SHOTS.map(([record]) => record));
          expect(list(traces.headers.sampleInterval)).to.deep.equal(SHOTS.map((_, t) => 1000 + t));
          expect([traces.sampleInterval, traces.delay, traces.samples]).to.deep.equal([
            undefined,
            undefined,
            4,
          ]);
          writeSegyTraces(join(folder, 'y.sgy'), traces.data, traces);
          expect(readFileSync(join(folder, 'y.sgy')).subarray(3600).equals(file.subarray(3600))).to.equal(
            true,
          );
          comm.barrier();
        }
      });
    });

  distributed('chosen traces and words are read, in the order asked for', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = saved(comm, folder, segyFile({ ...PRESTACK, binary: [[3217, 'u16', 0]] }));
      const chosen = readSegyTraces(path, { traces: [6, 0, 3], words: ['offset', 'fieldRecord'] });
      expect(Object.keys(chosen.headers)).to.deep.equal(['offset', 'fieldRecord']);
      expect(list(chosen.data)).to.deep.equal([60, 61, 62, 63, 0, 1, 2, 3, 30, 31, 32, 33]);
      expect(list(chosen.headers.offset)).to.deep.equal([200, 100, 200]);
      const one = readSegyTraces(path, { traces: Int32Array.of(4) });
      expect(one.sampleInterval).to.equal(0.001004);
      const none = readSegyTraces(path, { traces: [] });
      expect(none.data.globalShape).to.deep.equal([0, 4]);
    });
  });

  distributed('gathers and sortings are found in headers', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = saved(comm, folder, segyFile({ ...PRESTACK, binary: [[3217, 'u16', 0]] }));
      const { headers } = readSegyHeaders(path, { words: ['fieldRecord', 'offset'] });
      const plain = (gathers: ReturnType<typeof segyGathers>) =>
        gathers.map(({ key, traces }) => [key, [...traces]]);
      expect(plain(segyGathers(headers, 'fieldRecord'))).to.deep.equal([
        [[10], [2, 3, 4]],
        [[20], [0, 1]],
        [[30], [5, 6]],
      ]);
      expect(plain(segyGathers(headers, 'fieldRecord', { sortBy: 'offset' }))[0]).to.deep.equal([
        [10],
        [4, 3, 2],
      ]);
      expect(plain(segyGathers(headers, ['offset', 'fieldRecord'])).slice(0, 2)).to.deep.equal([
        [[100, 10], [4]],
        [[100, 20], [0]],
      ]);
      expect(segySorting(headers)).to.deep.equal([]);
      const [second] = segyGathers(headers, 'fieldRecord');
      const gather = readSegyTraces(path, { traces: second?.traces ?? [] });
      expect(list(gather.headers.offset)).to.deep.equal([300, 200, 100]);
      const volume = readSegyHeaders(saved(comm, folder, segyFile()));
      expect(segySorting(volume.headers)).to.deep.equal(['inline', 'crossline']);
    });
  });

  distributed('a volume with gaps and repeated traces comes as traces', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const places = [1, 2, 3, 1, 3, 3];
      const path = saved(comm, folder, segyFile({ header: (t) => [[193, 'i32', places[t] as number]] }));
      expectAllThrow(comm, () => readSegy(path), ArgumentError);
      const { headers, sampleInterval, delay } = readSegy(path, { ignoreGeometry: true });
      expect(list(headers.crossline)).to.deep.equal(places);
      expect([sampleInterval, delay]).to.deep.equal([0.004, 0]);
    });
  });

  distributed('words, intervals and delays are written from options', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'w.sgy');
      const x = DistributedArray.full([3, 4], 2, { dtype: 'float64' });
      const offset = DistributedArray.toDist(x.asArray().mean(1).astype('int32'));
      writeSegyTraces(path, x, {
        headers: { ensemble: [7, 7, 8], offset },
        sampleInterval: 0.5e-6,
        delay: 0.0123,
        format: 'float64',
      });
      const { data, headers, text, ...facts } = readSegyTraces(path);
      expect(facts).to.deep.equal({
        samples: 4,
        sampleInterval: 0.5e-6,
        delay: 0.0123,
        format: 'float64',
        byteOrder: 'big',
      });
      expect(text).to.match(/^C 1 TRACES\n.*C39 SEG-Y_REV2.0/s);
      expect([list(headers.ensemble), list(headers.offset), list(headers.traceInFile)]).to.deep.equal([
        [7, 7, 8],
        [2, 2, 2],
        [1, 2, 3],
      ]);
      // a new delay is written with the scalar of the headers, which other times share
      writeSegyTraces(path, data, { ...facts, headers, delay: 0.1 });
      expect(list(readSegyTraces(path).headers.delay)).to.deep.equal([1000, 1000, 1000]);
      expectAllThrow(
        comm,
        () => writeSegyTraces(path, data, { ...facts, headers, delay: 0.00001 }),
        ArgumentError,
      );
    });
  });

  distributed('wrong arguments are refused on all ranks, and nothing is written', CPU, ({ comm }) => {
    inFolder(comm, (folder) => {
      const path = join(folder, 'w.sgy');
      const x = DistributedArray.ones([3, 4]);
      const dt = { sampleInterval: 0.004 };
      const wrong: readonly (readonly [
        string,
        DistributedArray,
        SegyTracesWriteOptions,
        new (message: string) => Error,
      ])[] = [
        ['no interval', x, {}, ArgumentError],
        ['a volume', DistributedArray.ones([2, 3, 4]), dt, ShapeError],
        ['complex', x.astype('complex128'), dt, DTypeError],
        ['no such word', x, { ...dt, headers: { cdp: [1, 2, 3] } as never }, ArgumentError],
        ['a short list', x, { ...dt, headers: { offset: [1, 2] } }, ArgumentError],
        ['a short array', x, { ...dt, headers: { offset: DistributedArray.ones([2]) } }, ShapeError],
        ['a large word', x, { ...dt, headers: { year: [1, 2, 40_000] } }, ArgumentError],
        ['a fraction', x, { ...dt, headers: { offset: [1, 2, 0.5] } }, ArgumentError],
        ['an option', x, { ...dt, inlines: [1] } as never, ArgumentError],
      ];
      for (const [what, data, options, error] of wrong)
        expectAllThrow(comm, () => writeSegyTraces(path, data, options), error, what);
      expect(readdirSync(folder)).to.deep.equal([]);
      comm.barrier();
      const file = saved(comm, folder, segyFile());
      expectAllThrow(comm, () => readSegyTraces(file, { traces: [6] }), ArgumentError);
      expectAllThrow(comm, () => readSegyTraces(file, { words: ['cdp'] as never }), ArgumentError);
      expectAllThrow(comm, () => readSegyTraces(file, { inlineByte: 9 } as never), ArgumentError);
      const { headers } = readSegyHeaders(file, { words: ['offset'] });
      expectAllThrow(comm, () => segyGathers(headers, 'inline'), ArgumentError);
      expectAllThrow(comm, () => segyGathers(headers, []), ArgumentError);
      // wrong on the last rank only
      const last = comm.rank === comm.size - 1;
      expectAllThrow(comm, () => segyGathers(last ? (undefined as never) : headers, 'offset'), ArgumentError);
      expectAllThrow(comm, () => segyGathers(headers, last ? 'inline' : 'offset'), ArgumentError);
      expectAllThrow(comm, () => segySorting(last ? (undefined as never) : headers), ArgumentError);
      if (comm.size > 1)
        expectAllThrow(comm, () => readSegyTraces(file, { traces: [comm.rank] }), ArgumentError);
    });
  });
});
