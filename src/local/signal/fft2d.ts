import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import type { Shape } from '../../core/base/shape.js';
import { FOURIER_DEFAULTS, type FourierOptions } from '../../core/schemes/fourier-scheme.js';
import { FourierOperator } from './fourier-operator.js';

/** Options of {@link FFT2D}. */
export interface FFT2DOptions extends FourierOptions {
  /**
   * A `real` transform halves the second one. The default of MPIFFT2D is [0, 1].
   * @default [-2, -1]
   */
  readonly axes?: readonly number[];
}

const DEFAULTS = { ...FOURIER_DEFAULTS, axes: [-2, -1] } satisfies Defaults<FFT2DOptions>;

/**
 * Fourier transform along two axes. Formula, shapes, cost and memory are those of {@link FFTND}.
 *
 * @example new FFT2D([6, 8])
 */
export class FFT2D extends FourierOperator {
  constructor(dims: number | Shape, options?: FFT2DOptions) {
    const { axes, ...rest } = withDefaults('FFT2D', options, DEFAULTS);
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
