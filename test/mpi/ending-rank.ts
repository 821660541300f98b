/**
 * A rank that ends in the way that its argument names, while the other ranks wait for it in a
 * collective. failures.test.ts starts it.
 */
import { COMM_WORLD as world } from '../../src/index.js';

const [how, who = '1'] = process.argv.slice(2);
const one = new Float64Array(1);
world.allreduce(one, 'sum');
process.stdout.write(`rank ${world.rank} is process ${process.pid}\n`);
world.barrier();

const ENDS: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  throw: () => {
    throw new RangeError('the reason');
  },
  'throw later': () =>
    setTimeout(() => {
      throw new RangeError('the reason');
    }, 50),
  reject: () => {
    Promise.reject(new RangeError('the reason'));
    return new Promise((resolve) => setTimeout(resolve, 5000));
  },
  'exit 3': () => process.exit(3),
  'exit 0': () => process.exit(0),
  'exit code': () => {
    process.exitCode = 4;
  },
  kill: () => process.kill(process.pid, 'SIGKILL'),
  abort: () => world.abort(9, 'the reason'),
  'mpi error': () => {
    world.isend(new Float64Array(3), world.rank);
    world.recv(new Float64Array(1), world.rank);
  },
  output: () => {
    process.stdout.write('x'.repeat(2_000_000));
    process.exit(3);
  },
};

if (world.rank === Number(who) && how !== 'all exit 5') {
  const end = ENDS[how ?? ''];
  if (!end) throw new Error(`no such end: ${how}`);
  await end();
  if (how === 'nothing') world.allreduce(one, 'sum');
} else if (how === 'all exit 5') {
  process.exit(5);
} else {
  world.allreduce(one, 'sum');
  process.stdout.write(`rank ${world.rank} went on\n`);
}
