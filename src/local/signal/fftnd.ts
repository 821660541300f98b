import { checkOptions } from '../../core/base/options.js';
import type { Shape } from '../../core/base/shape.js';
import type { FourierOptions } from '../../core/schemes/fourier-scheme.js';
import { FOURIER_OPTIONS, FourierOperator } from './fourier-operator.js';

export interface FFTNDOptions extends FourierOptions {
  /** Of a `real` transform the last one is halved. @default [-3, -2, -1] */
  readonly axes?: readonly number[];
}

/**
 * Fourier transform along several axes, one after another: `y[k] = s Σⱼ x[j] exp(−2πi jk/nfft)` for
 * each, s = 1, 1/n or 1/√n for `norm` of 'none', '1/n' or 'ortho' (default), n the samples of all
 * axes. Shapes: `dims` to the same with the `nffts` along the axes (`real`: `⌊n/2⌋ + 1` along the
 * last of them). Cost: one transform; padding and shifts a pass each. Memory: at most two work
 * arrays of the size of the data.
 *
 * @example new FFTND([3, 4, 5], { norm: 'none' })
 */
export class FFTND extends FourierOperator {
  constructor(dims: number | Shape, options: FFTNDOptions = {}) {
    checkOptions('FFTND', options, [...FOURIER_OPTIONS, 'axes']);
    const { axes = [-3, -2, -1], ...rest } = options;
    super('FFTND', dims, axes, rest);
  }
}
