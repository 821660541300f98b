/**
 * Tests readers on damaged files: all ranks read the same values as one rank alone, or all throw
 * the same error, and nothing allocates memory out of proportion to the files. The memory of the
 * thread that reads HDF5 files is not counted.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { fileText } from '../../src/cli/info.js';
import { LopsError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import type { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { readHdf5, readSegy, readSegyTraces, readZarr } from '../../src/io/index.js';
import { crc32 } from '../../src/io/parts/crc32.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { distributed, group } from '../support/distributed.js';
import { MORE, SEED } from '../support/draws.js';
import { largestAllocation } from './allocations.js';
import { BLOSC_BUFFERS } from './blosc-buffers.js';
import { type Entry, generator, mutatedFiles } from './damage.js';
import { inFolder } from './folder.js';
import { segyFile } from './segy-file.js';
import {
  bytesOfNumbers,
  chunkNumbers,
  type Files,
  jsonFile,
  secondVersion,
  shardOf,
  thirdVersion,
} from './zarr-files.js';

const RUNS = 20 * MORE;
const OPTIONS = { backends: ['cpu'], ranks: [1, 3], timeout: 60_000 * MORE };
/**
 * The largest allocation for files of a few kilobytes. Arrays may have chunks that are not stored,
 * so up to 64 MiB are believed, and of pictures chunks of up to 256 MiB.
 */
const MOST = 2 ** 28;

type Read = (path: string, options: { comm: Communicator }) => DistributedArray;

/** Files that all ranks read. */
interface Case {
  readonly files: Files;
  /** What is written at the path. @default the files */
  readonly packed?: (entries: ReadonlyMap<string, Entry>) => ReadonlyMap<string, Entry>;
  /** The positions of numbers in the files. */
  readonly fields?: readonly number[];
  /** The length of the start that has most faults. @default all of it */
  readonly within?: number;
}

const SHAPE = [6, 7];
const CHUNK = [2, 3];
const chunk = (first: readonly number[]) => bytesOfNumbers(chunkNumbers(SHAPE, first, CHUNK), '<f4');
const bytes = { name: 'bytes', configuration: { endian: 'little' } };
const second = {
  ...secondVersion({ shape: SHAPE, chunks: CHUNK, dtype: '<f4', separator: '/' }),
  '.zattrs': jsonFile({ units: 'm', _ARRAY_DIMENSIONS: ['x', 'y'] }),
};
const sharded = (atStart: boolean, checked: boolean) =>
  thirdVersion({
    shape: SHAPE,
    grid: [2, 9],
    codecs: [
      {
        name: 'sharding_indexed',
        configuration: {
          chunk_shape: CHUNK,
          codecs: [bytes],
          index_codecs: checked ? [bytes, { name: 'crc32c' }] : [bytes],
          index_location: atStart ? 'start' : 'end',
        },
      },
    ],
    encode: ([row = 0]) =>
      shardOf(
        [0, 3, 6].map((column) => chunk([row, column])),
        { atStart, checked },
      ),
  });
/** A group whose arrays are described by its own files. */
const consolidated = (): Files => {
  const { '.zarray': array, '.zattrs': attributes, ...chunks } = second as Record<string, Uint8Array>;
  const metadata = { '.zgroup': { zarr_format: 2 }, '.zarray': parsed(array), '.zattrs': parsed(attributes) };
  return { ...chunks, '.zmetadata': jsonFile({ zarr_consolidated_format: 1, metadata }) };
};
const parsed = (file: Uint8Array | undefined): unknown => JSON.parse(new TextDecoder().decode(file));

const zipped =
  (level: 0 | 6): Required<Case>['packed'] =>
  (entries) => {
    const members = [...entries].filter(
      (entry): entry is [string, Uint8Array] => entry[1] instanceof Uint8Array,
    );
    return new Map([['', zipSync(Object.fromEntries(members), { level })]]);
  };

const ZARR: Readonly<Record<string, Case>> = {
  'version 2': { files: second },
  'version 2, Fortran order, zlib behind shuffle': {
    files: secondVersion({
      shape: SHAPE,
      chunks: CHUNK,
      dtype: '<i2',
      order: 'F',
      compressor: { id: 'gzip', level: 1 },
      encode: (data) => gzipSync(data),
    }),
  },
  'version 2, blosc': {
    files: secondVersion({
      shape: [304],
      chunks: [304],
      dtype: '<f4',
      compressor: { id: 'blosc' },
      encode: () => Buffer.from(BLOSC_BUFFERS['lz4, byte shuffle'] as string, 'base64'),
    }),
    within: 100,
  },
  'version 2, consolidated': { files: consolidated() },
  'version 3': { files: thirdVersion({ shape: SHAPE, grid: CHUNK, codecs: [bytes], encode: chunk }) },
  'version 3, gzip': {
    files: thirdVersion({
      shape: SHAPE,
      grid: CHUNK,
      codecs: [bytes, { name: 'gzip', configuration: { level: 1 } }],
      encode: (first) => gzipSync(chunk(first)),
    }),
  },
  'shards, their indexes at the end': { files: sharded(false, true) },
  'shards, their indexes at the start': {
    files: sharded(true, false),
    fields: Array.from({ length: 6 }, (_, k) => 8 * k),
  },
  'damaged in a ZIP store': { files: sharded(false, false), packed: zipped(0) },
  'a damaged ZIP store': { files: { '': zipSync(sharded(false, false), { level: 0 }) } },
  'a damaged, deflated ZIP store': { files: { '': zipSync(second) } },
};

