import { checkOptions } from '../core/options.js';
import type { AnyVector } from '../core/vector.js';
import { checkPositive, ProxOperator } from './prox-operator.js';

export interface SigmaOptions {
  /** Weight of the function. @default 1 */
  readonly sigma?: number;
}

/**
 * `f(x) = σ ‖x‖₀`, the number of nonzeros. Not convex.
 *
 * prox: hard thresholding, 0 where `|x| ≤ √(2τσ)` and x elsewhere; separable, no reduction. value: one reduction.
 * Source: Parikh and Boyd, "Proximal algorithms", 2014; Blumensath and Davies, "Iterative thresholding for sparse approximations", 2008.
 */
export class L0 extends ProxOperator {
  readonly sigma: number;
  constructor(options: SigmaOptions = {}) {
    super();
    checkOptions('L0', options, ['sigma']);
    this.sigma = checkPositive('L0', 'sigma', options.sigma ?? 1);
  }
  override value(x: AnyVector): number {
    return this.sigma * x.norm(0);
  }
  protected override fill(x: AnyVector, tau: number, y: AnyVector): void {
    const t = tau * this.sigma;
    x.map((a, b) => b.storage.backend.threshold('hard', t, a, b), y);
  }
}
