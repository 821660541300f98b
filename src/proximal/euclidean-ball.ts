import { epsilonOf } from '../core/dtype.js';
import { checkOptions } from '../core/options.js';
import { type AnyVector, rdots } from '../core/vector.js';
import { withWorkspace } from '../core/workspace.js';
import { Indicator } from './indicator.js';
import { checkPositive, fitting } from './prox-operator.js';

export interface EuclideanBallOptions<V extends AnyVector = AnyVector> {
  /** @default 1 */
  readonly radius?: number;
  /** @default 0 */
  readonly center?: V | undefined;
}

/**
 * The indicator of `‖x − c‖₂ ≤ r`.
 *
 * prox: `c + (x − c) r / max(‖x − c‖, r)`; one reduction, as has value.
 * Source: Beck, "First-order methods in optimization", 2017, lemma 6.26.
 */
export class EuclideanBall<V extends AnyVector = AnyVector> extends Indicator<V> {
  readonly radius: number;
  readonly center: V | undefined;
  constructor(options: EuclideanBallOptions<V> = {}) {
    super();
    checkOptions('EuclideanBall', options, ['radius', 'center']);
    this.radius = checkPositive('EuclideanBall', 'radius', options.radius ?? 1);
    this.center = options.center;
  }
  override contains(x: V): boolean {
    return this.#centered(x, (offset) => offset.norm() <= this.radius * (1 + 16 * epsilonOf(x.dtype)));
  }
  #centered<R>(x: V, body: (offset: AnyVector) => R): R {
    if (!this.center) return body(x);
    const center = fitting('EuclideanBall', 'the center', this.center, x);
    return withWorkspace(x.space, (work: V) => body(work.assign(x).axpby(-1, center, 1)));
  }
  protected override fillProjection(x: V, y: V): void {
    const factor = this.#centered(x, (offset) => this.radius / Math.max(offset.norm(), this.radius));
    y.axpby(factor, x, 0);
    if (this.center) y.axpby(1 - factor, fitting('EuclideanBall', 'the center', this.center, x), 1);
  }
  override conjugateValue(y: V): number {
    const center = this.center && fitting('EuclideanBall', 'the center', this.center, y);
    const [square = 0, product = 0] = center ? rdots([y, y], [center, y]) : rdots([y, y]);
    return this.radius * Math.sqrt(square) + product;
  }
}