/** The positions of the numbers that readers use, in the binary header and in two trace headers. */
const fieldsOf = (traceBytes: number): number[] => [
  ...[16, 20, 24, 54, 68, 72, 96, 300, 301, 302, 304, 306, 312, 320, 328].map((at) => 3200 + at),
  ...[0, 4 * traceBytes].flatMap((trace) =>
    [68, 70, 108, 114, 116, 180, 184, 188, 192, 214].map((at) => 3600 + trace + at),
  ),
];
const SEGY: Readonly<Record<string, Case>> = {
  'revision 1': { files: { '': segyFile({ traces: 12, samples: 10 }) }, fields: fieldsOf(280), within: 4400 },
  'revision 2, little-endian int16': {
    files: { '': segyFile({ traces: 6, samples: 8, format: 3, order: 'little', revision: [2, 0] }) },
    fields: fieldsOf(256),
    within: 4200,
  },
  'revision 0, ibm': {
    files: { '': segyFile({ traces: 6, samples: 4, format: 1, revision: [0, 0] }) },
    fields: fieldsOf(256),
    within: 4200,
  },
};

/** Files of h5py, the oldest and the newest form. */
const HDF5 = Object.fromEntries(
  ['earliest', 'latest'].map((name): [string, Case] => {
    const url = new URL(`../../../test/golden/hdf5/${name}.h5`, import.meta.url);
    const file = readFileSync(fileURLToPath(url));
    return [name, { files: { '': file }, fields: Array.from({ length: 200 }, (_, k) => 4 * k) }];
  }),
);

/** Writes what is at a path. */
function writeEntries(path: string, entries: ReadonlyMap<string, Entry>): void {
  rmSync(path, { recursive: true, force: true });
  for (const [name, entry] of entries) {
    const at = join(path, name);
    mkdirSync(dirname(at), { recursive: true });
    if (entry === 'folder') mkdirSync(at);
    else if (entry instanceof Uint8Array) writeFileSync(at, entry);
    else symlinkSync(entry.link, at);
  }
}

/** Runs `body`. Returns its value, or the error as a text if it is one of this library. */
function outcomeOf<T>(body: () => T): { value?: T; text: string } {
  try {
    return { value: body(), text: 'read' };
  } catch (error) {
    if (!(error instanceof LopsError)) throw error;
    return { text: `${error.name}: ${error.message}` };
  }
}

/** Shape, dtype and check sum of the values, of all ranks. NaN counts as one value. */
function summary(x: DistributedArray): string {
  const values = (x.asArray().toHost() as Float64Array).slice();
  // JavaScript may change the bits of a NaN when it copies one
  for (const [k, value] of values.entries()) if (Number.isNaN(value)) values[k] = Number.NaN;
  const sum = crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return `${x.globalShape.join('×')} ${x.dtype} ${sum}`;
}

/** Reads damaged files by each reader. Returns how often one refused them. */
function checkCase(
  comm: Communicator,
  folder: string,
  { files, packed = (entries) => entries, fields, within }: Case,
  readers: readonly Read[],
): number {
  const alone = new SelfCommunicator();
  const path = join(folder, 'x');
  const random = generator(SEED);
  let refused = 0;
  for (let run = 0; run < RUNS; run++) {
    const entries = packed(
      run === 0 ? new Map(Object.entries(files)) : mutatedFiles(files, random, fields, within),
    );
    if (comm.rank === 0) writeEntries(path, entries);
    comm.barrier();
    for (const read of readers) {
      tidy(() => {
        const { bytes, value: outcome } = largestAllocation(() => outcomeOf(() => read(path, { comm })));
        const all = comm.allgatherObject({ text: outcome.text, bytes });
        const texts = all.map(({ text }) => text);
        expect(new Set(texts).size, `run ${run}: ${texts.join('\n')}`).to.equal(1);
        expect(Math.max(...all.map((one) => one.bytes)), `run ${run}: bytes`).to.be.at.most(MOST);
        if (run === 0) expect(outcome.text).to.equal('read');
        const mine = outcome.value && summary(outcome.value);
        if (!mine) refused++;
        if (comm.size === 1) return;
        const other = outcomeOf(() => read(path, { comm: alone }));
        expect(other.value && summary(other.value), `run ${run}: ${other.text}`).to.equal(mine);
      });
    }
    const { bytes, value: described } = largestAllocation(() => outcomeOf(() => fileText(path)));
    expect(bytes, `run ${run}: bytes of fileText`).to.be.at.most(MOST);
    const texts = comm.allgatherObject(described.text);
    expect(new Set(texts).size, `run ${run}: ${texts.join('\n')}`).to.equal(1);
  }
  return refused;
}

group(`damaged files, read by all ranks, seed ${SEED}`, () => {
  for (const [kind, cases, readers] of [
    ['SEG-Y', SEGY, [(path, own) => readSegy(path, own).data, (path, own) => readSegyTraces(path, own).data]],
    ['Zarr', ZARR, [readZarr]],
    ['HDF5', HDF5, [(path, own) => readHdf5(path, 'model/velocity', own)]],
  ] as const satisfies readonly (readonly [string, Readonly<Record<string, Case>>, readonly Read[]])[])
    for (const [name, one] of Object.entries(cases))
      distributed(`${kind}, ${name}: the values of one rank, or one error`, OPTIONS, ({ comm }) => {
        inFolder(comm, (folder) => {
          expect(checkCase(comm, folder, one, readers)).to.be.above(RUNS / 10);
        });
      });
});
