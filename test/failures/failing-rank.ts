/**
 * One rank of a job in which one rank fails: failing-rank.js HOW WHERE. jobs.failures.ts starts it.
 * `WHERE` is the place of the other ranks during the failure, or of all ranks if signals come from
 * outside: `blocked` in an MPI call, `solving` in the loop of a solver, `idle` in the event loop.
 */

import {
  cgls,
  DistributedArray,
  MPIFirstDerivative,
  MPIGradient,
  COMM_WORLD as world,
} from '../../src/index.js';
import { Checkpoint } from '../../src/io/index.js';

const [how = '', where = 'blocked'] = process.argv.slice(2);
const WHO = 1;
const one = new Float64Array(1);
world.allreduce(one, 'sum');
process.stdout.write(`rank ${world.rank} is process ${process.pid}\n`);
world.barrier();
const isIt = world.rank === WHO;

const sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds));
function spin(seconds: number): void {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; );
}

/** The places of the ranks that do not fail. These functions do not return during the test. */
const PLACES: Readonly<Record<string, () => unknown>> = {
  blocked: () => world.allreduce(one, 'sum'),
  solving: () => {
    const A = new MPIGradient([200, 20]);
    const y = A.range().random(1);
    cgls(A, y, { niter: 100_000_000, tol: 0 });
  },
  idle: () => sleep(1000),
};
const stay = (place: string): unknown => PLACES[place]?.();

const held: unknown[] = [];
const FAILURES: Readonly<Record<string, () => unknown>> = {
  throw: () => {
    throw new RangeError('the reason');
  },
  reject: () => Promise.reject(new RangeError('the reason')),
  exit: () => process.exit(3),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  abort: () => process.abort(),
  'no heap': () => {
    for (;;) held.push(new Array(1_000_000).fill(held.length));
  },
  'no array': () => held.push(new ArrayBuffer(2 ** 52)),
};

/** Functions that every rank runs and that fail by themselves. */
const MISTAKES: Readonly<Record<string, () => unknown>> = {
  'other size': () => world.allreduce(new Float64Array(isIt ? 3 : 4), 'sum'),
  'other operation': () => world.allreduce(one, isIt ? 'max' : 'sum'),
  'other dtype': () => world.bcast(isIt ? new Float32Array(2) : new Float64Array(2)),
  'other root': () => world.bcast(one, isIt ? 1 : 0),
  'other call': () => {
    if (isIt) world.barrier();
    else world.allreduce(one, 'sum');
  },
  'end too early': () => {
    if (!isIt) world.allreduce(one, 'sum');
  },
  'other shape': () => DistributedArray.zeros([10 + (isIt ? 1 : 0), 3]),
  'other counts': () => {
    const counts = Array.from({ length: world.size }, (_, r) => world.rank + r + (isIt ? 1 : 0));
    const total = counts.reduce((a, b) => a + b, 0);
    world.alltoallv(new Float64Array(total), counts, new Float64Array(total), counts);
  },
  'other parts': () => {
    const counts = isIt ? [1, 1, 2] : [2, 1, 1];
    world.reduceScatter(new Float64Array(4), 'sum', new Float64Array(counts[world.rank] ?? 0), counts);
  },
  'other plans': () => {
    const x = DistributedArray.ones([12, 4]);
    const [first, second] = [new MPIFirstDerivative([12, 4]), new MPIFirstDerivative([12, 4], { order: 5 })];
    for (const D of isIt ? [second, first] : [first, second]) D.matvec(x);
  },
  'no send': () => {
    if (isIt) world.recv(one, 0, 7);
    else world.barrier();
  },
  'waits for one that computes': () => (isIt ? spin(1000) : world.barrier()),
  'waits for one that awaits': () => (isIt ? sleep(1000) : world.barrier()),
  'waits for a request': () => world.irecv(one, (world.rank + 1) % world.size, 5).wait(),
  'caught signals': () => {
    new Checkpoint('unused', { stopOn: ['SIGTERM'] });
    process.stdout.write('expects SIGTERM\n');
    spin(1000);
  },
  nothing: () => (where === 'blocked' && world.rank === 0 ? spin(1000) : stay(where)),
};

const mistake = MISTAKES[how];
if (mistake) await mistake();
else if (isIt) {
  const fail = FAILURES[how];
  if (!fail) throw new Error(`no such failure: ${how}`);
  // wait until the others have reached their place
  spin(0.3);
  await fail();
  await sleep(1000);
} else {
  await stay(where);
}
if (how !== 'end too early') process.stdout.write(`rank ${world.rank} went on\n`);
