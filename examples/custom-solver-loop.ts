/**
 * Three uses of a solver's loop: observe the iterations, stop them by a rule of the program, or
 * write a new method with the operations of vectors.
 *
 *     npx lops run -n 2 dist/examples/custom-solver-loop.js --noise 0.1
 */
import { join } from 'node:path';
import { cgls, DistributedArray, type LinearOperator, MPIFirstDerivative, powerIteration } from 'lops-mpi';
import { Figure, linePlot } from 'lops-mpi/plotting';
import { addNoise, relativeError } from './misfit.js';
import { finish, numeric, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly n: number;
  readonly noise: number;
}

const { backend, n, noise, out } = await parseFlags<Flags>(
  'custom-solver-loop',
  'a solver loop of your own',
  (command) =>
    command
      .option('--n <n>', 'rows, distributed over the ranks', positive, 120)
      .option('--noise <share>', 'noise added to the data, relative to its norm', numeric, 0.05),
);
const dims = [n, 8];
const D = new MPIFirstDerivative(dims, { kind: 'forward' });
// A smoother, (I − DᴴD/5)⁶, and a smooth vector: random numbers after three applications of it.
const A = D.pow(0).subtract(D.H.mul(D).scale(0.2)).pow(6);
const truth = A.pow(3).matvec(DistributedArray.random(dims, { backend, seed: 3 }));
const clean = A.matvec(truth);
const delta = noise * clean.norm();
const y = addNoise(clean, noise, 4);

// The discrepancy principle: a solution that fits the data better than their noise fits the noise.
const errors: number[] = [];
let chosen: { iteration: number; error: number } | undefined;
for (const { iteration, x, cost } of cgls.steps(A, y, { niter: 40, tol: 0 })) {
  const error = relativeError(x, truth);
  errors.push(error);
  // A program would leave the loop here. This one continues, to show the later iterations.
  if (chosen === undefined && cost <= delta) chosen = { iteration, error };
}
say(
  `CGLS: noise level reached at iteration ${chosen?.iteration ?? 'none'}, error ` +
    `${chosen?.error.toFixed(4) ?? '-'}, at the end ${errors.at(-1)?.toFixed(4)}`,
);

/**
 * Landweber's iteration, `x += α Aᴴ(y − A x)`, as a generator. Memory: x, r, g. It allocates
 * nothing in the loop and makes one reduction a step for the cost.
 */
function* landweber(
  operator: LinearOperator<DistributedArray>,
  data: DistributedArray,
  alpha: number,
  niter: number,
) {
  const x = operator.domainOf(data.space).zeros();
  const [r, g] = [data.copy(), x.emptyLike()];
  try {
    for (let iteration = 1; iteration <= niter; iteration++) {
      x.axpby(alpha, operator.rmatvec(r, g), 1);
      operator.matvec(x, r).axpby(1, data, -1);
      yield { iteration, x, cost: r.norm() };
    }
  } finally {
    // also runs if the caller leaves the loop
    r.dispose();
    g.dispose();
  }
}

const { maxeig } = powerIteration(A.H.mul(A), { domain: y.space, niter: 50 });
const slow: number[] = [];
for (const { iteration, x, cost } of landweber(
  A,
  y,
  1.5 / (typeof maxeig === 'number' ? maxeig : maxeig.re),
  400,
)) {
  slow.push(relativeError(x, truth));
  if (cost <= delta) {
    say(`Landweber: noise level reached at iteration ${iteration}, error ${slow.at(-1)?.toFixed(4)}`);
    break;
  }
}

finish(() => {
  const path = join(out, 'custom-solver-loop.png');
  const axes = {
    title: 'Stopping in time',
    xLabel: 'iteration',
    yLabel: 'error of the model',
    xRange: [0, 40],
  } as const;
  const series = [
    { y: errors, label: 'CGLS' },
    { y: slow.slice(0, 40), x: slow.slice(0, 40).map((_, k) => k + 1), label: 'Landweber' },
    ...(chosen
      ? [{ x: [chosen.iteration], y: [chosen.error], label: 'noise level reached', style: 'points' as const }]
      : []),
  ];
  writeFigure(new Figure({ columns: 1 }).add(linePlot(series, axes)), path);
  console.log(`figure:  ${path}`);
});
