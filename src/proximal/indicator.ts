import type { AnyVector } from '../core/vector.js';
import { ProxOperator } from './prox-operator.js';

/** The indicator of a closed set: 0 inside, Infinity outside. Its prox is the projection on the set, whatever τ. */
export abstract class Indicator<V extends AnyVector = AnyVector> extends ProxOperator<V> {
  /** True where x is in the set, but for rounding. Collective for distributed vectors: one reduction, unless stated otherwise. */
  abstract contains(x: V): boolean;
  /** `y ← P(x)`; y may be x. */
  protected abstract fillProjection(x: V, y: V): void;

  /** 0 or Infinity. */
  override value(x: V): number {
    return this.contains(x) ? 0 : Number.POSITIVE_INFINITY;
  }
  protected override fill(x: V, _tau: number, y: V): void {
    this.fillProjection(x, y);
  }
}
