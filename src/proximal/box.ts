import { isComplex } from '../core/dtype.js';
import { ArgumentError, DTypeError } from '../core/errors.js';
import { checkOptions } from '../core/options.js';
import type { AnyVector } from '../core/vector.js';
import { withWorkspace } from '../core/workspace.js';
import { clamp } from '../optimization/moduli.js';
import { Indicator } from './indicator.js';

export interface BoxOptions {
  /** @default -Infinity */
  readonly lower?: number;
  /** @default Infinity */
  readonly upper?: number;
}

/**
 * The indicator of `lower ≤ xᵢ ≤ upper`, for real vectors.
 *
 * prox: `min(max(x, lower), upper)`; separable, no reduction. value: one reduction.
 * Errors: {@link DTypeError} for complex vectors.
 */
export class Box extends Indicator {
  readonly lower: number;
  readonly upper: number;
  constructor(options: BoxOptions = {}) {
    super();
    checkOptions('Box', options, ['lower', 'upper']);
    this.lower = options.lower ?? Number.NEGATIVE_INFINITY;
    this.upper = options.upper ?? Number.POSITIVE_INFINITY;
    if (!(this.lower <= this.upper))
      throw new ArgumentError(`Box: expected lower to be at most upper, received ${String(this.lower)} and ${String(this.upper)}`);
  }
  override contains(x: AnyVector): boolean {
    return withWorkspace(x.space, (work: AnyVector) => {
      this.fillProjection(x, work);
      return work.axpby(-1, x, 1).norm(Number.POSITIVE_INFINITY) === 0;
    });
  }
  protected override fillProjection(x: AnyVector, y: AnyVector): void {
    if (isComplex(x.dtype)) throw new DTypeError(`Box: expected a real vector, complex numbers have no order, received ${x.dtype}`);
    clamp(x, this.lower, this.upper, y);
  }
}
