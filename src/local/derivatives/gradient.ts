import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { perAxis } from '../../core/base/per-axis.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import { isZeroBand, transposeBands } from '../../core/schemes/band.js';
import {
  type DerivativeKind,
  firstDerivative,
  SECOND_SCHEME_DEFAULTS,
} from '../../core/schemes/derivative-scheme.js';
import { LocalOperator, part } from '../local-operator.js';
import { ArrayStencil } from '../parts/array-stencil.js';

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
  readonly #forward: readonly ArrayStencil[];
  readonly #adjoint: readonly ArrayStencil[];
  constructor(dims: number | Shape, options?: GradientOptions) {
    const { sampling, dtype, ...scheme } = withDefaults('Gradient', options, GRADIENT_DEFAULTS);
    const shape = toShape(dims, 'dims');
    if (shape.length === 0) throw new ShapeError('Gradient: expected dims of at least one axis');
    const d = perAxis('Gradient', 'sampling', sampling, shape.length);
    const bands = shape.map((n, axis) => ({
      axis,
      segments: firstDerivative({ n, sampling: d[axis] as number, ...scheme }),
    }));
    const zero = bands.every(({ segments }) => isZeroBand(segments));
    super({ dims: shape, dimsd: [shape.length, ...shape], dtype, zero });
    this.#forward = bands.map((band) => new ArrayStencil(shape, [band]));
    this.#adjoint = transposeBands(shape, bands).map(
      (band, axis) => new ArrayStencil(shape, [band], axis === 0 ? 'set' : 'add'),
    );
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#forward.forEach((stencil, k) => {
      stencil.run(x, part(y, k * x.size, x.size));
    });
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#adjoint.forEach((stencil, k) => {
      stencil.run(part(y, k * x.size, x.size), x);
    });
  }
}
