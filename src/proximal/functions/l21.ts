import { epsilonOf } from '../../core/base/dtype.js';
import { checkPositiveCount, type Defaults, withDefaults } from '../../core/base/options.js';
import { plainDots } from '../../core/vector/inner-products.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { shrinkBy } from '../../optimization/moduli.js';
import { checkPositive } from '../parts/checks.js';
import type { SigmaOptions } from './l0.js';
import { multiplyComponents, withLocalNorms } from './parts/components.js';
import { ProxOperator } from './prox-operator.js';

const DEFAULTS = { sigma: 1 } satisfies Defaults<SigmaOptions>;

/**
 * `f(x) = σ Σᵢ ‖(x₁ᵢ, …, xₙᵢ)‖₂` of a field of `ndim` components. The components are the blocks of
 * a stack (a distributed gradient), the slices along the leading axis of an array, or the equal
 * parts of a flat one.
 *
 * prox: `max(‖xᵢ‖ − τσ, 0) xᵢ/‖xᵢ‖`; dual prox: norms are limited to σ. Neither needs a
 * reduction. value: one reduction. Source: Beck, "First-order methods in optimization", 2017,
 * example 6.19 and theorem 6.6.
 *
 * @throws {@link ShapeError}, {@link PartitionError} if x has other components, or if they are not
 *   on one rank.
 */
export class L21 extends ProxOperator {
  readonly ndim: number;
  readonly sigma: number;
  constructor(ndim: number, options?: SigmaOptions) {
    super();
    const { sigma } = withDefaults('L21', options, DEFAULTS);
    checkPositiveCount('L21', { ndim });
    this.ndim = ndim;
    this.sigma = checkPositive('L21', 'sigma', sigma);
  }
  override value(x: AnyVector, dots = plainDots): number {
    this.check(x, dots);
    return withLocalNorms('L21', x, this.ndim, (norms, [, ...others]) => {
      for (const runs of others) for (const run of runs) run.storage.backend.fill(run, 0);
      return this.sigma * dots.norm(norms, 1);
    });
  }
  protected override fill(x: AnyVector, tau: number, y: AnyVector): void {
    const t = tau * this.sigma;
    withLocalNorms('L21', x, this.ndim, (norms, components) => {
      for (const run of components[0] ?? []) shrinkBy(t, 0, run);
      multiplyComponents(x, norms, components, y);
    });
  }
  protected override fillDual(x: AnyVector, _tau: number, y: AnyVector): void {
    withLocalNorms('L21', x, this.ndim, (norms, components) => {
      for (const run of components[0] ?? []) {
        const { backend } = run.storage;
        backend.binary('maximum', run, this.sigma, run);
        backend.binary('divide', this.sigma, run, run);
      }
      multiplyComponents(x, norms, components, y);
    });
  }
  override conjugateValue(y: AnyVector): number {
    this.check(y);
    return withLocalNorms('L21', y, this.ndim, (norms, [, ...others]) => {
      for (const runs of others) for (const run of runs) run.storage.backend.fill(run, 0);
      return norms.norm(Number.POSITIVE_INFINITY) <= this.sigma * (1 + 8 * epsilonOf(y.dtype))
        ? 0
        : Number.POSITIVE_INFINITY;
    });
  }
}
