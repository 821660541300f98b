import { epsilonOf, isComplex } from '../../core/base/dtype.js';
import { DTypeError, NumericalError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { withWorkspaces } from '../../core/vector/workspace.js';
import { projectOntoSimplex } from '../../optimization/l1-projection.js';
import { checkPositive } from '../parts/checks.js';
import { Indicator } from './indicator.js';

/** Options of {@link Simplex} and {@link L1Ball}. */
export interface RadiusOptions {
  /** @default 1 */
  readonly radius?: number;
}

const DEFAULTS = { radius: 1 } satisfies Defaults<RadiusOptions>;

/**
 * The indicator of the simplex `xᵢ ≥ 0, Σ xᵢ = r`, for real vectors.
 *
 * prox: `max(x − θ, 0)`, with θ by Newton's method. It costs one reduction for the largest element
 * and one for each step, rarely more than ten. value: one reduction. With a mask each colour has
 * its own simplex. Source: Condat, "Fast projection onto the simplex and the l1 ball", 2016.
 *
 * @throws {@link DTypeError} for complex vectors.
 */
export class Simplex extends Indicator {
  readonly radius: number;
  constructor(options?: RadiusOptions) {
    super();
    const { radius } = withDefaults('Simplex', options, DEFAULTS);
    this.radius = checkPositive('Simplex', 'radius', radius);
  }
  override contains(x: AnyVector, dots = plainDots): boolean {
    this.check(x, dots);
    checkReal(x);
    return withWorkspaces([x.space, x.space], ([one, negative]) => {
      const [ones, below] = [(one as AnyVector).fill(1), negative as AnyVector];
      x.map((a, b) => b.storage.backend.binary('minimum', a, 0, b), below);
      const [sum = 0, under = 0] = dots.rdots([x, ones], [below, below]);
      return (
        Math.sqrt(under) <= 16 * epsilonOf(x.dtype) * this.radius &&
        Math.abs(sum - this.radius) <= this.#slack(x)
      );
    });
  }
  /** The tolerance of the sum: the rounding of θ adds up over the elements. */
  #slack(x: AnyVector): number {
    return 16 * epsilonOf(x.dtype) * this.radius * Math.max(1, x.space.reducedSize);
  }
  protected override fillProjection(x: AnyVector, y: AnyVector, dots: InnerProducts): void {
    checkReal(x);
    if (!projectOntoSimplex(x, this.radius, y, dots))
      throw new NumericalError('Simplex: expected finite elements, the largest is not');
  }
}

function checkReal(x: AnyVector): void {
  if (isComplex(x.dtype))
    throw new DTypeError(
      `Simplex: expected a real vector, complex numbers have no order, received ${x.dtype}`,
    );
}
