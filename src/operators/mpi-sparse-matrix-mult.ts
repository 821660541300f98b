import type { DType } from '../core/base/dtype.js';
import { PartitionError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { type Shape, toShape } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import type { DistributedSpace } from '../core/distributed/space.js';
import type { SpaceOptions } from '../core/operator/linear-operator.js';
import type { SparseArray } from '../core/sparse/csr-array.js';
import { DistributedCsrArray } from '../core/sparse/distributed-csr-array.js';
import type { Space } from '../core/vector/vector.js';
import { LayoutAdapter } from './base/layout-adapter.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';
import { MPILinearOperator } from './mpi-linear-operator.js';
import { imageInOwn } from './parts/image-layout.js';

/** Options of {@link MPISparseMatrixMult}. */
export interface MPISparseMatrixMultOptions extends DistributedOptions {
  /** Further axes of the model `[m, ...otherdims]`. @default none */
  readonly otherdims?: number | Shape;
  /** Float or complex. @default that of A */
  readonly dtype?: DType;
}
const DEFAULTS = {
  otherdims: undefined,
  dtype: undefined,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPISparseMatrixMultOptions>;

/** The domain or the range: its vectors as rows over the ranks. */
interface RowSide {
  readonly dims: Shape;
  readonly layout: Layout;
  readonly form: LayoutAdapter;
}

/**
 * Product with a sparse matrix A of `[n, m]` whose rows are spread over the ranks: `y = A x`.
 * Shapes: `[m, ...otherdims]` to `[n, ...otherdims]`. The model is split evenly along its first
 * axis, the data as the rows of A. Vectors in other layouts and flat vectors are moved by a
 * transfer.
 *
 * Messages: one to each rank that needs elements of this one, in both directions; they are planned
 * at the first product. Cost: two flops (complex: eight) for each entry and column. Holds A twice,
 * and as much again for the adjoint. Work: the elements that others need, and those that are needed
 * of others.
 *
 * @example new MPISparseMatrixMult(CsrArray.fromDense(NDArray.eye(2)))
 */
export class MPISparseMatrixMult extends MPILinearOperator {
  /** The matrix, in the operator's dtype. */
  readonly matrix: DistributedCsrArray;
  readonly #model: RowSide;
  readonly #data: RowSide;

  /**
   * @param A the matrix, or the rows of it that this rank has; these cost one object exchange, and
   *   an error on one rank is thrown on all ranks
   */
  constructor(A: DistributedCsrArray | SparseArray, options?: MPISparseMatrixMultOptions) {
    const { otherdims, dtype, comm } = withDefaults('MPISparseMatrixMult', options, DEFAULTS);
    const others = otherdims === undefined ? [] : toShape(otherdims, 'otherdims');
    const given = A instanceof DistributedCsrArray ? A : DistributedCsrArray.fromLocal(A, { comm });
    if (comm !== undefined && comm.id !== given.comm.id)
      throw new PartitionError(
        'MPISparseMatrixMult: expected the communicator of the matrix: leave comm out',
      );
    const matrix = dtype === undefined ? given : given.astype(dtype);
    const [n, m] = matrix.shape;
    super({
      dims: [m, ...others],
      dimsd: [n, ...others],
      dtype: matrix.dtype,
      holdsData: true,
      comm: matrix.comm,
    });
    this.matrix = matrix;
    const side = (dims: Shape, layout: Layout): RowSide => ({
      dims,
      layout,
      form: new LayoutAdapter(dims, layout),
    });
    this.#model = side(this.dims, Layout.split(this.dims, this.comm.size));
    this.#data = side(this.dimsd, matrix.rowLayout(others));
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
  #image(space: Space<DistributedArray>, from: RowSide, to: RowSide): DistributedSpace {
    this.checkShape(space, from.dims);
    const input = this.checkComm(space);
    // Refuses a vector if its parts have no place in the array.
    from.form.spaceOf(input);
    const parts = imageInOwn(input.layout, from, to);
    return input.withDType(this.inputDType(space.dtype)).withLayout(parts);
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    const matrix = this.matrix.to(y.backend);
    this.#model.form.read(x, (u) => this.#data.form.write(y, (v) => matrix.timesInto(u, v)));
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    const matrix = this.matrix.to(x.backend);
    this.#data.form.read(y, (v) => this.#model.form.write(x, (u) => matrix.adjointInto(v, u)));
  }
}
