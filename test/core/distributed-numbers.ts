import { NDArray } from '../../src/core/array/ndarray.js';
import type { Scalar } from '../../src/core/base/complex.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Backend } from '../../src/core/ports/backend.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { layoutsOf } from '../support/vectors.js';

export const SHAPES: readonly Shape[] = [[7], [2], [5, 3], [3, 1, 4]];
/** Tests that need complex or double precision. */
export const DOUBLE = { backends: ['cpu', 'reference'] };

/** An array of different whole numbers, one of them zero, that every dtype holds. */
export function numbers(shape: Shape, dtype: DType, backend: Backend, step = 3): NDArray {
  const values = Array.from({ length: product(shape) }, (_, i): Scalar => {
    const v = ((i * step) % 11) - 4;
    return isComplex(dtype) ? { re: v, im: v === 0 ? 0 : (i % 5) - 2 } : v;
  });
  return NDArray.array(values, { dtype, backend }).reshape(shape);
}

/** All layouts of a shape, including the replicated one. */
export const everyLayout = (shape: Shape, comm: Communicator): Layout[] => [
  ...layoutsOf(shape, comm.size),
  Layout.replicated(shape, comm.size),
];
