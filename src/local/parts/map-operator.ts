import { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { PlanCache } from '../../core/base/plan-cache.js';
import type { Direction, OperatorSpec } from '../../core/operator/linear-operator.js';
import { LocalOperator } from '../local-operator.js';

/** A linear map. Both directions fill their second argument. */
export interface LinearMap {
  forward(x: NDArray, y: NDArray): void;
  adjoint(y: NDArray, x: NDArray): void;
}

/** An operator that is given by a {@link LinearMap}. */
export class MapOperator extends LocalOperator {
  readonly #map: LinearMap;
  readonly #mapOf: ((k: number) => LinearMap) | undefined;
  readonly #maps = new PlanCache<number, LinearMap>(4);
  /** @param mapOf the map of k vectors, which are the columns of a matrix */
  constructor(spec: OperatorSpec, map: LinearMap, mapOf?: (k: number) => LinearMap) {
    super(spec);
    this.#map = map;
    this.#mapOf = mapOf;
  }
  protected override onColumns(direction: Direction, X: NDArray, dtype: DType): NDArray | undefined {
    const mapOf = this.#mapOf;
    if (!mapOf) return undefined;
    const k = X.shape[1] as number;
    const rows = this.shape[direction === 'forward' ? 0 : 1];
    const Y = NDArray.empty([rows, k], { dtype, backend: X.backend });
    this.#maps.get(k, mapOf)[direction](X, Y);
    return Y;
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#map.forward(x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#map.adjoint(y, x);
  }
}
