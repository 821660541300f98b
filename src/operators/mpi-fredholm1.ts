import type { NDArray } from '../core/array/ndarray.js';
import type { DType } from '../core/base/dtype.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { product, type Shape, toShape } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import type { DistributedSpace } from '../core/distributed/space.js';
import { TransferPlan } from '../core/distributed/transfer.js';
import type { SpaceOptions } from '../core/operator/linear-operator.js';
import { resolveCommunicator } from '../core/ports/defaults.js';
import type { Space } from '../core/vector/vector.js';
import { withWorkspace } from '../core/vector/workspace.js';
import { FREDHOLM1_DEFAULTS, Fredholm1, type Fredholm1Options } from '../local/geophysics/fredholm1.js';
import { LayoutAdapter } from './base/layout-adapter.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';
import { MPILinearOperator } from './mpi-linear-operator.js';
import { imageLayout } from './parts/image-layout.js';
import { ownSlices, type RankSlices, rankSlices, sliceLayout } from './parts/rank-slices.js';

/** Options of {@link MPIFredholm1}. */
export interface MPIFredholm1Options extends Fredholm1Options, DistributedOptions {}

const DEFAULTS = { ...FREDHOLM1_DEFAULTS, ...DISTRIBUTED_DEFAULTS } satisfies Defaults<MPIFredholm1Options>;

/** The domain or the range of the operator: its vectors as slices over the ranks. */
interface Side {
  readonly dims: Shape;
  readonly layout: Layout;
  readonly form: LayoutAdapter;
}

/**
 * Fredholm integral of the first kind, with the slices distributed over the ranks:
 * `y[k] = G[k] x[k]`. Shapes: `[nsl, ny, nz]` to `[nsl, nx, nz]`. The natural model is BROADCAST:
 * every rank multiplies its slices of it, and one allgather makes the data BROADCAST. The data of a
 * SCATTER model is SCATTER. Nothing is sent if the model is cut at the same places as the slices. A
 * rank may have no slices. Holds G. Work: with BROADCAST vectors this rank's slices of the result,
 * otherwise none.
 *
 * @example new MPIFredholm1(NDArray.normal([2, 4, 3]), 5)
 */
export class MPIFredholm1 extends MPILinearOperator {
  readonly #op: Fredholm1;
  readonly #start: number;
  readonly #model: Side;
  readonly #data: Side;

  /**
   * Collective: one object exchange. An error on one rank is thrown on all ranks.
   * @param G this rank's slices, `[count, nx, ny]`
   */
  constructor(G: NDArray, nz = 1, options?: MPIFredholm1Options) {
    const comm = resolveCommunicator(options?.comm);
    const slices: RankSlices = rankSlices('MPIFredholm1', G, comm, () => {
      const { dtype } = withDefaults('MPIFredholm1', options, DEFAULTS);
      toShape([nz], 'nz');
      if (dtype !== undefined) new Fredholm1(G, nz, { dtype });
      return { nz, dtype };
    });
    const { counts, start, total, rows, columns } = slices;
    const op = new Fredholm1(G, nz, options?.dtype && { dtype: options.dtype });
    super({
      dims: [total, columns, nz],
      dimsd: [total, rows, nz],
      dtype: op.dtype as DType,
      holdsData: true,
      comm,
    });
    const side = (dims: Shape): Side => {
      const layout = sliceLayout(counts, dims.slice(1));
      return { dims, layout, form: new LayoutAdapter(dims, layout) };
    };
    this.#op = op;
    this.#start = start;
    this.#model = side(this.dims);
    this.#data = side(this.dimsd);
  }

  /**
   * Makes the operator of a global `[nsl, nx, ny]` that every rank has. Each rank keeps a copy of
   * its share of the slices. Collective.
   */
  static fromGlobal(G: NDArray, nz = 1, options?: MPIFredholm1Options): MPIFredholm1 {
    return new MPIFredholm1(ownSlices(G, resolveCommunicator(options?.comm)), nz, options);
  }

  override domain(options?: SpaceOptions): DistributedSpace {
    return this.spaceOn(Layout.replicated(this.dims, this.comm.size), options);
  }
  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    return this.#image(x, this.#model, this.#data);
  }
  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.#image(y, this.#data, this.#model);
  }
  #image(space: Space<DistributedArray>, from: Side, to: Side): DistributedSpace {
    this.checkShape(space, from.dims);
    const input = this.checkComm(space);
    from.form.spaceOf(input);
    const { layout } = input;
    const replicated = Layout.replicated(
      layout.globalShape.length === 1 ? [product(to.dims)] : to.dims,
      this.comm.size,
    );
    return input
      .withDType(this.inputDType(space.dtype))
      .withLayout(layout.replicated ? replicated : imageLayout(layout, from, to));
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#run(x, y, this.#model, this.#data, (u, v) => this.#op.matvec(u, v));
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#run(y, x, this.#data, this.#model, (u, v) => this.#op.rmatvec(u, v));
  }
  #run(
    x: DistributedArray,
    y: DistributedArray,
    from: Side,
    to: Side,
    multiply: (u: NDArray, v: NDArray) => void,
  ): void {
    if (!x.layout.replicated) {
      from.form.read(x, (u) => to.form.write(y, (v) => multiply(u.local, v.local)));
      return;
    }
    const inner = product(from.dims.slice(1));
    const own = x.local.alias(this.#start * inner, from.layout.localShape(this.comm.rank));
    if (this.comm.size === 1) {
      multiply(own, y.local.alias(0, to.dims));
      return;
    }
    withWorkspace(y.space.withLayout(to.layout), (work) => {
      multiply(own, work.local);
      TransferPlan.between(to.layout, Layout.replicated(to.dims, this.comm.size), this.comm).run(
        work.local,
        y.local,
      );
    });
  }
}
