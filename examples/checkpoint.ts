/**
 * A long inversion that continues after the end of its job. Many iterations of CGLS sharpen a
 * blurred picture, and the state of CGLS is written to disk every few iterations. The example stops
 * the run half way, resumes it from the newest checkpoint, and compares it with a run without a
 * stop. On the same number of ranks the results have the same bits.
 *
 *     npx lops run -n 2 dist/examples/checkpoint.js                  # the whole example
 *     npx lops run -n 2 dist/examples/checkpoint.js --phase stop     # ends at iteration --stop
 *     npx lops run -n 2 dist/examples/checkpoint.js --phase resume   # resumes in another job
 *
 * The number of ranks of the second job may differ.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { COMM_WORLD, cgls, DistributedArray, MPILaplacian, resolveBackend } from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { Checkpoint } from 'lops-mpi/io';
import { convergence, Figure, heatMap } from 'lops-mpi/plotting';
import { fieldOf } from './fields.js';
import { addNoise, relativeError } from './misfit.js';
import { finish, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly n: number;
  readonly niter: number;
  readonly every: number;
  readonly stop: number;
  readonly phase: 'both' | 'stop' | 'resume';
}

const { backend, n, niter, every, stop, phase, out } = await parseFlags<Flags>(
  'checkpoint',
  'stop and resume a solver',
  (command) =>
    command
      .option('--n <n>', 'rows and columns of the picture', positive, 120)
      .option('--niter <n>', 'iterations', positive, 200)
      .option('--every <n>', 'iterations between checkpoints', positive, 20)
      .option('--stop <n>', 'iteration at which the first run ends', positive, 110)
      .addOption(
        new Option('--phase <name>', 'which of the runs').choices(['both', 'stop', 'resume']).default('both'),
      ),
  (flags) =>
    flags.phase === 'resume' || flags.stop < flags.niter
      ? undefined
      : `the first run ends at iteration --stop ${flags.stop}, which must be below --niter ${flags.niter}`,
);
const comm = COMM_WORLD;
const folder = join(out, 'checkpoints');
const dtype = resolveBackend(backend).defaultDType;

// Rings and a bar, blurred by steps of diffusion: (I + Δ/5)¹²
const dims = [n, n];
const truth = fieldOf(DistributedArray.empty(dims, { backend, dtype }).space, (i, j) => {
  const [y, x] = [(2 * i) / n - 1, (2 * j) / n - 1];
  const ring = Math.sin(26 * Math.hypot(x, y)) > 0 && Math.hypot(x, y) < 0.85 ? 1 : 0;
  return Math.abs(x - y) < 0.08 ? 0.5 : ring;
});
const L = new MPILaplacian(dims, { axes: [0, 1], dtype });
const A = L.pow(0).add(L.scale(0.2)).pow(12);
const d = addNoise(A.matvec(truth), 1e-4, 3);

/** The result of a run. */
interface Run {
  readonly first: number;
  readonly x: DistributedArray;
  readonly costs: Map<number, number>;
}

/** Runs iterations until `last`. With a checkpoint it starts from the newest one. */
function run(last: number, checkpoint?: Checkpoint): Run {
  const costs = new Map<number, number>();
  let x = d;
  for (const step of cgls.steps(A, d, { niter, tol: 0, checkpoint })) {
    costs.set(step.iteration, step.cost);
    x = step.x;
    // like the end of a job: the iterations after the newest checkpoint are lost
    if (step.iteration === last) break;
  }
  return { first: Math.min(...costs.keys()), x, costs };
}

const runs = new Map<string, Run>();
if (phase !== 'resume') {
  if (comm.rank === 0) rmSync(folder, { recursive: true, force: true });
  comm.barrier();
  runs.set('stopped', run(stop, new Checkpoint(folder, { every })));
}
if (phase !== 'stop') {
  runs.set('resumed', run(niter, new Checkpoint(folder, { every })));
  runs.set('never stopped', run(niter));
}

const resumed = runs.get('resumed');
const straight = runs.get('never stopped');
say(
  `picture ${n} × ${n} ${dtype} on ${comm.size} rank${comm.size > 1 ? 's' : ''}, backend ${backend}, a ` +
    `checkpoint every ${every} iterations\n`,
);
say(
  formatTable(
    [...runs].map(([name, { first, x, costs }]) => ({
      run: name,
      'first iteration': first,
      last: Math.max(...costs.keys()),
      'data misfit': relativeError(A.matvec(x), d),
      'model error': relativeError(x, truth),
    })),
  ),
);
if (resumed && straight) {
  const difference = resumed.x.subtract(straight.x).norm(Number.POSITIVE_INFINITY);
  const alike = [...resumed.costs].every(([iteration, cost]) => straight.costs.get(iteration) === cost);
  say(
    `largest difference of the resumed run from the one never stopped: ${difference}; costs of its ` +
      `iterations: ${alike ? 'the same bits' : 'not the same'}`,
  );
}

const pictures = [
  ['True', truth] as const,
  ['Blurred', d] as const,
  ...(resumed ? [['Sharpened, resumed', resumed.x] as const] : []),
];
const figure = new Figure({ columns: 2, title: 'A run that was stopped and resumed' });
for (const [title, array] of pictures)
  figure.add(
    heatMap(array, {
      title,
      range: [0, 1],
      aspect: 'equal',
      xLabel: 'column',
      yLabel: 'row',
      colorBarLabel: 'brightness',
    }),
  );
const costs = Object.fromEntries([...runs].map(([name, { costs: ofRun }]) => [name, ofRun]));
figure.add(convergence(costs, { title: 'Misfit', yLabel: '‖d − A x‖' }));
finish(() => {
  const path = join(out, 'checkpoint.png');
  writeFigure(figure, path);
  console.log(`figure:  ${path}`);
});
