import { withDefaults } from '../../core/base/options.js';
import type { AnyLocalOperator } from '../local-operator.js';
import { alike, checkOperators, listedShape, pair } from '../parts/stacking.js';
import { STACK_DEFAULTS, StackOperator, type StackOptions } from './stack-operator.js';

/**
 * Operators along a diagonal: `yₖ = Aₖ xₖ`, `xₖ = Aₖᴴ yₖ`. Shapes: `[len(ops), …dims]` to
 * `[len(ops), …dimsd]`. If the shapes of the operators differ on one side, vectors of that side are
 * flat, with the parts one after another, and results of both directions are flat. Cost: the sum of
 * the costs of the operators. No work array.
 *
 * @example new BlockDiag([new Identity(4), new Sum([2, 3])])
 */
export class BlockDiag extends StackOperator {
  constructor(ops: readonly AnyLocalOperator[], options?: StackOptions) {
    const { forceflat } = withDefaults('BlockDiag', options, STACK_DEFAULTS);
    checkOperators('BlockDiag', ops);
    const [models, data] = [ops.map((op) => op.dims), ops.map((op) => op.dimsd)];
    super(
      ops,
      { dims: listedShape(models), dimsd: listedShape(data) },
      forceflat || !alike(models) || !alike(data),
      { forward: pair, adjoint: pair },
    );
  }
}
