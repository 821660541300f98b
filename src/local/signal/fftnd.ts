import { type Defaults, withDefaults } from '../../core/base/options.js';
import type { Shape } from '../../core/base/shape.js';
import { FOURIER_DEFAULTS, type FourierOptions } from '../../core/schemes/fourier-scheme.js';
import { FourierOperator } from './fourier-operator.js';

/** Options of {@link FFTND}. */
export interface FFTNDOptions extends FourierOptions {
  /**
   * A `real` transform halves the last one. The default of MPIFFTND is [0, 1, 2].
   * @default [-3, -2, -1]
   */
  readonly axes?: readonly number[];
}

const DEFAULTS = { ...FOURIER_DEFAULTS, axes: [-3, -2, -1] } satisfies Defaults<FFTNDOptions>;

/**
 * Fourier transform along several axes, one after another: `y[k] = s Σⱼ x[j] exp(−2πi jk/nfft)` for
 * each axis. s is 1, 1/n or 1/√n for `norm` of 'none', '1/n' or 'ortho' (default), with n the
 * number of samples of all axes. Shapes: `dims` to the same with the `nffts` along the axes
 * (`real`: `⌊n/2⌋ + 1` along the last of them). Cost: one transform, and one pass for each padding
 * and shift. Memory: at most two work arrays of the size of the data.
 *
 * @example new FFTND([3, 4, 5], { norm: 'none' })
 */
export class FFTND extends FourierOperator {
  constructor(dims: number | Shape, options?: FFTNDOptions) {
    const { axes, ...rest } = withDefaults('FFTND', options, DEFAULTS);
    super('FFTND', dims, axes, rest);
  }
}
