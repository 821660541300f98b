import { type DistributedArray, type LinearOperator, rdots } from 'lops-mpi';

/**
 * Adds normal noise with a norm of `share` times the norm of the data. The same seed makes the same
 * noise.
 */
export function addNoise(d: DistributedArray, share: number, seed: number): DistributedArray {
  const noise = d.space.random(seed);
  d.axpby((share * d.norm()) / noise.norm(), noise, 1);
  noise.dispose();
  return d;
}

/** `‖x − y‖ / ‖y‖` */
export function relativeError(x: DistributedArray, y: DistributedArray): number {
  const difference = x.subtract(y);
  const error = difference.norm() / y.norm();
  difference.dispose();
  return error;
}

/** `α x` with the α that minimises ‖α A x − d‖. It scales an image without correct amplitudes. */
export function scaledToFit(
  A: LinearOperator<DistributedArray>,
  x: DistributedArray,
  d: DistributedArray,
): DistributedArray {
  const modelled = A.matvec(x);
  const [fit = 0, size = 1] = rdots([modelled, d], [modelled, modelled]);
  modelled.dispose();
  return x.copy().scale(fit / size);
}
