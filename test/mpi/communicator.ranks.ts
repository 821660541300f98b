import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { tagOf } from '../../src/core/base/dtype.js';
import { LopsError, MpiError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { ANY, type Communicator } from '../../src/core/ports/communicator.js';
import { hostSpan } from '../../src/core/ports/span.js';
import { loadMpi, opCode } from '../../src/mpi/mpi-addon.js';
import { parameters } from '../../src/mpi/mpi-calls.js';
import {
  distributed as anyBackend,
  type DistributedOptions,
  group,
  type RanksBody,
} from '../support/distributed.js';
import { BODIES } from './bodies.js';
import { arrayCell, deviceCell, hostCell, sharedCell } from './memory.js';

/** Messages do not depend on the backend, so one backend is enough. */
function distributed(title: string, first: DistributedOptions | RanksBody, second?: RanksBody): void {
  const [options, body] = typeof first === 'function' ? [{}, first] : [first, second as RanksBody];
  anyBackend(title, { ...options, backends: ['cpu'] }, body);
}

for (const { name, run } of BODIES) {
  distributed(name, ({ comm }) => run(comm, hostCell));
  distributed(`${name}; shared memory`, { ranks: [1, 2] }, ({ comm }) => run(comm, sharedCell));
  distributed(`${name}; device memory`, { ranks: [1, 3] }, ({ comm }) => run(comm, deviceCell));
  anyBackend(`${name}; arrays`, { ranks: [1, 2] }, ({ comm, backend }) => run(comm, arrayCell(backend)));
}

anyBackend('a call takes the local part of a distributed array', ({ comm, reals }) => {
  for (const dtype of reals) {
    const x = DistributedArray.full([2 * comm.size, 3], 1 + comm.rank, { comm, dtype });
    comm.allreduce(x.local, 'sum');
    const total = (comm.size * (comm.size + 1)) / 2;
    expect([...x.local.toHost()]).to.deep.equal(Array(6).fill(total));
  }
});

distributed('calls pass their arguments in the order in which the addon unpacks them', { ranks: [2] }, () => {
  expect(loadMpi().parameters).to.deep.equal(parameters);
});

distributed('0 is not an address of device memory', { ranks: [1, 2] }, () => {
  const { buffer } = new Float64Array(1);
  expect(() => loadMpi().allreduce(0, 0n, 0, buffer, 0, 1, tagOf('float64'), opCode('sum'))).to.throw(
    MpiError,
    'expected argument 1 to be an address',
  );
});

group('more elements than one call counts', () => {
  for (const { name, run } of BODIES) {
    distributed(name, { ranks: [2, 3, 4] }, ({ comm }) => {
      loadMpi().setMaxCount(3);
      try {
        run(comm, hostCell);
      } finally {
        loadMpi().setMaxCount(Number.MAX_SAFE_INTEGER);
      }
    });
  }
});

group('sub-communicators', () => {
  distributed('of a split by parity in reversed order run all calls', ({ comm }) => {
    const part = comm.split(comm.rank % 2, -comm.rank);
    const members = Array.from({ length: comm.size }, (_, r) => r)
      .filter((r) => r % 2 === comm.rank % 2)
      .reverse();
    expect([part.rank, part.size]).to.deep.equal([members.indexOf(comm.rank), members.length]);
    expect(part.allgatherObject(comm.rank)).to.deep.equal(members);
    expect(part.id).to.not.equal(comm.id);
    for (const { run } of BODIES) run(part, hostCell);
    part.free();
    expect(() => part.barrier()).to.throw(MpiError, 'freed');
  });

  distributed('of one rank run all calls', ({ comm }) => {
    const alone = comm.split(comm.rank);
    expect(alone.size).to.equal(1);
    for (const { run } of BODIES) run(alone, hostCell);
    alone.free();
  });

  distributed('are undefined on a rank without a colour', ({ comm }) => {
    const part = comm.split(comm.rank === 0 ? undefined : 1);
    if (comm.rank === 0) expect(part).to.equal(undefined);
    else expect([part?.rank, part?.size]).to.deep.equal([comm.rank - 1, comm.size - 1]);
    part?.free();
  });

  distributed('messages of a duplicate do not mix with those of the original', ({ comm }) => {
    const twin = comm.dup();
    const [next, last] = [(comm.rank + 1) % comm.size, (comm.rank + comm.size - 1) % comm.size];
    const got = [new Int32Array(1), new Int32Array(1)] as const;
    const requests = [twin.irecv(got[1], ANY, ANY), comm.irecv(got[0], ANY, ANY)];
    requests.push(
      comm.isend(Int32Array.of(10 + comm.rank), next),
      twin.isend(Int32Array.of(20 + comm.rank), next),
    );
    comm.waitAll(requests);
    expect([got[0][0], got[1][0]]).to.deep.equal([10 + last, 20 + last]);
    twin.free();
  });

  distributed('all ranks of this machine share memory', ({ comm }) => {
    const shared = comm.splitShared();
    expect([shared.rank, shared.size]).to.deep.equal([comm.rank, comm.size]);
    shared.free();
  });

  distributed('are made and freed many times', { ranks: [1, 3] }, ({ comm }) => {
    for (let i = 0; i < 200; i++) {
      const part = comm.split(0);
      part.barrier();
      part.free();
    }
  });
});

group('Cartesian topology', () => {
  distributed('shifts along a line', ({ comm }) => {
    const line = comm.cart([comm.size]);
    if (!line) throw new Error('every rank is on the line');
    expect(line.coords).to.deep.equal([line.rank]);
    expect(line.shift(0)).to.deep.equal({
      source: line.rank > 0 ? line.rank - 1 : undefined,
      destination: line.rank < line.size - 1 ? line.rank + 1 : undefined,
    });
    const ring = comm.cart([comm.size], { periodic: [true] });
    expect(ring?.shift(0, 2)).to.deep.equal({
      source: (comm.rank + 2 * comm.size - 2) % comm.size,
      destination: (comm.rank + 2) % comm.size,
    });
    line.free();
    ring?.free();
  });

  distributed('shifts over a grid of 2 × 2 with one periodic axis', { ranks: [4] }, ({ comm }) => {
    const grid = comm.cart([2, 2], { periodic: [false, true], reorder: true });
    if (!grid) throw new Error('every rank is on the grid');
    expect(grid.coords).to.deep.equal([Math.floor(grid.rank / 2), grid.rank % 2]);
    expect(grid.rankOf([1, 3])).to.equal(3);
    expect(grid.rankOf([2, 0])).to.equal(undefined);
    for (let r = 0; r < 4; r++) expect(grid.rankOf(grid.coordsOf(r))).to.equal(r);
    const { destination = -1, source = -1 } = grid.shift(1);
    const got = new Int32Array(1);
    grid.sendrecv(Int32Array.of(grid.rank), destination, got, source);
    expect(got[0]).to.equal(source);
    grid.free();
  });

  distributed('is undefined on ranks beyond the grid', { ranks: [3] }, ({ comm }) => {
    const grid = comm.cart([1, 2]);
    if (comm.rank < 2) expect(grid?.coords).to.deep.equal([0, comm.rank]);
    else expect(grid).to.equal(undefined);
    grid?.free();
  });

  distributed('is refused on all ranks where the grid does not fit', ({ comm }) => {
    expect(() => comm.cart([comm.size, 2])).to.throw(MpiError, 'needs');
    expect(() => comm.cart([0])).to.throw(MpiError, 'positive');
    expect(() => comm.cart([1], { periodic: [true, true] })).to.throw(MpiError, 'axes');
    expect(() => comm.cart([1], { periodical: [true] } as object)).to.throw("did you mean 'periodic'");
  });
});

group('objects', () => {
  const value = (rank: number): unknown => ({
    rank,
    name: 'α'.repeat(rank * 1000),
    big: 2n ** 70n,
    list: [undefined, null, NaN],
    data: Float32Array.of(rank, -0),
    map: new Map([[rank, 'x']]),
  });

  distributed('are broadcast, gathered, and gathered on the root', ({ comm }) => {
    const all = Array.from({ length: comm.size }, (_, r) => value(r));
    for (let root = 0; root < comm.size; root++) {
      expect(comm.bcastObject(comm.rank === root ? value(root) : undefined, root)).to.deep.equal(value(root));
      expect(comm.gatherObject(value(comm.rank), root)).to.deep.equal(comm.rank === root ? all : undefined);
    }
    expect(comm.allgatherObject(value(comm.rank))).to.deep.equal(all);
    expect(comm.allgatherObject(undefined)).to.deep.equal(all.map(() => undefined));
  });

  distributed('that cannot be sent throw on all ranks', ({ comm }) => {
    const last = comm.size - 1;
    const bad = comm.rank === last ? () => 1 : 1;
    expect(() => comm.bcastObject(bad, last)).to.throw(MpiError, `rank ${last} can't be sent`);
    expect(() => comm.allgatherObject(bad)).to.throw(MpiError, `rank ${last} can't be sent`);
    expect(() => comm.gatherObject(bad)).to.throw(MpiError, `rank ${last} can't be sent`);
    expect(comm.allgatherObject(comm.rank).length).to.equal(comm.size);
  });
});

distributed('host and device memory meet in one call', ({ comm }) => {
  const { rank, size } = comm;
  const total = (size * (size + 1)) / 2;
  const ranks = Array.from({ length: size }, (_, r) => r + 1);
  for (const [from, to] of [
    [hostCell, deviceCell],
    [deviceCell, hostCell],
  ] as const) {
    const send = from('float64', [rank + 1]);
    const one = to('float64', [0]);
    comm.allreduce(send.memory, 'sum', one.memory);
    expect(one.numbers()).to.deep.equal([total]);
    comm.reduce(send.memory, 'max', size - 1, one.memory);
    expect(one.numbers()).to.deep.equal([rank === size - 1 ? size : total]);
    const all = to('float64', Array(size).fill(0));
    comm.allgather(send.memory, all.memory);
    expect(all.numbers()).to.deep.equal(ranks);
    comm.alltoall(from('float64', Array(size).fill(rank + 1)).memory, all.memory);
    expect(all.numbers()).to.deep.equal(ranks);
  }
});

distributed('counters count messages, bytes, reductions and other collectives', ({ comm }) => {
  const mine = comm.dup();
  mine.sendrecv(
    new Float64Array(10),
    (mine.rank + 1) % mine.size,
    new Float64Array(10),
    (mine.rank + mine.size - 1) % mine.size,
  );
  const requests = [
    mine.recvInit(hostSpan(new Float32Array(6), 'complex64'), mine.rank),
    mine.sendInit(hostSpan(new Float32Array(6), 'complex64'), mine.rank),
  ];
  expect({ ...mine.counters }).to.include({ messages: 1, bytes: 80, reductions: 0, collectives: 0 });
  for (let i = 0; i < 2; i++) {
    mine.startAll(requests);
    mine.waitAll(requests);
  }
  for (const request of requests) request.free();
  expect({ ...mine.counters }).to.include({ messages: 3, bytes: 128, reductions: 0, collectives: 0 });
  mine.counters.reset();
  mine.allreduce(new Float64Array(3), 'sum');
  mine.iallreduce(new Float64Array(3), 'sum').wait();
  mine.reduce(new Float64Array(3), 'sum', 0);
  mine.reduceScatter(new Float64Array(mine.size), 'sum', new Float64Array(1));
  mine.barrier();
  mine.bcast(new Float64Array(3));
  mine.allgatherObject('x');
  expect({ ...mine.counters }).to.include({ messages: 0, bytes: 0, reductions: 4, collectives: 3 });
  mine.free();
});

distributed('a NaN on one rank is the maximum and minimum on all', ({ comm }) => {
  for (const FloatArray of [Float32Array, Float64Array]) {
    for (const op of ['max', 'min'] as const) {
      for (let where = 0; where < comm.size; where++) {
        const x = FloatArray.of(comm.rank === where ? NaN : comm.rank, comm.rank === where ? 0 : -0);
        comm.allreduce(x, op);
        expect(x[0]).to.be.NaN;
        if (comm.size > 1) expect(Object.is(x[1], op === 'max' ? 0 : -0)).to.equal(true);
        const part = FloatArray.of(7);
        const all = new FloatArray(comm.size).fill(comm.rank === where ? NaN : comm.rank);
        comm.reduceScatter(all, op, part);
        expect(part[0]).to.be.NaN;
      }
    }
  }
});

distributed('all ranks get the same bits of a sum and a complex product', ({ comm }) => {
  for (const n of [1, 3, 1000, 50_000]) {
    const x = Float64Array.from(
      { length: 2 * n },
      (_, i) => Math.sin(i * 12.9898 + comm.rank * 78.233) * 10 ** ((i + comm.rank) % 9),
    );
    for (const [op, dtype] of [
      ['sum', 'float64'],
      ['prod', 'complex128'],
    ] as const) {
      const result = x.slice();
      comm.allreduce(hostSpan(result, dtype), op);
      const bits = new BigUint64Array(result.buffer).reduce(
        (h, b) => BigInt.asUintN(64, (h ^ b) * 1099511628211n),
        14695981039346656037n,
      );
      expect(new Set(comm.allgatherObject(bits)).size).to.equal(1);
    }
  }
});

distributed('parts in their place are gathered and scattered without a copy', ({ comm }) => {
  const all = new Float64Array(2 * comm.size).fill(-1);
  const part = all.subarray(2 * comm.rank, 2 * comm.rank + 2).fill(comm.rank);
  comm.allgather(part, all);
  const expected = Array.from({ length: 2 * comm.size }, (_, i) => Math.floor(i / 2));
  expect([...all]).to.deep.equal(expected);
  comm.allgatherv(part, all, Array(comm.size).fill(2));
  expect([...all]).to.deep.equal(expected);
  const root = comm.size - 1;
  const isRoot = comm.rank === root;
  comm.gather(part, isRoot ? all : undefined, root);
  comm.gatherv(part, isRoot ? all : undefined, Array(comm.size).fill(2), root);
  expect([...all]).to.deep.equal(expected);
  const into = isRoot ? part : new Float64Array(2);
  comm.scatter(isRoot ? all : undefined, into, root);
  comm.scatterv(isRoot ? all : undefined, into, Array(comm.size).fill(2), root);
  expect([...into]).to.deep.equal([comm.rank, comm.rank]);
});

distributed('a shorter message leaves the rest of the memory as it is', ({ comm }) => {
  const got = new Float64Array(5).fill(9);
  const request = comm.irecv(got, comm.rank);
  comm.send(Float64Array.of(1, 2), comm.rank);
  request.wait();
  expect([...got]).to.deep.equal([1, 2, 9, 9, 9]);
});

group('errors', () => {
  const f8 = (n: number): Float64Array => new Float64Array(n);
  const refused: readonly [string, RegExp, (comm: Communicator) => unknown][] = [
    ['a root out of range', /the root to be a rank from 0 to/, (c) => c.bcast(f8(1), c.size)],
    ['a destination out of range', /the destination to be a rank from 0 to/, (c) => c.send(f8(1), -1)],
    ['a source out of range', /the source to be a rank from 0 to/, (c) => c.recv(f8(1), c.size)],
    ['a tag out of range', /a tag from 0 to 32767/, (c) => c.isend(f8(1), 0, 40_000)],
    ['a wildcard tag of a send', /a tag from 0 to 32767/, (c) => c.send(f8(1), 0, ANY)],
    ['sizes of a reduction', /recv to have 2 elements, received 3/, (c) => c.allreduce(f8(2), 'sum', f8(3))],
    ['dtypes', /sends float64 and receives float32/, (c) => c.allreduce(f8(2), 'sum', new Float32Array(2))],
    [
      'dtypes of a scatterv',
      /scatterv: sends float32 and receives float64/,
      (c) => c.scatterv(new Float32Array(c.size), f8(1), Array(c.size).fill(1), c.rank),
    ],
    ['a logical operation on floats', /'land' is not defined for float64/, (c) => c.allreduce(f8(2), 'land')],
    [
      'a maximum of complex numbers',
      /'max' is not defined for complex128/,
      (c) => c.iallreduce(hostSpan(f8(2), 'complex128'), 'max'),
    ],
    ['sizes of an allgather', /recv to have/, (c) => c.allgather(f8(2), f8(2 * c.size + 1))],
    [
      'sizes of equal parts of a reduceScatter',
      /reduceScatter: expected send to have \d elements, received \d/,
      (c) => c.reduceScatter(f8(2 * c.size + 1), 'sum', f8(2)),
    ],
    [
      'counts of a reduceScatter that differ from the memory',
      /reduceScatter: expected recv to have 1 elements, received 2/,
      (c) => c.reduceScatter(f8(c.size), 'sum', f8(2), Array(c.size).fill(1)),
    ],
    [
      'counts of a reduceScatter for other ranks',
      /reduceScatter: expected counts for \d ranks, received \d/,
      (c) => c.reduceScatter(f8(2), 'sum', f8(1), Array(c.size + 1).fill(1)),
    ],
    [
      'dtypes of a reduceScatter',
      /reduceScatter: sends float32 and receives float64/,
      (c) => c.reduceScatter(new Float32Array(c.size), 'sum', f8(1)),
    ],
    [
      'a maximum of complex numbers by a reduceScatter',
      /reduceScatter: 'max' is not defined for complex128/,
      (c) => c.reduceScatter(hostSpan(f8(2 * c.size), 'complex128'), 'max', hostSpan(f8(2), 'complex128')),
    ],
    [
      'overlapping memory of a reduceScatter',
      /reduceScatter: the memory to send and to receive overlaps/,
      (c) => {
        const x = f8(c.size);
        c.reduceScatter(x, 'sum', x.subarray(c.rank, c.rank + 1));
      },
    ],
    ['a list of counts', /counts for \d ranks, received 0/, (c) => c.allgatherv(f8(2), f8(2), [])],
    [
      'counts that differ from the memory',
      /send to have 1 elements, received 2/,
      (c) => c.allgatherv(f8(2), f8(c.size), Array(c.size).fill(1)),
    ],
    [
      'a negative count',
      /to be a count ≥ 0/,
      (c) => c.alltoallv(f8(0), Array(c.size).fill(-1), f8(0), Array(c.size).fill(0)),
    ],
    [
      'overlapping memory',
      /overlaps/,
      (c) => {
        const x = f8(4 * c.size);
        c.alltoall(x.subarray(0, 2 * c.size), x.subarray(c.size, 3 * c.size));
      },
    ],
    [
      'overlapping reduction',
      /overlaps/,
      (c) => {
        const x = f8(4);
        c.allreduce(x.subarray(0, 3), 'sum', x.subarray(1));
      },
    ],
    ['a negative colour', /colour/, (c) => c.split(-1)],
  ];
  for (const [what, message, call] of refused) {
    distributed(`${what}: refused before anything is sent`, ({ comm }) => {
      const mine = comm.dup();
      expect(() => call(mine)).to.throw(MpiError, message);
      expect({ ...mine.counters }).to.include({ messages: 0, reductions: 0, collectives: 0 });
      mine.barrier();
      mine.free();
    });
  }

  const noMemory: readonly [string, RegExp, (comm: Communicator) => unknown][] = [
    ['a list', /expected an NDArray, .* or a span, received \[1, 2\]/, () => [1, 2]],
    ['nothing', /received undefined/, () => undefined],
    ['null', /received null/, () => null],
    ['another typed array', /received an? Int16Array/, () => new Int16Array(8)],
    [
      'a distributed array',
      /received a DistributedArray.*: pass its local part, 'x\.local'/,
      (comm) => DistributedArray.zeros(4, { comm }),
    ],
    [
      'a disposed array',
      /was disposed/,
      () => {
        const x = NDArray.zeros(4);
        x.dispose();
        return x;
      },
    ],
  ];
  for (const [what, message, make] of noMemory) {
    distributed(`every call refuses ${what} as memory before anything is sent`, ({ comm }) => {
      const mine = comm.dup();
      const bad = make(mine) as Float64Array;
      mine.counters.reset();
      const each = Array(mine.size).fill(1);
      const calls: (() => unknown)[] = [
        () => mine.bcast(bad),
        () => mine.allreduce(bad, 'sum'),
        () => mine.iallreduce(bad, 'sum'),
        () => mine.reduce(bad, 'sum', 0),
        () => mine.reduceScatter(bad, 'sum', f8(1)),
        () => mine.reduceScatter(f8(mine.size), 'sum', bad),
        () => mine.allgather(bad, f8(1)),
        () => mine.allgatherv(bad, f8(1), each),
        () => mine.gather(bad, f8(1)),
        () => mine.gatherv(bad, f8(1), each),
        () => mine.scatter(f8(1), bad),
        () => mine.scatterv(f8(1), bad, each),
        () => mine.alltoall(bad, f8(1)),
        () => mine.alltoallv(bad, each, f8(1), each),
        () => mine.send(bad, 0),
        () => mine.recv(bad, 0),
        () => mine.sendrecv(bad, 0, f8(1), 0),
        () => mine.isend(bad, 0),
        () => mine.irecv(bad, 0),
        () => mine.sendInit(bad, 0),
        () => mine.recvInit(bad, 0),
      ];
      for (const call of calls) expect(call, String(call)).to.throw(LopsError, message);
      expect({ ...mine.counters }).to.include({ messages: 0, reductions: 0, collectives: 0 });
      mine.barrier();
      mine.free();
    });
  }

  distributed(
    'a message that is too long leaves memory behind the buffer alone, and the next ones are right',
    ({ comm }) => {
      const next = (comm.rank + 1) % comm.size;
      const before = (comm.rank + comm.size - 1) % comm.size;
      for (const [sent, room] of [
        [5, 2],
        [3, 0],
        [5000, 4999],
        [300_000, 10],
      ] as const) {
        for (const [from, tag] of [
          [before, 1],
          [-1, -1],
        ] as const) {
          const memory = new Float64Array(room + sent).fill(-7);
          const buffer = memory.subarray(0, room);
          const message = new Float64Array(sent).fill(comm.rank);
          const request = comm.isend(message, next, 1);
          const text =
            `expected at most ${8 * room} bytes, received ${8 * sent} ` + `from rank ${before} with tag 1`;
          expect(() => comm.recv(buffer, from, tag)).to.throw(MpiError, comm.size > 1 ? text : 'truncated');
          request.wait();
          if (comm.size > 1) {
            expect(() => comm.sendrecv(message, next, buffer, from, 1)).to.throw(MpiError, 'truncated');
          }
          expect(memory.every((v) => v === -7)).to.equal(true);
          const small = comm.isend(f8(3), next, 1);
          const got = f8(3).fill(9);
          comm.recv(got, from, tag);
          small.wait();
          expect([...got]).to.deep.equal([0, 0, 0]);
          comm.barrier();
        }
      }
    },
  );

  distributed("a message that is too long is MPI's error, with the rank", ({ comm }) => {
    const request = comm.isend(f8(5), comm.rank, 1);
    expect(() => comm.recv(f8(2), comm.rank, 1)).to.throw(
      MpiError,
      new RegExp(`rank ${comm.size === 1 ? 0 : comm.rank}.*truncated`, 'i'),
    );
    request.wait();
    comm.barrier();
  });

  distributed(
    'counts that differ between two ranks throw instead of waiting',
    { ranks: [2, 3] },
    ({ comm }) => {
      const out = Array(comm.size).fill(1);
      const into = Array(comm.size).fill(comm.rank === 0 ? 2 : 1);
      into[comm.rank] = 1;
      const call = (): void => comm.alltoallv(f8(comm.size), out, f8(into.reduce((a, b) => a + b, 0)), into);
      if (comm.rank === 0) expect(call).to.throw(MpiError, 'sent 1 elements, expected 2');
      else call();
      comm.barrier();
    },
  );

  distributed('a receive of a rank from itself without a send throws', { ranks: [1] }, ({ comm }) => {
    expect(() => comm.recv(f8(1), 0)).to.throw(MpiError, 'waits forever');
    expect(() => comm.irecv(f8(1), 0, 7).wait()).to.throw(MpiError, 'waits forever');
  });
});
