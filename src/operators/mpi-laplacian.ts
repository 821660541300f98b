import { ArgumentError } from '../core/base/errors.js';
import { checkOptions } from '../core/base/options.js';
import { type Shape, toAxes } from '../core/base/shape.js';
import { scaleBand } from '../core/schemes/band.js';
import { type DerivativeKind, secondDerivative } from '../core/schemes/derivative-scheme.js';
import { DERIVATIVE_OPTIONS, DerivativeOperator, type DerivativeOptions } from './derivative-operator.js';

export interface MPILaplacianOptions extends DerivativeOptions {
  /** @default the last two axes */
  readonly axes?: readonly number[];
  /** One for each axis. @default ones */
  readonly weights?: readonly number[];
  /** Distance between samples, one for each axis or one for all. @default 1 */
  readonly sampling?: number | readonly number[];
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /** @default false */
  readonly edge?: boolean;
}

/**
 * Laplacian of a distributed array of shape `dims`: `Σ weights[k] · ∂²/∂axes[k]²`, each a second
 * derivative as in {@link secondDerivative}.
 *
 * Cost: one halo exchange for each distributed axis among `axes`; all axes in one pass over memory;
 * no collective.
 *
 * @example new MPILaplacian([6, 5, 4], { axes: [0, 1, 2] })
 */
export class MPILaplacian extends DerivativeOperator {
  constructor(dims: number | Shape, options: MPILaplacianOptions = {}) {
    checkOptions('MPILaplacian', options, [
      ...DERIVATIVE_OPTIONS,
      'axes',
      'weights',
      'sampling',
      'kind',
      'edge',
    ]);
    const { axes = [-2, -1], weights, sampling = 1, dtype: _dtype, comm: _comm, ...scheme } = options;
    const schemes = (shape: Shape) => {
      const list = toAxes(axes, shape.length);
      const steps = typeof sampling === 'number' ? list.map(() => sampling) : sampling;
      const factors = weights ?? list.map(() => 1);
      for (const [name, values] of Object.entries({ weights: factors, sampling: steps })) {
        if (values.length !== list.length)
          throw new ArgumentError(
            `MPILaplacian: expected ${list.length} ${name}, one for each axis, received ${values.length}`,
          );
      }
      return list.map((axis, k) => ({
        axis,
        segments: scaleBand(
          secondDerivative({ n: shape[axis] as number, sampling: steps[k] as number, ...scheme }),
          factors[k] as number,
        ),
      }));
    };
    super(dims, schemes, options);
  }
}
