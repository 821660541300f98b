import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import {
  WAVELET_DEFAULTS,
  WaveletTransform,
  type WaveletTransformOptions,
} from './parts/wavelet-transform.js';

/** Options of {@link DWT}. */
export interface DWTOptions extends WaveletTransformOptions {
  /** @default -1 */
  readonly axis?: number;
}

const DEFAULTS = { axis: -1, ...WAVELET_DEFAULTS } satisfies Defaults<DWTOptions>;

/**
 * Discrete wavelet transform along an axis. It is periodic and orthonormal, so that the adjoint is
 * the inverse; {@link WaveletTransform} has the formula. The order of the coefficients is:
 * approximation, coarsest details, …, finest details. Shapes: `[…, n, …]` to `[…, N, …]`, with N
 * the smallest power of two that is at least n and 2^level. Cost: `4·L` flops a sample, L the
 * length of the filters.
 *
 * @example new DWT([3, 16], { wavelet: 'db2', level: 2 })
 */
export class DWT extends WaveletTransform {
  constructor(dims: number | Shape, options?: DWTOptions) {
    const given = withDefaults('DWT', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    super('DWT', shape, [toAxis(given.axis, shape.length)], given);
  }
}
