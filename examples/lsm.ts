/**
 * Least-squares migration: the reflectivity of the ground from the traces of a seismic survey.
 * Kirchhoff modelling `d = K r` spreads every image point over the traveltimes of all sources and
 * receivers. Its adjoint, migration, sums along them. The image of the adjoint is blurred by the
 * wavelet, the gaps between sources and the ends of the survey. CGLS removes the blur.
 *
 * Each rank models its share of the sources (MPIVStack). The image is on all ranks (BROADCAST), the
 * traces of a source are on its rank (SCATTER). The adjoint sums the images of all ranks in one
 * all-reduce.
 *
 *     npx lops run -n 2 dist/examples/lsm.js
 *     npx lops run -n 4 dist/examples/lsm.js --sources 40 --niter 200
 */
import { join } from 'node:path';
import { COMM_WORLD, cgls, type DistributedArray, resolveBackend } from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { colorRange, convergence, Figure, heatMap, wiggle } from 'lops-mpi/plotting';
import { follow } from './follow.js';
import { layeredReflectivity, SURVEY, surveyOperator } from './kirchhoff-survey.js';
import { addNoise, relativeError, scaledToFit } from './misfit.js';
import { finish, numeric, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly nx: number;
  readonly nz: number;
  readonly sources: number;
  readonly receivers: number;
  readonly nt: number;
  readonly niter: number;
  readonly noise: number;
}

const flags = await parseFlags<Flags>(
  'lsm',
  'least-squares migration: sources over ranks, one image for all',
  (command) =>
    command
      .option('--nx <n>', 'image points along the surface', positive, 81)
      .option('--nz <n>', 'image points in depth', positive, 60)
      .option('--sources <n>', 'distributed over the ranks', positive, 20)
      .option('--receivers <n>', 'of every source', positive, 11)
      .option('--nt <n>', 'samples of a trace', positive, 201)
      .option('--niter <n>', 'iterations', positive, 60)
      .option('--noise <share>', 'noise added to the traces, relative to their norm', numeric, 0.05),
);
const { nx, nz, sources, receivers, nt, niter, backend } = flags;
const comm = COMM_WORLD;
const dtype = resolveBackend(backend).defaultDType;

const K = surveyOperator(flags, { dtype });
const truth = K.domain({ backend, dtype })
  .empty()
  .assignGlobal(layeredReflectivity(nx, nz, dtype));
const d = addNoise(K.matvec(truth), flags.noise, 1);

say(
  `${sources} sources over ${comm.size} rank${comm.size > 1 ? 's' : ''}, ${receivers} receivers, image ` +
    `${nx} × ${nz} ${dtype}, backend ${backend}`,
);

const migrated = scaledToFit(K, K.rmatvec(d), d);
const {
  x: inverted = migrated,
  iterations,
  costs,
} = follow('CGLS', niter, cgls.steps(K, d, { niter, tol: 0 }));

const row = (image: string, x: DistributedArray, done: number) => {
  return {
    image,
    'data misfit': relativeError(K.matvec(x), d),
    'model error': relativeError(x, truth),
    iterations: done,
  };
};
say(
  `\n${formatTable([
    row('migration, scaled', migrated, 0),
    row('least squares (CGLS)', inverted, iterations),
  ])}`,
);

// The traces of the source in the middle, from the rank that stores them.
const shot = (traces: DistributedArray) =>
  traces
    .reshape([sources, receivers * nt])
    .asArray()
    .slice(Math.floor(sources / 2))
    .toHost();
const traces = { recorded: shot(d), modelled: shot(K.matvec(inverted)) };

finish(() => {
  const { step, dt } = SURVEY;
  const range = colorRange(truth.local.toHost(), { symmetric: true });
  const image = (title: string, m: DistributedArray) =>
    heatMap(m.local.toHost(), [nx, nz], {
      title,
      range,
      colorMap: 'RdBu',
      colorBarLabel: 'reflectivity',
      transpose: true,
      extent: [0, nx * step, 0, nz * step],
      aspect: 'equal',
      xLabel: 'x [m]',
      yLabel: 'z [m]',
    });
  const gather = (title: string, values: typeof traces.recorded) =>
    wiggle(values, [receivers, nt], {
      title,
      axes: [{ label: 'receiver' }, { label: 'time [s]', step: dt }],
      gain: 1.5,
    });
  const figure = new Figure({ columns: 3, title: `Least-squares migration, ${sources} sources` });
  figure.add(
    image('True reflectivity', truth),
    image('Migration', migrated),
    image('Least squares', inverted),
    gather('Traces of the middle source', traces.recorded),
    gather('Modelled again', traces.modelled),
    convergence(costs, { title: 'Misfit', yLabel: '‖d − K r‖' }),
  );
  const path = join(flags.out, 'lsm.png');
  writeFigure(figure, path);
  console.log(`figure:  ${path}`);
});
