import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import type { Shape } from '../../core/base/shape.js';
import { MapOperator } from '../parts/map-operator.js';
import { RunningMeans } from './running-means.js';

/** Options of {@link Smoothing1D}. */
export interface Smoothing1DOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

export const SMOOTHING1D_DEFAULTS = { axis: -1, dtype: 'float64' } satisfies Defaults<Smoothing1DOptions>;

/**
 * Mean of the `nsmooth` samples around each sample along an axis, with zeros outside. An even
 * `nsmooth` is increased by one. Symmetric. Shapes: `dims` to `dims`. Cost: `2·nsmooth` flops a
 * sample. No work array.
 *
 * @example new Smoothing1D(3, [4, 6])
 */
export class Smoothing1D extends MapOperator {
  constructor(nsmooth: number, dims: number | Shape, options?: Smoothing1DOptions) {
    const { axis, dtype } = withDefaults('Smoothing1D', options, SMOOTHING1D_DEFAULTS);
    const means = new RunningMeans('Smoothing1D', nsmooth, dims, [axis], 1);
    super({ dims: means.shape, dtype }, means.whole());
  }
}
