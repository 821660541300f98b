/**
 * 3-D reflectivity inversion: sparse spikes from seismic traces. Reflectivity `r[y, x, z]` is the
 * derivative of log-impedance along z. Traces are its convolution with a wavelet, `d = W r` plus
 * noise. The reflectivity is distributed along y, and every rank convolves its own traces.
 *
 * Least squares (CGLS) spreads each reflector over the wavelet's length. The minimum of
 * `½‖d − W r‖² + ε‖r‖₁` (ISTA, FISTA, proximal gradients with restarts) has spikes.
 *
 *     npx lops run -n 2 dist/examples/reflectivity.js
 *     npx lops run -n 4 dist/examples/reflectivity.js --ny 32 --eps 0.05 --niter 300
 */
import { join } from 'node:path';
import {
  COMM_WORLD,
  cgls,
  type DistributedArray,
  fista,
  ista,
  MPIBlockDiag,
  MPIFirstDerivative,
  NDArray,
  powerIteration,
} from 'lops-mpi';
import { formatTable, startProgress } from 'lops-mpi/cli';
import { writeNpy } from 'lops-mpi/io';
import { Convolve1D, ricker } from 'lops-mpi/local';
import { colorRange, convergence, Figure, linePlot, section } from 'lops-mpi/plotting';
import { L1, MPIL2, proximalGradient } from 'lops-mpi/proximal';
import { addModelFlags, distributedModel, type ModelFlags } from './impedance-model.js';
import { addNoise, relativeError } from './misfit.js';
import { finish, numeric, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags extends ModelFlags {
  readonly niter: number;
  readonly eps: number;
}

const flags = await parseFlags<Flags>('reflectivity', '3-D reflectivity inversion with FISTA', (command) =>
  addModelFlags(command, { ny: 12, nx: 150, nz: 220 })
    .option('--niter <n>', 'iterations of each inversion', positive, 150)
    .option('--eps <number>', 'weight of the 1-norm', numeric, 0.05),
);

const { backend, niter, eps } = flags;
const comm = COMM_WORLD;

// Each rank computes the reflectivity of its own sections.
const m = distributedModel(flags);
const { dtype, globalShape: dims } = m;
const [count, nx, nz] = m.localShape as [number, number, number];
const truth = new MPIFirstDerivative(dims, { axis: 2, kind: 'backward', dtype }).matvec(m);

const dt = 0.004;
const { wavelet, center } = ricker(
  Float64Array.from({ length: 21 }, (_, i) => i * dt),
  20,
);
const h = NDArray.array([...wavelet], { dtype, backend });
const W = new MPIBlockDiag(
  count > 0 ? [new Convolve1D([count, nx, nz], h, { offset: center, axis: 2, dtype })] : [],
);
const d = addNoise(W.matvec(truth), flags.noise, flags.seed);

// The step of all methods: the inverse of the largest eigenvalue of WᴴW, reduced by 5 % because the
// estimate may be too small.
const { maxeig } = powerIteration(W.H.mul(W), { domain: truth.space, niter: 60, tol: 1e-6 });
const alpha = 0.95 / (typeof maxeig === 'number' ? maxeig : maxeig.re);
// The thresholds of ISTA and FISTA weight the 1-norm with ε/2.
const f = new MPIL2({ Op: W, b: d });
const g = new L1({ sigma: eps / 2 });

say(`model ${dims.join(' × ')} ${dtype} on ${comm.size} rank${comm.size > 1 ? 's' : ''}, backend ${backend}`);

type Steps = Iterable<{ readonly iteration: number; readonly x: DistributedArray; readonly cost: number }>;
const start = { niter, eps, alpha, tol: 0 };
const inversions: readonly { readonly name: string; readonly file: string; readonly steps: () => Steps }[] = [
  { name: 'CGLS', file: 'cgls', steps: () => cgls.steps(W, d, { niter: 20, tol: 0 }) },
  { name: 'ISTA', file: 'ista', steps: () => ista.steps(W, d, start) },
  { name: 'FISTA', file: 'fista', steps: () => fista.steps(W, d, start) },
  {
    name: 'proximal gradients, restarted',
    file: 'pg',
    steps: () =>
      proximalGradient.steps(f, g, truth.zerosLike(), {
        tau: alpha,
        niter,
        acceleration: 'fista',
        restart: 'function',
      }),
  },
];

const rows: Record<string, string | number>[] = [];
const results = new Map([
  ['true', truth],
  ['data', d],
]);
const objectives = new Map<string, Map<number, number>>();
for (const { name, file, steps } of inversions) {
  const progress = startProgress(niter, { label: name.padEnd(30) });
  const began = performance.now();
  let last: { iteration: number; x: DistributedArray } | undefined;
  let seconds = 0;
  const objective = new Map<number, number>();
  for (const step of steps()) {
    seconds = (performance.now() - began) / 1000;
    progress.update(step.iteration, `cost ${step.cost.toExponential(3)}`);
    last = step;
    // the costs of the methods differ slightly, so compute the same objective every ten iterations
    if (file !== 'cgls' && step.iteration > 0 && step.iteration % 10 === 0)
      objective.set(step.iteration, f.value(step.x) + g.value(step.x));
  }
  progress.stop();
  if (!last) continue;
  const { x } = last;
  results.set(file, x);
  if (objective.size > 0) objectives.set(name, objective);
  rows.push({
    inversion: name,
    'data misfit': relativeError(W.matvec(x), d),
    'model error': relativeError(x, truth),
    objective: f.value(x) + g.value(x),
    'zeros [%]': Math.round(100 * (1 - x.norm(0) / x.size)),
    iterations: last.iteration,
    seconds,
  });
}
say(`\n${formatTable(rows)}`);

const TITLES: Readonly<Record<string, string>> = {
  true: 'True reflectivity',
  data: 'Data',
  cgls: 'Least squares (CGLS)',
  fista: 'Sparse (FISTA)',
};

const iy = Math.floor(flags.ny / 2);
const whole = new Map([...results].map(([file, array]) => [file, array.asArray()]));
const amplitude = colorRange(whole.get('true') as NDArray, { symmetric: true })[1];
const axes = [{ label: 'section y' }, { label: 'trace x' }, { label: 'time [s]', step: dt }] as const;
const figure = new Figure({ columns: 2, title: 'Reflectivity inversion' });
for (const [name, title] of Object.entries(TITLES))
  figure.add(
    section(results.get(name) as DistributedArray, {
      index: iy,
      axes,
      title,
      colorMap: 'RdBu',
      colorBarLabel: name === 'data' ? 'amplitude' : 'reflectivity',
      ...(name === 'data' ? {} : { range: [-0.6 * amplitude, 0.6 * amplitude] as const }),
    }),
  );

const ix = Math.floor(nx / 3);
const trace = (name: string) => (whole.get(name) as NDArray).slice(iy, ix);
const t = Float64Array.from({ length: nz }, (_, i) => i * dt);
figure.add(
  linePlot(
    [
      { x: t, y: trace('true'), label: 'true', width: 4, color: '#bbbbbb' },
      { x: t, y: trace('cgls'), label: 'CGLS', style: 'dashed' },
      { x: t, y: trace('fista'), label: 'FISTA' },
    ],
    { title: `Trace x = ${ix}`, xLabel: 'time [s]', yLabel: 'reflectivity', legend: 'bottom-right' },
  ),
  convergence(Object.fromEntries(objectives), { title: 'Objective', yLabel: 'objective' }),
);

finish(() => {
  for (const [file, array] of whole) writeNpy(join(flags.out, `${file}.npy`), array);
  const path = join(flags.out, 'reflectivity.png');
  writeFigure(figure, path);
  console.log(`results: ${flags.out}/*.npy\nfigure:  ${path}`);
});
