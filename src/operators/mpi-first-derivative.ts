import { type Defaults, withDefaults } from '../core/base/options.js';
import { type Shape, toAxis } from '../core/base/shape.js';
import { firstDerivative } from '../core/schemes/derivative-scheme.js';
import {
  FIRST_DERIVATIVE_DEFAULTS,
  type FirstDerivativeOptions,
} from '../local/derivatives/first-derivative.js';
import { DerivativeOperator } from './derivative-operator.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';

/** Options of {@link MPIFirstDerivative}. */
export interface MPIFirstDerivativeOptions extends Omit<FirstDerivativeOptions, 'axis'>, DistributedOptions {
  /** The axis of the derivative. The default of the local operator is -1. @default 0 */
  readonly axis?: number;
}

const DEFAULTS = {
  ...FIRST_DERIVATIVE_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
  axis: 0,
} satisfies Defaults<MPIFirstDerivativeOptions>;

/**
 * First derivative along one axis of a distributed array of shape `dims`: see
 * {@link firstDerivative} for the formulas.
 *
 * Cost: one halo exchange of one row (order 5: two rows) if the axis is distributed, and one pass
 * over memory. No collective.
 *
 * @example new MPIFirstDerivative([11, 4], { order: 5 })
 */
export class MPIFirstDerivative extends DerivativeOperator {
  constructor(dims: number | Shape, options?: MPIFirstDerivativeOptions) {
    const { axis, dtype, comm, ...scheme } = withDefaults('MPIFirstDerivative', options, DEFAULTS);
    const schemes = (shape: Shape) => {
      const k = toAxis(axis, shape.length);
      return [{ axis: k, segments: firstDerivative({ n: shape[k] as number, ...scheme }) }];
    };
    super(dims, schemes, { dtype, comm });
  }
}
