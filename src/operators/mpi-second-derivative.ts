import { type Defaults, withDefaults } from '../core/base/options.js';
import { type Shape, toAxis } from '../core/base/shape.js';
import { secondDerivative } from '../core/schemes/derivative-scheme.js';
import {
  SECOND_DERIVATIVE_DEFAULTS,
  type SecondDerivativeOptions,
} from '../local/derivatives/second-derivative.js';
import { DerivativeOperator } from './derivative-operator.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';

/** Options of {@link MPISecondDerivative}. */
export interface MPISecondDerivativeOptions
  extends Omit<SecondDerivativeOptions, 'axis'>,
    DistributedOptions {
  /** The axis of the derivative. The default of the local operator is -1. @default 0 */
  readonly axis?: number;
}

const DEFAULTS = {
  ...SECOND_DERIVATIVE_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
  axis: 0,
} satisfies Defaults<MPISecondDerivativeOptions>;

/**
 * Second derivative along one axis of a distributed array of shape `dims`: see
 * {@link secondDerivative} for the formulas.
 *
 * Cost: one halo exchange if the axis is distributed, and one pass over memory. No collective.
 *
 * @example new MPISecondDerivative([11, 4], { axis: 1 })
 */
export class MPISecondDerivative extends DerivativeOperator {
  constructor(dims: number | Shape, options?: MPISecondDerivativeOptions) {
    const { axis, dtype, comm, ...scheme } = withDefaults('MPISecondDerivative', options, DEFAULTS);
    const schemes = (shape: Shape) => {
      const k = toAxis(axis, shape.length);
      return [{ axis: k, segments: secondDerivative({ n: shape[k] as number, ...scheme }) }];
    };
    super(dims, schemes, { dtype, comm });
  }
}
