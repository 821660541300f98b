import { checkOptions } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { WaveletTransform, type WaveletTransformOptions } from './parts/wavelet-transform.js';

export interface DWTOptions extends WaveletTransformOptions {
  /** @default -1 */
  readonly axis?: number;
}

/**
 * Discrete wavelet transform along an axis, periodic and orthonormal, so that the adjoint is the
 * inverse; see {@link WaveletTransform} for the formula. The coefficients are in the order of
 * approximation, coarsest details, …, finest details. Shapes: `[…, n, …]` to `[…, N, …]`, N the
 * power of two from n on, at least 2^level. Cost: `4·L` flops a sample, L the length of the
 * filters.
 *
 * @example new DWT([3, 16], { wavelet: 'db2', level: 2 })
 */
export class DWT extends WaveletTransform {
  constructor(dims: number | Shape, options: DWTOptions = {}) {
    checkOptions('DWT', options, ['axis', 'wavelet', 'level', 'dtype']);
    const shape = toShape(dims, 'dims');
    super('DWT', shape, [toAxis(options.axis ?? -1, shape.length)], options);
  }
}
