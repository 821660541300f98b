import type { NDArray } from '../../core/array/ndarray.js';
import type { Shape } from '../../core/base/shape.js';
import { assignReal, ComplexPart, type ComplexPartOptions } from './complex-part.js';

/**
 * Real part: `y = Re(x)`. The adjoint is `x = Re(y)`, with an imaginary part of zero. Shapes:
 * `dims` to `dims`, complex to real. Cost: one read. No work array.
 *
 * @example new Real([3, 4])
 */
export class Real extends ComplexPart {
  constructor(dims: number | Shape, options: ComplexPartOptions = {}) {
    super('Real', dims, options);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (y.size > 0) assignReal(x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size > 0) assignReal(y, x);
  }
}
