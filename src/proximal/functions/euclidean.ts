import { epsilonOf } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { checkPositive } from '../parts/checks.js';
import type { SigmaOptions } from './l0.js';
import { ProxOperator } from './prox-operator.js';

const DEFAULTS = { sigma: 1 } satisfies Defaults<SigmaOptions>;

/**
 * `f(x) = σ ‖x‖₂`, not squared.
 *
 * prox: `max(‖x‖ − τσ, 0) x/‖x‖`; dual prox: the norm is limited to σ; gradient: `σ x/‖x‖`, and 0
 * for x = 0 (f has a kink there). Each of these and value cost one reduction. Source: Beck,
 * "First-order methods in optimization", 2017, example 6.19.
 */
export class Euclidean extends ProxOperator {
  readonly sigma: number;
  constructor(options?: SigmaOptions) {
    super();
    const { sigma } = withDefaults('Euclidean', options, DEFAULTS);
    this.sigma = checkPositive('Euclidean', 'sigma', sigma);
  }
  override value(x: AnyVector, dots = plainDots): number {
    this.check(x, dots);
    return this.sigma * dots.norm(x);
  }
  protected override fill(x: AnyVector, tau: number, y: AnyVector, dots: InnerProducts): void {
    const norm = dots.norm(x);
    const t = tau * this.sigma;
    y.axpby(norm <= t ? 0 : (norm - t) / norm, x, 0);
  }
  protected override fillDual(x: AnyVector, _tau: number, y: AnyVector, dots: InnerProducts): void {
    y.axpby(this.sigma / Math.max(this.sigma, dots.norm(x)), x, 0);
  }
  override get isSmooth(): boolean {
    return true;
  }
  protected override fillGrad(x: AnyVector, y: AnyVector, dots: InnerProducts): void {
    const norm = dots.norm(x);
    y.axpby(norm === 0 ? 0 : this.sigma / norm, x, 0);
  }
  override conjugateValue(y: AnyVector, dots = plainDots): number {
    this.check(y, dots);
    return dots.norm(y) <= this.sigma * (1 + 8 * epsilonOf(y.dtype)) ? 0 : Number.POSITIVE_INFINITY;
  }
}
