import { type Defaults, withDefaults } from '../core/base/options.js';
import type { Shape } from '../core/base/shape.js';
import { LAPLACIAN_DEFAULTS, type LaplacianOptions, laplacianBands } from '../local/derivatives/laplacian.js';
import { DerivativeOperator } from './derivative-operator.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';

/** Options of {@link MPILaplacian}. */
export interface MPILaplacianOptions extends LaplacianOptions, DistributedOptions {}

const DEFAULTS = {
  ...LAPLACIAN_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPILaplacianOptions>;

/**
 * Laplacian of a distributed array of shape `dims`: `Σ weights[k] · ∂²/∂axes[k]²`, where each term
 * is a second derivative as in {@link secondDerivative}.
 *
 * Cost: one halo exchange for each distributed axis among `axes`, and one pass over memory for all
 * axes. No collective.
 *
 * @example new MPILaplacian([6, 5, 4], { axes: [0, 1, 2] })
 */
export class MPILaplacian extends DerivativeOperator {
  constructor(dims: number | Shape, options?: MPILaplacianOptions) {
    const given = withDefaults('MPILaplacian', options, DEFAULTS);
    super(dims, (shape) => laplacianBands('MPILaplacian', shape, given), given);
  }
}
