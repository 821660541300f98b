/**
 * One rank of a job in which ranks wait: waiting-rank.js HOW. wait-report.test.ts starts it with
 * reports after a second.
 */
import { DistributedArray, MPIFirstDerivative, COMM_WORLD as world } from '../../src/index.js';

const { rank, size } = world;
const [first, last] = [rank === 0, rank === size - 1];
const one = new Float64Array(1);
function spin(seconds: number): void {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end; );
}

const PROGRAMS: Readonly<Record<string, () => unknown>> = {
  'a norm on rank 0': () => {
    const x = DistributedArray.ones(10);
    if (first) x.norm();
  },
  'different collectives': () => (first ? world.barrier() : world.allreduce(one, 'sum')),
  'a receive without a send': () => (last ? world.recv(one, 0, 7) : world.barrier()),
  'a halo exchange on rank 0': () => {
    const D = new MPIFirstDerivative([12, 4]);
    const x = DistributedArray.ones([12, 4]);
    D.matvec(x);
    world.barrier();
    if (first) D.matvec(x);
    else world.barrier();
  },
  requests: () => {
    if (first) world.irecv(one, 1, 5).wait();
    else if (last) world.iallreduce(one, 'sum').wait();
    else {
      const request = world.recvInit(one, 0, 6);
      request.start();
      request.wait();
    }
  },
  'outside of MPI': async () => {
    const pair = world.split(rank < 2 ? 0 : 1);
    if (first) {
      // until the others do what they do
      spin(1);
      pair?.barrier();
    } else if (last) await new Promise((done) => setTimeout(done, 100_000));
    else spin(100);
  },
  // each rank but the first waits longer than the report's time, twice
  'slow but healthy': () => {
    for (let k = 0; k < 2; k++) {
      if (first) spin(1.8);
      world.barrier();
    }
    world.allreduce(one, 'sum');
    process.stdout.write(`rank ${rank} is done\n`);
  },
  // until the same time on all ranks, so that none waits
  'all compute': () => {
    const until = world.bcastObject(Date.now() + 5000);
    spin((until - Date.now()) / 1000);
    world.barrier();
  },
  quick: () => {
    for (let k = 0; k < 1000; k++) world.allreduce(one, 'sum');
  },
};

await PROGRAMS[process.argv[2] as string]?.();
