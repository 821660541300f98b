import fs, { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { profile } from '../../src/cli/profile.js';
import { ArgumentError, BackendError } from '../../src/core/base/errors.js';
import { log } from '../../src/core/base/log.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { MPIFirstDerivative } from '../../src/operators/index.js';
import { cgls } from '../../src/optimization/index.js';
import { startTrace } from '../../src/tracing/trace.js';
import { distributed, group } from '../support/distributed.js';
import { withFolder } from '../support/folder.js';

interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

const eventsOf = (path: string): TraceEvent[] =>
  (JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: TraceEvent[] }).traceEvents;

/** The numbers of nanoseconds of the begin and the end of a call. */
const timesOf = ({ ts = 0, dur = 0 }: TraceEvent): [number, number] => {
  const begin = Math.round(ts * 1000);
  return [begin, begin + Math.round(dur * 1000)];
};

/** Checks that calls of a rank lie one after another or within each other. */
function expectNested(calls: readonly TraceEvent[]): void {
  const sorted = calls.map(timesOf).sort(([a, b], [c, d]) => a - c || d - b);
  const open: number[] = [];
  for (const [begin, end] of sorted) {
    while (open.length > 0 && (open.at(-1) as number) <= begin) open.pop();
    if (open.length > 0) expect(end, 'end within the outer call').to.be.at.most(open.at(-1) as number);
    open.push(end);
  }
}

/** Solves a small problem, with halos and reductions. */
function work(comm: Communicator): void {
  const D = new MPIFirstDerivative([24, 4], { comm, kind: 'centered', order: 5 });
  const x = DistributedArray.random([24, 4], { comm, seed: 1 });
  const y = D.matvec(x);
  const solved = cgls(D, y, { niter: 4, tol: 0 });
  for (const v of [x, y, solved.x]) v.dispose();
}

/** Microseconds by which two ranks may read the clock of their machine differently. */
const CLOCK_ERROR = 20;

