import type { Shape } from '../../core/base/shape.js';
import type { OperatorData } from '../device-constants.js';
import { MapOperator } from '../parts/map-operator.js';
import { DirectionalDerivative, type DirectionalDerivativeOptions } from './parts/directional-derivative.js';

/** Options of {@link FirstDirectionalDerivative}. */
export type FirstDirectionalDerivativeOptions = DirectionalDerivativeOptions;

/**
 * First derivative along a direction: `y = Σₖ vₖ ∂x/∂xₖ` by three-point differences. v is one
 * vector of `[ndim]` or a field of vectors, `[ndim, ...dims]`. Shapes: `dims` to `dims`. Cost: one
 * read and write for one vector; for a field, four for each axis and a work array.
 *
 * @example new FirstDirectionalDerivative([4, 6], [0.6, 0.8])
 */
export class FirstDirectionalDerivative extends MapOperator {
  constructor(dims: Shape, v: OperatorData, options?: FirstDirectionalDerivativeOptions) {
    const derivative = new DirectionalDerivative('FirstDirectionalDerivative', dims, v, options);
    const { dims: shape, dtype, holdsData, zero } = derivative;
    super({ dims: shape, dtype, holdsData, zero }, derivative);
  }
}
