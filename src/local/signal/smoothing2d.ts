import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import type { Shape } from '../../core/base/shape.js';
import { MapOperator } from '../parts/map-operator.js';
import { RunningMeans } from './running-means.js';

/** Options of {@link Smoothing2D}. */
export interface Smoothing2DOptions {
  /** @default [-2, -1] */
  readonly axes?: readonly number[];
  /** @default 'float64' */
  readonly dtype?: DType;
}

export const SMOOTHING2D_DEFAULTS = {
  axes: [-2, -1],
  dtype: 'float64',
} satisfies Defaults<Smoothing2DOptions>;

/**
 * Mean over the `nsmooth[0] × nsmooth[1]` samples around each sample along two axes, with zeros
 * outside. Even numbers are increased by one. Symmetric. Computed along one axis after the other.
 * Shapes: `dims` to `dims`. Cost: `nsmooth[0] + nsmooth[1]` multiplications and additions a sample,
 * one work array.
 *
 * @example new Smoothing2D([3, 5], [6, 8])
 */
export class Smoothing2D extends MapOperator {
  constructor(nsmooth: number | readonly number[], dims: number | Shape, options?: Smoothing2DOptions) {
    const { axes, dtype } = withDefaults('Smoothing2D', options, SMOOTHING2D_DEFAULTS);
    const means = new RunningMeans('Smoothing2D', nsmooth, dims, axes, 2);
    super({ dims: means.shape, dtype }, means.whole());
  }
}
