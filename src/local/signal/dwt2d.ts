import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toAxes, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import {
  WAVELET_DEFAULTS,
  WaveletTransform,
  type WaveletTransformOptions,
} from './parts/wavelet-transform.js';

/** Options of {@link DWT2D}. */
export interface DWT2DOptions extends WaveletTransformOptions {
  /** @default [-2, -1] */
  readonly axes?: readonly [number, number];
}

const DEFAULTS = { axes: [-2, -1], ...WAVELET_DEFAULTS } satisfies Defaults<DWT2DOptions>;

/**
 * Discrete wavelet transform along two axes. It is periodic and orthonormal, so that the adjoint is
 * the inverse. Every level divides the low-pass block along both axes; the second half of an axis
 * holds its details. Shapes: `[…, n0, …, n1, …]` to the smallest powers of two that are at least
 * n0, n1 and 2^level. Cost: `8·L` flops a sample and a third more for the levels, L the length of
 * the filters. Memory: two work arrays, and one more in the adjoint.
 *
 * @example new DWT2D([8, 8])
 */
export class DWT2D extends WaveletTransform {
  constructor(dims: Shape, options?: DWT2DOptions) {
    const given = withDefaults('DWT2D', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axes = toAxes(given.axes, shape.length);
    if (axes.length !== 2) throw new ShapeError(`DWT2D: expected two axes, received ${textOf(given.axes)}`);
    super('DWT2D', shape, axes, given);
  }
}
