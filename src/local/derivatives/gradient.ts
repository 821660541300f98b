import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { perAxis } from '../../core/base/per-axis.js';
import { product, type Shape, toShape } from '../../core/base/shape.js';
import type { Stencil } from '../../core/ports/backend.js';
import { isZeroBand, transposeBand } from '../../core/schemes/band.js';
import {
  type DerivativeKind,
  firstDerivative,
  SECOND_SCHEME_DEFAULTS,
} from '../../core/schemes/derivative-scheme.js';
import { LocalOperator, part } from '../local-operator.js';

/** Options of {@link Gradient}. */
export interface GradientOptions {
  /** Distance between samples, one for all axes or one for each. @default 1 */
  readonly sampling?: number | readonly number[];
  /** @default 'centered' */
  readonly kind?: DerivativeKind;
  /**
   * One-sided differences at the ends; without it the ends are zero. Centered only.
   * @default false
   */
  readonly edge?: boolean;
  /** @default 'float64' */
  readonly dtype?: DType;
}

export const GRADIENT_DEFAULTS = {
  ...SECOND_SCHEME_DEFAULTS,
  dtype: 'float64',
} satisfies Defaults<GradientOptions>;

/**
 * Gradient: `y[k] = ∂x/∂xₖ` by three-point first derivatives. Shapes: `dims` to `[ndim, ...dims]`.
 * Cost: one read and one write per axis. No work array.
 *
 * @example new Gradient([4, 6])
 */
export class Gradient extends LocalOperator {
  readonly #forward: readonly Stencil[];
  readonly #adjoint: readonly Stencil[];
  constructor(dims: number | Shape, options?: GradientOptions) {
    const { sampling, dtype, ...scheme } = withDefaults('Gradient', options, GRADIENT_DEFAULTS);
    const shape = toShape(dims, 'dims');
    if (shape.length === 0) throw new ShapeError('Gradient: expected dims of at least one axis');
    const d = perAxis('Gradient', 'sampling', sampling, shape.length);
    const tables = shape.map((n, axis) => firstDerivative({ n, sampling: d[axis] as number, ...scheme }));
    super({ dims: shape, dimsd: [shape.length, ...shape], dtype, zero: tables.every(isZeroBand) });
    this.#forward = tables.map((segments, axis) => ({ shape, bands: [{ axis, segments }], mode: 'set' }));
    this.#adjoint = tables.map((segments, axis) => {
      const n = shape[axis] as number;
      return {
        shape,
        bands: [{ axis, segments: transposeBand(segments, n, n) }],
        mode: axis === 0 ? 'set' : 'add',
      };
    });
  }
  protected override forward(x: NDArray, y: NDArray): void {
    const size = product(this.dims);
    if (size > 0)
      this.#forward.forEach((stencil, k) => {
        y.backend.stencil(x, part(y, k * size, size), stencil);
      });
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    const size = product(this.dims);
    if (size > 0)
      this.#adjoint.forEach((stencil, k) => {
        x.backend.stencil(part(y, k * size, size), x, stencil);
      });
  }
}
