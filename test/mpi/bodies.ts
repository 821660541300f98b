import { expect } from 'chai';
import { DTYPES, type DType, isBoolean, isComplex, lanesOf } from '../../src/core/base/dtype.js';
import { ANY, type Communicator, type ReduceOp } from '../../src/core/ports/communicator.js';
import type { MakeCell } from './memory.js';

export interface Body {
  readonly name: string;
  readonly run: (comm: Communicator, cell: MakeCell) => void;
}

/** Small integers, so that sums and products are exact. They differ between ranks and places. */
const value = (rank: number, i: number): number => ((rank * 7 + i * 3 + 5) % 5) - 2 + (i % 2);
const numbers = (dtype: DType, rank: number, count: number, from = 0): number[] =>
  Array.from({ length: count * lanesOf(dtype) }, (_, i) =>
    isBoolean(dtype) ? Number(value(rank, i + from) > 0) : value(rank, i + from),
  );
const zeros = (dtype: DType, count: number): number[] => Array(count * lanesOf(dtype)).fill(0);
const ranks = (comm: Communicator): number[] => Array.from({ length: comm.size }, (_, r) => r);

type Pair = [number, number];
const REAL: Readonly<Record<ReduceOp, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  prod: (a, b) => a * b,
  max: Math.max,
  min: Math.min,
  land: (a, b) => Number(a !== 0 && b !== 0),
  lor: (a, b) => Number(a !== 0 || b !== 0),
};
const times = ([a, b]: Pair, [c, d]: Pair): Pair => [a * c - b * d, a * d + b * c];

function reduced(dtype: DType, op: ReduceOp, size: number, count: number): number[] {
  const parts = Array.from({ length: size }, (_, rank) => numbers(dtype, rank, count));
  return parts.reduce((sum, part) => {
    if (op !== 'prod' || !isComplex(dtype)) return sum.map((a, i) => REAL[op](a, part[i] as number));
    return sum.flatMap((a, i) =>
      i % 2 ? [] : times([a, sum[i + 1] as number], [part[i] as number, part[i + 1] as number]),
    );
  });
}

const opsOf = (dtype: DType): ReduceOp[] => {
  if (isBoolean(dtype)) return ['max', 'min', 'land', 'lor'];
  if (dtype === 'int32') return ['sum', 'prod', 'max', 'min', 'land', 'lor'];
  return isComplex(dtype) ? ['sum', 'prod'] : ['sum', 'prod', 'max', 'min'];
};

const COUNTS = [0, 1, 7, 40];
const each = (run: (dtype: DType, count: number) => void): void => {
  for (const dtype of DTYPES) for (const count of COUNTS) run(dtype, count);
};
/** The number of elements of rank r in an uneven collective. Some ranks have none. */
const uneven = (comm: Communicator, scale: number): number[] => ranks(comm).map((r) => ((r + 1) % 3) * scale);
const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

/** Compares values. -0 equals 0 here. */
const same = (found: number[], expected: number[], what: string): void => {
  expect(
    found.map((x) => x + 0),
    what,
  ).to.deep.equal(expected.map((x) => x + 0));
};

