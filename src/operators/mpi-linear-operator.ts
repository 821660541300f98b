import { type NDArray, NDArraySpace } from '../core/array/ndarray.js';
import type { DType } from '../core/base/dtype.js';
import { PartitionError } from '../core/base/errors.js';
import { withDefaults } from '../core/base/options.js';
import type { Shape } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import { DistributedSpace, type Partition } from '../core/distributed/space.js';
import {
  checkOperator,
  commonSpec,
  LinearOperator,
  naturalSpace,
  type OperatorSpec,
  type SpaceOptions,
} from '../core/operator/linear-operator.js';
import type { Communicator } from '../core/ports/communicator.js';
import { resolveBackend, resolveCommunicator } from '../core/ports/defaults.js';
import type { Space } from '../core/vector/vector.js';
import { vectorIn } from '../core/vector/vector.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';

/** A linear operator of one rank, of which distributed operators are made. */
export type LocalLinearOperator = LinearOperator<NDArray, NDArray>;

/**
 * A linear operator from distributed arrays to distributed arrays: the base class of distributed
 * operators, those of users included.
 *
 * Vectors have the global shape `dims` (`dimsd`), or are flat of that size. By default domain and
 * range are one space. A subclass with different spaces overrides `domain`, `rangeOf` and
 * `domainOf`, which never communicate.
 */
export abstract class MPILinearOperator extends LinearOperator<DistributedArray, DistributedArray> {
  declare readonly comm: Communicator;

  constructor(spec: OperatorSpec) {
    super({ ...spec, comm: resolveCommunicator(spec.comm) });
  }

  /**
   * Makes a distributed operator of an operator of one rank. Every rank applies it to its copy of a
   * BROADCAST vector. The result is a BROADCAST vector. Nothing is sent.
   */
  static wrap(op: LocalLinearOperator, options?: DistributedOptions): MPILinearOperator {
    const { comm } = withDefaults('MPILinearOperator.wrap', options, DISTRIBUTED_DEFAULTS);
    checkOperator('MPILinearOperator.wrap', op);
    return new Replicated(op, comm);
  }

  override domain(options: SpaceOptions = {}): Space<DistributedArray> {
    return this.spaceOn(Layout.split(this.dims, this.comm.size), options);
  }

  /** The space of a layout on this operator's communicator. */
  protected spaceOn(
    layout: Layout,
    options: SpaceOptions = {},
    partition: Partition = layout.replicated ? 'BROADCAST' : 'SCATTER',
  ): DistributedSpace {
    return DistributedSpace.of({
      layout,
      partition,
      comm: this.comm,
      ...naturalSpace(this, options),
    });
  }

  protected override checkShape(space: Space<unknown>, dims: Shape): void {
    super.checkShape(space, dims);
    this.checkComm(space);
  }

  /**
   * Returns a space that must be distributed over this operator's communicator.
   * @throws {@link PartitionError} if it is not
   */
  protected checkComm(space: Space<unknown>): DistributedSpace {
    if (!(space instanceof DistributedSpace))
      throw new PartitionError(
        `${this.name}: expected a DistributedArray, received ${vectorIn(space)}: ` +
          'DistributedArray.toDist(x) distributes an array that all ranks have',
      );
    if (space.comm.id !== this.comm.id) {
      throw new PartitionError(
        `${this.name} is on communicator ${this.comm.id}, the array on communicator ` +
          `${space.comm.id}: make both with the same comm`,
      );
    }
    return space;
  }
}

class Replicated extends MPILinearOperator {
  readonly #op: LocalLinearOperator;

  constructor(op: LocalLinearOperator, comm: Communicator | undefined) {
    super({ dims: op.dims, dimsd: op.dimsd, ...commonSpec([op]), comm });
    this.#op = op;
  }
  override get zero(): boolean {
    return this.#op.zero;
  }
  override get name(): string {
    return `MPILinearOperator(${this.#op.name})`;
  }
  override domain(options: SpaceOptions = {}): DistributedSpace {
    const { dtype } = this.#op.domain({ ...options, backend: resolveBackend(options.backend) });
    return this.spaceOn(Layout.replicated(this.dims, this.comm.size), { ...options, dtype });
  }
  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    return this.#image(x, this.dims, (local) => this.#op.rangeOf(local));
  }
  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.#image(y, this.dimsd, (local) => this.#op.domainOf(local));
  }
  #image(
    space: Space<DistributedArray>,
    from: Shape,
    imageOf: (local: NDArraySpace) => Space<NDArray>,
  ): DistributedSpace {
    this.checkShape(space, from);
    const input = this.checkComm(space);
    if (!input.layout.replicated)
      throw new PartitionError(
        `${this.name}: expected a BROADCAST array, received ${input.partition}: every rank needs the ` +
          'whole vector',
      );
    const { shape, dtype } = imageOf(NDArraySpace.of(space.shape, space.dtype, space.backend));
    return input.withDType(dtype).withLayout(Layout.replicated(shape, this.comm.size));
  }
  /** The inner operator converts the dtype. */
  protected override inputDType(dtype: DType): DType {
    return dtype;
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#op.matvec(x.local, y.local);
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#op.rmatvec(y.local, x.local);
  }
}
