import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type { OperatorData } from '../device-constants.js';
import { finiteNumbers } from '../parts/host-numbers.js';
import { MatrixMult } from './matrix-mult.js';

/** Options of {@link Regression}. */
export interface RegressionOptions {
  /** @default 'float64' */
  readonly dtype?: DType;
}

const DEFAULTS = { dtype: 'float64' } satisfies Defaults<RegressionOptions>;

/**
 * Values of a polynomial: `y[i] = Σₖ x[k] · taxis[i]ᵏ`, k from 0 to `order`. Solving for x is
 * polynomial regression. Shapes: `[order + 1]` to `[len(taxis)]`. Cost: `2·len·(order + 1)` flops.
 * Memory: the matrix of the powers.
 *
 * @example new Regression([0, 1, 2, 3], 2)
 */
export class Regression extends MatrixMult {
  readonly order: number;
  constructor(taxis: OperatorData, order: number, options?: RegressionOptions) {
    const { dtype } = withDefaults('Regression', options, DEFAULTS);
    super(powers(taxis, order), { dtype });
    this.order = order;
  }
  /**
   * Evaluates the polynomial with coefficients `x` at other places `t`.
   *
   * @returns a new array
   */
  apply(t: OperatorData, x: NDArray): NDArray {
    return new MatrixMult(powers(t, this.order), { dtype: this.dtype }).matvec(x);
  }
}

function powers(taxis: OperatorData, order: number): number[][] {
  if (!Number.isSafeInteger(order) || order < 0 || order >= 2 ** 31)
    throw new ArgumentError(
      `Regression: expected order to be a non-negative integer below 2^31, received ${textOf(order)}`,
    );
  return [...finiteNumbers('Regression', 'taxis', taxis, 1)].map((t) =>
    Array.from({ length: order + 1 }, (_, k) => t ** k),
  );
}
