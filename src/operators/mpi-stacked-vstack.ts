import type { Scalar } from '../core/base/complex.js';
import { ShapeError } from '../core/base/errors.js';
import { memo } from '../core/base/memo.js';
import { sameShape } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { addInto, fillInto } from '../core/distributed/fill-into.js';
import { type StackedDistributedArray, StackedSpace } from '../core/distributed/stacked-distributed-array.js';
import { commonSpace, fitting, type SpaceOptions, takenBy } from '../core/operator/linear-operator.js';
import type { AnyVector, Space, Vector } from '../core/vector/vector.js';
import { type BlockOperator, MPIStackedLinearOperator, stackOf } from './mpi-stacked-linear-operator.js';

/**
 * Distributed operators on top of one another: `[A; B; …] x` is the stack of `A x`, `B x`, …. Its
 * adjoint is the sum of `Aᴴ y₀`, `Bᴴ y₁`, ….
 *
 * Cost: that of its operators. It adds no reduction.
 *
 * @example new MPIStackedVStack([new MPIFirstDerivative([5, 4]), new MPILaplacian([5, 4])])
 */
export class MPIStackedVStack<M extends Vector<M> = DistributedArray> extends MPIStackedLinearOperator<
  M,
  StackedDistributedArray
> {
  readonly ops: readonly BlockOperator<M>[];
  readonly #domains = new WeakMap<Space<StackedDistributedArray>, readonly Space<M>[]>();

  /**
   * Makes the operator of a list of operators, from top to bottom.
   * @throws {@link ShapeError} unless all operators have the same number of columns
   * @throws {@link PartitionError} unless all have one communicator
   */
  constructor(ops: readonly BlockOperator<M>[]) {
    const spec = stackOf('MPIStackedVStack', ops);
    const first = ops[0] as BlockOperator<M>;
    for (const op of ops) {
      if (op.shape[1] !== first.shape[1])
        throw new ShapeError(
          `MPIStackedVStack: expected ${first.shape[1]} columns of every operator, ${op.name} has ` +
            `${op.shape[1]}`,
        );
    }
    const { dims } = ops.find((op) => op.dims.length > 1) ?? first;
    super({ dims, dimsd: [ops.reduce((n, op) => n + op.shape[0], 0)], ...spec });
    this.ops = [...ops];
  }

  override get zero(): boolean {
    return this.ops.every((op) => op.zero);
  }

  override domain(options?: SpaceOptions): Space<M> {
    return (this.ops[0] as BlockOperator<M>).domain(options);
  }

  override rangeOf(x: Space<M>): StackedSpace {
    const input = this.given(x);
    return StackedSpace.of(this.ops.map((op) => op.rangeOf(fitting(op.dims, input))));
  }

  override domainOf(y: Space<StackedDistributedArray>): Space<M> {
    const spaces = this.#images(y);
    const natural = spaces.find((space) => sameShape(space.shape, this.dims)) ?? (spaces[0] as Space<M>);
    return commonSpace(this.name, natural, spaces);
  }

  /** The spaces of the results of the operators' adjoints, one for each block. */
  #images(y: Space<StackedDistributedArray>): readonly Space<M>[] {
    return memo(this.#domains, y, () => {
      const blocks = this.blocksOf(y, this.ops.length);
      return this.ops.map((op, k) => op.domainOf(fitting(op.dimsd, blocks[k] as Space<AnyVector>)));
    });
  }

  protected override forward(x: M, y: StackedDistributedArray): void {
    this.ops.forEach((op, k) => op.matvec(takenBy(op.dims, x), y.arrays[k]));
  }

  protected override adjoint(y: StackedDistributedArray, x: M): void {
    const op = this.ops[0] as BlockOperator<M>;
    const image = this.#images(y.space)[0] as Space<M>;
    const block = takenBy(op.dimsd, y.arrays[0] as AnyVector);
    if (image === x.space) op.rmatvec(block, x);
    else fillInto(image, x, (into) => void op.rmatvec(block, into));
    this.#add(y, x, 1, 1);
  }

  protected override forwardAdd(x: M, y: StackedDistributedArray, alpha: Scalar): void {
    this.ops.forEach((op, k) => op.matvecAdd(takenBy(op.dims, x), y.arrays[k], alpha));
  }

  protected override adjointAdd(y: StackedDistributedArray, x: M, alpha: Scalar): void {
    this.#add(y, x, alpha, 0);
  }

  /** Adds to x the results of the adjoints of the operators from `first` on. */
  #add(y: StackedDistributedArray, x: M, alpha: Scalar, first: number): void {
    const images = this.#images(y.space);
    for (let k = first; k < this.ops.length; k++) {
      const op = this.ops[k] as BlockOperator<M>;
      const block = takenBy(op.dimsd, y.arrays[k] as AnyVector);
      const image = images[k] as Space<M>;
      if (image === x.space) op.rmatvecAdd(block, x, alpha);
      else
        addInto(image, x, alpha, {
          add: (v) => void op.rmatvecAdd(block, v, alpha),
          fill: (v) => void op.rmatvec(block, v),
        });
    }
  }
}
