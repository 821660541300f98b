import type { DType } from '../core/base/dtype.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { commonSpec, givenDType, type SpaceOptions } from '../core/operator/linear-operator.js';
import type { Space } from '../core/vector/vector.js';
import { type LocalLinearOperator, MPILinearOperator } from './mpi-linear-operator.js';
import { MPIVStack } from './mpi-vstack.js';
import type { BlockOptions } from './rank-blocks.js';

/**
 * Local operators side by side, of which each rank has its own: `y = Σ_k A_k x_k`. The model is
 * SCATTER, distributed as the operators' columns, and the data is BROADCAST. It is the adjoint of
 * an {@link MPIVStack} of the adjoints.
 *
 * Cost: one object exchange at construction; forward one all-reduce of the data, adjoint nothing.
 *
 * @example new MPIHStack([new MatrixMult([[1, 2], [3, 4], [5, 6]])])
 */
export class MPIHStack extends MPILinearOperator {
  readonly ops: readonly LocalLinearOperator[];
  readonly #adjoint: MPIVStack;

  /**
   * Collective.
   * @param ops this rank's operators, in order; the operators of all ranks have data of one shape
   */
  constructor(ops: readonly LocalLinearOperator[], options: BlockOptions = {}) {
    // An element that is not an operator is passed on unchanged, so that MPIVStack throws on all
    // ranks.
    const stack = new MPIVStack(Array.isArray(ops) ? ops.map((op) => op?.H ?? op) : ops, options);
    const { dims: dimsd, dimsd: dims, comm, zero } = stack;
    super({ dims, dimsd, ...commonSpec([stack]), comm, zero });
    this.ops = [...ops];
    this.#adjoint = stack;
  }

  /** Vectors keep their own dtypes, which the operators may convert. */
  protected override inputDType(dtype: DType): DType {
    return givenDType(this, dtype);
  }

  override domain(options?: SpaceOptions): Space<DistributedArray> {
    return this.#adjoint.range(options);
  }
  override rangeOf(x: Space<DistributedArray>): Space<DistributedArray> {
    return this.#adjoint.domainOf(x);
  }
  override domainOf(y: Space<DistributedArray>): Space<DistributedArray> {
    return this.#adjoint.rangeOf(y);
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#adjoint.rmatvec(x, y);
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#adjoint.matvec(y, x);
  }
}
