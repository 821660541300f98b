import { epsilonOf, isComplex } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { checkOptions } from '../core/options.js';
import { type AnyVector, rdots } from '../core/vector.js';
import { withWorkspace } from '../core/workspace.js';
import { multiplyReal, shrinkage, withModuli } from '../optimization/moduli.js';
import { checkPositive, fitting, ProxOperator } from './prox-operator.js';

export interface L1Options<V extends AnyVector = AnyVector> {
  /** Weight: a number, or a vector of non-negative real ones, one for each element. @default 1 */
  readonly sigma?: number | V;
}

/**
 * `f(x) = σ ‖x‖₁`, or `Σ σᵢ|xᵢ|`; of complex elements the moduli count.
 *
 * prox: soft thresholding `max(|x| − τσ, 0) x/|x|`; dual prox: the modulus is cut off at σ; separable, no reduction. value: one reduction.
 * Source: Beck, "First-order methods in optimization", 2017, section 6.5.2.
 */
export class L1<V extends AnyVector = AnyVector> extends ProxOperator<V> {
  readonly sigma: number | V;
  constructor(options: L1Options<V> = {}) {
    super();
    checkOptions('L1', options, ['sigma']);
    const { sigma = 1 } = options;
    if (typeof sigma === 'number') checkPositive('L1', 'sigma', sigma);
    else if (isComplex(sigma.dtype)) throw new ArgumentError('L1: expected real weights, received complex ones');
    this.sigma = sigma;
  }
  override value(x: V): number {
    const { sigma } = this;
    if (typeof sigma === 'number') return sigma * x.norm(1);
    return withModuli(x, (moduli) => rdots([moduli, fitting('L1', 'sigma', sigma, moduli)])[0] as number);
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
  override conjugateValue(y: V): number {
    const { sigma } = this;
    const slack = 1 + 8 * epsilonOf(y.dtype);
    if (typeof sigma === 'number') return y.norm(Number.POSITIVE_INFINITY) <= sigma * slack ? 0 : Number.POSITIVE_INFINITY;
    return withModuli(y, (moduli) => {
      moduli.axpby(-slack, fitting('L1', 'sigma', sigma, moduli), 1);
      moduli.map((a) => a.storage.backend.binary('maximum', a, 0, a));
      return moduli.norm(Number.POSITIVE_INFINITY) === 0 ? 0 : Number.POSITIVE_INFINITY;
    });
  }
}
