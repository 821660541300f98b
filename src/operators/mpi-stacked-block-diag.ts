import type { SpaceOptions } from '../core/linear-operator.js';
import { type StackedDistributedArray, StackedSpace } from '../core/stacked-distributed-array.js';
import type { AnyVector, Space } from '../core/vector.js';
import { type BlockOperator, MPIStackedLinearOperator, stackOf } from './mpi-stacked-linear-operator.js';

/**
 * Distributed operators along the diagonal: each block of a stacked vector has its own, `(A x₀, B x₁, …)`.
 *
 * Cost: that of its operators.
 */
export class MPIStackedBlockDiag extends MPIStackedLinearOperator {
  readonly ops: readonly BlockOperator<AnyVector>[];
  override readonly complexLinear: boolean;

  /** Errors: {@link PartitionError} unless all live on one communicator. */
  constructor(ops: readonly BlockOperator<AnyVector>[]) {
    const spec = stackOf('MPIStackedBlockDiag', ops);
    const total = (k: 0 | 1) => ops.reduce((n, op) => n + op.shape[k], 0);
    super({ dims: [total(1)], dimsd: [total(0)], ...spec });
    this.ops = [...ops];
    this.complexLinear = ops.every((op) => op.complexLinear);
  }

  override get zero(): boolean {
    return this.ops.every((op) => op.zero);
  }

  override domain(options?: SpaceOptions): StackedSpace {
    return StackedSpace.of(this.ops.map((op) => op.domain(options)));
  }

  override rangeOf(x: Space<StackedDistributedArray>): StackedSpace {
    return StackedSpace.of(this.#inputs(x).map((space, k) => this.ops[k]?.rangeOf(space) as Space<unknown>));
  }

  override domainOf(y: Space<StackedDistributedArray>): StackedSpace {
    return StackedSpace.of(this.#inputs(y).map((space, k) => this.ops[k]?.domainOf(space) as Space<unknown>));
  }

  #inputs(space: Space<StackedDistributedArray>): Space<AnyVector>[] {
    return this.blocksOf(space, this.ops.length).children.map((child) => child.withDType(this.inputDType(space.dtype)) as Space<AnyVector>);
  }

  protected override forward(x: StackedDistributedArray, y: StackedDistributedArray): void {
    this.ops.forEach((op, k) => op.matvec(x.arrays[k] as AnyVector, y.arrays[k]));
  }

  protected override adjoint(y: StackedDistributedArray, x: StackedDistributedArray): void {
    this.ops.forEach((op, k) => op.rmatvec(y.arrays[k], x.arrays[k] as AnyVector));
  }
}
