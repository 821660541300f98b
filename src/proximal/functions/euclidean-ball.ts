import { epsilonOf } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import { type AnyVector, checkVector } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { checkPositive, fitting } from '../parts/checks.js';
import { Indicator } from './indicator.js';

/** Options of {@link EuclideanBall}. */
export interface EuclideanBallOptions<V extends AnyVector = AnyVector> {
  /** @default 1 */
  readonly radius?: number;
  /** A vector, or a number for a vector with that value everywhere. @default 0 */
  readonly center?: V | number | undefined;
}

const DEFAULTS = { radius: 1, center: 0 } satisfies Defaults<EuclideanBallOptions<never>>;

/**
 * The indicator of `‖x − c‖₂ ≤ r`.
 *
 * prox: `c + (x − c) r / max(‖x − c‖, r)`. prox and value cost one reduction each. Source: Beck,
 * "First-order methods in optimization", 2017, lemma 6.26.
 */
export class EuclideanBall<V extends AnyVector = AnyVector> extends Indicator<V> {
  readonly radius: number;
  readonly center: V | number;
  constructor(options?: EuclideanBallOptions<V>) {
    super();
    const { center, radius } = withDefaults('EuclideanBall', options, DEFAULTS);
    this.radius = checkPositive('EuclideanBall', 'radius', radius);
    if (typeof center !== 'number') checkVector('EuclideanBall', 'center', center);
    else if (!Number.isFinite(center))
      throw new ArgumentError(`EuclideanBall: expected center to be finite, received ${center}`);
    this.center = center;
  }
  override contains(x: V, dots = plainDots): boolean {
    this.check(x, dots);
    return this.#centered(x, (offset) => dots.norm(offset) <= this.radius * (1 + 16 * epsilonOf(x.dtype)));
  }
  /** `y ← y + w c` */
  #shift(y: AnyVector, w: number): AnyVector {
    const { center } = this;
    if (typeof center !== 'number') return y.axpby(w, fitting('EuclideanBall', 'center', center, y), 1);
    return center === 0 ? y : y.map((a, b) => y.backend.binary('add', a, w * center, b));
  }
  #centered<R>(x: V, body: (offset: AnyVector) => R): R {
    if (this.center === 0) return body(x);
    return withWorkspace(x.space, (work: V) => body(this.#shift(work.assign(x), -1)));
  }
  protected override fillProjection(x: V, y: V, dots: InnerProducts): void {
    this.#centered(x, (offset) => {
      const norm = dots.norm(offset);
      if (norm <= this.radius) {
        if (y !== x) y.assign(x);
        return;
      }
      // c + (x − c) r/‖x − c‖, with the difference first: a mean of c and x would lose its digits
      // if c is large
      this.#shift(y.axpby(this.radius / norm, offset, 0), 1);
    });
  }
  override conjugateValue(y: V, dots = plainDots): number {
    this.check(y, dots);
    const { center } = this;
    if (typeof center !== 'number')
      return this.radius * dots.norm(y) + dots.rdot(fitting('EuclideanBall', 'center', center, y), y);
    if (center === 0) return this.radius * dots.norm(y);
    return withWorkspace(
      y.space,
      (ones: V) => this.radius * dots.norm(y) + center * dots.rdot(ones.fill(1), y),
    );
  }
}
