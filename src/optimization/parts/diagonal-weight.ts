import { realOf } from '../../core/base/dtype.js';
import { LinearOperator, type SpaceOptions } from '../../core/operator/linear-operator.js';
import type { Elements } from '../../core/ports/backend.js';
import type { Space, Vector } from '../../core/vector/vector.js';

/** `y = w ⊙ x` for real weights w that change from time to time, on vectors of any kind. */
export class DiagonalWeight<V extends Vector<V>> extends LinearOperator<V, V> {
  /** Of the dtype of the vectors. */
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

/** `|x|` in the real dtype of x, into `moduli`. Never communicates. */
export function moduliInto<V extends Vector<V>>(x: V, moduli: V): V {
  return x.map((from, to) => x.backend.unary('abs', from, to), moduli);
}

/** A vector for moduli of another. */
export const moduliOf = <V extends Vector<V>>(x: V): V => x.space.withDType(realOf(x.dtype)).empty();

/** Applies a kernel in place. */
export const inPlace = <V extends Vector<V>>(
  x: V,
  kernel: (elements: Elements, target: Elements) => void,
): V => x.map(kernel);
