import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, product, type Shape, sameShape, stridesOf, toShape } from '../../core/base/shape.js';
import { LocalOperator } from '../local-operator.js';

/** Options of {@link Identity}. */
export interface IdentityOptions {
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'float64' } satisfies Defaults<IdentityOptions>;

/**
 * Identity, which may be rectangular: `y[i] = x[i]` for indices of both vectors, otherwise
 * `y[i] = 0`. Shapes: `M` to `N` (`N` rows, `M` columns), or two shapes with the same number of
 * axes. Cost: one copy. No work array.
 *
 * @example new Identity(3, 5)
 */
export class Identity extends LocalOperator {
  readonly #common: Shape;
  constructor(N: number | Shape, M: number | Shape = N, options?: IdentityOptions) {
    const { dtype } = withDefaults('Identity', options, DEFAULTS);
    const [dimsd, dims] = [toShape(N, 'N'), toShape(M, 'M')];
    if (dims.length !== dimsd.length)
      throw new ShapeError(
        `Identity: expected shapes of as many axes, received ${formatShape(dimsd)} and ${formatShape(dims)}`,
      );
    super({ dims, dimsd, dtype });
    this.#common = dims.map((m, k) => Math.min(m, dimsd[k] as number));
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#copy(x, this.dims, y, this.dimsd);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#copy(y, this.dimsd, x, this.dims);
  }
  #copy(x: NDArray, from: Shape, y: NDArray, to: Shape): void {
    if (!sameShape(this.#common, to)) y.fill(0);
    if (product(this.#common) === 0) return;
    if (sameShape(from, to)) y.backend.copy(x, y);
    else {
      const source = { elements: x, start: 0, strides: stridesOf(from) };
      y.backend.stridedCopy(this.#common, source, { elements: y, start: 0, strides: stridesOf(to) }, 'set');
    }
  }
}
