import type { NDArray } from '../../core/array/ndarray.js';
import { isComplex } from '../../core/base/dtype.js';
import type { Shape } from '../../core/base/shape.js';
import { assignReal, ComplexPart, type ComplexPartOptions } from './complex-part.js';

/**
 * Imaginary part: `y = Im(x)`. The adjoint is `x = i Re(y)`. Shapes: `dims` to `dims`, complex to
 * real. Cost: one read. No work array.
 *
 * @example new Imag([3, 4])
 */
export class Imag extends ComplexPart {
  constructor(dims: number | Shape, options: ComplexPartOptions = {}) {
    super('Imag', dims, options);
  }
  /** True for a real model. */
  override get zero(): boolean {
    return !isComplex(this.dtype);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (y.size === 0) return;
    if (isComplex(x.dtype)) y.backend.unary('imag', x, y);
    else y.fill(0);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size === 0) return;
    if (!isComplex(x.dtype)) x.fill(0);
    else {
      assignReal(y, x);
      x.scale({ re: 0, im: 1 });
    }
  }
}
