/**
 * Distributed data and a model on all ranks: straight-ray travel-time tomography between two wells.
 * Each rank traces the rays of its own sources through one slowness model (BROADCAST) and stores
 * their travel times (SCATTER). The adjoint sums the contributions of all ranks to the model in one
 * all-reduce.
 *
 *     npx lops run -n 4 dist/examples/shared-model.js
 */
import { join } from 'node:path';
import {
  COMM_WORLD,
  cgls,
  DistributedArray,
  MPILinearOperator,
  MPIStackedVStack,
  MPIVStack,
  NDArray,
  StackedDistributedArray,
} from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { Laplacian, MatrixMult } from 'lops-mpi/local';
import { colorRange, Figure, heatMap } from 'lops-mpi/plotting';
import { relativeError } from './misfit.js';
import { finish, numeric, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly nx: number;
  readonly nz: number;
  readonly sources: number;
  readonly receivers: number;
  readonly niter: number;
  readonly smoothness: number;
}

const flags = await parseFlags<Flags>(
  'shared-model',
  'travel-time tomography: sources over ranks, one model for all',
  (command) =>
    command
      .option('--nx <n>', 'cells between the wells', positive, 40)
      .option('--nz <n>', 'cells along the wells', positive, 60)
      .option('--sources <n>', 'in the left well, distributed over the ranks', positive, 40)
      .option('--receivers <n>', 'in the right well', positive, 40)
      .option('--niter <n>', 'iterations', positive, 100)
      .option('--smoothness <number>', 'weight of the Laplacian', numeric, 0.3),
);
const { nx, nz, sources, receivers, backend, niter } = flags;
const comm = COMM_WORLD;
const dims = [nx, nz];

/**
 * One row of the matrix: the lengths of a ray from (0, from) to (nx, to) in the cells that it
 * crosses.
 */
function traceRay(from: number, to: number, row: Float64Array): void {
  const steps = 8 * (nx + nz);
  const length = Math.hypot(nx, to - from) / steps;
  for (let k = 0; k < steps; k++) {
    const t = (k + 0.5) / steps;
    const cell = Math.floor(nx * t) * nz + Math.min(nz - 1, Math.floor(from + (to - from) * t));
    row[cell] = (row[cell] as number) + length;
  }
}

function rays(source: number): MatrixMult {
  const matrix = new Float64Array(receivers * nx * nz);
  for (let r = 0; r < receivers; r++) {
    traceRay(
      ((source + 0.5) * nz) / sources,
      ((r + 0.5) * nz) / receivers,
      matrix.subarray(r * nx * nz, (r + 1) * nx * nz),
    );
  }
  return new MatrixMult(NDArray.fromHost(matrix, [receivers, nx * nz], { backend: 'cpu' }));
}

// Each rank computes its share of the sources: the times of all receivers for each of them.
const mine = DistributedArray.empty(sources).box;
const [first = 0, count = 0] = [mine.start[0], mine.shape[0]];
const A = new MPIVStack(Array.from({ length: count }, (_, k) => rays(first + k)));

// The slowness: a background and two anomalies.
const truth = Float64Array.from({ length: nx * nz }, (_, i) => {
  const [x, z] = [Math.floor(i / nz) / nx, (i % nz) / nz];
  return (
    0.5 +
    0.12 * Math.exp(-(((x - 0.35) / 0.13) ** 2) - ((z - 0.35) / 0.1) ** 2) -
    0.1 * Math.exp(-(((x - 0.65) / 0.15) ** 2) - ((z - 0.7) / 0.1) ** 2)
  );
});
const mtrue = DistributedArray.toDist(NDArray.fromHost(truth, [nx * nz], { backend }), {
  partition: 'BROADCAST',
});
const d = A.matvec(mtrue);

// The smoothing of a replicated model needs no messages: every rank applies the local Laplacian.
const L = MPILinearOperator.wrap(new Laplacian(dims, { axes: [0, 1] })).scale(flags.smoothness);
const start = mtrue.emptyLike().fill(0.5);
const stacked = new MPIStackedVStack([A, L]);
const { x, iterations, cost } = cgls(stacked, new StackedDistributedArray([d, L.matvec(mtrue).fill(0)]), {
  x0: start,
  niter,
  tol: 0,
});

const misfit = (m: DistributedArray) => relativeError(A.matvec(m), d);
const error = (m: DistributedArray) => relativeError(m, mtrue);
say(
  `${sources} sources over ${comm.size} rank${comm.size > 1 ? 's' : ''}, ${receivers} receivers, ${nx} ` +
    `× ${nz} cells, backend ${backend}\n`,
);
const rows = [
  {
    model: 'start',
    'data misfit': misfit(start),
    'model error': error(start),
    iterations: 0,
    cost: cost[0] as number,
  },
  {
    model: 'inverted',
    'data misfit': misfit(x),
    'model error': error(x),
    iterations,
    cost: cost.at(-1) as number,
  },
];
say(formatTable(rows));

finish(() => {
  const range = colorRange(truth);
  const panel = (title: string, m: DistributedArray) =>
    heatMap(m.local.toHost(), [nx, nz], {
      title,
      transpose: true,
      range,
      aspect: 'equal',
      xLabel: 'x [cell]',
      yLabel: 'z [cell]',
      colorBarLabel: 'slowness [s/km]',
    });
  const figure = join(flags.out, 'shared-model.png');
  writeFigure(new Figure({ columns: 2 }).add(panel('True slowness', mtrue), panel('Inverted', x)), figure);
  console.log(`figure:  ${figure}`);
});
