/**
 * A program with several copies of the package: `copies-rank.js HOW MAIN…`. The arguments MAIN are
 * the main modules of the copies in the order of their imports.
 */
import { pathToFileURL } from 'node:url';

const [how, ...mains] = process.argv.slice(2);
type Copy = typeof import('../../src/index.js');
const copies: Copy[] = [];
for (const main of mains) copies.push((await import(pathToFileURL(main).href)) as Copy);

for (const { COMM_WORLD, DistributedArray, MPIFirstDerivative, cgls } of [...copies, ...copies]) {
  const x = DistributedArray.ones(10);
  const D = new MPIFirstDerivative(10);
  cgls(D, D.matvec(x), { niter: 2 });
  if (COMM_WORLD.rank === 0) console.log(`${COMM_WORLD.size} ranks, ${x.norm(1)}`);
  else x.norm(1);
}
const rank = copies[0]?.COMM_WORLD.rank;
if (how === 'throw' && rank === 1) throw new RangeError('the reason');
if (how === 'wait' && rank === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
if (how === 'throw' || how === 'wait') copies.at(-1)?.COMM_WORLD.barrier();
process.on('exit', () => {
  if (how !== 'late' || rank !== 0) return;
  try {
    copies.at(-1)?.COMM_WORLD.allgatherObject(1);
  } catch (error) {
    console.log(String(error));
  }
});
