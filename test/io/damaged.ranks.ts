/**
 * Tests collective readers on damaged files: all ranks return an array, or all throw the same
 * error.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { LopsError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { readSegy, readSegyTraces, readZarr } from '../../src/io/index.js';
import { distributed, group } from '../support/distributed.js';
import { MORE, SEED } from '../support/draws.js';
import { generator, mutated } from './damage.js';
import { inFolder } from './folder.js';
import { segyFile } from './segy-file.js';
import {
  bytesOfNumbers,
  chunkNumbers,
  type Files,
  secondVersion,
  shardOf,
  thirdVersion,
  writeFiles,
} from './zarr-files.js';

const RUNS = 60 * MORE;
const OPTIONS = { backends: ['cpu'], ranks: [1, 3], timeout: 60_000 * MORE };

/** A file that is read by all ranks. */
interface Case {
  readonly read: (path: string) => unknown;
  /** The files below the path. The one with the empty name is at the path itself. */
  readonly files: Files;
  /** The file that is damaged. @default the one at the path */
  readonly file?: string;
  /** The bytes at its start that stay as they are. @default 0 */
  readonly skip?: number;
  /** The length of the start of the rest that has most faults. @default all of it */
  readonly within?: number;
}

const SHAPE = [6, 7];
const CHUNK = [2, 3];
const chunk = (first: readonly number[]) => bytesOfNumbers(chunkNumbers(SHAPE, first, CHUNK), '<f4');
const second = secondVersion({ shape: SHAPE, chunks: CHUNK, dtype: '<f4', separator: '/' });
const bytes = { name: 'bytes', configuration: { endian: 'little' } };
const third = thirdVersion({ shape: SHAPE, grid: CHUNK, codecs: [bytes], encode: chunk });
const configuration = { chunk_shape: CHUNK, codecs: [bytes], index_codecs: [bytes] };
const sharded = thirdVersion({
  shape: SHAPE,
  grid: [2, 9],
  codecs: [{ name: 'sharding_indexed', configuration }],
  encode: ([row = 0]) =>
    shardOf(
      [0, 3, 6].map((column) => chunk([row, column])),
      { atStart: false, checked: false },
    ),
});
const segy = { files: { '': segyFile({ traces: 12, samples: 10 }) }, skip: 3200, within: 680 };

const CASES: Readonly<Record<string, Case>> = {
  readSegy: { read: readSegy, ...segy },
  readSegyTraces: { read: readSegyTraces, ...segy },
  'readZarr, metadata of version 2': { read: readZarr, files: second, file: '.zarray' },
  'readZarr, metadata of version 3': { read: readZarr, files: third, file: 'zarr.json' },
  'readZarr, metadata of shards': { read: readZarr, files: sharded, file: 'zarr.json' },
  'readZarr, a shard': { read: readZarr, files: sharded, file: 'c/1/0' },
  'readZarr, a ZIP store': { read: readZarr, files: { '': zipSync(sharded, { level: 0 }) } },
  'readZarr, a deflated ZIP store': { read: readZarr, files: { '': zipSync(second) } },
};

group(`damaged files, read by all ranks, seed ${SEED}`, () => {
  for (const [name, { read, files, file = '', skip = 0, within }] of Object.entries(CASES))
    distributed(`${name}: an array on all ranks, or one error on all`, OPTIONS, ({ comm }) => {
      inFolder(comm, (folder) => {
        const path = join(folder, 'x');
        if (comm.rank === 0) writeFiles(path, files);
        const good = files[file] as Uint8Array;
        const random = generator(SEED);
        let refused = 0;
        for (let run = 0; run < RUNS; run++) {
          const damaged = mutated(good.subarray(skip), random, within ?? good.length);
          if (comm.rank === 0)
            writeFileSync(join(path, file), Buffer.concat([good.subarray(0, skip), damaged]));
          comm.barrier();
          let outcome = 'read';
          try {
            tidy(() => void read(path));
          } catch (error) {
            if (!(error instanceof LopsError)) throw error;
            refused++;
            outcome = `${error.name}: ${error.message}`;
          }
          const all = comm.allgatherObject(outcome);
          expect(new Set(all).size, `run ${run}: ${all.join('\n')}`).to.equal(1);
        }
        expect(refused).to.be.above(RUNS / 10);
      });
    });
});
