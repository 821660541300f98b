import { isComplex, isDouble } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { withWorkspace, withWorkspaces } from '../../core/vector/workspace.js';
import { checkOnAll, checkRealVector, fitting } from '../parts/checks.js';
import { Indicator } from './indicator.js';

/** Options of {@link Box}. */
export interface BoxOptions<V extends AnyVector = AnyVector> {
  /** A number, or a real vector with one for each element. @default -Infinity */
  readonly lower?: number | V;
  /** A number, or a real vector with one for each element. @default Infinity */
  readonly upper?: number | V;
}

const DEFAULTS = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY } satisfies Defaults<
  BoxOptions<never>
>;

/**
 * The indicator of `lowerᵢ ≤ xᵢ ≤ upperᵢ`, for real vectors.
 *
 * prox: `min(max(x, lower), upper)`; separable, without a reduction. value: one reduction. Vectors
 * of bounds are compared once, for one reduction.
 *
 * @throws {@link DTypeError} for complex vectors, {@link ArgumentError} if a lower bound is above
 *   its upper one, or NaN, {@link ShapeError} if bounds do not fit.
 */
export class Box<V extends AnyVector = AnyVector> extends Indicator<V> {
  readonly lower: number | V;
  readonly upper: number | V;
  constructor(options?: BoxOptions<V>) {
    super();
    const { lower, upper } = withDefaults('Box', options, DEFAULTS);
    checkBounds(lower, upper);
    this.lower = lower;
    this.upper = upper;
  }
  override contains(x: V): boolean {
    this.check(x);
    return withWorkspace(x.space, (work: V) => {
      this.fillProjection(x, work);
      return work.axpby(-1, x, 1).norm(Number.POSITIVE_INFINITY) === 0;
    });
  }
  protected override fillProjection(x: V, y: V): void {
    if (isComplex(x.dtype))
      throw new DTypeError(`Box: expected a real vector, complex numbers have no order, received ${x.dtype}`);
    if (y !== x) y.assign(x);
    limit(y, 'maximum', 'lower', this.lower);
    limit(y, 'minimum', 'upper', this.upper);
  }
}

/** `y ← max(y, bound)`, or `min(y, bound)`. */
function limit(y: AnyVector, which: 'maximum' | 'minimum', name: string, bound: number | AnyVector): void {
  const { backend } = y;
  if (typeof bound !== 'number')
    fitting('Box', name, bound, y).map((limits, a) => backend.binary(which, a, limits, a), y);
  else if (Number.isFinite(bound)) y.map((a, b) => backend.binary(which, a, bound, b));
}

/**
 * Throws {@link ArgumentError} unless lower bounds are at most the upper ones. No bound may be NaN.
 */
function checkBounds(lower: number | AnyVector, upper: number | AnyVector): void {
  if (typeof lower === 'number' && typeof upper === 'number') {
    if (!(lower <= upper && lower < Number.POSITIVE_INFINITY && upper > Number.NEGATIVE_INFINITY))
      throw new ArgumentError(
        `Box: expected lower to be at most upper, with numbers between them, received ${lower} and ${upper}`,
      );
    return;
  }
  const bounds = { lower, upper };
  for (const [name, bound] of Object.entries(bounds))
    if (typeof bound !== 'number') checkRealVector('Box', name, bound);
  const [name, vector] =
    typeof lower === 'number' ? (['upper', upper] as const) : (['lower', lower] as const);
  const like = vector as AnyVector;
  const ordered = withWorkspaces([like.space, like.space], ([l, u]) => {
    const largest = isDouble(like.dtype) ? Number.MAX_VALUE : (2 - 2 ** -23) * 2 ** 127;
    const finite = (w: AnyVector, side: 'lower' | 'upper'): AnyVector => {
      const bound = bounds[side];
      if (typeof bound === 'number') w.fill(bound);
      else w.assign(fitting('Box', side, bound, like));
      limit(w, 'maximum', side, -largest);
      limit(w, 'minimum', side, largest);
      return w;
    };
    const above = finite(l as AnyVector, 'lower').axpby(-1, finite(u as AnyVector, 'upper'), 1);
    limit(above, 'maximum', 'lower', 0);
    return above.norm(Number.POSITIVE_INFINITY) === 0;
  });
  checkOnAll('Box', name, like, ordered, 'ordered: lower at most upper, none NaN');
}
