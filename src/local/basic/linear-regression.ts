import type { OperatorData } from '../device-constants.js';
import { Regression, type RegressionOptions } from './regression.js';

/** Options of {@link LinearRegression}. */
export type LinearRegressionOptions = RegressionOptions;

/**
 * Values of a line: `y[i] = x[0] + x[1] · taxis[i]`. Shapes: `[2]` to `[len(taxis)]`. Cost: `4·len`
 * flops. Memory: the matrix of the powers.
 *
 * @example new LinearRegression([0, 1, 2, 3])
 */
export class LinearRegression extends Regression {
  constructor(taxis: OperatorData, options: LinearRegressionOptions = {}) {
    super(taxis, 1, options);
  }
}
