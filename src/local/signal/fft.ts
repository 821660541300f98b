import { type Defaults, withDefaults } from '../../core/base/options.js';
import type { Shape } from '../../core/base/shape.js';
import type { FourierOptions } from '../../core/schemes/fourier-scheme.js';
import { FourierOperator } from './fourier-operator.js';

/** Options of {@link FFT}. */
export interface FFTOptions
  extends Omit<FourierOptions, 'nffts' | 'sampling' | 'ifftshiftBefore' | 'fftshiftAfter'> {
  /** @default -1 */
  readonly axis?: number;
  /** Number of samples of the transform. @default those of the axis */
  readonly nfft?: number | undefined;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default false */
  readonly ifftshiftBefore?: boolean;
  /** @default false */
  readonly fftshiftAfter?: boolean;
}

export const FFT_DEFAULTS = {
  axis: -1,
  nfft: undefined,
  sampling: 1,
  norm: 'ortho',
  real: false,
  ifftshiftBefore: false,
  fftshiftAfter: false,
  dtype: 'complex128',
} satisfies Defaults<FFTOptions>;

/**
 * Fourier transform along one axis: `y[k] = s Σⱼ x[j] exp(−2πi jk/nfft)`. s depends on `norm`,
 * which is 'none', '1/n' or 'ortho' (default); see {@link FourierOptions}. Shapes: `dims` to the
 * same with nfft (`real`: `⌊nfft/2⌋ + 1`) samples along the axis. Cost: one transform, and one pass
 * for each padding and shift.
 *
 * @example new FFT([3, 8], { real: true, dtype: 'float64' })
 */
export class FFT extends FourierOperator {
  constructor(dims: number | Shape, options?: FFTOptions) {
    const { axis, nfft, ...rest } = withDefaults('FFT', options, FFT_DEFAULTS);
    super('FFT', dims, [axis], { ...rest, nffts: nfft });
  }
  /** Frequencies of the data along the axis, per unit of `sampling`. */
  get f(): Float64Array {
    return this.fs[0] as Float64Array;
  }
}
