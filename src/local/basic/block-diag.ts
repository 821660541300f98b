import type { NDArray } from '../../core/array/ndarray.js';
import { withDefaults } from '../../core/base/options.js';
import type { AnyLocalOperator } from '../local-operator.js';
import { alike, checkOperators, listedShape, pair } from '../parts/stacking.js';
import { STACK_DEFAULTS, StackOperator, type StackOptions } from './stack-operator.js';

/**
 * Operators along a diagonal: `yₖ = Aₖ xₖ`, `xₖ = Aₖᴴ yₖ`. Shapes: `[len(ops), …dims]` to
 * `[len(ops), …dimsd]`; flat, one part after the other, on a side where the operators' shapes
 * differ, and then results are flat on both. Cost: that of its operators; no work array.
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
    );
  }
  protected override forward(x: NDArray, y: NDArray): void {
    pair(this.forwardSteps, x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    pair(this.adjointSteps, y, x);
  }
}
