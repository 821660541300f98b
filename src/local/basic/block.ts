import { ArgumentError } from '../../core/base/errors.js';
import { isListOf, withDefaults } from '../../core/base/options.js';
import type { AnyLocalOperator } from '../local-operator.js';
import { HStack } from './h-stack.js';
import { STACK_DEFAULTS, type StackOptions } from './stack-operator.js';
import { VStack } from './v-stack.js';

/**
 * A matrix of operators: `yᵢ = Σⱼ Aᵢⱼ xⱼ`, with `Aᵢⱼ = ops[i][j]`. Shapes: flat to flat, with the
 * parts one after another. Cost: the sum of the costs of the operators. Memory: one work array for
 * the sums.
 *
 * @example new Block([[new Identity(3), new Zero(3)], [new Zero(3), new Flip(3)]])
 */
export class Block extends VStack {
  constructor(ops: readonly (readonly AnyLocalOperator[])[], options?: StackOptions) {
    withDefaults('Block', options, STACK_DEFAULTS);
    if (
      !isListOf<unknown>(ops, (row) => Array.isArray(row) && row.length === ops[0]?.length) ||
      ops.length === 0
    )
      throw new ArgumentError('Block: expected a list of rows, each a list of as many operators');
    super(
      ops.map((row) => new HStack(row, options)),
      options,
    );
  }
}
