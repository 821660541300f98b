import type { DType } from '../../core/base/dtype.js';
import { checkOptions } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { type DerivativeKind, secondDerivative } from '../../core/schemes/derivative-scheme.js';
import { StencilOperator } from '../parts/stencil-operator.js';

export interface SecondDerivativeOptions {
  /** @default -1 */
  readonly axis?: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
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
 * Second derivative along an axis: `(x[i−1] − 2x[i] + x[i+1]) / d²`, d the sampling, stored at i
 * (centered), i − 1 (forward) or i + 1 (backward); other samples are zero. Shapes: `dims` to
 * `dims`. Cost: one read and one write. No work array.
 *
 * @example new SecondDerivative([4, 6])
 */
export class SecondDerivative extends StencilOperator {
  constructor(dims: number | Shape, options: SecondDerivativeOptions = {}) {
    checkOptions('SecondDerivative', options, ['axis', 'sampling', 'kind', 'edge', 'dtype']);
    const { axis = -1, dtype = 'float64', ...scheme } = options;
    const shape = toShape(dims, 'dims');
    const k = toAxis(axis, shape.length);
    super({ dims: shape, dtype }, [
      { axis: k, segments: secondDerivative({ n: shape[k] as number, ...scheme }) },
    ]);
  }
}
