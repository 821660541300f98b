/**
 * Travel-time tomography between two wells. The time along a straight ray is the sum of slowness
 * times length over the cells that the ray crosses: one row of a sparse matrix, whose rows are
 * spread over the ranks. Each rank traces its own rays. A regularised inversion finds the slowness
 * of the cells from noisy times.
 *
 *     npx lops run -n 4 dist/examples/tomography.js --n 80 --stations 60
 */
import { join } from 'node:path';
import {
  COMM_WORLD,
  DistributedArray,
  MPILaplacian,
  MPISparseMatrixMult,
  NDArray,
  regularizedInversion,
  resolveBackend,
} from 'lops-mpi';
import * as xp from 'lops-mpi/array';
import { formatTable } from 'lops-mpi/cli';
import { colorRange, Figure, heatMap } from 'lops-mpi/plotting';
import { fieldOf } from './fields.js';
import { addNoise, relativeError } from './misfit.js';
import { finish, integerFrom, numeric, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly n: number;
  readonly stations: number;
  readonly niter: number;
  readonly noise: number;
}

const { backend, n, stations, niter, noise, out } = await parseFlags<Flags>(
  'tomography',
  'travel times between two wells, as a sparse matrix',
  (command) =>
    command
      .option('--n <n>', 'rows and columns of cells', integerFrom(2), 60)
      .option(
        '--stations <n>',
        'sources in one well, receivers in the other and at the surface',
        positive,
        48,
      )
      .option('--niter <n>', 'iterations', positive, 80)
      .option('--noise <share>', 'norm of the noise over that of the times', numeric, 0.002),
);
const comm = COMM_WORLD;
const dtype = resolveBackend(backend).defaultDType;

/** A place: depth and distance, from 0 to 1. */
type Point = readonly [z: number, x: number];

/** The cells that a straight ray crosses, and its length in each of them. */
function trace([z0, x0]: Point, [z1, x1]: Point): { cell: number; length: number }[] {
  const [dz, dx] = [z1 - z0, x1 - x0];
  // The ray is cut at the borders of all cells; t is the part of it that lies before a cut
  const cuts = [0, 1];
  for (let k = 0; k <= n; k++)
    for (const t of [(k / n - z0) / dz, (k / n - x0) / dx]) if (t > 0 && t < 1) cuts.push(t);
  cuts.sort((a, b) => a - b);
  return cuts.slice(1).flatMap((end, k) => {
    const start = cuts[k] as number;
    const middle = (start + end) / 2;
    const [i, j] = [z0 + middle * dz, x0 + middle * dx].map((at) => Math.min(n - 1, Math.floor(at * n)));
    const length = (end - start) * Math.hypot(dz, dx);
    return length > 0 ? [{ cell: (i as number) * n + (j as number), length }] : [];
  });
}

// Half of the receivers are in the other well, half are at the surface
const rays = stations * stations;
const ends = (ray: number): [Point, Point] => {
  const [source, receiver] = [Math.floor(ray / stations), ray % stations];
  const at = (receiver + 0.5) / stations;
  return [[(source + 0.5) / stations, 0], receiver % 2 === 0 ? [at, 1] : [0, at]];
};
const times = DistributedArray.empty(rays, { dtype });
const first = times.box.start[0] as number;
const entries = Array.from({ length: times.local.size }, (_, k) =>
  trace(...ends(first + k)).map(({ cell, length }) => ({ row: k, col: cell, value: length })),
).flat();
const mine = xp.sparse.cooArray(
  {
    data: NDArray.fromHost(Float64Array.from(entries, ({ value }) => value)).astype(dtype),
    row: entries.map(({ row }) => row),
    col: entries.map(({ col }) => col),
  },
  { shape: [times.local.size, n * n] },
);
const A = new MPISparseMatrixMult(mine);

// Slowness in s per length: it falls with depth; a slow lens and a fast layer
const space = DistributedArray.empty([n, n], { backend, dtype }).space;
const truth = fieldOf(space, (i, j) => {
  const [z, x] = [i / n, j / n];
  const lens = Math.hypot((z - 0.35) / 0.12, (x - 0.35) / 0.2) < 1 ? 0.12 : 0;
  const layer = Math.abs(z - 0.7 - 0.25 * (x - 0.5)) < 0.05 ? -0.1 : 0;
  return 0.6 - 0.15 * z + lens + layer;
});
const start = fieldOf(space, (i) => 0.6 - (0.15 * i) / n);
const d = addNoise(A.matvec(truth.ravel()), noise, 5);

const smooth = new MPILaplacian([n, n], { axes: [0, 1], dtype });
const { x: model, iterations } = regularizedInversion(A, d, {
  regularizations: [{ R: smooth, eps: 0.05 }],
  tol: 1e-8,
  x0: start.ravel(),
  niter,
});
const image = model.reshape([n, n]);

const nnz = A.matrix.nnz();
say(
  `${rays} rays, ${n} × ${n} cells, ${nnz} entries (${((100 * nnz) / (rays * n * n)).toFixed(1)} %) on ` +
    `${comm.size} rank${comm.size > 1 ? 's' : ''}, backend ${backend}\n`,
);
const row = (name: string, x: DistributedArray, done: number) => ({
  model: name,
  iterations: done,
  'misfit of times': relativeError(A.matvec(x.ravel()), d),
  'model error': relativeError(x, truth),
});
say(formatTable([row('start', start, 0), row('inverted', image, iterations)]));

const pictures = [
  ['True', truth],
  ['Start', start],
  ['Inverted', image],
] as const;
const range = colorRange(truth.asArray());
const figure = new Figure({ columns: 3, title: 'Slowness between two wells' });
for (const [title, array] of pictures)
  figure.add(
    heatMap(array, {
      title,
      range,
      extent: [0, 1, 0, 1],
      aspect: 'equal',
      xLabel: 'distance [well spacing]',
      yLabel: 'depth [well spacing]',
      colorBarLabel: 'slowness [s per spacing]',
    }),
  );
finish(() => {
  const path = join(out, 'tomography.png');
  writeFigure(figure, path);
  console.log(`figure:  ${path}`);
});
