import { realOf } from '../../core/base/dtype.js';
import { LinearOperator, type SpaceOptions } from '../../core/operator/linear-operator.js';
import type { Elements } from '../../core/ports/backend.js';
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

/** Writes `|x|` into `moduli`, in the real dtype of x. Never communicates. */
export function moduliInto<V extends Vector<V>>(x: V, moduli: V): V {
  return x.map((from, to) => x.backend.unary('abs', from, to), moduli);
}

/** Allocates a vector for the moduli of x. */
export const moduliOf = <V extends Vector<V>>(x: V): V => x.space.withDType(realOf(x.dtype)).empty();

/** Applies a kernel in place. */
export const inPlace = <V extends Vector<V>>(
  x: V,
  kernel: (elements: Elements, target: Elements) => void,
): V => x.map(kernel);
