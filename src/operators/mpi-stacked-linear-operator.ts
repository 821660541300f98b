import type { DType } from '../core/base/dtype.js';
import { ArgumentError, PartitionError } from '../core/base/errors.js';
import { checkList } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { type StackedDistributedArray, StackedSpace } from '../core/distributed/stacked-distributed-array.js';
import {
  type AnyOperator,
  commonSpec,
  givenDType,
  LinearOperator,
  type OperatorSpec,
} from '../core/operator/linear-operator.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveCommunicator } from '../core/ports/defaults.js';
import type { AnyVector, Space, Vector } from '../core/vector/vector.js';
import { checkSpace, vectorIn } from '../core/vector/vector.js';

/**
 * A linear operator with models or data that may be stacks of distributed arrays: the base class of
 * stacked operators, those of users included. Such operators can be added to and multiplied with
 * other distributed operators if the spaces agree.
 */
export abstract class MPIStackedLinearOperator<
  M extends Vector<M> = StackedDistributedArray,
  D extends Vector<D> = StackedDistributedArray,
> extends LinearOperator<M, D> {
  declare readonly comm: Communicator;

  constructor(spec: OperatorSpec) {
    super({ ...spec, comm: resolveCommunicator(spec.comm) });
  }

  /** Blocks keep their own dtypes, which their operators may convert. */
  protected override inputDType(dtype: DType): DType {
    return givenDType(this, dtype);
  }

  /**
   * A space in the dtype in which the operators of the stack take its vectors. Integers have the
   * dtype of the stack.
   */
  protected given<V>(space: Space<V>): Space<V> {
    checkSpace(this.name, space);
    const dtype = this.inputDType(space.dtype);
    return dtype === space.dtype ? space : (space.withDType(dtype) as Space<V>);
  }

  /**
   * The spaces of the blocks of a stacked space.
   * @throws {@link PartitionError} unless there are `blocks` of them
   */
  protected blocksOf(space: Space<unknown>, blocks: number): readonly Space<AnyVector>[] {
    if (!(space instanceof StackedSpace))
      throw new PartitionError(
        `${this.name}: expected a StackedDistributedArray of ${blocks} blocks, received ${vectorIn(space)}`,
      );
    if (space.children.length !== blocks)
      throw new PartitionError(`${this.name}: expected ${blocks} blocks, received ${space.children.length}`);
    return (this.given(space as Space<AnyVector>) as unknown as StackedSpace)
      .children as readonly Space<AnyVector>[];
  }
}

/** An operator between distributed vectors of either kind, as a block of a stack. */
// biome-ignore lint/suspicious/noExplicitAny: a block may map to arrays or to stacks
export type BlockOperator<M extends Vector<M>> = LinearOperator<M, any>;

/**
 * The dtype that holds the results of all operators, and the communicator that they share.
 * @throws {@link ArgumentError} unless all are distributed operators
 * @throws {@link PartitionError} unless they have one communicator
 */
export function stackOf(owner: string, ops: readonly AnyOperator[]) {
  checkList(owner, 'operators', ops);
  const first = ops[0];
  if (!first) throw new ArgumentError(`${owner}: expected at least one operator, received none`);
  for (const op of ops) {
    if (!(op instanceof LinearOperator) || !op.comm)
      throw new ArgumentError(`${owner}: expected distributed operators, received ${textOf(op)}`);
    if (op.comm.id !== first.comm?.id)
      throw new PartitionError(`${owner}: the operators are on different communicators`);
  }
  return { ...commonSpec(ops), comm: first.comm as Communicator };
}
