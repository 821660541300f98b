import { ShapeError } from '../core/base/errors.js';
import { checkOptions } from '../core/base/options.js';
import type { Shape } from '../core/base/shape.js';
import { MPI_FOURIER_OPTIONS, MPIFourierOperator, type MPIFourierOptions } from './mpi-fourier-operator.js';

export interface MPIFFT1DOptions
  extends Omit<MPIFourierOptions, 'nffts' | 'sampling' | 'ifftshiftBefore' | 'fftshiftAfter'> {
  /** @default -1 */
  readonly axis?: number;
  /** Samples of the transform. @default those of the axis */
  readonly nfft?: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default false */
  readonly ifftshiftBefore?: boolean;
  /** @default false */
  readonly fftshiftAfter?: boolean;
}

export interface MPIFFT2DOptions extends MPIFourierOptions {
  /** Of a `real` transform the second one is halved. @default [0, 1] */
  readonly axes?: readonly number[];
}

export interface MPIFFTNDOptions extends MPIFourierOptions {
  /** Of a `real` transform the last one is halved. @default [0, 1, 2] */
  readonly axes?: readonly number[];
}

/**
 * Fourier transform of a distributed array along one axis: `y[k] = s Σⱼ x[j] exp(−2πi jk/nfft)`,
 * with `norm` of 'none' (default), '1/n' or 'ortho' for s. Shapes, layouts and cost: see
 * {@link MPIFourierOperator}.
 *
 * @example new MPIFFT1D([4, 6], { axis: 1, norm: 'ortho' })
 */
export class MPIFFT1D extends MPIFourierOperator {
  constructor(dims: number | Shape, options: MPIFFT1DOptions = {}) {
    checkOptions('MPIFFT1D', options, [
      ...MPI_FOURIER_OPTIONS.filter((name) => name !== 'nffts'),
      'axis',
      'nfft',
    ]);
    const { axis = -1, nfft, ...rest } = options;
    super('MPIFFT1D', dims, [axis], { ...rest, ...(nfft !== undefined && { nffts: nfft }) });
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
  constructor(dims: number | Shape, options: MPIFFT2DOptions = {}) {
    checkOptions('MPIFFT2D', options, [...MPI_FOURIER_OPTIONS, 'axes']);
    const { axes = [0, 1], ...rest } = options;
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
 * for each, s = 1, 1/n or 1/√n for `norm` of 'none' (default), '1/n' or 'ortho', n the samples of
 * all axes. Shapes: `dims` to the same with the `nffts` along the axes (`real`: `⌊n/2⌋ + 1` along
 * the last of them). Layouts and cost: see {@link MPIFourierOperator}.
 *
 * @example new MPIFFTND([4, 3, 5])
 */
export class MPIFFTND extends MPIFourierOperator {
  constructor(dims: number | Shape, options: MPIFFTNDOptions = {}) {
    checkOptions('MPIFFTND', options, [...MPI_FOURIER_OPTIONS, 'axes']);
    const { axes = [0, 1, 2], ...rest } = options;
    super('MPIFFTND', dims, axes, rest);
  }
}
