/**
 * Tests collective readers on damaged files: all ranks return an array, or all throw the same
 * error.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { LopsError } from '../../src/core/base/errors.js';
import { tidy } from '../../src/core/base/scope.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { readSegy, readSegyTraces, readZarr, writeZarr } from '../../src/io/index.js';
import { numbered } from '../core/arrays.js';
import { distributed, group } from '../support/distributed.js';
import { MORE, SEED } from '../support/draws.js';
import { generator, mutated } from './damage.js';
import { inFolder } from './folder.js';
import { segyFile } from './segy-file.js';

const RUNS = 60 * MORE;
const OPTIONS = { backends: ['cpu'], ranks: [1, 3], timeout: 60_000 * MORE };

group(`damaged files, read by all ranks, seed ${SEED}`, () => {
  const readers: Readonly<Record<string, (path: string) => void>> = {
    readSegy: (path) => void readSegy(path),
    readSegyTraces: (path) => void readSegyTraces(path),
    readZarr: (path) => void readZarr(path),
  };
  for (const [name, read] of Object.entries(readers))
    distributed(`${name}: an array on all ranks, or one error on all`, OPTIONS, ({ comm }) => {
      inFolder(comm, (folder) => {
        const isZarr = name === 'readZarr';
        const path = join(folder, 'x');
        const file = isZarr ? join(path, 'zarr.json') : path;
        if (isZarr) writeZarr(path, DistributedArray.toDist(numbered([6, 7], 'float32')), { chunks: [2, 3] });
        else if (comm.rank === 0) {
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, segyFile({ traces: 12, samples: 10 }));
        }
        comm.barrier();
        const good = readFileSync(file);
        comm.barrier();
        const skip = isZarr ? 0 : 3200;
        const random = generator(SEED);
        let refused = 0;
        for (let run = 0; run < RUNS; run++) {
          const bytes = mutated(good.subarray(skip), random, isZarr ? good.length : 680);
          if (comm.rank === 0) writeFileSync(file, Buffer.concat([good.subarray(0, skip), bytes]));
          comm.barrier();
          let outcome = 'read';
          try {
            tidy(() => read(path));
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
