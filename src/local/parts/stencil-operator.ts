import type { DType } from '../../core/base/dtype.js';
import type { Shape } from '../../core/base/shape.js';
import { type AxisScheme, isZeroBand, transposeBands } from '../../core/schemes/band.js';
import { ArrayStencil } from './array-stencil.js';
import { type LinearMap, MapOperator } from './map-operator.js';

/**
 * `y = Σ Bₖ x`, with banded matrices Bₖ along axes of x. Each direction is one stencil call; the
 * tables of the adjoint are computed once. The operator stores numbers but no data of a dtype, and
 * therefore works on vectors of every precision. Cost: one read and one write of the array.
 */
export class StencilOperator extends MapOperator {
  constructor(
    { dims, dtype }: { readonly dims: Shape; readonly dtype: DType },
    bands: readonly AxisScheme[],
  ) {
    const zero = bands.every(({ segments }) => isZeroBand(segments));
    const transposed = transposeBands(dims, bands);
    const onArrays = (shape: Shape): LinearMap => {
      const forward = new ArrayStencil(shape, bands);
      const adjoint = new ArrayStencil(shape, transposed);
      return { forward: (x, y) => forward.run(x, y), adjoint: (y, x) => adjoint.run(y, x) };
    };
    super({ dims, dtype, zero }, onArrays(dims), (k) => onArrays([...dims, k]));
  }
}
