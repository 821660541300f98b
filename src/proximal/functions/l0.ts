import { type Defaults, withDefaults } from '../../core/base/options.js';
import { plainDots } from '../../core/vector/inner-products.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { multiplyReal, withModuli } from '../../optimization/moduli.js';
import { checkWeights, fitting } from '../parts/checks.js';
import { ProxOperator } from './prox-operator.js';

/** Options of {@link L0}. */
export interface SigmaOptions {
  /** Weight of the function. @default 1 */
  readonly sigma?: number;
}

export interface L0Options<V extends AnyVector = AnyVector> {
  /**
   * The weight: a number, or a vector of non-negative real ones, one for each element.
   * @default 1
   */
  readonly sigma?: number | V;
}

const DEFAULTS = { sigma: 1 } satisfies Defaults<L0Options<never>>;

/**
 * `f(x) = σ ‖x‖₀`, the number of nonzeros, or the sum of their weights `σᵢ`. Not convex.
 *
 * prox: hard thresholding, 0 if `|x| ≤ √(2τσ)`, otherwise x; separable, without a reduction. value:
 * one reduction. Source: Parikh and Boyd, "Proximal algorithms", 2014; Blumensath and Davies,
 * "Iterative thresholding for sparse approximations", 2008.
 *
 * @throws the errors of {@link L1}.
 */
export class L0<V extends AnyVector = AnyVector> extends ProxOperator<V> {
  readonly sigma: number | V;
  constructor(options?: L0Options<V>) {
    super();
    const { sigma } = withDefaults('L0', options, DEFAULTS);
    checkWeights('L0', 'sigma', sigma);
    this.sigma = sigma;
  }
  override value(x: V, dots = plainDots): number {
    this.check(x, dots);
    const { sigma } = this;
    if (typeof sigma === 'number') return sigma * dots.norm(x, 0);
    return withModuli(x, (nonzero) => {
      nonzero.map((a) => x.backend.unary('sign', a, a));
      return dots.rdot(nonzero, fitting('L0', 'sigma', sigma, nonzero));
    });
  }
  protected override fill(x: V, tau: number, y: V): void {
    const { sigma } = this;
    const { backend } = x;
    if (typeof sigma === 'number') {
      const t = tau * sigma;
      x.map((a, b) => backend.threshold('hard', t, a, b), y);
      return;
    }
    withModuli(x, (kept) =>
      withWorkspace(kept.space, (cut: AnyVector) => {
        cut.axpby(2 * tau, fitting('L0', 'sigma', sigma, kept), 0);
        cut.map((a) => backend.unary('sqrt', a, a));
        // 1 if the modulus is above the cut, otherwise 0
        kept.axpby(-1, cut, 1);
        kept.map((a) => backend.binary('maximum', a, 0, a));
        kept.map((a) => backend.unary('sign', a, a));
        multiplyReal(x, kept, y);
      }),
    );
  }
}
