import { ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import type { Shape } from '../core/base/shape.js';
import { FOURIER_DEFAULTS } from '../core/schemes/fourier-scheme.js';
import { FFT_DEFAULTS, type FFTOptions } from '../local/signal/fft.js';
import {
  MPI_TRANSFORM_DEFAULTS,
  MPIFourierOperator,
  type MPIFourierOptions,
  type MPITransformOptions,
} from './mpi-fourier-operator.js';

/** Options of {@link MPIFFT1D}. */
export interface MPIFFT1DOptions extends Omit<FFTOptions, 'norm'>, MPITransformOptions {}

/** Options of {@link MPIFFT2D}. */
export interface MPIFFT2DOptions extends MPIFourierOptions {
  /**
   * The axes. In a `real` transform the second one is halved. The default of FFT2D is [-2, -1].
   * @default [0, 1]
   */
  readonly axes?: readonly number[];
}

/** Options of {@link MPIFFTND}. */
export interface MPIFFTNDOptions extends MPIFourierOptions {
  /**
   * The axes. In a `real` transform the last one is halved. The default of FFTND is [-3, -2, -1].
   * @default [0, 1, 2]
   */
  readonly axes?: readonly number[];
}

const FFT1D_DEFAULTS = { ...FFT_DEFAULTS, ...MPI_TRANSFORM_DEFAULTS } satisfies Defaults<MPIFFT1DOptions>;
const FFT2D_DEFAULTS = {
  ...FOURIER_DEFAULTS,
  ...MPI_TRANSFORM_DEFAULTS,
  axes: [0, 1],
} satisfies Defaults<MPIFFT2DOptions>;
const FFTND_DEFAULTS = {
  ...FOURIER_DEFAULTS,
  ...MPI_TRANSFORM_DEFAULTS,
  axes: [0, 1, 2],
} satisfies Defaults<MPIFFTNDOptions>;

/**
 * Fourier transform of a distributed array along one axis: `y[k] = s Σⱼ x[j] exp(−2πi jk/nfft)`.
 * The option `norm` is 'none' (default), '1/n' or 'ortho' and determines s. Shapes, layouts and
 * cost: see {@link MPIFourierOperator}.
 *
 * @example new MPIFFT1D([4, 6], { axis: 1, norm: 'ortho' })
 */
export class MPIFFT1D extends MPIFourierOperator {
  constructor(dims: number | Shape, options?: MPIFFT1DOptions) {
    const { axis, nfft, ...rest } = withDefaults('MPIFFT1D', options, FFT1D_DEFAULTS);
    super('MPIFFT1D', dims, [axis], { ...rest, nffts: nfft });
  }
  /** Frequencies of the data along the axis, per unit of `sampling`. */
  get f(): Float64Array {
    return this.fs[0] as Float64Array;
  }
}

/**
 * Fourier transform of a distributed array along two axes: see {@link MPIFFTND}.
 *
 * @example new MPIFFT2D([4, 6], { real: true, dtype: 'float64' })
 */
export class MPIFFT2D extends MPIFourierOperator {
  constructor(dims: number | Shape, options?: MPIFFT2DOptions) {
    const { axes, ...rest } = withDefaults('MPIFFT2D', options, FFT2D_DEFAULTS);
    if (axes.length !== 2) throw new ShapeError(`MPIFFT2D: expected two axes, received ${axes.length}`);
    super('MPIFFT2D', dims, axes, rest);
  }
  /** Frequencies along the first of the axes. */
  get f1(): Float64Array {
    return this.fs[0] as Float64Array;
  }
  /** Frequencies along the second of the axes. */
  get f2(): Float64Array {
    return this.fs[1] as Float64Array;
  }
}

/**
 * Fourier transform of a distributed array along several axes: `y[k] = s Σⱼ x[j] exp(−2πi jk/nfft)`
 * for each. For `norm` of 'none' (default), '1/n' or 'ortho', s is 1, 1/n or 1/√n, where n is the
 * number of samples of all axes. Shapes: `dims` to the same with the `nffts` along the axes
 * (`real`: `⌊n/2⌋ + 1` along the last of them). Layouts and cost: see {@link MPIFourierOperator}.
 *
 * @example new MPIFFTND([4, 3, 5])
 */
export class MPIFFTND extends MPIFourierOperator {
  constructor(dims: number | Shape, options?: MPIFFTNDOptions) {
    const { axes, ...rest } = withDefaults('MPIFFTND', options, FFTND_DEFAULTS);
    super('MPIFFTND', dims, axes, rest);
  }
}
