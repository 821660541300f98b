import type { NDArray } from '../core/array/ndarray.js';
import type { DType } from '../core/base/dtype.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import type { DistributedSpace } from '../core/distributed/space.js';
import { givenDType, type SpaceOptions } from '../core/operator/linear-operator.js';
import type { Space } from '../core/vector/vector.js';
import { type LocalLinearOperator, MPILinearOperator } from './mpi-linear-operator.js';
import { BlockForm } from './parts/block-form.js';
import { type BlockOptions, BlockViews, RankBlocks } from './rank-blocks.js';

/**
 * Local operators along the diagonal, of which each rank has its own: `y_k = A_k x_k`. The model is
 * distributed as the operators' columns, the data as their rows. If the operators' shapes differ
 * along the first axis only, the operator is N-dimensional and distributed along that axis.
 * Otherwise it is flat. A rank may have no operators.
 *
 * Cost: one object exchange at construction. Later nothing is sent, unless a vector is cut at other
 * places and has to be aligned.
 *
 * @example new MPIBlockDiag([new FirstDerivative([2, 5])])
 */
export class MPIBlockDiag extends MPILinearOperator {
  readonly ops: readonly LocalLinearOperator[];
  readonly #blocks: RankBlocks;
  readonly #model: BlockForm;
  readonly #data: BlockForm;
  readonly #modelViews: BlockViews;
  readonly #dataViews: BlockViews;

  /**
   * Collective.
   * @param ops this rank's operators, in order
   */
  constructor(ops: readonly LocalLinearOperator[], options: BlockOptions = {}) {
    const blocks = new RankBlocks('MPIBlockDiag', ops, options);
    const model = new BlockForm(blocks.dims);
    const data = new BlockForm(blocks.dimsd);
    super({ dims: model.shape, dimsd: data.shape, ...blocks.spec });
    this.ops = blocks.ops;
    this.#blocks = blocks;
    this.#model = model;
    this.#data = data;
    this.#modelViews = new BlockViews(ops.map((op) => op.dims));
    this.#dataViews = new BlockViews(ops.map((op) => op.dimsd));
  }

  override domain(options?: SpaceOptions): DistributedSpace {
    const space = this.spaceOn(this.#model.layout, options);
    return options?.dtype ? space : space.withDType(this.#blocks.modelDType(space.dtype));
  }

  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    return this.#image(x, this.#model, this.#data, 'forward');
  }

  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.#image(y, this.#data, this.#model, 'adjoint');
  }

  #image(
    space: Space<DistributedArray>,
    from: BlockForm,
    to: BlockForm,
    direction: 'forward' | 'adjoint',
  ): DistributedSpace {
    const input = this.checkComm(space);
    from.check(this.name, input);
    return to
      .spaceLike(input, from)
      .withDType(this.#blocks.imageDType(direction, this.inputDType(space.dtype)));
  }

  /** Vectors keep their own dtypes, which the operators may convert. */
  protected override inputDType(dtype: DType): DType {
    return givenDType(this, dtype);
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#model.read(x, (from) => this.#data.write(y, (to) => this.#each('forward', from, to)));
  }

  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#data.read(y, (from) => this.#model.write(x, (to) => this.#each('adjoint', from, to)));
  }

  #each(direction: 'forward' | 'adjoint', x: DistributedArray, y: DistributedArray): void {
    const forward = direction === 'forward';
    const from = (forward ? this.#modelViews : this.#dataViews).of(x.local);
    const to = (forward ? this.#dataViews : this.#modelViews).of(y.local);
    for (let k = 0; k < this.ops.length; k++)
      this.#blocks.fill(direction, k, from[k] as NDArray, to[k] as NDArray);
  }
}
