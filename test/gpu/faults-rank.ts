/** One rank of the tests of failing devices, the emulator's: `node faults-rank.js agreed|alloc|launch|lost FOLDER`. On rank 1 the device fails. Prints lines of JSON. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CudaBackend } from '../../src/gpu/cuda/index.js';
import { COMM_WORLD, cgls, DistributedArray, loadBackend, MPIFirstDerivative, NDArray, tidy } from '../../src/index.js';

const [what, folder] = process.argv.slice(2) as [string, string];
const { rank } = COMM_WORLD;
const control = join(folder, `control-${rank}`);
const settle = (words: string): void => {
  writeFileSync(`${control}.new`, `${words}\n`);
  renameSync(`${control}.new`, control);
};
settle('fail=none');
process.env['CUEMU_CONTROL'] = control;
const backend = (await loadBackend('cuda')) as CudaBackend;

const problem = (n: number) => {
  const D = new MPIFirstDerivative([n, 4], { kind: 'centered', edge: true });
  return { D, y: DistributedArray.random([n, 4], { backend, seed: 1, dtype: 'float64' }) };
};
/** The last cost, or the error. */
const solve = ({ D, y }: ReturnType<typeof problem>): string | number => {
  try {
    const { x, cost } = cgls(D, y, { niter: 3, damp: 0.1 });
    x.dispose();
    return cost.at(-1) ?? Number.NaN;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
};

if (what === 'agreed') {
  const small = problem(40);
  const expected = solve(small);
  for (let n = 1; n <= 7; n++) {
    const large = problem(4000);
    // what the operator itself keeps on the device is there before
    tidy(() => void large.D.rmatvec(large.D.matvec(large.y)));
    backend.trimPool();
    const live = backend.stats().liveBytes;
    if (rank === 1) settle(`fail=alloc:${n}+`);
    const outcome = solve(large);
    settle('fail=none');
    const lost = backend.stats().liveBytes - live;
    const after = solve(small);
    large.y.dispose();
    console.log(JSON.stringify({ n, rank, outcome, lost, same: after === expected }));
  }
} else {
  const { D, y } = problem(400);
  for (const { iteration } of cgls.steps(D, y, { niter: 6 })) {
    if (iteration !== 3 || rank !== 1) continue;
    settle(`fail=${what}:1${what === 'alloc' ? '+' : ''}`);
    if (what === 'alloc') NDArray.zeros([1 << 22], { backend });
  }
  console.log('came to its end');
}
