import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { checkOptions } from '../../core/base/options.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import { LocalOperator } from '../local-operator.js';

export interface ConjOptions {
  /** @default 'complex128' */
  readonly dtype?: DType;
}

/**
 * Complex conjugate: `y = conj(x)`, its own adjoint for the real part of inner products. Shapes:
 * `dims` to `dims`. Cost: one copy. No work array.
 *
 * @example new Conj([3, 4])
 */
export class Conj extends LocalOperator {
  override readonly complexLinear = false;
  constructor(dims: number | Shape, options: ConjOptions = {}) {
    checkOptions('Conj', options, ['dtype']);
    super({ dims: toShape(dims, 'dims'), dtype: options.dtype ?? 'complex128' });
  }
  protected override forward(x: NDArray, y: NDArray): void {
    if (y.size > 0) y.backend.unary('conj', x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size > 0) x.backend.unary('conj', y, x);
  }
}
