import type { Elements } from '../ports/backend.js';
import type { NDArray } from './ndarray.js';
import type { NDArraySpace } from './ndarray-space.js';

/** How many positions the host counts. */
const HEAD = 1024;

/**
 * Whether {@link stepsByKernels} can compute the numbers of a space, and is faster than a loop on
 * the host.
 */
export const hasStepKernels = ({ dtype, size, backend }: NDArraySpace): boolean =>
  (dtype === 'float64' || dtype === 'float32') && size > 4 * HEAD && backend.dtypes.includes('float64');

/**
 * `first + i · step` by kernels: the positions i, each time twice as many as before, then scaled
 * and shifted. In float64, so that the numbers are those of a loop on the host.
 */
export function stepsByKernels(space: NDArraySpace, first: number, step: number): NDArray {
  const { size, backend } = space;
  const x = space.withDType('float64').empty();
  const run = (from: number, count: number): Elements => ({
    storage: x.storage,
    offset: x.offset + from,
    size: count,
  });
  const head = Math.min(size, HEAD);
  backend.upload(
    Float64Array.from({ length: head }, (_, i) => i),
    run(0, head),
  );
  for (let m = head; m < size; m *= 2) {
    const count = Math.min(m, size - m);
    backend.binary('add', run(0, count), m, run(m, count));
  }
  if (step !== 1) x.multiplyInPlace(step);
  // −0 becomes 0
  if (first !== 0 || step < 0) x.addInPlace(first);
  if (space.dtype === 'float64') return x;
  const y = x.astype(space.dtype);
  x.dispose();
  return y;
}
