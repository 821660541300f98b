import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { perAxis } from '../../core/base/per-axis.js';
import { type Shape, toAxes, toShape } from '../../core/base/shape.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { LocalOperator } from '../local-operator.js';
import type { AxisConvolution } from '../parts/axis-convolution.js';
import { movingAverage, oddLength } from './parts/smoothing-scheme.js';

/** Options of {@link Smoothing2D}. */
export interface Smoothing2DOptions {
  /** @default [-2, -1] */
  readonly axes?: readonly number[];
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { axes: [-2, -1], dtype: 'float64' } satisfies Defaults<Smoothing2DOptions>;

/**
 * Mean over the `nsmooth[0] × nsmooth[1]` samples around each sample along two axes, with zeros
 * outside. Even numbers are increased by one. Symmetric. Computed along one axis after the other.
 * Shapes: `dims` to `dims`. Cost: `nsmooth[0] + nsmooth[1]` multiplications and additions a sample,
 * one work array.
 *
 * @example new Smoothing2D([3, 5], [6, 8])
 */
export class Smoothing2D extends LocalOperator {
  readonly #along: readonly [AxisConvolution, AxisConvolution];
  constructor(nsmooth: number | readonly number[], dims: number | Shape, options?: Smoothing2DOptions) {
    const given = withDefaults('Smoothing2D', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axes = toAxes(given.axes, shape.length);
    if (axes.length !== 2) throw new ShapeError(`Smoothing2D: expected two axes, received ${axes.length}`);
    const widths = perAxis('Smoothing2D', 'nsmooth', nsmooth, 2).map((width) => oddLength('nsmooth', width));
    super({ dims: shape, dtype: given.dtype });
    const along = (k: 0 | 1) => movingAverage(shape, axes[k] as number, widths[k] as number);
    this.#along = [along(0), along(1)];
  }
  protected override forward(x: NDArray, y: NDArray): void {
    withWorkspace(x.space, (work) => {
      this.#along[0].forward(x, work);
      this.#along[1].forward(work, y);
    });
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.forward(y, x);
  }
}
