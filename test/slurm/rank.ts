/** A rank of the jobs in jobs.slurm.ts. Its argument selects its behaviour. */
import { hostname } from 'node:os';
import { COMM_WORLD as world } from '../../src/index.js';

const [how = 'nothing', who = '3'] = process.argv.slice(2);
const node = world.splitShared();
const sum = Float64Array.of(world.rank);
world.allreduce(sum, 'sum');
process.stdout.write(
  `rank ${world.rank} of ${world.size} on ${hostname()}, ${node.rank} of ${node.size} there, sum ` +
    `${sum[0]}, process ${process.pid}\n`,
);
world.barrier();

if (how !== 'nothing') {
  if (world.rank === Number(who)) {
    if (how === 'throw') throw new RangeError('the reason');
    if (how === 'exit') process.exit(3);
    if (how === 'kill') process.kill(process.pid, 'SIGKILL');
    if (how === 'busy') for (;;);
  }
  world.allreduce(sum, 'sum');
  process.stdout.write(`rank ${world.rank} went on\n`);
}
