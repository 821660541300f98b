import { complexOf, type DType, realOf } from '../core/base/dtype.js';
import type { Defaults, WithDefaults } from '../core/base/options.js';
import { type Shape, toAxis } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import { layoutLike } from '../core/distributed/layout-like.js';
import { flatOf } from '../core/distributed/row-layout.js';
import type { DistributedSpace } from '../core/distributed/space.js';
import type { SpaceOptions } from '../core/operator/linear-operator.js';
import { resolveCommunicator } from '../core/ports/defaults.js';
import { FourierPlans } from '../core/schemes/fourier-plan.js';
import {
  type FftNorm,
  type FourierOptions,
  FourierScheme,
  type FourierSpec,
} from '../core/schemes/fourier-scheme.js';
import type { Space } from '../core/vector/vector.js';
import { withWorkspace } from '../core/vector/workspace.js';
import { LayoutAdapter } from './base/layout-adapter.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';
import { MPILinearOperator } from './mpi-linear-operator.js';
import { imageLayout } from './parts/image-layout.js';

/** The options of distributed transforms in addition to {@link FourierOptions}. */
export interface MPITransformOptions extends DistributedOptions {
  /** The scaling. The default of the local operators is 'ortho'. @default 'none' */
  readonly norm?: FftNorm | undefined;
  /**
   * The axis along which the result of `rmatvec` is split.
   * @default that of the data; 0 where `dataAxis` is given
   */
  readonly modelAxis?: number;
  /**
   * The axis along which the result of `matvec` is split. Another axis than that of the model can
   * save a transfer.
   * @default that of the model
   */
  readonly dataAxis?: number;
}

/** Options of {@link MPIFourierOperator}. */
export interface MPIFourierOptions extends Omit<FourierOptions, 'norm'>, MPITransformOptions {}

export const MPI_TRANSFORM_DEFAULTS = {
  ...DISTRIBUTED_DEFAULTS,
  norm: 'none',
  modelAxis: undefined,
  dataAxis: undefined,
} satisfies Defaults<MPITransformOptions>;

/** The options of a distributed transform, with defaults. */
type MPIFourierSpec = FourierSpec & WithDefaults<MPITransformOptions, typeof MPI_TRANSFORM_DEFAULTS>;

/**
 * A discrete Fourier transform of distributed arrays: see {@link FourierScheme} for the formulas.
 * It takes arrays of shape `dims` split along any axis or over a process grid. The data is split
 * along the same axes, or as the options determine. Flat vectors are cut into rows of the first
 * axis. The result of a BROADCAST array is a SCATTER array.
 *
 * Axes that are whole on every rank are transformed in place. For the others, transfers make whole
 * pencils: one transfer if the data may be split along another axis, otherwise two. The number of
 * transfers is the smallest possible. An array of one axis is transformed by all ranks in six steps
 * (three transfers) if its `nfft` has two factors of at least eight times the number of ranks.
 * Otherwise, as for a prime, one rank transforms it. For an array of one axis the operator holds as
 * many factors as this rank has samples. Otherwise it holds nothing between calls. Work: at most
 * two arrays of the size of the data, including the buffers of the transfers; three for the adjoint
 * of real transforms.
 */
export abstract class MPIFourierOperator extends MPILinearOperator {
  /** Frequencies of the data along each of the axes, per unit of `sampling`. */
  readonly fs: readonly Float64Array[];
  readonly #plans: FourierPlans;
  readonly #model: LayoutAdapter;
  readonly #data: LayoutAdapter;
  readonly #modelAxis: number | undefined;
  readonly #dataAxis: number | undefined;

  constructor(owner: string, dims: number | Shape, axes: readonly number[], spec: MPIFourierSpec) {
    const { dtype } = spec;
    const comm = resolveCommunicator(spec.comm);
    const scheme = new FourierScheme(owner, dims, axes, spec);
    super({
      dims: scheme.dims,
      dimsd: scheme.dimsd,
      dtype: scheme.realModel ? realOf(dtype) : dtype,
      complexLinear: !scheme.realModel,
      frameBound: scheme.frameBound,
      comm,
    });
    this.fs = scheme.frequencies();
    const axisOf = (axis: number | undefined, name: string) =>
      axis === undefined ? undefined : toAxis(axis, scheme.dims.length, name);
    this.#dataAxis = axisOf(spec.dataAxis, 'dataAxis');
    this.#modelAxis = axisOf(spec.modelAxis, 'modelAxis') ?? (this.#dataAxis === undefined ? undefined : 0);
    this.#plans = new FourierPlans(scheme, comm);
    this.#model = new LayoutAdapter(this.dims);
    this.#data = new LayoutAdapter(this.dimsd);
  }

  override domain(options?: SpaceOptions): DistributedSpace {
    const space = this.spaceOn(Layout.split(this.dims, this.comm.size, this.#modelAxis ?? 0), options);
    return space.withDType(this.#modelDType(space.dtype));
  }
  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    const space = this.#image(x, this.dims, this.#model, this.dimsd, this.#dataAxis);
    return space.withDType(complexOf(this.inputDType(x.dtype)));
  }
  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    const space = this.#image(y, this.dimsd, this.#data, this.dims, this.#modelAxis);
    return space.withDType(this.#modelDType(this.adjointInputDType(y.dtype)));
  }
  #image(
    space: Space<DistributedArray>,
    from: Shape,
    form: LayoutAdapter,
    to: Shape,
    axis: number | undefined,
  ): DistributedSpace {
    this.checkShape(space, from);
    const input = this.checkComm(space);
    // Refuses a vector if its parts have no place in the array.
    const { layout } = form.spaceOf(input);
    const flat = from.length > 1 && input.layout.globalShape.length === 1;
    if (input.layout.replicated) {
      const natural =
        axis === undefined || flat ? layoutLike(layout, to) : Layout.split(to, this.comm.size, axis);
      return input.withLayout(flat ? flatOf(natural) : natural);
    }
    return input.withLayout(
      axis === undefined || flat
        ? imageLayout(input.layout, { dims: from }, { dims: to })
        : Layout.split(to, this.comm.size, axis),
    );
  }
  protected override adjointInputDType(dtype: DType): DType {
    return complexOf(this.inputDType(dtype));
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    const dtype = this.#modelDType(x.dtype);
    if (x.dtype !== dtype) {
      withWorkspace(x.space.withDType(dtype), (work) => {
        x.backend.cast(x.local, work.local);
        this.forward(work, y);
      });
      return;
    }
    this.#model.read(x, (from) =>
      this.#data.write(y, (to) => this.#plans.between(from.layout, to.layout).forward(from.local, to.local)),
    );
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#data.read(y, (from) =>
      this.#model.write(x, (to) => this.#plans.between(to.layout, from.layout).adjoint(from.local, to.local)),
    );
  }
  #modelDType(dtype: DType): DType {
    return this.#plans.scheme.realModel ? realOf(dtype) : complexOf(dtype);
  }
}
