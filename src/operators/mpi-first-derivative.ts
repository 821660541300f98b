import { checkOptions } from '../core/base/options.js';
import { type Shape, toAxis } from '../core/base/shape.js';
import {
  type DerivativeKind,
  type DerivativeOrder,
  firstDerivative,
} from '../core/schemes/derivative-scheme.js';
import { DERIVATIVE_OPTIONS, DerivativeOperator, type DerivativeOptions } from './derivative-operator.js';

export interface MPIFirstDerivativeOptions extends DerivativeOptions {
  /** The axis to differentiate along. @default 0 */
  readonly axis?: number;
  /** Distance between samples. @default 1 */
  readonly sampling?: number;
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /**
   * One-sided differences at the ends of centered kinds, which are zero otherwise. @default false
   */
  readonly edge?: boolean;
  /** Points of the centered stencil. @default 3 */
  readonly order?: DerivativeOrder;
}

/**
 * First derivative along one axis of a distributed array of shape `dims`: see
 * {@link firstDerivative} for the formulas.
 *
 * Cost: one halo exchange of one (order 5: two) rows where the axis is distributed, one pass over
 * memory; no collective.
 *
 * @example new MPIFirstDerivative([11, 4], { order: 5 })
 */
export class MPIFirstDerivative extends DerivativeOperator {
  constructor(dims: number | Shape, options: MPIFirstDerivativeOptions = {}) {
    checkOptions('MPIFirstDerivative', options, [
      ...DERIVATIVE_OPTIONS,
      'axis',
      'sampling',
      'kind',
      'edge',
      'order',
    ]);
    const { axis = 0, dtype: _dtype, comm: _comm, ...scheme } = options;
    const schemes = (shape: Shape) => {
      const k = toAxis(axis, shape.length);
      return [{ axis: k, segments: firstDerivative({ n: shape[k] as number, ...scheme }) }];
    };
    super(dims, schemes, options);
  }
}
