import { epsilonOf } from '../../core/base/dtype.js';
import { NumericalError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { projectOntoL1Ball } from '../../optimization/l1-projection.js';
import { checkPositive } from '../parts/checks.js';
import { Indicator } from './indicator.js';
import type { RadiusOptions } from './simplex.js';

const DEFAULTS = { radius: 1 } satisfies Defaults<RadiusOptions>;

/**
 * The indicator of `‖x‖₁ ≤ r`. For complex elements the moduli count.
 *
 * prox: soft thresholding at the θ for which the result is on the boundary. One reduction inside.
 * Outside one more, and one for each Newton step, rarely more than ten. Source: Condat, "Fast
 * projection onto the simplex and the l1 ball", 2016.
 */
export class L1Ball extends Indicator {
  readonly radius: number;
  constructor(options?: RadiusOptions) {
    super();
    const { radius } = withDefaults('L1Ball', options, DEFAULTS);
    this.radius = checkPositive('L1Ball', 'radius', radius);
  }
  override contains(x: AnyVector, dots = plainDots): boolean {
    this.check(x, dots);
    return dots.norm(x, 1) <= this.radius * (1 + 16 * epsilonOf(x.dtype) * Math.max(1, x.space.reducedSize));
  }
  protected override fillProjection(x: AnyVector, y: AnyVector, dots: InnerProducts): void {
    if (!projectOntoL1Ball(x, this.radius, y, dots))
      throw new NumericalError('L1Ball: expected finite elements, the largest is not');
  }
  override conjugateValue(y: AnyVector): number {
    this.check(y);
    return this.radius * y.norm(Number.POSITIVE_INFINITY);
  }
}