group('a trace', () => {
  distributed('has the calls of all ranks, nested, as many as are counted', ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'trace.json');
      const trace = startTrace(path, { backend, comm });
      const before = { ...comm.counters };
      work(comm);
      comm.barrier();
      const after = { ...comm.counters };
      const summary = trace.stop();
      expect(trace.stop()).to.equal(summary);
      const counted = comm.allgatherObject({
        message: after.messages - before.messages,
        bytes: after.bytes - before.bytes,
        reduction: after.reductions - before.reductions,
        collective: after.collectives - before.collectives,
      });
      const all = eventsOf(path);
      for (const [rank, counts] of counted.entries()) {
        const calls = all.filter(({ pid, ph }) => pid === rank && ph === 'X');
        expectNested(calls);
        const inCategory = (name: string) => calls.filter(({ cat }) => cat === name);
        for (const category of ['message', 'reduction', 'collective'] as const)
          expect(inCategory(category).length, `${category} of rank ${rank}`).to.equal(counts[category]);
        const sent = inCategory('message').reduce((sum, { args }) => sum + Number(args?.['bytes']), 0);
        expect(sent).to.equal(counts.bytes);
        const names = calls.map(({ name }) => name);
        expect(names.filter((name) => name === 'MPIFirstDerivative.matvec')).to.have.length(5);
        expect(names).to.include('stencil').and.include('dots');
        const costs = all.filter(({ pid, ph }) => pid === rank && ph === 'C');
        expect(costs.map(({ name }) => name)).to.deep.equal(Array(4).fill('cgls cost'));
        expect(all.filter(({ pid, ph }) => pid === rank && ph !== 'M').length).to.be.at.least(calls.length);
      }
      expect(summary.dropped).to.deep.equal(Array(comm.size).fill(0));
      const ofRanks = all.filter(({ name }) => name !== 'end of the trace');
      expect(summary.events).to.deep.equal(
        counted.map((_, rank) => ofRanks.filter(({ pid }) => pid === rank).length),
      );
      expect(readdirSync(folder)).to.deep.equal(['trace.json']);
    });
  });

  distributed('leads from each message to its receive', { ranks: [2, 3, 4] }, ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'trace.json');
      const trace = startTrace(path, { backend, comm });
      work(comm);
      const next = (comm.rank + 1) % comm.size;
      const last = (comm.rank + comm.size - 1) % comm.size;
      comm.sendrecv(Int32Array.of(1), next, new Int32Array(1), last, 5);
      const pending = comm.irecv(new Int32Array(2), last, 6);
      comm.send(Int32Array.of(1, 2), next, 6);
      pending.wait();
      trace.stop();
      const all = eventsOf(path);
      const starts = all.filter(({ ph }) => ph === 's');
      const ends = new Map(all.filter(({ ph }) => ph === 'f').map((end) => [end.id, end]));
      expect(starts.length).to.equal(all.filter(({ cat, ph }) => cat === 'message' && ph === 'X').length);
      expect(ends.size).to.equal(starts.length);
      expect(new Set(starts.map(({ id }) => id)).size).to.equal(starts.length);
      for (const start of starts) {
        const end = ends.get(start.id) as TraceEvent;
        expect(`${start.pid}-${end.pid}`).to.equal(String(start.id).split('-').slice(0, 2).join('-'));
        expect(Number(end.ts)).to.be.above(Number(start.ts) - CLOCK_ERROR);
      }
    });
  });

  distributed('has one clock for all ranks', { ranks: [2, 4] }, ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'trace.json');
      const trace = startTrace(path, { backend, comm });
      for (let k = 0; k < 10; k++) comm.barrier();
      trace.stop();
      const barriers = Array.from({ length: comm.size }, (_, rank) =>
        eventsOf(path)
          .filter(({ pid, name }) => pid === rank && name === 'barrier')
          .map(timesOf),
      );
      for (let k = 0; k < 10; k++) {
        const times = barriers.map((ofRank) => ofRank[k] as [number, number]);
        const lastIn = Math.max(...times.map(([begin]) => begin));
        expect(lastIn, 'nobody leaves before all have come').to.be.at.most(
          Math.min(...times.map(([, end]) => end)) + CLOCK_ERROR,
        );
      }
    });
  });

  distributed('of many events is joined in order, and has a limit', ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'new', 'trace.json');
      const long = startTrace(path, { backend, comm });
      for (let k = 0; k < 12_000; k++) log('info', `moment ${k}`);
      const { events } = long.stop();
      // more than one message to rank 0
      expect(readFileSync(path).length).to.be.above(comm.size * (1 << 20));
      expect(Math.min(...events)).to.be.above(12_000);
      const moments = eventsOf(path).filter(
        ({ name, pid }) => name.startsWith('moment') && pid === comm.rank,
      );
      expect(moments.map(({ name }) => name)).to.deep.equal(
        Array.from({ length: 12_000 }, (_, k) => `moment ${k}`),
      );
      comm.barrier();
      const short = startTrace(path, { backend, comm, events: 10 });
      for (let k = 0; k < 30; k++) log('info', 'moment');
      const summary = short.stop();
      expect(summary.events).to.deep.equal(Array(comm.size).fill(10));
      expect(Math.min(...summary.dropped)).to.be.at.least(23);
      expect(eventsOf(path)).to.have.length(10 * comm.size + 1);
    });
  });

  distributed('is refused where it cannot be written, on all ranks', ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      expect(() => startTrace(folder, { backend, comm })).to.throw(ArgumentError, /is a folder/);
      expect(() => startTrace('', { backend, comm })).to.throw(ArgumentError, /expected the name of a file/);
      expect(() => startTrace(join(folder, 'a'), { backend, comm, events: 0 })).to.throw(
        ArgumentError,
        /events/,
      );
      expect(() => startTrace(join(folder, 'a'), { event: 3 } as object)).to.throw(ArgumentError, /'events'/);
      if (comm.size > 1)
        expect(() => startTrace(join(folder, `a${comm.rank}`), { backend, comm })).to.throw(
          ArgumentError,
          /expected one path on all ranks/,
        );
      const trace = startTrace(join(folder, 'b'), { backend, comm });
      expect(() => startTrace(join(folder, 'c'), { backend, comm })).to.throw(ArgumentError, /stop\(\) it/);
      trace.stop();
      comm.barrier();
      expect(readdirSync(folder)).to.deep.equal(['b']);
    });
  });

  const OTHERS = { ranks: [2, 3] } as const;

  distributed('is refused on all ranks for what one rank passes', OTHERS, ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'trace.json');
      const isLast = comm.rank === comm.size - 1;
      for (const [wrong, kind, message] of [
        [{ event: 3 }, ArgumentError, /rank \d: .*'events'/],
        [{ events: -1 }, ArgumentError, /rank \d: .*events/],
        [{ backend: 3 }, BackendError, /rank \d: expected a backend/],
        [{ backend: 'none' }, ArgumentError, /expected one backend on all ranks/],
        [{ events: 7 }, ArgumentError, /expected one events on all ranks/],
      ] as const)
        expect(() => startTrace(path, { backend, comm, ...(isLast ? (wrong as object) : {}) })).to.throw(
          kind,
          message,
        );
      expect(() => startTrace(path, { backend: 'none', comm })).to.throw(BackendError, /no backend 'none'/);
      comm.barrier();
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  });

  distributed('leaves nothing if one rank cannot open its file', OTHERS, ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'trace.json');
      const { openSync } = fs;
      const refused = (name: fs.PathLike, ...rest: [fs.OpenMode, fs.Mode?]): number => {
        if (String(name).endsWith('rank1.json'))
          throw Object.assign(new Error('EMFILE: too many open files'), { syscall: 'open' });
        return openSync(name, ...rest);
      };
      Object.assign(fs, { openSync: refused });
      syncBuiltinESMExports();
      try {
        expect(() => startTrace(path, { backend, comm })).to.throw(
          ArgumentError,
          /rank 1: could not write .*rank1\.json: EMFILE/,
        );
      } finally {
        Object.assign(fs, { openSync });
        syncBuiltinESMExports();
      }
      comm.barrier();
      expect(readdirSync(folder)).to.deep.equal([]);
      comm.barrier();
      startTrace(path, { backend, comm }).stop();
    });
  });

  distributed('that cannot be written at its end leaves the files of the ranks', ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'trace.json');
      const trace = startTrace(path, { backend, comm });
      work(comm);
      if (comm.rank === 0) mkdirSync(path);
      const message = /is a folder.*; what the ranks have written is in .*trace\.json\.rank0\.json/;
      for (let k = 0; k < 2; k++) expect(() => trace.stop()).to.throw(ArgumentError, message);
      const part = readFileSync(`${path}.rank${comm.rank}.json`, 'utf8');
      expect(part).to.include('MPIFirstDerivative.matvec').and.include('"dots"');
      comm.barrier();
      if (comm.rank === 0) rmdirSync(path);
      startTrace(path, { backend, comm }).stop();
      comm.barrier();
      expect(readdirSync(folder)).to.deep.equal(['trace.json']);
    });
  });

  distributed('has arrows for persistent messages of its own communicator', OTHERS, ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const path = join(folder, 'trace.json');
      const next = (comm.rank + 1) % comm.size;
      const last = (comm.rank + comm.size - 1) % comm.size;
      const other = comm.dup();
      const requests = (on: Communicator) => [
        on.recvInit(new Int32Array(1), last, 3),
        on.sendInit(Int32Array.of(1), next, 3),
      ];
      const exchange = (all: ReturnType<typeof requests>): void => {
        for (const request of all) request.start();
        for (const request of all) request.wait();
        for (const request of all) request.free();
      };
      const older = requests(comm);
      const trace = startTrace(path, { backend, comm });
      exchange(older);
      exchange(requests(other));
      exchange(requests(comm));
      trace.stop();
      other.free();
      const mine = eventsOf(path).filter(({ pid }) => pid === comm.rank);
      const of = (category: string, phase: string): TraceEvent[] =>
        mine.filter(({ cat, ph }) => cat === category && ph === phase);
      expect(of('start', 'X').map(({ name, args }) => [name, args])).to.deep.equal(
        Array(2).fill(['start', undefined]),
      );
      const ring = { tag: 3, bytes: 4 };
      const starts = (category: string) =>
        of(category, 'X').flatMap(({ name, args }) => (name === 'start' ? [args] : []));
      expect(starts('message')).to.deep.equal(Array(2).fill({ to: next, ...ring }));
      expect(starts('receive')).to.deep.equal(Array(2).fill({ from: last, ...ring }));
      // the first ones: the messages before are not of this communicator, or unknown
      expect(of('message', 's').map(({ id }) => id)).to.deep.equal([`${comm.rank}-${next}-3-0`]);
      expect(of('message', 'f').map(({ id }) => id)).to.deep.equal([`${last}-${comm.rank}-3-0`]);
    });
  });

  distributed('ends in any order with a profile, and leaves no change', ({ backend, comm }) => {
    withFolder(comm, (folder) => {
      const methods = () => [
        LinearOperator.prototype.matvec,
        Reflect.get(backend, 'stencil'),
        Reflect.get(comm, 'allreduce'),
      ];
      const before = methods();
      const trace = startTrace(join(folder, 'a.json'), { backend, comm });
      const profiling = profile({ backend, comm });
      work(comm);
      trace.stop();
      work(comm);
      const { calls } = profiling.stop();
      expect(methods()).to.deep.equal(before);
      expect(calls.some(({ name, part }) => name === 'stencil' && part === 'operator')).to.equal(true);
      expect(existsSync(join(folder, 'a.json'))).to.equal(true);
    });
  });
});
