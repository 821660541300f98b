import { ShapeError } from '../../core/base/errors.js';
import { formatShape, type Shape } from '../../core/base/shape.js';
import type { OperatorData } from '../device-constants.js';
import { ConvolveND, type ConvolveNDOptions } from './convolve-nd.js';

/** Options of {@link Convolve2D}. */
export type Convolve2DOptions = ConvolveNDOptions;

/**
 * Convolution with a filter of two axes, a case of {@link ConvolveND}:
 * `y[i, k] = Σ h[j, l] · x[i + offset₀ − j, k + offset₁ − l]`. Shapes: `dims` to `dims`. Cost:
 * `2·size(h)` flops a sample. Memory: the filter.
 *
 * @example new Convolve2D([6, 7], [[1, 2], [3, 4]])
 */
export class Convolve2D extends ConvolveND {
  constructor(dims: Shape, h: OperatorData, options: Convolve2DOptions = {}) {
    super(dims, h, options);
    if (this.filterShape.length !== 2)
      throw new ShapeError(
        `Convolve2D: expected a filter of two axes, received shape ${formatShape(this.filterShape)}`,
      );
  }
}
