import type { DType } from '../core/dtype.js';
import { checkOptions } from '../core/options.js';
import { type Shape, toAxis, toShape } from '../core/shape.js';
import { movingAverage, oddLength } from './smoothing-scheme.js';
import { StencilOperator } from './stencil-operator.js';

export interface Smoothing1DOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

/** Mean of `nsmooth` samples around each along an axis, zeros outside; an even `nsmooth` is raised by one. Symmetric. Shapes: `dims` to `dims`. Cost: `nsmooth` additions a sample. */
export class Smoothing1D extends StencilOperator {
  constructor(nsmooth: number, dims: number | Shape, options: Smoothing1DOptions = {}) {
    checkOptions('Smoothing1D', options, ['axis', 'dtype']);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(options.axis ?? -1, shape.length);
    super({ dims: shape, dtype: options.dtype ?? 'float64' }, [{ axis, segments: movingAverage(shape[axis] as number, oddLength('nsmooth', nsmooth)) }]);
  }
}
