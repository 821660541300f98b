import { type Complex, type DistributedArray, isComplex, NDArray } from 'lops-mpi';
import { type DistributedSpace, hostArray, lanesOf } from 'lops-mpi/extend';

/**
 * An array of two axes with elements that are a function of their global indices. Each rank fills
 * its own part.
 */
export function fieldOf(
  space: DistributedSpace,
  value: (i: number, j: number) => number | Complex,
): DistributedArray {
  const field: DistributedArray = space.empty();
  const { dtype, backend } = space;
  const { start, shape } = field.box;
  const [first, left] = start as [number, number];
  const [rows, columns] = shape as [number, number];
  const values = hostArray(dtype, rows * columns);
  const lanes = lanesOf(dtype);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at += lanes) {
      const v = value(first + i, left + j);
      values[at] = typeof v === 'number' ? v : v.re;
      if (isComplex(dtype)) values[at + 1] = typeof v === 'number' ? 0 : v.im;
    }
  }
  field.local.assign(NDArray.fromHost(values, field.localShape, { dtype, backend }));
  return field;
}
