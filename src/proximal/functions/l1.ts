import { epsilonOf, isComplex } from '../../core/base/dtype.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { plainDots } from '../../core/vector/inner-products.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { clamp, multiplyReal, shrinkage, tinyOf, withModuli } from '../../optimization/moduli.js';
import { checkWeights, fitting } from '../parts/checks.js';
import { ProxOperator } from './prox-operator.js';

/** Options of {@link L1}. */
export interface L1Options<V extends AnyVector = AnyVector> {
  /**
   * The weight: a number, or a vector of non-negative real ones, one for each element.
   * @default 1
   */
  readonly sigma?: number | V;
}

const DEFAULTS = { sigma: 1 } satisfies Defaults<L1Options<never>>;

/**
 * `f(x) = σ ‖x‖₁`, or `Σ σᵢ|xᵢ|`. For complex elements the moduli count.
 *
 * prox: soft thresholding `max(|x| − τσ, 0) x/|x|`; dual prox: moduli are limited to σ. Both are
 * separable, without a reduction. value: one reduction. The check of a vector of weights costs two
 * reductions once. Source: Beck, "First-order methods in optimization", 2017, section 6.5.2.
 *
 * @throws {@link ArgumentError} unless weights are finite and at least 0, {@link ShapeError} if
 *   they do not fit.
 */
export class L1<V extends AnyVector = AnyVector> extends ProxOperator<V> {
  readonly sigma: number | V;
  constructor(options?: L1Options<V>) {
    super();
    const { sigma } = withDefaults('L1', options, DEFAULTS);
    checkWeights('L1', 'sigma', sigma);
    this.sigma = sigma;
  }
  override value(x: V, dots = plainDots): number {
    this.check(x, dots);
    const { sigma } = this;
    if (typeof sigma === 'number') return sigma * dots.norm(x, 1);
    return withModuli(x, (moduli) => dots.rdot(moduli, fitting('L1', 'sigma', sigma, moduli)));
  }
  protected override fill(x: V, tau: number, y: V): void {
    const { sigma } = this;
    if (typeof sigma === 'number') {
      const t = tau * sigma;
      x.map((a, b) => b.storage.backend.threshold('soft', t, a, b), y);
      return;
    }
    withModuli(x, (moduli) =>
      withWorkspace(moduli.space, (t: AnyVector) => {
        shrinkage(moduli, t.axpby(tau, fitting('L1', 'sigma', sigma, moduli), 0));
        multiplyReal(x, moduli, y);
      }),
    );
  }
  protected override fillDual(x: V, _tau: number, y: V): void {
    const { sigma } = this;
    if (typeof sigma === 'number' && !isComplex(x.dtype)) {
      clamp(x, -sigma, sigma, y);
      return;
    }
    // σ / max(|x|, σ)
    withModuli(x, (moduli) =>
      withWorkspace(moduli.space, (limit: AnyVector) => {
        const { backend } = moduli;
        if (typeof sigma === 'number') limit.fill(sigma);
        else limit.assign(fitting('L1', 'sigma', sigma, moduli));
        limit.map((a, b) => backend.binary('maximum', a, b, b), moduli);
        moduli.map((a) => backend.binary('maximum', a, tinyOf(moduli), a));
        limit.map((a, b) => backend.binary('divide', a, b, b), moduli);
        multiplyReal(x, moduli, y);
      }),
    );
  }
  override conjugateValue(y: V): number {
    this.check(y);
    const { sigma } = this;
    const slack = 1 + 8 * epsilonOf(y.dtype);
    if (typeof sigma === 'number')
      return y.norm(Number.POSITIVE_INFINITY) <= sigma * slack ? 0 : Number.POSITIVE_INFINITY;
    return withModuli(y, (moduli) => {
      moduli.axpby(-slack, fitting('L1', 'sigma', sigma, moduli), 1);
      moduli.map((a) => a.storage.backend.binary('maximum', a, 0, a));
      return moduli.norm(Number.POSITIVE_INFINITY) === 0 ? 0 : Number.POSITIVE_INFINITY;
    });
  }
}
