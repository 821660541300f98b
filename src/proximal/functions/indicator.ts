import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import { type Filled, takeReturned } from '../../core/vector/returned.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { ProxOperator } from './prox-operator.js';

/**
 * The indicator of a closed set: 0 inside, Infinity outside. Its prox is the projection onto the
 * set for any τ.
 */
export abstract class Indicator<V extends AnyVector = AnyVector> extends ProxOperator<V> {
  /**
   * True if x is in the set, up to rounding. Collective for distributed vectors: one reduction,
   * unless stated otherwise.
   */
  abstract contains(x: V, dots?: InnerProducts): boolean;
  /** `P(x)`. Fills y, which may be x, or returns the projection without changing x. */
  protected abstract fillProjection(x: V, y: V, dots: InnerProducts): Filled<AnyVector>;

  /** Returns 0 or Infinity. */
  override value(x: V, dots = plainDots): number {
    return this.contains(x, dots) ? 0 : Number.POSITIVE_INFINITY;
  }
  protected override fill(x: V, _tau: number, y: V, dots: InnerProducts): void {
    const returned = this.fillProjection(x, y, dots);
    if (returned !== undefined || this.fillProjection.length < 2)
      takeReturned<AnyVector>(`${this.name}.prox`, returned, y);
  }
}
