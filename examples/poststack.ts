/**
 * 3-D post-stack inversion: from seismic traces to acoustic impedance, the main use of the library.
 *
 * The model, log-impedance `m[y, x, z]`, is distributed along y. Each rank models its own traces,
 * `d = W D m` (wavelet, derivative along z). There are four inversions from a smooth background:
 * least squares (CGLS); normal equations with Laplacian regularisation (CG), with a Laplacian that
 * exchanges halos along y; the same problem as a stacked system (CGLS); and anisotropic total
 * variation (ADMM), which keeps layers blocky.
 *
 *     npm run demo
 *     npx lops run -n 4 dist/examples/poststack.js --ny 32 --niter 100
 *     srun -n 16 node dist/examples/poststack.js --model model.npz
 */
import { join } from 'node:path';
import {
  COMM_WORLD,
  cg,
  cgls,
  type DistributedArray,
  MPIBlockDiag,
  MPIGradient,
  MPILaplacian,
  MPIStackedVStack,
  StackedDistributedArray,
} from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { writeNpy } from 'lops-mpi/io';
import { PoststackLinearModelling, ricker, smooth } from 'lops-mpi/local';
import { admml2, L1 } from 'lops-mpi/proximal';
import { follow } from './follow.js';
import { addModelFlags, distributedModel, type ModelFlags } from './impedance-model.js';
import { addNoise, relativeError } from './misfit.js';
import { drawPoststack } from './poststack-figure.js';
import { finish, numeric, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags extends ModelFlags {
  readonly niter: number;
  readonly epsR: number;
  readonly sigmaTv: number;
  readonly tauTv: number;
  readonly innerTv: number;
}

const flags = await parseFlags<Flags>('poststack', '3-D post-stack inversion, four ways', (command) =>
  addModelFlags(command, { ny: 20, nx: 150, nz: 180 })
    .option('--niter <n>', 'iterations of each inversion', positive, 60)
    .option('--eps-r <number>', 'weight of the regularisation', numeric, 0.02)
    .option('--sigma-tv <number>', 'weight of the total variation', numeric, 0.004)
    .option('--tau-tv <number>', 'step of ADMM', numeric, 20)
    .option(
      '--inner-tv <n>',
      'iterations of CGLS in one of ADMM; that of ADMM is niter / inner-tv',
      positive,
      6,
    ),
);

const { backend, niter, epsR } = flags;
const comm = COMM_WORLD;

// The true model and its smooth background.
const mtrue = distributedModel(flags);
const { dtype, globalShape: dims } = mtrue;
const [count, nx, nz] = mtrue.localShape as [number, number, number];
const mback = mtrue.emptyLike();
mback.local.assign(smooth(mtrue.local, [Math.min(15, nx), Math.min(35, nz)], { axes: [1, 2] }));

// Each rank models its own traces. Laplacian and gradient exchange halos across the borders of
// ranks.
const dt = 0.004;
const times = Float64Array.from({ length: 21 }, (_, i) => i * dt);
const { wavelet } = ricker(times, 15);
const B = new MPIBlockDiag([
  new PoststackLinearModelling(wavelet, nz, { spatdims: [count, nx], axis: 2, dtype }),
]);
const L = new MPILaplacian(dims, { axes: [0, 1, 2], dtype });
const G = new MPIGradient(dims, { kind: 'forward', dtype });

const d = addNoise(B.matvec(mtrue), flags.noise, flags.seed);

say(`model ${dims.join(' × ')} ${dtype} on ${comm.size} rank${comm.size > 1 ? 's' : ''}, backend ${backend}`);

interface Inversion {
  readonly name: string;
  readonly file: string;
  /** The largest number of iterations. */
  readonly niter: number;
  readonly steps: () => Iterable<{
    readonly iteration: number;
    readonly x: DistributedArray;
    readonly cost: number;
  }>;
}

const start = { x0: mback, niter, tol: 0 };
const weight = Math.sqrt(epsR);
const inversions: readonly Inversion[] = [
  { name: 'CGLS', file: 'cgls', niter, steps: () => cgls.steps(B, d, start) },
  {
    name: 'CG, normal equations + Laplacian',
    file: 'ne',
    niter,
    steps: () => cg.steps(B.H.mul(B).add(L.H.mul(L).scale(epsR)), B.rmatvec(d), start),
  },
  {
    name: 'CGLS, stacked with Laplacian',
    file: 'stacked',
    niter,
    steps: () =>
      cgls.steps(
        new MPIStackedVStack([B, L.scale(weight)]),
        new StackedDistributedArray([d, d.zerosLike()]),
        start,
      ),
  },
  {
    name: 'ADMM, total variation',
    file: 'tv',
    niter: Math.ceil(niter / flags.innerTv),
    steps: () => {
      const inner = { niter: flags.innerTv, tol: 0 };
      return admml2.steps(B, d, new L1({ sigma: flags.sigmaTv }), G, {
        x0: mback,
        tau: flags.tauTv,
        niter: Math.ceil(niter / flags.innerTv),
        inner,
      });
    },
  },
];

const misfit = (x: DistributedArray) => relativeError(B.matvec(x), d);
const modelError = (x: DistributedArray) => relativeError(x, mtrue);
const rows = [
  {
    inversion: 'background',
    'data misfit': misfit(mback),
    'model error': modelError(mback),
    iterations: 0,
    seconds: 0,
  },
];
const results = new Map([
  ['true', mtrue],
  ['background', mback],
  ['data', d],
]);

for (const { name, file, niter: most, steps } of inversions) {
  const { x, iterations, seconds } = follow(name.padEnd(34), most, steps());
  if (!x) continue;
  results.set(file, x);
  rows.push({ inversion: name, 'data misfit': misfit(x), 'model error': modelError(x), iterations, seconds });
}

say(`\n${formatTable(rows)}`);

const whole = new Map([...results].map(([file, array]) => [file, array.asArray()]));
const figure = drawPoststack(results, { dt });
finish(() => {
  for (const [file, array] of whole) writeNpy(join(flags.out, `${file}.npy`), array);
  const path = join(flags.out, 'poststack.png');
  writeFigure(figure, path);
  console.log(`results: ${flags.out}/*.npy\nfigure:  ${path}`);
});
