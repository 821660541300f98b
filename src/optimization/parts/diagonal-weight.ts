import { LinearOperator, type SpaceOptions } from '../../core/operator/linear-operator.js';
import type { Space, Vector } from '../../core/vector/vector.js';

/** `y = w ⊙ x` for real weights w, which may change between calls, and vectors of any kind. */
export class DiagonalWeight<V extends Vector<V>> extends LinearOperator<V, V> {
  /** The weights, in the dtype of the vectors. */
  readonly weights: V;
  constructor(weights: V, comm: LinearOperator<V, V>['comm']) {
    super({ dims: weights.space.shape, dtype: weights.dtype, holdsData: true, comm });
    this.weights = weights;
  }
  override domain({ dtype = this.dtype }: SpaceOptions = {}): Space<V> {
    return this.weights.space.withDType(dtype);
  }
  protected override forward(x: V, y: V): void {
    y.assign(x).multiplyInPlace(this.weights);
  }
  protected override adjoint(y: V, x: V): void {
    x.assign(y).multiplyInPlace(this.weights);
  }
}
