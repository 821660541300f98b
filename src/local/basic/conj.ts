import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import { LocalOperator } from '../local-operator.js';

/** Options of {@link Conj}. */
export interface ConjOptions {
  /** @default 'complex128' */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'complex128' } satisfies Defaults<ConjOptions>;

/**
 * Complex conjugate: `y = conj(x)`. It is its own adjoint with respect to the real part of inner
 * products. Shapes: `dims` to `dims`. Cost: one copy. No work array.
 *
 * @example new Conj([3, 4])
 */
export class Conj extends LocalOperator {
  constructor(dims: number | Shape, options?: ConjOptions) {
    const { dtype } = withDefaults('Conj', options, DEFAULTS);
    super({ dims: toShape(dims, 'dims'), dtype, complexLinear: false });
  }
  protected override forward(x: NDArray, y: NDArray): void {
    y.backend.unary('conj', x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    x.backend.unary('conj', y, x);
  }
}
