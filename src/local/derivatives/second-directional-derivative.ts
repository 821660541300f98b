import type { NDArray } from '../../core/array/ndarray.js';
import type { Shape } from '../../core/base/shape.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import type { OperatorData } from '../device-constants.js';
import { LocalOperator } from '../local-operator.js';
import { DirectionalDerivative, type DirectionalDerivativeOptions } from './parts/directional-derivative.js';

/** Options of {@link SecondDirectionalDerivative}. */
export type SecondDirectionalDerivativeOptions = DirectionalDerivativeOptions;

/**
 * Second derivative along a direction: `y = −Dᵥᵀ Dᵥ x`, with the derivative Dᵥ of
 * {@link FirstDirectionalDerivative}. It is its own adjoint. Shapes: `dims` to `dims`. Cost: twice
 * that of Dᵥ, and a work array.
 *
 * @example new SecondDirectionalDerivative([4, 6], [0.6, 0.8])
 */
export class SecondDirectionalDerivative extends LocalOperator {
  readonly #derivative: DirectionalDerivative;
  constructor(dims: Shape, v: OperatorData, options?: SecondDirectionalDerivativeOptions) {
    const derivative = new DirectionalDerivative('SecondDirectionalDerivative', dims, v, options);
    const { dims: shape, dtype, holdsData, zero } = derivative;
    super({ dims: shape, dtype, holdsData, zero });
    this.#derivative = derivative;
  }
  protected override forward(x: NDArray, y: NDArray): void {
    withWorkspace(x.space, (work) => {
      this.#derivative.forward(x, work);
      this.#derivative.adjoint(work, y);
    });
    y.scale(-1);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.forward(y, x);
  }
}
