import { type Defaults, withDefaults } from '../core/base/options.js';
import { perAxis } from '../core/base/per-axis.js';
import { type Shape, toShape } from '../core/base/shape.js';
import { GRADIENT_DEFAULTS, type GradientOptions } from '../local/derivatives/gradient.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';
import { MPIFirstDerivative } from './mpi-first-derivative.js';
import { MPIStackedVStack } from './mpi-stacked-vstack.js';

/** Options of {@link MPIGradient}. */
export interface MPIGradientOptions extends GradientOptions, DistributedOptions {}

const DEFAULTS = { ...GRADIENT_DEFAULTS, ...DISTRIBUTED_DEFAULTS } satisfies Defaults<MPIGradientOptions>;

/**
 * Gradient of a distributed array of shape `dims`: the stack of its first derivatives along every
 * axis, in order.
 *
 * Cost: one halo exchange for each distributed axis. No collective.
 *
 * @example new MPIGradient([6, 5])
 */
export class MPIGradient extends MPIStackedVStack {
  constructor(dims: number | Shape, options?: MPIGradientOptions) {
    const { sampling, ...rest } = withDefaults('MPIGradient', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const d = perAxis('MPIGradient', 'sampling', sampling, shape.length);
    super(
      shape.map((_, axis) => new MPIFirstDerivative(shape, { ...rest, axis, sampling: d[axis] as number })),
    );
  }
}
