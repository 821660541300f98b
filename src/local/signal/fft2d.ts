import { ShapeError } from '../../core/base/errors.js';
import { checkOptions } from '../../core/base/options.js';
import type { Shape } from '../../core/base/shape.js';
import type { FourierOptions } from '../../core/schemes/fourier-scheme.js';
import { FOURIER_OPTIONS, FourierOperator } from './fourier-operator.js';

export interface FFT2DOptions extends FourierOptions {
  /** Of a `real` transform the second one is halved. @default [-2, -1] */
  readonly axes?: readonly number[];
}

/**
 * Fourier transform along two axes: see {@link FFTND}. Shapes, cost and memory are those of it.
 *
 * @example new FFT2D([6, 8])
 */
export class FFT2D extends FourierOperator {
  constructor(dims: number | Shape, options: FFT2DOptions = {}) {
    checkOptions('FFT2D', options, [...FOURIER_OPTIONS, 'axes']);
    const { axes = [-2, -1], ...rest } = options;
    if (axes.length !== 2) throw new ShapeError(`FFT2D: expected two axes, received ${axes.length}`);
    super('FFT2D', dims, axes, rest);
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
