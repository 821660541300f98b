import type { DType } from '../core/base/dtype.js';
import { ArgumentError, PartitionError, ShapeError } from '../core/base/errors.js';
import { checkOneOf, type Defaults, isListOf, requireOptions } from '../core/base/options.js';
import { PlanCache } from '../core/base/plan-cache.js';
import { formatShape, product, type Shape, toShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { BoxHaloPlan, type HaloFrame, haloBox } from '../core/distributed/halo.js';
import { Layout } from '../core/distributed/layout.js';
import type { DistributedSpace } from '../core/distributed/space.js';
import type { SpaceOptions } from '../core/operator/linear-operator.js';
import { resolveCommunicator } from '../core/ports/defaults.js';
import type { Space } from '../core/vector/vector.js';
import { LayoutAdapter } from './base/layout-adapter.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';
import { MPILinearOperator } from './mpi-linear-operator.js';

/** Options of {@link MPIHalo}. */
export interface MPIHaloOptions extends DistributedOptions {
  /**
   * The number of ghost cells around each rank's block. One number: on every side that has a
   * neighbour. One number for each axis: before and after the block along it. Twice as many
   * numbers: before and after the block, axis by axis. In the last two cases blocks at the edges of
   * the array have them too, filled with zeros.
   */
  readonly halo: number | readonly number[];
  /**
   * The number of blocks along each axis. Ranks are numbered row-major.
   * @default all ranks along the last axis
   */
  readonly procGrid?: readonly number[];
  /**
   * `crop`: `rmatvec` drops the ghost cells. `exact`: the true adjoint, which adds them to the
   * cells of their owners.
   * @default 'crop'
   */
  readonly adjoint?: 'crop' | 'exact';
  /** @default 'float64' */
  readonly dtype?: DType;
}

function frameOf(halo: number | readonly number[], ndim: number): HaloFrame {
  const cells = typeof halo === 'number' ? [halo] : halo;
  if (!isListOf(cells, (h: number) => Number.isSafeInteger(h) && h >= 0)) {
    throw new ArgumentError(`MPIHalo: expected halo to be non-negative integers, received ${textOf(halo)}`);
  }
  if (typeof halo === 'number')
    return { before: new Array(ndim).fill(halo), after: new Array(ndim).fill(halo), edges: 'clip' };
  if (cells.length === 2 * ndim) {
    return {
      before: cells.filter((_, k) => k % 2 === 0),
      after: cells.filter((_, k) => k % 2 === 1),
      edges: 'zero',
    };
  }
  if (cells.length === ndim) return { before: cells, after: cells, edges: 'zero' };
  throw new ShapeError(
    `MPIHalo: expected halo of 1, ${ndim} or ${2 * ndim} numbers for ${ndim} axes, received ${cells.length}`,
  );
}

const DEFAULTS = {
  halo: undefined,
  procGrid: undefined,
  adjoint: 'crop',
  dtype: 'float64',
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPIHaloOptions>;

/**
 * Blocks of an array over a process grid, each with ghost cells of its neighbours around it,
 * corners included. Model: an array of shape `dims` over `procGrid`, or a flat one. A transfer
 * aligns the parts of a flat one. Data: the grown blocks of all ranks, one after another. In a
 * product with an {@link MPIBlockDiag} it provides local operators with the cells of their
 * neighbours.
 *
 * Blocks may be uneven, and halos wider than a block. Cost: forward one message to each rank with a
 * block that intersects the grown one; adjoint the same if `exact`, none if `crop`. Holds the
 * buffers of the messages that are not one run of memory. Work: none.
 *
 * @example new MPIHalo([4, 6], { halo: 1, adjoint: 'exact' })
 */
export class MPIHalo extends MPILinearOperator {
  /** The shape of each rank's grown block: before + own + after along every axis. */
  readonly localExtents: readonly Shape[];
  readonly #frame: HaloFrame;
  readonly #layout: Layout;
  readonly #extended: Layout;
  readonly #adjoint: 'crop' | 'exact';
  readonly #form: LayoutAdapter;
  readonly #plans = new PlanCache<DistributedSpace, BoxHaloPlan>(4, {
    same: (a, b) => a.dtype === b.dtype && a.backend === b.backend,
    dispose: (plan) => plan.dispose(),
  });

  constructor(dims: number | Shape, options: MPIHaloOptions) {
    const given = requireOptions('MPIHalo', options, DEFAULTS);
    const shape = toShape(dims, 'dims');
    const comm = resolveCommunicator(given.comm);
    const {
      dtype,
      adjoint,
      procGrid = shape.map((_, k) => (k === shape.length - 1 ? comm.size : 1)),
    } = given;
    checkOneOf('adjoint', adjoint, ['crop', 'exact']);
    const frame = frameOf(given.halo, shape.length);
    const layout = Layout.grid(shape, comm.size, procGrid);
    if (product(procGrid) !== comm.size)
      throw new PartitionError(
        `MPIHalo: expected a process grid of ${comm.size} ranks, received ${formatShape(procGrid)}`,
      );
    const extents = Array.from({ length: comm.size }, (_, rank) => haloBox(layout, rank, frame).shape);
    super({ dims: shape, dimsd: [extents.reduce((n, s) => n + product(s), 0)], dtype, comm });
    this.localExtents = extents;
    this.#frame = frame;
    this.#layout = layout;
    this.#extended = Layout.concatenated(extents);
    this.#adjoint = adjoint;
    this.#form = new LayoutAdapter(shape, layout);
  }

  override domain(options?: SpaceOptions): DistributedSpace {
    return this.spaceOn(this.#layout, options);
  }

  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    this.checkShape(x, this.dims);
    const input = this.checkComm(x);
    this.#form.spaceOf(input);
    return input.withDType(this.inputDType(x.dtype)).withLayout(this.#extended);
  }

  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    const input = this.checkComm(y);
    const { layout } = input;
    if (layout.replicated || !this.localExtents.every((s, r) => product(s) === layout.localSize(r))) {
      throw new PartitionError(
        `${this.name}: expected the grown blocks of all ranks, of shapes ` +
          `${this.localExtents.map(formatShape).join(' ')}, received ${input}`,
      );
    }
    return input.withDType(this.inputDType(y.dtype)).withLayout(this.#layout);
  }

  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#form.read(x, (from) => {
      const plan = this.#plan(from.space);
      plan.start(from.local, y.local);
      plan.finish();
    });
  }

  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    const plan = this.#plan(x.space);
    if (this.#adjoint === 'crop') plan.crop(y.local, x.local);
    else {
      plan.startAdjoint(y.local);
      plan.finishAdjoint(x.local);
    }
  }

  #plan(space: DistributedSpace): BoxHaloPlan {
    return this.#plans.get(space, ({ dtype, backend }) =>
      BoxHaloPlan.create(this.#layout, this.comm, this.#frame, dtype, backend),
    );
  }
}
