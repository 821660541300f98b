import type { NDArray } from '../core/ndarray.js';
import { product } from '../core/shape.js';
import type { AnyLocalOperator } from './local-operator.js';
import { StackOperator } from './stack-operator.js';
import { checkOperators, pair } from './stacking.js';

/** Operators along a diagonal: `yₖ = Aₖ xₖ`, `xₖ = Aₖᴴ yₖ`. Shapes: flat to flat, one part after the other. Cost: that of its operators; no work array. */
export class BlockDiag extends StackOperator {
  constructor(ops: readonly AnyLocalOperator[]) {
    checkOperators('BlockDiag', ops);
    super(ops, { dims: ops.reduce((sum, op) => sum + product(op.dims), 0), dimsd: ops.reduce((sum, op) => sum + product(op.dimsd), 0) });
  }
  protected override forward(x: NDArray, y: NDArray): void {
    pair(this.forwardSteps, x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    pair(this.adjointSteps, y, x);
  }
}
