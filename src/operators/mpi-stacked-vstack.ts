import type { Scalar } from '../core/complex.js';
import type { DistributedArray } from '../core/distributed-array.js';
import { PartitionError, ShapeError } from '../core/errors.js';
import { fitting, type SpaceOptions } from '../core/linear-operator.js';
import { sameShape } from '../core/shape.js';
import { type AnyDistributedSpace, type StackedDistributedArray, StackedSpace } from '../core/stacked-distributed-array.js';
import { type AnyVector, type Space, sameMemory, seenIn, type Vector } from '../core/vector.js';
import { type BlockOperator, MPIStackedLinearOperator, stackOf } from './mpi-stacked-linear-operator.js';

/**
 * Distributed operators on top of one another: `[A; B; …] x` is the stack of `A x`, `B x`, …, its adjoint the sum of `Aᴴ y₀`, `Bᴴ y₁`, ….
 *
 * Cost: that of its operators; no reduction of its own.
 */
export class MPIStackedVStack<M extends Vector<M> = DistributedArray> extends MPIStackedLinearOperator<M, StackedDistributedArray> {
  readonly ops: readonly BlockOperator<M>[];
  override readonly complexLinear: boolean;

  /** Errors: {@link ShapeError} unless all have as many columns, {@link PartitionError} unless all live on one communicator. */
  constructor(ops: readonly BlockOperator<M>[]) {
    const spec = stackOf('MPIStackedVStack', ops);
    const first = ops[0] as BlockOperator<M>;
    for (const op of ops) {
      if (op.shape[1] !== first.shape[1])
        throw new ShapeError(`MPIStackedVStack: expected ${first.shape[1]} columns of every operator, ${op.name} has ${op.shape[1]}`);
    }
    const { dims } = ops.find((op) => op.dims.length > 1) ?? first;
    super({ dims, dimsd: [ops.reduce((n, op) => n + op.shape[0], 0)], ...spec });
    this.ops = [...ops];
    this.complexLinear = ops.every((op) => op.complexLinear);
  }

  override get zero(): boolean {
    return this.ops.every((op) => op.zero);
  }

  override domain(options?: SpaceOptions): Space<M> {
    return (this.ops[0] as BlockOperator<M>).domain(options);
  }

  override rangeOf(x: Space<M>): StackedSpace {
    const input = x.withDType(this.inputDType(x.dtype));
    return StackedSpace.of(this.ops.map((op) => op.rangeOf(fitting(op.dims, input))));
  }

  override domainOf(y: Space<StackedDistributedArray>): Space<M> {
    const { children } = this.blocksOf(y, this.ops.length);
    const spaces = this.ops.map((op, k) =>
      op.domainOf((children[k] as AnyDistributedSpace).withDType(this.inputDType(y.dtype)) as Space<AnyVector>),
    );
    const first = (spaces.find((space) => sameShape(space.shape, this.dims)) ?? spaces[0]) as Space<M>;
    const odd = spaces.findIndex((space) => !sameMemory(space, first));
    if (odd >= 0)
      throw new PartitionError(`${this.name}: the blocks lead to different spaces: ${first} and, from block ${odd}, ${spaces[odd]}`);
    return first;
  }

  protected override forward(x: M, y: StackedDistributedArray): void {
    this.ops.forEach((op, k) => op.matvec(seenIn(x, fitting(op.dims, x.space)), y.arrays[k]));
  }

  protected override adjoint(y: StackedDistributedArray, x: M): void {
    this.ops.forEach((op, k) => (k === 0 ? op.rmatvec(y.arrays[k], x) : op.rmatvecAdd(y.arrays[k], x)));
  }

  protected override forwardAdd(x: M, y: StackedDistributedArray, alpha: Scalar): void {
    this.ops.forEach((op, k) => op.matvecAdd(seenIn(x, fitting(op.dims, x.space)), y.arrays[k], alpha));
  }

  protected override adjointAdd(y: StackedDistributedArray, x: M, alpha: Scalar): void {
    this.ops.forEach((op, k) => op.rmatvecAdd(y.arrays[k], x, alpha));
  }
}
