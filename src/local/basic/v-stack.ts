import { withDefaults } from '../../core/base/options.js';
import { product } from '../../core/base/shape.js';
import type { AnyLocalOperator } from '../local-operator.js';
import { checkOperators, collect, sharedShape, spread } from '../parts/stacking.js';
import { STACK_DEFAULTS, StackOperator, type StackOptions } from './stack-operator.js';

/**
 * Operators one above the other: `y = [A₁ x; A₂ x; …]`, `x = Σ Aₖᴴ yₖ`. Shapes: the model has the
 * shape of the operators' models if all agree on it, and is flat otherwise. The data is flat, with
 * the parts one after another. Cost: the sum of the costs of the operators. Memory: one work array
 * of the size of the model for the sums of the adjoint.
 *
 * @example new VStack([new Identity(4), new FirstDerivative(4)])
 */
export class VStack extends StackOperator {
  constructor(ops: readonly AnyLocalOperator[], options?: StackOptions) {
    const { forceflat } = withDefaults('VStack', options, STACK_DEFAULTS);
    checkOperators('VStack', ops);
    const dims = sharedShape(
      'VStack',
      'columns',
      ops.map((op) => op.dims),
    );
    super(ops, { dims, dimsd: ops.reduce((sum, op) => sum + product(op.dimsd), 0) }, forceflat, {
      forward: spread,
      adjoint: collect,
    });
  }
}
