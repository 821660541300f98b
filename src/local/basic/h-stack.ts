import { withDefaults } from '../../core/base/options.js';
import { product } from '../../core/base/shape.js';
import type { AnyLocalOperator } from '../local-operator.js';
import { checkOperators, collect, sharedShape, spread } from '../parts/stacking.js';
import { STACK_DEFAULTS, StackOperator, type StackOptions } from './stack-operator.js';

/**
 * Operators side by side: `y = Σ Aₖ xₖ`, `xₖ = Aₖᴴ y`. Shapes: the model is flat, with the parts
 * one after another. The data has the shape of the operators' data if all agree on it, and is flat
 * otherwise. Cost: the sum of the costs of the operators. Memory: one work array of the size of the
 * data for the sums.
 *
 * @example new HStack([new Identity(4), new FirstDerivative(4)])
 */
export class HStack extends StackOperator {
  constructor(ops: readonly AnyLocalOperator[], options?: StackOptions) {
    const { forceflat } = withDefaults('HStack', options, STACK_DEFAULTS);
    checkOperators('HStack', ops);
    const dimsd = sharedShape(
      'HStack',
      'rows',
      ops.map((op) => op.dimsd),
    );
    super(ops, { dims: ops.reduce((sum, op) => sum + product(op.dims), 0), dimsd }, forceflat, {
      forward: collect,
      adjoint: spread,
    });
  }
}
