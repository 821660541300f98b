/**
 * New kernels in a computation over ranks. The example finds a signal in data with noise and
 * outliers, by descent on a robust misfit,
 *
 *   Σ δ² (√(1 + ((x − d) / δ)²) − 1) + λ/2 ‖D x‖².
 *
 * A quadratic misfit would fit the outliers. The signal, the misfit and the update are kernels of
 * one expression each: one pass over memory, the same source on every backend.
 *
 *     npx lops run -n 2 dist/examples/custom-kernel.js
 *     npx lops run -n 2 dist/examples/custom-kernel.js --backend cuda
 */
import { DistributedArray, ElementwiseKernel, fuse, MPIFirstDerivative, ReductionKernel } from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { addNoise, relativeError } from './misfit.js';
import { finish, numeric, parseFlags, positive, say } from './support.js';

const { backend, n, niter, delta, lambda } = await parseFlags<{
  readonly n: number;
  readonly niter: number;
  readonly delta: number;
  readonly lambda: number;
}>('custom-kernel', 'a robust fit by kernels of its own', (command) =>
  command
    .option('--n <samples>', 'samples', positive, 4000)
    .option('--niter <count>', 'steps of the descent', positive, 300)
    .option('--delta <size>', 'residuals above it count little', numeric, 0.1)
    .option('--lambda <weight>', 'of the derivative', numeric, 25),
);

/** `i` is the index of an element in the global array, on every rank. */
const signalKernel = new ElementwiseKernel({
  inputs: { x: 'array' },
  outputs: ['z'],
  expression: 't = (i + x) / n; z = sin(6 * pi * t) * exp(-2 * t) + (t > 0.6 ? 0.5 : 0)',
});
const misfitKernel = new ReductionKernel({
  inputs: { x: 'array', d: 'array', delta: 'scalar' },
  map: 'delta ** 2 * (sqrt(1 + ((x - d) / delta) ** 2) - 1)',
  reduce: 'sum',
});
const descend = new ElementwiseKernel({
  inputs: { x: 'array', d: 'array', g: 'array', step: 'scalar', delta: 'scalar', lambda: 'scalar' },
  outputs: ['z'],
  expression: 'e = x - d; z = x - step * (e / sqrt(1 + (e / delta) ** 2) + lambda * g)',
});
/** The weights 1 / √(1 + (e / δ)²) of residuals e, from a function of arrays. */
const weights = fuse((e, size) => e.divide(size).square().add(1).sqrt().reciprocal());

/** Every 13th sample is off by 3. */
const wildKernel = new ElementwiseKernel({
  inputs: { d: 'array' },
  outputs: ['z'],
  expression: 'z = i - 13 * floor(i / 13) == 5 ? d + (i - 2 * floor(i / 2) == 1 ? 3.0 : -3.0) : d',
});

const truth = DistributedArray.zeros(n, { backend });
signalKernel.run({ x: truth }, { z: truth });
const d = addNoise(truth.copy(), 0.1, 1);
wildKernel.run({ d }, { z: d });

const D = new MPIFirstDerivative(n, { kind: 'forward' });
const [x, slope, g] = [d.copy(), d.emptyLike(), d.emptyLike()];
const cost = (): number =>
  (misfitKernel.run({ x, d, delta }) as number) + 0.5 * lambda * D.matvec(x, slope).norm() ** 2;
const first = cost();
// 1 + 4 λ is a bound of the curvature
const step = 1 / (1 + 4 * lambda);
for (let k = 0; k < niter; k++) {
  D.rmatvec(D.matvec(x, slope), g);
  descend.run({ x, d, g, step, delta, lambda }, { z: x });
}
const last = cost();

const residual = x.subtract(d);
const fused = weights(residual, delta);
const few = new ReductionKernel({ inputs: { w: 'array' }, map: 'w < 0.1', reduce: 'sum' }).run({ w: fused });
const composed = residual.local.divide(delta).square().add(1).sqrt().reciprocal();
fused.local.subtractInPlace(composed);

say(
  formatTable([
    { signal: 'data', 'relative error': relativeError(d, truth), cost: first },
    { signal: `after ${niter} steps`, 'relative error': relativeError(x, truth), cost: last },
  ]),
);
say(`values that count less than a tenth: ${few} of ${n}; every 13th is wild`);
say(`fused and composed weights differ by at most ${fused.norm(Number.POSITIVE_INFINITY)}`);
finish();
