import type { DType } from '../core/base/dtype.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import type { Shape } from '../core/base/shape.js';
import type { IndexBox } from '../core/distributed/layout.js';
import type { Communicator } from '../core/ports/communicator.js';
import { RunningMeans } from '../local/signal/running-means.js';
import { SMOOTHING1D_DEFAULTS, type Smoothing1DOptions } from '../local/signal/smoothing1d.js';
import { SMOOTHING2D_DEFAULTS, type Smoothing2DOptions } from '../local/signal/smoothing2d.js';
import { type BoxKernel, HaloOperator } from './base/halo-operator.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';

/** Options of {@link MPISmoothing1D}. */
export interface MPISmoothing1DOptions extends Smoothing1DOptions, DistributedOptions {}
/** Options of {@link MPISmoothing2D}. */
export interface MPISmoothing2DOptions extends Smoothing2DOptions, DistributedOptions {}

const ONE_AXIS = {
  ...SMOOTHING1D_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPISmoothing1DOptions>;
const TWO_AXES = {
  ...SMOOTHING2D_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPISmoothing2DOptions>;

/** Running means of a distributed array. */
abstract class MPIRunningMeans extends HaloOperator {
  readonly #means: RunningMeans;

  constructor(means: RunningMeans, dtype: DType, comm: Communicator | undefined) {
    super({ dims: means.shape, dtype, comm }, { before: means.reach, after: means.reach });
    this.#means = means;
  }

  protected override kernel(_: 'forward' | 'adjoint', from: IndexBox, to: IndexBox): BoxKernel {
    return { run: this.#means.between(from, to) };
  }
}

/**
 * Mean of the `nsmooth` samples around each sample along an axis of a distributed array, with zeros
 * outside. An even `nsmooth` is increased by one. Symmetric. Shapes: `dims` to `dims`. Layouts and
 * messages: see {@link HaloOperator}. Cost: `2·nsmooth` flops a sample.
 *
 * @example new MPISmoothing1D(3, [12, 5], { axis: 0 })
 */
export class MPISmoothing1D extends MPIRunningMeans {
  constructor(nsmooth: number, dims: number | Shape, options?: MPISmoothing1DOptions) {
    const { axis, dtype, comm } = withDefaults('MPISmoothing1D', options, ONE_AXIS);
    super(new RunningMeans('MPISmoothing1D', nsmooth, dims, [axis], 1), dtype, comm);
  }
}

/**
 * Mean over the `nsmooth[0] × nsmooth[1]` samples around each sample along two axes of a
 * distributed array, with zeros outside. Even numbers are increased by one. Symmetric. Computed
 * along one axis after the other. Shapes: `dims` to `dims`. Layouts and messages: see
 * {@link HaloOperator}. Cost: `nsmooth[0] + nsmooth[1]` multiplications and additions a sample.
 * Work: one array more.
 *
 * @example new MPISmoothing2D([3, 5], [12, 8])
 */
export class MPISmoothing2D extends MPIRunningMeans {
  constructor(nsmooth: number | readonly number[], dims: number | Shape, options?: MPISmoothing2DOptions) {
    const { axes, dtype, comm } = withDefaults('MPISmoothing2D', options, TWO_AXES);
    super(new RunningMeans('MPISmoothing2D', nsmooth, dims, axes, 2), dtype, comm);
  }
}
