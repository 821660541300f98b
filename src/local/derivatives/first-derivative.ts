import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import {
  type DerivativeKind,
  type DerivativeOrder,
  FIRST_SCHEME_DEFAULTS,
  firstDerivative,
} from '../../core/schemes/derivative-scheme.js';
import { StencilOperator } from '../parts/stencil-operator.js';

/** Options of {@link firstDerivative}. */
export interface FirstDerivativeOptions {
  /** The axis to differentiate along. The distributed operator has the default 0. @default -1 */
  readonly axis?: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /**
   * One-sided differences at the ends; without it the ends are zero. Centered only.
   * @default false
   */
  readonly edge?: boolean;
  /** Points of the centered difference: 3 or 5. @default 3 */
  readonly order?: DerivativeOrder;
  /** @default 'float64' */
  readonly dtype?: DType;
}

export const FIRST_DERIVATIVE_DEFAULTS = {
  axis: -1,
  ...FIRST_SCHEME_DEFAULTS,
  dtype: 'float64',
} satisfies Defaults<FirstDerivativeOptions>;

/**
 * First derivative along an axis, d the sampling: forward `(x[i+1] − x[i]) / d`, backward
 * `(x[i] − x[i−1]) / d`, centered `(x[i+1] − x[i−1]) / 2d` or, of order 5,
 * `(x[i−2] − 8x[i−1] + 8x[i+1] − x[i+2]) / 12d`. The result is zero if a sample is missing. Shapes:
 * `dims` to `dims`. Cost: one read and one write. No work array.
 *
 * @example new FirstDerivative([4, 6], { kind: 'forward' })
 */
export class FirstDerivative extends StencilOperator {
  constructor(dims: number | Shape, options?: FirstDerivativeOptions) {
    const { axis, dtype, ...scheme } = withDefaults('FirstDerivative', options, FIRST_DERIVATIVE_DEFAULTS);
    const shape = toShape(dims, 'dims');
    const k = toAxis(axis, shape.length);
    super({ dims: shape, dtype }, [
      { axis: k, segments: firstDerivative({ n: shape[k] as number, ...scheme }) },
    ]);
  }
}
