/**
 * The cost of a watch: a solver's iterations without one, with one, and with one whose page is
 * open, in turn. Prints the medians, and the median of the differences of each turn.
 *
 *     npx lops run -n 2 dist/bench/watch.js [TURNS] [ITERATIONS]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { startWatch } from '../src/cli/index.js';
import { COMM_WORLD, cgls, DistributedArray, MPILaplacian } from '../src/index.js';
import { median } from './measure.js';

const [turns = 15, niter = 150] = process.argv.slice(2).map(Number);
const dims = [400, 500];
const L = new MPILaplacian(dims);
const y = L.matvec(DistributedArray.random(dims, { seed: 1 }));

interface Time {
  /** Until all ranks are done. */
  readonly seconds: number;
  /** The processor time of rank 0's main thread: other load hardly changes it. */
  readonly processor: number;
}

/** Nanoseconds that the main thread has run. */
const ran = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);

const solve = (): Time => {
  COMM_WORLD.barrier();
  const [began, before] = [performance.now(), ran()];
  cgls(L, y, { niter, tol: 0 }).x.dispose();
  const processor = (ran() - before) / 1e9;
  COMM_WORLD.barrier();
  return { seconds: (performance.now() - began) / 1000, processor };
};

/** A page that reads the events, in a process of its own. */
async function openPage(address: string) {
  const code = `require('node:http').get(${JSON.stringify(`${address}events`)}, (r) => {
    r.once('data', () => console.log('open'));
  })`;
  const page = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(page.stdout, 'data');
  return page;
}

const watched = async (isOpen: boolean): Promise<Time> => {
  const watch = startWatch({ title: 'bench' });
  const page = isOpen && watch.address !== undefined ? await openPage(watch.address) : undefined;
  COMM_WORLD.barrier();
  const time = solve();
  page?.kill();
  watch.stop();
  return time;
};

solve();
const times: Time[][] = [[], [], []];
for (let k = 0; k < turns; k++)
  // each of them comes first, second and last as often
  for (let i = 0; i < 3; i++) {
    const which = (i + k) % 3;
    times[which]?.push(which === 0 ? solve() : await watched(which === 2));
  }
if (COMM_WORLD.rank === 0)
  for (const [k, name] of ['without a watch', 'with one', 'with a page open'].entries()) {
    const own = times[k] as Time[];
    const text = (['seconds', 'processor'] as const).map((key) => {
      const values = own.map((time) => time[key]);
      const alone = times[0] as Time[];
      const more = 100 * median(values.map((value, turn) => value / (alone[turn] as Time)[key] - 1));
      return `${key} ${median(values).toFixed(4)}, ${more.toFixed(2)} % more`;
    });
    console.log(`${name.padEnd(18)} ${text.join('; ')}`);
  }
