import type { DType } from '../../core/base/dtype.js';
import { checkOptions } from '../../core/base/options.js';
import { type Shape, toAxes, toShape } from '../../core/base/shape.js';
import { scaleBand } from '../../core/schemes/band.js';
import { type DerivativeKind, secondDerivative } from '../../core/schemes/derivative-scheme.js';
import { perAxis } from '../parts/per-axis.js';
import { StencilOperator } from '../parts/stencil-operator.js';

export interface LaplacianOptions {
  /** The axes along which it is taken. @default [-2, -1] */
  readonly axes?: readonly number[];
  /** Of each of `axes`. @default 1 */
  readonly weights?: number | readonly number[];
  /** Distance between samples, of each of `axes`. @default 1 */
  readonly sampling?: number | readonly number[];
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /**
   * Repeats the nearest inner value at the ends, which are zero otherwise; centered only. @default
   * false
   */
  readonly edge?: boolean;
  /** @default 'float64' */
  readonly dtype?: DType;
}

/**
 * Laplacian: `y = Σ wₖ ∂²x/∂xₖ²`, the second derivatives as in `SecondDerivative`. Shapes: `dims`
 * to `dims`. Cost: one read and one write, however many axes. No work array.
 *
 * @example new Laplacian([4, 6])
 */
export class Laplacian extends StencilOperator {
  constructor(dims: number | Shape, options: LaplacianOptions = {}) {
    checkOptions('Laplacian', options, ['axes', 'weights', 'sampling', 'kind', 'edge', 'dtype']);
    const { axes = [-2, -1], weights = 1, sampling = 1, dtype = 'float64', ...scheme } = options;
    const shape = toShape(dims, 'dims');
    const along = toAxes(axes, shape.length);
    const w = perAxis('weights', weights, along.length);
    const d = perAxis('sampling', sampling, along.length);
    const bands = along.map((axis, k) => ({
      axis,
      segments: scaleBand(
        secondDerivative({ n: shape[axis] as number, sampling: d[k] as number, ...scheme }),
        w[k] as number,
      ),
    }));
    super({ dims: shape, dtype }, bands);
  }
}
