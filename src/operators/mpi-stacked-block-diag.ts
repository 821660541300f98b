import { type StackedDistributedArray, StackedSpace } from '../core/distributed/stacked-distributed-array.js';
import { fitting, type SpaceOptions, takenBy } from '../core/operator/linear-operator.js';
import type { AnyVector, Space } from '../core/vector/vector.js';
import { type BlockOperator, MPIStackedLinearOperator, stackOf } from './mpi-stacked-linear-operator.js';

/**
 * Distributed operators along the diagonal, one for each block of a stacked vector:
 * `(A x₀, B x₁, …)`.
 *
 * Cost: that of its operators.
 *
 * @example new MPIStackedBlockDiag([new MPILaplacian([5, 4]), new MPIFirstDerivative([7])])
 */
export class MPIStackedBlockDiag extends MPIStackedLinearOperator {
  readonly ops: readonly BlockOperator<AnyVector>[];

  /**
   * Makes the operator of a list of operators, one for each block.
   * @throws {@link PartitionError} unless all operators have one communicator
   */
  constructor(ops: readonly BlockOperator<AnyVector>[]) {
    const spec = stackOf('MPIStackedBlockDiag', ops);
    const total = (k: 0 | 1) => ops.reduce((n, op) => n + op.shape[k], 0);
    super({ dims: [total(1)], dimsd: [total(0)], ...spec });
    this.ops = [...ops];
  }

  override get zero(): boolean {
    return this.ops.every((op) => op.zero);
  }

  override domain(options?: SpaceOptions): StackedSpace {
    return StackedSpace.of(this.ops.map((op) => op.domain(options)));
  }

  override rangeOf(x: Space<StackedDistributedArray>): StackedSpace {
    const blocks = this.blocksOf(x, this.ops.length);
    return StackedSpace.of(
      this.ops.map((op, k) => op.rangeOf(fitting(op.dims, blocks[k] as Space<AnyVector>))),
    );
  }

  override domainOf(y: Space<StackedDistributedArray>): StackedSpace {
    const blocks = this.blocksOf(y, this.ops.length);
    return StackedSpace.of(
      this.ops.map((op, k) => op.domainOf(fitting(op.dimsd, blocks[k] as Space<AnyVector>))),
    );
  }

  protected override forward(x: StackedDistributedArray, y: StackedDistributedArray): void {
    this.ops.forEach((op, k) => op.matvec(takenBy(op.dims, x.arrays[k] as AnyVector), y.arrays[k]));
  }

  protected override adjoint(y: StackedDistributedArray, x: StackedDistributedArray): void {
    this.ops.forEach((op, k) =>
      op.rmatvec(takenBy(op.dimsd, y.arrays[k] as AnyVector), x.arrays[k] as AnyVector),
    );
  }
}
