import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import { LocalOperator } from '../local-operator.js';

/** Options of {@link Zero}. */
export interface ZeroOptions {
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'float64' } satisfies Defaults<ZeroOptions>;

/**
 * The zero operator of `N` rows and `M` columns: `y = 0`. Shapes: `M` to `N`. Cost: one write. No
 * work array.
 *
 * @example new Zero(3, 5)
 */
export class Zero extends LocalOperator {
  constructor(N: number | Shape, M: number | Shape = N, options?: ZeroOptions) {
    const { dtype } = withDefaults('Zero', options, DEFAULTS);
    super({ dims: toShape(M, 'M'), dimsd: toShape(N, 'N'), dtype, zero: true });
  }
  protected override forward(_x: NDArray, y: NDArray): void {
    y.fill(0);
  }
  protected override adjoint(_y: NDArray, x: NDArray): void {
    x.fill(0);
  }
}
