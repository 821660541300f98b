import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { LocalOperator } from '../local-operator.js';
import type { AxisConvolution } from '../parts/axis-convolution.js';
import { movingAverage, oddLength } from './parts/smoothing-scheme.js';

/** Options of {@link Smoothing1D}. */
export interface Smoothing1DOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { axis: -1, dtype: 'float64' } satisfies Defaults<Smoothing1DOptions>;

/**
 * Mean of the `nsmooth` samples around each sample along an axis, with zeros outside. An even
 * `nsmooth` is increased by one. Symmetric. Shapes: `dims` to `dims`. Cost: `2·nsmooth` flops a
 * sample. No work array.
 *
 * @example new Smoothing1D(3, [4, 6])
 */
export class Smoothing1D extends LocalOperator {
  readonly #average: AxisConvolution;
  constructor(nsmooth: number, dims: number | Shape, options?: Smoothing1DOptions) {
    const given = withDefaults('Smoothing1D', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const width = oddLength('nsmooth', nsmooth);
    super({ dims: shape, dtype: given.dtype });
    this.#average = movingAverage(shape, axis, width);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#average.forward(x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#average.adjoint(y, x);
  }
}
