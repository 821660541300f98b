import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Checkpoint } from '../../src/io/checkpoint/checkpoint.js';
import { crc32OfTable } from '../../src/io/parts/crc32.js';
import { MatrixMult } from '../../src/local/index.js';
import { MPIBlockDiag, MPIGradient, MPIStackedVStack, MPIVStack } from '../../src/operators/index.js';
import { cg } from '../../src/optimization/krylov/cg.js';
import { cgls } from '../../src/optimization/krylov/cgls.js';
import { minres } from '../../src/optimization/krylov/minres.js';
import { definite } from '../optimization/problems.js';
import { distributed, group } from '../support/distributed.js';
import { withFolder } from '../support/folder.js';

/** Returns uniform numbers in [0, 1) for a seed (Mulberry32, public domain). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

group('Checkpoint', () => {
  distributed(
    'of stacked data: a solver resumed after 5 iterations gives the bits of a run without a stop',
    ({ comm, floats }) => {
      // files are slow if many processes share a disk
      for (const dtype of new Set([
        floats[0] ?? 'float64',
        ...(comm.size < 3 ? [floats.at(-1) ?? 'float64'] : []),
      ])) {
        const S = new MPIStackedVStack([definite([7, 3], comm), new MPIGradient([7, 3])]);
        const d = S.range({ dtype }).random(3);
        const solve = (o: { niter: number; checkpoint?: Checkpoint }) =>
          cgls(S, d, { ...o, tol: 0, damp: 0.1 });
        withFolder(comm, (folder) => {
          const whole = solve({ niter: 9 });
          solve({ niter: 5, checkpoint: new Checkpoint(folder, { every: 3 }) });
          comm.barrier();
          expect(new Checkpoint(folder).latest).to.equal(5);
          const resumed = solve({ niter: 9, checkpoint: new Checkpoint(folder) });
          expect(resumed.cost, dtype).to.deep.equal(whole.cost);
          expect(resumed.x.asArray().toHost()).to.deep.equal(whole.x.asArray().toHost());
        });
      }
    },
  );

  distributed(
    'keeps the last complete files, skips incomplete ones, and removes those of ended jobs',
    ({ comm, reals: [dtype = 'float64'] }) => {
      const A = definite([9], comm);
      const y = DistributedArray.random([9], { dtype, seed: 2, comm });
      const run = (folder: string, niter: number) =>
        cg(A, y, { niter, tol: 0, checkpoint: new Checkpoint(folder, { every: 2, keep: 3 }) });
      withFolder(comm, (folder) => {
        expect(new Checkpoint(folder).restore(cg.init(A, y))).to.equal(false);
        if (comm.rank === 0) {
          mkdirSync(join(folder, '0000000003.12-abc.partial'));
          writeFileSync(join(folder, '0000000003.12-abc.partial', 'x.0.0.npy'), 'half');
          mkdirSync(join(folder, '0000000004.34-def.partial'));
          // two days old: the writer of the other one may still be running
          const old = Date.now() / 1000 - 2 * 24 * 3600;
          for (const path of ['x.0.0.npy', ''])
            utimesSync(join(folder, '0000000003.12-abc.partial', path), old, old);
          writeFileSync(join(folder, 'notes.txt'), 'mine');
        }
        comm.barrier();
        run(folder, 8);
        comm.barrier();
        const young = '0000000004.34-def.partial';
        expect(readdirSync(folder).sort()).to.deep.equal([
          '0000000004',
          young,
          '0000000006',
          '0000000008',
          'notes.txt',
        ]);
        comm.barrier();
        if (comm.rank === 0) {
          truncateSync(join(folder, '0000000008', 'r.0.0.npy'), 70);
          rmSync(join(folder, '0000000006', 'state.json'));
        }
        comm.barrier();
        const state = cg.init(A, y);
        expect(new Checkpoint(folder).latest).to.equal(4);
        expect(new Checkpoint(folder).restore(state)).to.equal(true);
        expect(state.iteration).to.equal(4);
        expect(state.history).to.deep.equal(cg(A, y, { niter: 4, tol: 0 }).cost);
      });
    },
  );

  distributed(
    'refuses on all ranks folders and states that do not fit or cannot be written',
    ({ comm, reals: [dtype = 'float64'] }) => {
      const A = definite([9], comm);
      const y = DistributedArray.random([9], { dtype, seed: 2, comm });
      withFolder(comm, (folder) => {
        cg(A, y, { niter: 2, checkpoint: new Checkpoint(folder) });
        const longer = DistributedArray.ones([10], { dtype, comm });
        expect(() => cg(definite([10], comm), longer, { checkpoint: new Checkpoint(folder) })).to.throw(
          ArgumentError,
          /shape/,
        );
        expect(() => minres(A, y, { checkpoint: new Checkpoint(folder) })).to.throw(
          ArgumentError,
          /another solver/,
        );
        expect(() => new Checkpoint(folder, { fresh: 1 as never })).to.throw(ArgumentError, /fresh/);
        comm.barrier();
        if (comm.rank === 0) writeFileSync(join(folder, 'file'), '');
        comm.barrier();
        expect(() => cg(A, y, { tol: 0, checkpoint: new Checkpoint(join(folder, 'file')) })).to.throw(
          ArgumentError,
          // the error of one rank is reported with the number of the rank
          comm.size > 1 ? /^rank 0: Checkpoint: could not use / : /^Checkpoint: could not use /,
        );
      });
      expect(() => new Checkpoint('x', { every: 0 })).to.throw(ArgumentError, /every/);
      // @ts-expect-error misspelled
      expect(() => new Checkpoint('x', { evry: 1 })).to.throw(ArgumentError, /did you mean 'every'/);
    },
  );

  distributed(
    'resumes replicated models, and colours of a mask with different scalars',
    ({ comm, reals: [dtype = 'float64'] }) => {
      const rows = [1, 2, 3, 4].filter((_, k) => k % comm.size === comm.rank);
      const V = new MPIVStack(
        rows.map((seed) => new MatrixMult(NDArray.normal([3, 5], { seed, dtype }), { dtype })),
        { comm },
      );
      const mask = Array.from({ length: comm.size }, (_, r) => (r < comm.size / 2 ? 0 : 1));
      const color = mask[comm.rank] as number;
      const B = new MPIBlockDiag(
        [new MatrixMult(NDArray.normal([4, 4], { seed: 10 + color, dtype }), { dtype })],
        { comm },
      );
      const masked = DistributedArray.random([4 * comm.size], { dtype, seed: 2, mask, comm });
      const data = V.range({ dtype }).random(6);
      for (const solve of [
        (o: object) => cgls(V, data, { ...o, tol: 0 }),
        (o: object) => cgls(B, masked, { ...o, tol: 0 }),
      ]) {
        withFolder(comm, (folder) => {
          const whole = solve({ niter: 4 });
          solve({ niter: 2, checkpoint: new Checkpoint(folder) });
          const resumed = solve({ niter: 4, checkpoint: new Checkpoint(folder) });
          expect(resumed.cost).to.deep.equal(whole.cost);
          expect(resumed.x.asArray().toHost()).to.deep.equal(whole.x.asArray().toHost());
        });
      }
    },
  );

  distributed(
    'detects every damage and uses the file before, or names the damage where no file is whole',
    { backends: ['cpu'] },
    ({ comm }) => {
      const A = definite([9], comm);
      const y = DistributedArray.random([9], { seed: 2, comm });
      const run = (folder: string, niter: number, o: object = {}) =>
        cg(A, y, { niter, tol: 0, checkpoint: new Checkpoint(folder, { every: 2, ...o }) });
      const whole = cg(A, y, { niter: 6, tol: 0 });
      withFolder(comm, (folder) => {
        run(folder, 4);
        comm.barrier();
        const newest = join(folder, '0000000004');
        const files = readdirSync(newest).sort();
        expect(files.filter((name) => name.endsWith('.npy'))).to.have.length(3 * comm.size);
        const random = generator(comm.size);
        for (const name of files) {
          const path = join(newest, name);
          const good = readFileSync(path);
          for (let draw = 0; draw < 3; draw++) {
            // the same values on all ranks
            const [at, bit] = [Math.floor(random() * good.length), 1 << Math.floor(random() * 8)];
            const bad = Buffer.from(good);
            bad.writeUInt8((bad[at] as number) ^ bit, at);
            comm.barrier();
            if (comm.rank === 0) writeFileSync(path, bad);
            comm.barrier();
            const state = cg.init(A, y);
            const words = `${name}: byte ${at} of ${good.length}, bit ${bit}`;
            try {
              expect(new Checkpoint(folder).restore(state), words).to.equal(true);
              expect(state.iteration, words).to.equal(2);
            } catch (error) {
              // the fault may have changed the format itself
              expect(String(error), words).to.match(/of format/);
            }
          }
          comm.barrier();
          if (comm.rank === 0) writeFileSync(path, good);
          comm.barrier();
        }
        // a run that resumes from the previous checkpoint gives the same bits
        if (comm.rank === 0) truncateSync(join(newest, files[0] as string), 90);
        comm.barrier();
        expect(run(folder, 6).cost).to.deep.equal(whole.cost);
        comm.barrier();
        if (comm.rank === 0)
          for (const name of readdirSync(folder)) writeFileSync(join(folder, name, 'p.0.0.npy'), 'x');
        comm.barrier();
        expect(() => run(folder, 6)).to.throw(
          ArgumentError,
          /nothing in .* is whole: .*p\.0\.0\.npy.*fresh: true/,
        );
        expect(run(folder, 6, { fresh: true }).cost).to.deep.equal(whole.cost);
        comm.barrier();
        expect(readdirSync(folder)).to.deep.equal(['0000000004', '0000000006']);
      });
    },
  );

  distributed(
    'sets no prototype by a name in a file, and refuses older formats by name',
    { backends: ['cpu'] },
    ({ comm }) => {
      const A = definite([9], comm);
      const y = DistributedArray.random([9], { seed: 2, comm });
      const run = (folder: string, o: object = {}) =>
        cg(A, y, { niter: 4, tol: 0, checkpoint: new Checkpoint(folder, { every: 2, ...o }) });
      withFolder(comm, (folder) => {
        run(folder);
        comm.barrier();
        const path = join(folder, '0000000004', 'state.json');
        const [, text = ''] = readFileSync(path, 'utf8').split('\n');
        const rewrite = (body: string, format: unknown = 2) => {
          comm.barrier();
          const sum = crc32OfTable(new TextEncoder().encode(body));
          if (comm.rank === 0) writeFileSync(path, `${JSON.stringify({ format, crc32: sum })}\n${body}\n`);
          comm.barrier();
        };
        rewrite(text);
        const state = cg.init(A, y);
        expect(new Checkpoint(folder).restore(state)).to.equal(true);
        for (const name of ['__proto__', 'constructor', 'toString', 'A', 'x']) {
          rewrite(
            text
              .replace('"iteration"', '"_"')
              .replace('"scalars":{', `"scalars":{${JSON.stringify(name)}:["stolen"],`),
          );
          expect(() => new Checkpoint(folder).restore(cg.init(A, y)), name).to.throw(
            ArgumentError,
            /another solver|damaged/,
          );
        }
        rewrite(text.replace('"vectors":{', '"vectors":{"__proto__":[],'));
        expect(() => new Checkpoint(folder).restore(cg.init(A, y))).to.throw(
          ArgumentError,
          /another solver|damaged/,
        );
        expect(Object.keys(Object.prototype)).to.deep.equal([]);
        for (const format of [1, 3, 'x', null]) {
          rewrite(text, format);
          expect(() => run(folder), String(format)).to.throw(
            ArgumentError,
            /of another version of lops-mpi: expected 2; \{ fresh: true \} starts over/,
          );
        }
        comm.barrier();
        // as version 1 wrote it
        if (comm.rank === 0) writeFileSync(path, JSON.stringify({ format: 1, ...JSON.parse(text) }));
        comm.barrier();
        expect(() => run(folder)).to.throw(ArgumentError, /state\.json is of format 1/);
        expect(run(folder, { fresh: true }).iterations).to.equal(4);
        expect(run(folder).iterations).to.equal(4);
      });
    },
  );

  distributed(
    'a run has the tolerances that it was called with, not those of the checkpoint',
    { backends: ['cpu'] },
    ({ comm }) => {
      const A = definite([9], comm);
      const y = DistributedArray.random([9], { seed: 2, comm });
      withFolder(comm, (folder) => {
        const run = (niter: number, tol: number) =>
          cg(A, y, { niter, tol, checkpoint: new Checkpoint(folder) });
        run(1, 0);
        comm.barrier();
        expect(run(50, 1e-6).reason).to.equal('tolerance reached');
      });
    },
  );

  distributed('a folder belongs to one job at a time', { ranks: [1, 2], backends: ['cpu'] }, ({ comm }) => {
    const A = definite([9], comm);
    const y = DistributedArray.random([9], { seed: 2, comm });
    withFolder(comm, (folder) => {
      const run = () => cg(A, y, { niter: 4, tol: 0, checkpoint: new Checkpoint(folder, { every: 2 }) });
      run();
      comm.barrier();
      if (comm.rank === 0) {
        expect(readdirSync(folder)).to.deep.equal(['0000000002', '0000000004']);
        // a running process of this machine that does not belong to this job
        const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
        const machine = `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
        const owner = {
          id: 'a'.repeat(32),
          host: hostname(),
          pid: process.ppid,
          started: '',
          machine,
          since: 'then',
          dead: [],
        };
        writeFileSync(join(folder, 'lock'), JSON.stringify(owner));
      }
      comm.barrier();
      const parent = comm.bcastObject(process.ppid);
      expect(run).to.throw(
        ArgumentError,
        new RegExp(
          `${comm.size > 1 ? 'rank 0: ' : ''}Checkpoint: could not use .*: ` +
            `it is in use by process ${parent} on .*choose another folder`,
        ),
      );
      expect(() => new Checkpoint(folder).save(cg.init(A, y))).to.throw(ArgumentError, /in use by process/);
      comm.barrier();
      expect(readdirSync(folder)).to.deep.equal(['0000000002', '0000000004', 'lock']);
      comm.barrier();
      if (comm.rank === 0) {
        const path = join(folder, 'lock');
        writeFileSync(path, readFileSync(path, 'utf8').replace('"started":""', '"started":"1"'));
      }
      comm.barrier();
      expect(run().iterations).to.equal(4);
      const kept = new Checkpoint(folder);
      kept.save(cg.init(A, y));
      expect(existsSync(join(folder, 'lock'))).to.equal(true);
      comm.barrier();
      kept.release();
      comm.barrier();
      expect(existsSync(join(folder, 'lock'))).to.equal(false);
    });
  });

  distributed(
    'pipes in the place of its files are refused',
    { ranks: [1, 2], backends: ['cpu'] },
    ({ comm }) => {
      const A = definite([9], comm);
      const y = DistributedArray.random([9], { seed: 2, comm });
      withFolder(comm, (folder) => {
        const run = () => cg(A, y, { niter: 2, tol: 0, checkpoint: new Checkpoint(folder, { every: 2 }) });
        for (const name of ['x.0.0.npy', 'state.json', '../lock']) {
          if (comm.rank === 0) rmSync(join(folder, 'lock'), { force: true });
          cg(A, y, { niter: 2, tol: 0, checkpoint: new Checkpoint(folder, { fresh: true }) });
          comm.barrier();
          const path = join(folder, '0000000002', name);
          if (comm.rank === 0) {
            rmSync(path, { force: true });
            execFileSync('mkfifo', [path]);
          }
          comm.barrier();
          expect(run, name).to.throw(ArgumentError, /is a pipe/);
          comm.barrier();
        }
        expect(() => new Checkpoint('s3://bucket/run')).to.throw(ArgumentError, /URL/);
      });
    },
  );
});