export const BODIES: readonly Body[] = [
  {
    name: 'bcast from every root',
    run: (comm, cell) =>
      each((dtype, count) => {
        for (const root of ranks(comm)) {
          const c = cell(dtype, comm.rank === root ? numbers(dtype, root, count) : zeros(dtype, count));
          comm.bcast(c.memory, root);
          same(c.numbers(), numbers(dtype, root, count), dtype);
        }
      }),
  },
  {
    name: 'allreduce and iallreduce, every operation',
    run: (comm, cell) =>
      each((dtype, count) => {
        for (const op of opsOf(dtype)) {
          const expected = reduced(dtype, op, comm.size, count);
          const inPlace = cell(dtype, numbers(dtype, comm.rank, count));
          const pending = cell(dtype, numbers(dtype, comm.rank, count));
          const send = cell(dtype, numbers(dtype, comm.rank, count));
          const recv = cell(dtype, zeros(dtype, count));
          const request = comm.iallreduce(pending.memory, op);
          comm.allreduce(inPlace.memory, op);
          comm.allreduce(send.memory, op, recv.memory);
          same(inPlace.numbers(), expected, `${op} ${dtype} in place`);
          same(recv.numbers(), expected, `${op} ${dtype}`);
          same(send.numbers(), numbers(dtype, comm.rank, count), 'what was sent is unchanged');
          request.wait();
          same(pending.numbers(), expected, `${op} ${dtype}, not blocking`);
        }
      }),
  },
  {
    name: 'reduce to every root',
    run: (comm, cell) =>
      each((dtype, count) => {
        for (const root of ranks(comm)) {
          const op = opsOf(dtype)[root % opsOf(dtype).length] as ReduceOp;
          const send = cell(dtype, numbers(dtype, comm.rank, count));
          const recv = cell(dtype, zeros(dtype, count));
          comm.reduce(send.memory, op, root, comm.rank === root ? recv.memory : undefined);
          same(
            recv.numbers(),
            comm.rank === root ? reduced(dtype, op, comm.size, count) : zeros(dtype, count),
            `${op} ${dtype}`,
          );
          comm.reduce(send.memory, op, root);
          same(
            send.numbers(),
            comm.rank === root ? reduced(dtype, op, comm.size, count) : numbers(dtype, comm.rank, count),
            'in place',
          );
        }
      }),
  },
  {
    name: 'reduceScatter, every operation, equal and uneven parts',
    run: (comm, cell) =>
      each((dtype, scale) => {
        for (const op of opsOf(dtype)) {
          for (const counts of [undefined, uneven(comm, scale)]) {
            const parts = counts ?? ranks(comm).map(() => scale);
            const send = cell(dtype, numbers(dtype, comm.rank, sum(parts)));
            const recv = cell(dtype, zeros(dtype, parts[comm.rank] as number));
            comm.reduceScatter(send.memory, op, recv.memory, counts);
            const start = sum(parts.slice(0, comm.rank)) * lanesOf(dtype);
            const end = sum(parts.slice(0, comm.rank + 1)) * lanesOf(dtype);
            const expected = reduced(dtype, op, comm.size, sum(parts)).slice(start, end);
            same(recv.numbers(), expected, `${op} ${dtype}, counts [${parts.join()}]`);
            same(send.numbers(), numbers(dtype, comm.rank, sum(parts)), 'what was sent is unchanged');
          }
        }
      }),
  },
  {
    name: 'allgather, gather, scatter',
    run: (comm, cell) =>
      each((dtype, count) => {
        const all = ranks(comm).flatMap((r) => numbers(dtype, r, count));
        const send = cell(dtype, numbers(dtype, comm.rank, count));
        const recv = cell(dtype, zeros(dtype, count * comm.size));
        comm.allgather(send.memory, recv.memory);
        same(recv.numbers(), all, `allgather ${dtype}`);
        for (const root of ranks(comm)) {
          const isRoot = comm.rank === root;
          const gathered = cell(dtype, zeros(dtype, count * comm.size));
          comm.gather(send.memory, isRoot ? gathered.memory : undefined, root);
          same(gathered.numbers(), isRoot ? all : zeros(dtype, count * comm.size), `gather ${dtype}`);
          const part = cell(dtype, zeros(dtype, count));
          comm.scatter(isRoot ? gathered.memory : undefined, part.memory, root);
          same(part.numbers(), numbers(dtype, comm.rank, count), `scatter ${dtype}`);
        }
      }),
  },
  {
    name: 'allgatherv, gatherv, scatterv, none on some ranks',
    run: (comm, cell) =>
      each((dtype, scale) => {
        const counts = uneven(comm, scale);
        const all = ranks(comm).flatMap((r) => numbers(dtype, r, counts[r] as number));
        const mine = counts[comm.rank] as number;
        const send = cell(dtype, numbers(dtype, comm.rank, mine));
        const recv = cell(dtype, zeros(dtype, sum(counts)));
        comm.allgatherv(send.memory, recv.memory, counts);
        same(recv.numbers(), all, `allgatherv ${dtype}`);
        for (const root of ranks(comm)) {
          const isRoot = comm.rank === root;
          const gathered = cell(dtype, zeros(dtype, sum(counts)));
          comm.gatherv(send.memory, isRoot ? gathered.memory : undefined, counts, root);
          if (isRoot) same(gathered.numbers(), all, `gatherv ${dtype}`);
          const part = cell(dtype, zeros(dtype, mine));
          comm.scatterv(isRoot ? gathered.memory : undefined, part.memory, counts, root);
          same(part.numbers(), numbers(dtype, comm.rank, mine), `scatterv ${dtype}`);
        }
      }),
  },
  {
    name: 'alltoall and alltoallv',
    run: (comm, cell) =>
      each((dtype, count) => {
        const from = (r: number, to: number, n: number): number[] => numbers(dtype, r, n, to * 1000);
        const send = cell(
          dtype,
          ranks(comm).flatMap((to) => from(comm.rank, to, count)),
        );
        const recv = cell(dtype, zeros(dtype, count * comm.size));
        comm.alltoall(send.memory, recv.memory);
        same(
          recv.numbers(),
          ranks(comm).flatMap((r) => from(r, comm.rank, count)),
          `alltoall ${dtype}`,
        );
        // Some parts are empty. A part that a rank sends to itself is not.
        const n = (r: number, to: number): number => ((r + 2 * to + 1) % 3) * count;
        const out = ranks(comm).map((to) => n(comm.rank, to));
        const into = ranks(comm).map((r) => n(r, comm.rank));
        const sendv = cell(
          dtype,
          ranks(comm).flatMap((to) => from(comm.rank, to, n(comm.rank, to))),
        );
        const recvv = cell(dtype, zeros(dtype, sum(into)));
        comm.alltoallv(sendv.memory, out, recvv.memory, into);
        same(
          recvv.numbers(),
          ranks(comm).flatMap((r) => from(r, comm.rank, n(r, comm.rank))),
          `alltoallv ${dtype}`,
        );
      }),
  },
  {
    name: 'send, recv, sendrecv around a ring, with wildcards',
    run: (comm, cell) =>
      each((dtype, count) => {
        const [next, last] = [(comm.rank + 1) % comm.size, (comm.rank + comm.size - 1) % comm.size];
        const send = cell(dtype, numbers(dtype, comm.rank, count));
        const recv = cell(dtype, zeros(dtype, count));
        expect(comm.sendrecv(send.memory, next, recv.memory, last, 3)).to.deep.equal({
          source: last,
          tag: 3,
        });
        same(recv.numbers(), numbers(dtype, last, count), `sendrecv ${dtype}`);
        // Even ranks send first and odd ranks receive first. With an odd number of ranks the last
        // one also sends first, and rank 0 receives its message after its own send.
        const again = cell(dtype, zeros(dtype, count));
        const take = (): void => {
          expect(comm.recv(again.memory, ANY, ANY)).to.deep.equal({ source: last, tag: 5 });
        };
        if (comm.rank % 2 === 0) comm.send(send.memory, next, 5);
        take();
        if (comm.rank % 2 === 1) comm.send(send.memory, next, 5);
        same(again.numbers(), numbers(dtype, last, count), `recv ${dtype}`);
        comm.barrier();
      }),
  },
  {
    name: 'isend and irecv with all ranks, by tag',
    run: (comm, cell) =>
      each((dtype, count) => {
        const incoming = ranks(comm).map((from) => ({
          from,
          first: cell(dtype, zeros(dtype, count)),
          second: cell(dtype, zeros(dtype, count)),
        }));
        const requests = incoming.flatMap(({ from, first, second }) => [
          comm.irecv(second.memory, from, 2),
          comm.irecv(first.memory, from, 1),
        ]);
        for (const to of ranks(comm)) {
          requests.push(comm.isend(cell(dtype, numbers(dtype, comm.rank, count, to)).memory, to, 1));
          requests.push(comm.isend(cell(dtype, numbers(dtype, comm.rank, count, to + 9)).memory, to, 2));
        }
        comm.waitAll(requests);
        for (const { from, first, second } of incoming) {
          same(first.numbers(), numbers(dtype, from, count, comm.rank), `tag 1 ${dtype}`);
          same(second.numbers(), numbers(dtype, from, count, comm.rank + 9), `tag 2 ${dtype}`);
        }
        for (const request of requests) expect(request.test()).to.equal(true);
      }),
  },
  {
    name: 'persistent requests, started again',
    run: (comm, cell) =>
      each((dtype, count) => {
        const [next, last] = [(comm.rank + 1) % comm.size, (comm.rank + comm.size - 1) % comm.size];
        const out = cell(dtype, numbers(dtype, comm.rank, count));
        const into = cell(dtype, zeros(dtype, count));
        const requests = [comm.recvInit(into.memory, last, 4), comm.sendInit(out.memory, next, 4)];
        for (let round = 0; round < 3; round++) {
          comm.allreduce(out.memory, opsOf(dtype)[0] as ReduceOp);
          const expected = cell(dtype, zeros(dtype, count));
          comm.sendrecv(out.memory, next, expected.memory, last, 6);
          comm.startAll(requests);
          expect(() => requests[0]?.start()).to.throw(/active/);
          expect(() => requests[0]?.free()).to.throw(/active/);
          if (round === 1) while (!requests.every((r) => r.test()));
          else comm.waitAll(requests);
          same(into.numbers(), expected.numbers(), `${dtype}, round ${round}`);
          // Inactive requests are complete.
          comm.waitAll(requests);
        }
        for (const request of requests) request.free();
        expect(() => requests[1]?.start()).to.throw(/freed/);
      }),
  },
];
