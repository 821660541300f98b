import { type Defaults, withDefaults } from '../core/base/options.js';
import { product, type Shape, toAxis, toShape } from '../core/base/shape.js';
import type { IndexBox } from '../core/distributed/layout.js';
import type { Elements } from '../core/ports/backend.js';
import type { DeviceConstants, OperatorData } from '../local/device-constants.js';
import { CONVOLVE_ND_DEFAULTS, type ConvolveNDOptions, filterOnAxes } from '../local/signal/convolve-nd.js';
import { CONVOLVE1D_DEFAULTS, type Convolve1DOptions } from '../local/signal/convolve1d.js';
import { type BoxKernel, HaloOperator } from './base/halo-operator.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';

/** Options of {@link MPIConvolveND}. */
export interface MPIConvolveNDOptions extends ConvolveNDOptions, DistributedOptions {}
const ND_DEFAULTS = {
  ...CONVOLVE_ND_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPIConvolveNDOptions>;

/** Options of {@link MPIConvolve1D}. */
export interface MPIConvolve1DOptions extends Convolve1DOptions, DistributedOptions {}
const DEFAULTS = {
  ...CONVOLVE1D_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPIConvolve1DOptions>;

/**
 * Convolution of a distributed array with a filter h of one or more axes, which every rank has:
 * `y[i] = Σⱼ h[j] · x[i + offset − j]`, where x is zero outside. Shapes: `dims` to `dims`. The
 * adjoint is correlation with conj(h). Layouts and messages: see {@link HaloOperator}. Cost:
 * `2·size(h)` flops for each sample.
 *
 * @example new MPIConvolveND([12, 5], [[1, 2], [3, 4]])
 */
export class MPIConvolveND extends HaloOperator {
  readonly #filter: DeviceConstants;
  readonly #hShape: Shape;
  readonly #offset: readonly number[];

  constructor(dims: number | Shape, h: OperatorData, options?: MPIConvolveNDOptions) {
    const owner = new.target.name;
    const given = withDefaults(owner, options, ND_DEFAULTS);
    const { shape, filter, hShape, offset } = filterOnAxes(owner, dims, h, given);
    super(
      { dims: shape, dtype: filter.dtype, holdsData: true, comm: given.comm },
      { before: hShape.map((n, k) => n - 1 - (offset[k] as number)), after: offset },
    );
    this.#filter = filter;
    this.#hShape = hShape;
    this.#offset = offset;
  }

  protected override kernel(direction: 'forward' | 'adjoint', from: IndexBox, to: IndexBox): BoxKernel {
    const sign = direction === 'forward' ? 1 : -1;
    const offset = this.#offset.map(
      (o, k) => o + sign * ((to.start[k] as number) - (from.start[k] as number)),
    );
    const convolution = { xShape: from.shape, hShape: this.#hShape, yShape: to.shape, offset, direction };
    const empty = product(to.shape) === 0;
    return {
      run: (x: Elements, y: Elements) => {
        const { backend, dtype } = y.storage;
        if (!empty) backend.convolve(x, this.#filter.on(backend, dtype), y, convolution);
      },
    };
  }
}

/**
 * Convolution of a distributed array with a filter along one axis: see {@link MPIConvolveND}. The
 * shape stays the same for a filter of any length, so that both vectors have one layout. The local
 * `Convolve1D` follows PyLops: its data has the filter's length if that is longer than a model of
 * one axis.
 *
 * @example new MPIConvolve1D([12, 3], [1, 2, 1], { axis: 0, offset: 1 })
 */
export class MPIConvolve1D extends MPIConvolveND {
  constructor(dims: number | Shape, h: OperatorData, options?: MPIConvolve1DOptions) {
    const { offset, axis, ...rest } = withDefaults('MPIConvolve1D', options, DEFAULTS);
    super(dims, h, {
      ...rest,
      offset: [offset],
      axes: [toAxis(axis, toShape(dims, 'dims').length)],
    });
  }
}
