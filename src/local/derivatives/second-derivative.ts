import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toAxis, toShape } from '../../core/base/shape.js';
import {
  type DerivativeKind,
  SECOND_SCHEME_DEFAULTS,
  secondDerivative,
} from '../../core/schemes/derivative-scheme.js';
import { StencilOperator } from '../parts/stencil-operator.js';

/** Options of {@link secondDerivative}. */
export interface SecondDerivativeOptions {
  /** The axis to differentiate along. The distributed operator has the default 0. @default -1 */
  readonly axis?: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /**
   * Repeats the nearest inner value at the ends; without it the ends are zero. Centered only.
   * @default false
   */
  readonly edge?: boolean;
  /** @default 'float64' */
  readonly dtype?: DType;
}

export const SECOND_DERIVATIVE_DEFAULTS = {
  axis: -1,
  ...SECOND_SCHEME_DEFAULTS,
  dtype: 'float64',
} satisfies Defaults<SecondDerivativeOptions>;

/**
 * Second derivative along an axis, d the sampling: `(x[i−1] − 2x[i] + x[i+1]) / d²`, stored at i
 * (centered), i − 1 (forward) or i + 1 (backward). Other samples are zero. Shapes: `dims` to
 * `dims`. Cost: one read and one write. No work array.
 *
 * @example new SecondDerivative([4, 6])
 */
export class SecondDerivative extends StencilOperator {
  constructor(dims: number | Shape, options?: SecondDerivativeOptions) {
    const { axis, dtype, ...scheme } = withDefaults('SecondDerivative', options, SECOND_DERIVATIVE_DEFAULTS);
    const shape = toShape(dims, 'dims');
    const k = toAxis(axis, shape.length);
    super({ dims: shape, dtype }, [
      { axis: k, segments: secondDerivative({ n: shape[k] as number, ...scheme }) },
    ]);
  }
}
