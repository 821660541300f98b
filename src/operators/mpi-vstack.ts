import type { NDArray } from '../core/array/ndarray.js';
import type { DType } from '../core/base/dtype.js';
import { PartitionError, ShapeError } from '../core/base/errors.js';
import { formatShape, product, type Shape, sameShape } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import type { DistributedSpace } from '../core/distributed/space.js';
import { givenDType, type SpaceOptions } from '../core/operator/linear-operator.js';
import type { Space } from '../core/vector/vector.js';
import { type LocalLinearOperator, MPILinearOperator } from './mpi-linear-operator.js';
import { BlockForm } from './parts/block-form.js';
import { type BlockOptions, BlockViews, RankBlocks } from './rank-blocks.js';

/**
 * The shape of the vector that all operators share.
 * @throws {@link ShapeError} on all ranks if the shapes differ
 */
function common(name: string, shapes: readonly (readonly Shape[])[]): Shape {
  const list = shapes.flat();
  const first = list[0] as Shape;
  const odd = list.find((s) => product(s) !== product(first));
  if (odd)
    throw new ShapeError(
      `${name}: expected operators with one model, received shapes ${formatShape(first)} and ` +
        `${formatShape(odd)}`,
    );
  return list.every((s) => sameShape(s, first)) ? first : [product(first)];
}

/**
 * Local operators on top of one another, of which each rank has its own: `y_k = A_k x`. The model
 * is BROADCAST. The data is SCATTER, distributed as the operators' rows. It is for problems in
 * which every rank computes its share of the data from one model, such as sources over ranks.
 *
 * Cost: one object exchange at construction; forward nothing, adjoint one all-reduce of the model
 * (within each colour of a mask).
 *
 * @example new MPIVStack([new MatrixMult([[1, 2], [3, 4], [5, 6]])])
 */
export class MPIVStack extends MPILinearOperator {
  readonly ops: readonly LocalLinearOperator[];
  readonly #blocks: RankBlocks;
  readonly #data: BlockForm;
  readonly #modelViews: BlockViews;
  readonly #dataViews: BlockViews;

  /**
   * Collective.
   * @param ops this rank's operators, in order; the operators of all ranks have models of one shape
   */
  constructor(ops: readonly LocalLinearOperator[], options: BlockOptions = {}) {
    const blocks = new RankBlocks('MPIVStack', ops, options);
    const data = new BlockForm(blocks.dimsd);
    super({ dims: common('MPIVStack', blocks.dims), dimsd: data.shape, ...blocks.spec });
    this.ops = blocks.ops;
    this.#blocks = blocks;
    this.#data = data;
    this.#modelViews = new BlockViews(
      ops.map((op) => op.dims),
      'whole',
    );
    this.#dataViews = new BlockViews(ops.map((op) => op.dimsd));
  }

  override domain(options?: SpaceOptions): DistributedSpace {
    const space = this.spaceOn(Layout.replicated(this.dims, this.comm.size), options);
    return options?.dtype ? space : space.withDType(this.#blocks.modelDType(space.dtype));
  }

  /** Vectors keep their own dtypes, which the operators may convert. */
  protected override inputDType(dtype: DType): DType {
    return givenDType(this, dtype);
  }

  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    this.checkShape(x, this.dims);
    const input = this.checkComm(x);
    if (!input.layout.replicated)
      throw new PartitionError(
        `${this.name}: expected a BROADCAST array, received ${input.partition}: every rank needs the ` +
          'whole model',
      );
    const flat = x.shape.length === 1 && this.dims.length > 1;
    const layout = flat ? Layout.fromLocalShapes(this.#data.sizes.map((n) => [n])) : this.#data.layout;
    return input.withDType(this.#blocks.imageDType('forward', this.inputDType(x.dtype))).withLayout(layout);
  }

  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    const input = this.checkComm(y);
    this.#data.check(this.name, input);
    const flat = y.shape.length === 1 && this.dimsd.length > 1;
    const dtype = this.#blocks.imageDType('adjoint', this.inputDType(y.dtype));
    return input
      .withDType(dtype)
      .withLayout(Layout.replicated(flat ? [product(this.dims)] : this.dims, this.comm.size));
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#data.write(y, (to) => {
      const data = this.#dataViews.of(to.local);
      const models = this.#modelViews.of(x.local);
      for (let k = 0; k < this.ops.length; k++)
        this.#blocks.fill('forward', k, models[k] as NDArray, data[k] as NDArray);
    });
  }

  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#data.read(y, (from) => {
      const data = this.#dataViews.of(from.local);
      const models = this.#modelViews.of(x.local);
      if (this.ops.length === 0) x.fill(0);
      for (let k = 0; k < this.ops.length; k++) {
        const [block, model] = [data[k] as NDArray, models[k] as NDArray];
        if (k === 0) this.#blocks.fill('adjoint', k, block, model);
        else this.#blocks.add('adjoint', k, block, model);
      }
    });
    x.reducer.allreduce(x.local, 'sum');
  }
}
