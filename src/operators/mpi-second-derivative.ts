import { checkOptions } from '../core/base/options.js';
import { type Shape, toAxis } from '../core/base/shape.js';
import { type DerivativeKind, secondDerivative } from '../core/schemes/derivative-scheme.js';
import { DERIVATIVE_OPTIONS, DerivativeOperator, type DerivativeOptions } from './derivative-operator.js';

export interface MPISecondDerivativeOptions extends DerivativeOptions {
  /** The axis to differentiate along. @default 0 */
  readonly axis?: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /**
   * Repeats the nearest inner value at the ends of the centered kind, which are zero otherwise.
   * @default false
   */
  readonly edge?: boolean;
}

/**
 * Second derivative along one axis of a distributed array of shape `dims`: see
 * {@link secondDerivative} for the formulas.
 *
 * Cost: one halo exchange where the axis is distributed, one pass over memory; no collective.
 *
 * @example new MPISecondDerivative([11, 4], { axis: 1 })
 */
export class MPISecondDerivative extends DerivativeOperator {
  constructor(dims: number | Shape, options: MPISecondDerivativeOptions = {}) {
    checkOptions('MPISecondDerivative', options, [...DERIVATIVE_OPTIONS, 'axis', 'sampling', 'kind', 'edge']);
    const { axis = 0, dtype: _dtype, comm: _comm, ...scheme } = options;
    const schemes = (shape: Shape) => {
      const k = toAxis(axis, shape.length);
      return [{ axis: k, segments: secondDerivative({ n: shape[k] as number, ...scheme }) }];
    };
    super(dims, schemes, options);
  }
}
