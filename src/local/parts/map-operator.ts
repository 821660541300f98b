import type { NDArray } from '../../core/array/ndarray.js';
import type { OperatorSpec } from '../../core/operator/linear-operator.js';
import { LocalOperator } from '../local-operator.js';

/** A linear map. Both directions fill their second argument. */
export interface LinearMap {
  forward(x: NDArray, y: NDArray): void;
  adjoint(y: NDArray, x: NDArray): void;
}

/** An operator that is given by a {@link LinearMap}. */
export class MapOperator extends LocalOperator {
  readonly #map: LinearMap;
  constructor(spec: OperatorSpec, map: LinearMap) {
    super(spec);
    this.#map = map;
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#map.forward(x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#map.adjoint(y, x);
  }
}
