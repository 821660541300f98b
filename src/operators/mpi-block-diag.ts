import type { DistributedArray } from '../core/distributed-array.js';
import type { SpaceOptions } from '../core/linear-operator.js';
import type { NDArray } from '../core/ndarray.js';
import type { DistributedSpace } from '../core/space.js';
import type { Space } from '../core/vector.js';
import { BlockForm } from './block-form.js';
import { type LocalLinearOperator, MPILinearOperator } from './mpi-linear-operator.js';
import { type BlockOptions, BlockViews, RankBlocks } from './rank-blocks.js';

/**
 * Local operators along the diagonal, each rank with its own: `y_k = A_k x_k`. The model is distributed as the operators' columns, the data as their rows. Operators
 * whose shapes differ along the first axis only make an N-dimensional operator, distributed along that axis; others a flat one. A rank may have none.
 *
 * Cost: one object exchange when it is made; nothing is sent afterwards, unless a vector is cut otherwise and has to be aligned.
 */
export class MPIBlockDiag extends MPILinearOperator {
  readonly ops: readonly LocalLinearOperator[];
  override readonly complexLinear: boolean;
  readonly #model: BlockForm;
  readonly #data: BlockForm;
  readonly #modelViews: BlockViews;
  readonly #dataViews: BlockViews;

  /** Collective. @param ops this rank's operators, in order */
  constructor(ops: readonly LocalLinearOperator[], options: BlockOptions = {}) {
    const blocks = new RankBlocks('MPIBlockDiag', ops, options);
    const model = new BlockForm(blocks.dims);
    const data = new BlockForm(blocks.dimsd);
    const { dtype, holdsData, comm, zero } = blocks;
    super({ dims: model.shape, dimsd: data.shape, dtype, holdsData, comm, zero });
    this.ops = blocks.ops;
    this.complexLinear = blocks.complexLinear;
    this.#model = model;
    this.#data = data;
    this.#modelViews = new BlockViews(ops.map((op) => op.dims));
    this.#dataViews = new BlockViews(ops.map((op) => op.dimsd));
  }

  override domain(options?: SpaceOptions): DistributedSpace {
    return this.spaceOn(this.#model.layout, options);
  }

  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    return this.#image(x, this.#model, this.#data);
  }

  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.#image(y, this.#data, this.#model);
  }

  #image(space: Space<DistributedArray>, from: BlockForm, to: BlockForm): DistributedSpace {
    const input = this.checkComm(space);
    from.check(this.name, input);
    return to.spaceLike(input, from).withDType(this.inputDType(space.dtype));
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#model.read(x, (from) => this.#data.write(y, (to) => this.#each(from, to, (op, u, v) => op.matvec(u, v))));
  }

  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#data.read(y, (from) => this.#model.write(x, (to) => this.#each(to, from, (op, u, v) => op.rmatvec(v, u))));
  }

  #each(x: DistributedArray, y: DistributedArray, apply: (op: LocalLinearOperator, x: NDArray, y: NDArray) => void): void {
    const models = this.#modelViews.of(x.local);
    const data = this.#dataViews.of(y.local);
    this.ops.forEach((op, k) => apply(op, models[k] as NDArray, data[k] as NDArray));
  }
}
