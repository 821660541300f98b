import { ArgumentError } from '../core/base/errors.js';
import { checkOptions } from '../core/base/options.js';
import { type Shape, toShape } from '../core/base/shape.js';
import type { DerivativeKind } from '../core/schemes/derivative-scheme.js';
import { DERIVATIVE_OPTIONS, type DerivativeOptions } from './derivative-operator.js';
import { MPIFirstDerivative } from './mpi-first-derivative.js';
import { MPIStackedVStack } from './mpi-stacked-vstack.js';

export interface MPIGradientOptions extends DerivativeOptions {
  /** Distance between samples, one for each axis or one for all. @default 1 */
  readonly sampling?: number | readonly number[];
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /** @default false */
  readonly edge?: boolean;
}

/**
 * Gradient of a distributed array of shape `dims`: the stack of its first derivatives along every
 * axis, in order.
 *
 * Cost: one halo exchange for each distributed axis; no collective.
 *
 * @example new MPIGradient([6, 5])
 */
export class MPIGradient extends MPIStackedVStack {
  constructor(dims: number | Shape, options: MPIGradientOptions = {}) {
    checkOptions('MPIGradient', options, [...DERIVATIVE_OPTIONS, 'sampling', 'kind', 'edge']);
    const { sampling = 1, ...rest } = options;
    const shape = toShape(dims, 'dims');
    const steps = typeof sampling === 'number' ? shape.map(() => sampling) : sampling;
    if (steps.length !== shape.length)
      throw new ArgumentError(
        `MPIGradient: expected ${shape.length} steps in sampling, one for each axis, received ` +
          `${steps.length}`,
      );
    super(
      shape.map(
        (_, axis) => new MPIFirstDerivative(shape, { axis, sampling: steps[axis] as number, ...rest }),
      ),
    );
  }
}
