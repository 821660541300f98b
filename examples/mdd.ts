/**
 * Multi-dimensional deconvolution: it computes the data that would be recorded without the ground
 * above a line of receivers. The waves that go down through the receivers, G, and the response R of
 * the ground below make the waves that come up: `d = G ∗ R`, a convolution over time and a sum over
 * receivers (MPIMDC). The result of the adjoint, cross-correlation, is R blurred by the sources.
 * CGLS removes the effect of G.
 *
 * The kernel's frequencies are distributed over the ranks. Model and data are small, and every rank
 * stores them (BROADCAST).
 *
 *     npx lops run -n 2 dist/examples/mdd.js
 *     npx lops run -n 4 dist/examples/mdd.js --nx 61 --ny 101 --nt 400 --frequencies 200
 */
import { join } from 'node:path';
import {
  COMM_WORLD,
  cgls,
  type DistributedArray,
  MPIMDC,
  type NDArray,
  resolveBackend,
  stack,
} from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { complexOf } from 'lops-mpi/extend';
import { FFT, hyperbolic2d, makeaxis, ricker } from 'lops-mpi/local';
import { colorRange, convergence, Figure, heatMap } from 'lops-mpi/plotting';
import { follow } from './follow.js';
import { addNoise, relativeError, scaledToFit } from './misfit.js';
import { finish, numeric, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly nx: number;
  readonly ny: number;
  readonly nt: number;
  readonly frequencies: number;
  readonly niter: number;
  readonly noise: number;
}

const flags = await parseFlags<Flags>(
  'mdd',
  'multi-dimensional deconvolution: frequencies over ranks',
  (command) =>
    command
      .option('--nx <n>', 'receivers', positive, 41)
      .option('--ny <n>', 'sources', positive, 61)
      .option('--nt <n>', 'samples of time', positive, 200)
      .option('--frequencies <n>', 'of the kernel, from 0 on, distributed over the ranks', positive, 100)
      .option('--niter <n>', 'iterations', positive, 60)
      .option('--noise <share>', 'noise added to the data, relative to its norm', numeric, 0.01),
);
const { nx, ny, nt, frequencies, niter, backend, out } = flags;
const comm = COMM_WORLD;
const dtype = resolveBackend(backend).defaultDType;
const [dx, dt] = [10, 0.004];

const { t, x } = makeaxis({ ox: (-dx * (nx - 1)) / 2, dx, nx, ot: 0, dt, nt });
const sources = Float64Array.from({ length: ny }, (_, k) => dx * (k - (ny - 1) / 2));
const both = 2 * nt - 1;
const { wavelet } = ricker(t.slice(0, 21), 20);
const host = { backend: 'cpu', dtype: 'float64' } as const;

// Waves from every source to every receiver, [sources, receivers, time]: a direct wave and waves
// that the ground above reflects down again.
const fromSource = (source: number) =>
  hyperbolic2d(
    x.map((receiver) => receiver - source),
    t,
    [0.08, 0.2, 0.34],
    [1500, 1600, 1800],
    [1, -0.5, 0.3],
    wavelet,
    host,
  ).dwav;
const down = stack(Array.from(sources, fromSource));
// The response from a virtual source in the middle, [receivers, time].
const response = hyperbolic2d(
  x,
  t,
  [0.14, 0.3, 0.46],
  [1100, 1300, 1600],
  [1, -0.7, 0.5],
  wavelet,
  host,
).dwav;

// The spectrum of the waves over positive and negative times: a matrix for each frequency.
const spectrum = new FFT([ny, nx, nt], { nfft: both, norm: 'ortho' }).matvec(down);
const kernel = spectrum
  .slice(null, null, [0, frequencies])
  .transpose([2, 0, 1])
  .astype(complexOf(dtype))
  .to(backend);
const G = MPIMDC.fromGlobal(kernel, both, 1, { dt, dr: dx });

// Time zero of the model is in the middle.
const causal = response.transpose().pad([
  [nt - 1, 0],
  [0, 0],
]);
const truth = G.domain({ backend, dtype })
  .empty()
  .assignGlobal(causal.reshape([both, nx, 1]).astype(dtype).to(backend));
const d = addNoise(G.matvec(truth), flags.noise, 1);
say(
  `${frequencies} frequencies of ${ny} × ${nx} over ${comm.size} rank${comm.size > 1 ? 's' : ''}, ` +
    `${both} samples of time, ${dtype}, backend ${backend}`,
);

const correlated = scaledToFit(G, G.rmatvec(d), d);
const {
  x: inverted = correlated,
  iterations,
  costs,
} = follow('CGLS', niter, cgls.steps(G, d, { niter, tol: 0 }));

const row = (estimate: string, m: DistributedArray, done: number) => {
  return {
    estimate,
    'data misfit': relativeError(G.matvec(m), d),
    'model error': relativeError(m, truth),
    iterations: done,
  };
};
say(
  `\n${formatTable([
    row('cross-correlation, scaled', correlated, 0),
    row('deconvolution (CGLS)', inverted, iterations),
  ])}`,
);

finish(() => {
  const section = (
    title: string,
    array: NDArray,
    columns: number,
    first: number,
    xLabel: string,
    range = colorRange(array.toHost(), { symmetric: true }),
  ) => {
    const shown = array
      .reshape([both, columns])
      .slice([first, first + nt])
      .copy();
    return heatMap(shown.toHost(), [nt, columns], {
      title,
      range,
      colorMap: 'RdBu',
      colorBarLabel: 'amplitude',
      extent: [0, columns, 0, nt * dt],
      xLabel,
      yLabel: 'time [s]',
    });
  };
  const range = colorRange(truth.local.toHost(), { symmetric: true });
  const model = (title: string, m: DistributedArray) =>
    section(title, m.local, nx, nt - 1, 'receiver', range);
  const figure = new Figure({ columns: 3, title: 'Multi-dimensional deconvolution' });
  const shot = down
    .slice(Math.floor(ny / 2))
    .transpose()
    .pad([
      [0, nt - 1],
      [0, 0],
    ]);
  figure.add(
    section('Waves down, from the middle source', shot, nx, 0, 'receiver'),
    section('Waves up: the data', d.local, ny, 0, 'source'),
    convergence(costs, { title: 'Misfit', yLabel: '‖d − G m‖' }),
    model('True response', truth),
    model('Cross-correlation', correlated),
    model('Deconvolution', inverted),
  );
  const path = join(out, 'mdd.png');
  writeFigure(figure, path);
  console.log(`figure:  ${path}`);
});
