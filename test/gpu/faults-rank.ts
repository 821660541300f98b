/**
 * One rank of the tests of failing devices on the emulator:
 * `node faults-rank.js agreed|alloc|launch|lost FOLDER`. The device of rank 1 fails. The program
 * prints lines of JSON.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CudaBackend } from '../../src/gpu/cuda/index.js';
import {
  COMM_WORLD,
  cgls,
  DistributedArray,
  type LinearOperator,
  loadBackend,
  MPIBlockDiag,
  MPIFirstDerivative,
  MPILaplacian,
  MPIMatrixMult,
  NDArray,
} from '../../src/index.js';
import { Convolve1D, Restriction } from '../../src/local/index.js';

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

/** An operator that has not used the device yet, and data for it. */
interface Problem {
  readonly A: LinearOperator<DistributedArray>;
  readonly y: DistributedArray;
}
/**
 * Problems that keep different data on the device: ghost cells; packed messages of columns; filters
 * and packed rows of local blocks; panels of matrices.
 */
const PROBLEMS: Readonly<Record<string, (n: number) => Problem>> = {
  derivative: (n) => ({
    A: new MPIFirstDerivative([n, 4], { kind: 'centered', edge: true }),
    y: DistributedArray.random([n, 4], { backend, seed: 1, dtype: 'float64' }),
  }),
  columns: (n) => ({
    A: new MPILaplacian([4, n], { axes: [0, 1] }),
    y: DistributedArray.random([4, n], { backend, seed: 1, dtype: 'float64', axis: 1 }),
  }),
  blocks: (n) => {
    const block = new Convolve1D(
      [n, 4],
      NDArray.uniform([5], { seed: 1, backend: 'cpu', dtype: 'float64' }),
      { axis: 0, offset: 2 },
    );
    const rows = new Restriction(
      [n, 4],
      Array.from({ length: n }, (_, i) => i),
      { axis: 0 },
    );
    const A = new MPIBlockDiag(rank === 0 ? [block] : [rows.mul(block)]);
    return { A, y: A.range({ backend }).random(1) };
  },
  matrix: (n) => {
    const A = new MPIMatrixMult(
      NDArray.uniform([n / 2, 40], { seed: 1 + rank, dtype: 'float64', backend: 'cpu' }),
      8,
      { kind: 'block' },
    );
    return { A, y: A.range({ backend }).random(1) };
  },
};

/** Runs a solver. Returns the last cost, or the error. */
const solve = ({ A, y }: Problem): string | number => {
  try {
    const { x, cost } = cgls(A, y, { niter: 3, damp: 0.1 });
    x.dispose();
    return cost.at(-1) ?? Number.NaN;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
};

if (what === 'agreed') {
  const small = (PROBLEMS['derivative'] as (n: number) => Problem)(40);
  const expected = solve(small);
  // holds the problems, so that the garbage collector does not change the counts
  const held: Problem[] = [];
  for (const [name, make] of Object.entries(PROBLEMS)) {
    for (let n = 1, failed = true; failed && n < 100; n++) {
      const large = make(4000);
      held.push(large);
      backend.trimPool();
      const live = backend.stats().liveBytes;
      if (rank === 1) settle(`fail=alloc:${n}+`);
      const outcome = solve(large);
      settle('fail=none');
      failed = typeof outcome === 'string';
      const left = backend.stats().liveBytes - live;
      const after = solve(small) === expected;
      const again = solve(large);
      const kept = backend.stats().liveBytes - live;
      const same = solve(large) === again && backend.stats().liveBytes - live === kept;
      large.y.dispose();
      console.log(JSON.stringify({ name, n, rank, outcome, left, kept, after, again, same }));
    }
  }
} else {
  const { A, y } = (PROBLEMS['derivative'] as (n: number) => Problem)(400);
  for (const { iteration } of cgls.steps(A, y, { niter: 6 })) {
    if (iteration !== 3 || rank !== 1) continue;
    settle(`fail=${what}:1${what === 'alloc' ? '+' : ''}`);
    if (what === 'alloc') NDArray.zeros([1 << 22], { backend });
  }
  console.log('came to its end');
}
