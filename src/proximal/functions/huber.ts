import { epsilonOf } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import type { Elements } from '../../core/ports/backend.js';
import { plainDots } from '../../core/vector/inner-products.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { clamp, multiplyReal, shrinkBy, withModuli } from '../../optimization/moduli.js';
import { checkPositive } from '../parts/checks.js';
import { ProxOperator } from './prox-operator.js';

/** Options of {@link Huber}. */
export interface HuberOptions {
  /** The modulus at which the quadratic part ends. @default 1 */
  readonly alpha?: number;
  /** Weight of the function. @default 1 */
  readonly sigma?: number;
}

const DEFAULTS = { alpha: 1, sigma: 1 } satisfies Defaults<HuberOptions>;

/**
 * The Huber function: `f(x) = σ Σ hα(xᵢ)` with `hα(x) = |x|²/(2α)` if `|x| ≤ α`, otherwise
 * `|x| − α/2`. Smooth.
 *
 * prox: `max(|x| − τσ, α) x / max(|x|, α + τσ)`; dual prox: `σ x / max(|x|, σ + τα)`; gradient:
 * `σ x / max(|x|, α)`. All are separable, without a reduction. value: one reduction. Source: Beck,
 * "First-order methods in optimization", 2017, examples 6.54 and 6.62 (there of the whole vector).
 */
export class Huber extends ProxOperator {
  readonly alpha: number;
  readonly sigma: number;
  constructor(options?: HuberOptions) {
    super();
    const { alpha, sigma } = withDefaults('Huber', options, DEFAULTS);
    this.alpha = checkPositive('Huber', 'alpha', alpha);
    this.sigma = checkPositive('Huber', 'sigma', sigma);
  }
  override get isSmooth(): boolean {
    return true;
  }
  override value(x: AnyVector, dots = plainDots): number {
    this.check(x, dots);
    const { alpha, sigma } = this;
    return withModuli(x, (moduli) =>
      withWorkspace(moduli.space, (low: AnyVector) => {
        // h = m (|x| − m/2) / α with m = min(|x|, α)
        clamp(moduli, 0, alpha, low);
        return (sigma / alpha) * dots.rdot(low, moduli.axpby(-0.5, low, 1));
      }),
    );
  }
  protected override fill(x: AnyVector, tau: number, y: AnyVector): void {
    const t = tau * this.sigma;
    withModuli(x, (factor) => {
      factor.map((a: Elements) => shrinkBy(t, this.alpha, a));
      multiplyReal(x, factor, y);
    });
  }
  protected override fillDual(x: AnyVector, tau: number, y: AnyVector): void {
    this.#cut(x, this.sigma + tau * this.alpha, y);
  }
  protected override fillGrad(x: AnyVector, y: AnyVector): void {
    this.#cut(x, this.alpha, y);
  }
  /** `y ← σ x / max(|x|, floor)` */
  #cut(x: AnyVector, floor: number, y: AnyVector): void {
    withModuli(x, (factor) => {
      const weigh = (a: Elements) => {
        const { backend } = a.storage;
        backend.binary('maximum', a, floor, a);
        backend.binary('divide', this.sigma, a, a);
      };
      factor.map(weigh);
      multiplyReal(x, factor, y);
    });
  }
  override conjugateValue(y: AnyVector, dots = plainDots): number {
    this.check(y, dots);
    const { alpha, sigma } = this;
    if (y.norm(Number.POSITIVE_INFINITY) > sigma * (1 + 8 * epsilonOf(y.dtype)))
      return Number.POSITIVE_INFINITY;
    return (alpha / (2 * sigma)) * dots.norm(y) ** 2;
  }
}
