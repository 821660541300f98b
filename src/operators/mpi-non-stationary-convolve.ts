import type { DType } from '../core/base/dtype.js';
import { ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import { formatShape, type Shape, toAxis, toShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import type { IndexBox } from '../core/distributed/layout.js';
import type { Elements } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';
import { DeviceConstants, type OperatorData } from '../local/device-constants.js';
import { checkOdd, filterPlaces } from '../local/signal/filter-bank.js';
import { LinearInterpolationConvolution } from '../local/signal/linear-interpolation-convolution.js';
import {
  NON_STATIONARY_1D_DEFAULTS,
  type NonStationaryConvolve1DOptions,
} from '../local/signal/non-stationary-convolve1d.js';
import {
  NON_STATIONARY_2D_DEFAULTS,
  type NonStationaryConvolve2DOptions,
} from '../local/signal/non-stationary-convolve2d.js';
import { FilterTable, VaryingConvolution } from '../local/signal/varying-convolution.js';
import { type BoxKernel, HaloOperator } from './base/halo-operator.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';

/** Options of {@link MPINonStationaryConvolve1D}. */
export interface MPINonStationaryConvolve1DOptions
  extends NonStationaryConvolve1DOptions,
    DistributedOptions {}

const DEFAULTS_1D = {
  ...NON_STATIONARY_1D_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPINonStationaryConvolve1DOptions>;

/** Options of {@link MPINonStationaryConvolve2D}. */
export interface MPINonStationaryConvolve2DOptions
  extends NonStationaryConvolve2DOptions,
    DistributedOptions {
  /**
   * The axes of the model along which the filters change, in increasing order.
   * @default [-2, -1]
   */
  readonly axes?: readonly number[];
}

const DEFAULTS_2D = {
  axes: [-2, -1],
  ...NON_STATIONARY_2D_DEFAULTS,
  ...DISTRIBUTED_DEFAULTS,
} satisfies Defaults<MPINonStationaryConvolve2DOptions>;

/** The base class of both operators, with a bank of filters that every rank has. */
abstract class NonStationaryConvolution extends HaloOperator {
  readonly #bank: DeviceConstants;
  readonly #axes: readonly number[];
  readonly #tables: readonly FilterTable[];

  constructor(
    owner: string,
    dims: number | Shape,
    hs: OperatorData,
    places: Readonly<Record<string, OperatorData>>,
    axes: readonly number[],
    { dtype, comm }: { readonly dtype: DType | undefined; readonly comm: Communicator | undefined },
  ) {
    const shape = toShape(dims, 'dims');
    const bank = DeviceConstants.from(hs, dtype);
    const along = axes.map((axis) => toAxis(axis, shape.length));
    const count = along.length;
    if (new Set(along).size !== count || along.some((a, k) => k > 0 && a < (along[k - 1] as number)))
      throw new ShapeError(`${owner}: expected distinct axes in increasing order, received ${textOf(axes)}`);
    if (bank.shape.length !== 2 * count) {
      throw new ShapeError(
        `${owner}: expected hs of ${2 * count} axes, first the filters along each axis, then their ` +
          `samples, received shape ${formatShape(bank.shape)}`,
      );
    }
    const lengths = bank.shape.slice(count);
    checkOdd(owner, lengths);
    const at = Object.entries(places).map(([name, list], k) =>
      filterPlaces(owner, name, list, bank.shape[k] as number),
    );
    const half = shape.map((_, axis) =>
      along.includes(axis) ? ((lengths[along.indexOf(axis)] as number) - 1) / 2 : 0,
    );
    super({ dims: shape, dtype: bank.dtype, holdsData: true, comm }, { before: half, after: half });
    this.#bank = bank;
    this.#axes = along;
    this.#tables = at.map((list) => new FilterTable(list));
  }

  /** The convolution on the boxes of a rank. */
  protected abstract convolution(
    bank: DeviceConstants,
    axes: readonly number[],
    tables: readonly FilterTable[],
    model: IndexBox,
    data: IndexBox,
  ): LinearInterpolationConvolution | VaryingConvolution;

  protected override kernel(direction: 'forward' | 'adjoint', from: IndexBox, to: IndexBox): BoxKernel {
    const [model, data] = direction === 'forward' ? [from, to] : [to, from];
    const convolution = this.convolution(this.#bank, this.#axes, this.#tables, model, data);
    return { run: (x: Elements, y: Elements) => convolution[direction](x, y) };
  }
}

/**
 * Convolution of a distributed array with a filter that changes along an axis:
 * `y[i + k − ⌊L/2⌋] += hᵢ[k] · x[i]`. hᵢ is interpolated linearly between the filters `hs` of
 * `[count, L]` at the samples `ih` of the global array, and constant outside. L is odd. Shapes:
 * `dims` to `dims`. Layouts and messages: see {@link HaloOperator}. Cost: `4·L` flops for each
 * sample. Holds the filters, and an index and a weight for each sample along the axis, of this
 * rank's part and the samples around it. Work: one array, this rank's part and the samples around
 * it.
 *
 * @example new MPINonStationaryConvolve1D([9], [[1, 2, 1], [0, 1, 0]], [2, 6])
 */
export class MPINonStationaryConvolve1D extends NonStationaryConvolution {
  constructor(
    dims: number | Shape,
    hs: OperatorData,
    ih: OperatorData,
    options?: MPINonStationaryConvolve1DOptions,
  ) {
    const { axis, ...rest } = withDefaults('MPINonStationaryConvolve1D', options, DEFAULTS_1D);
    super('MPINonStationaryConvolve1D', dims, hs, { ih }, [axis], rest);
  }
  protected override convolution(
    bank: DeviceConstants,
    axes: readonly number[],
    tables: readonly FilterTable[],
    model: IndexBox,
    data: IndexBox,
  ) {
    return new VaryingConvolution(bank, axes[0] as number, tables[0] as FilterTable, model, data);
  }
}

/**
 * Convolution of a distributed array with a filter that changes along two axes:
 * `y[i + k − ⌊L₀/2⌋, j + l − ⌊L₁/2⌋] += hᵢⱼ[k, l] · x[i, j]`. hᵢⱼ is interpolated bilinearly
 * between the filters `hs` of `[len(ihx), len(ihz), L₀, L₁]` at the samples `ihx`, `ihz` of the
 * global array, and constant outside. Shapes: `dims` to `dims`. Layouts and messages: see
 * {@link HaloOperator}. Cost: `8·L₀·L₁` flops for each sample.
 *
 * @example new MPINonStationaryConvolve2D([7, 6], NDArray.normal([2, 2, 3, 3]), [1, 3], [1, 4])
 */
export class MPINonStationaryConvolve2D extends NonStationaryConvolution {
  constructor(
    dims: Shape,
    hs: OperatorData,
    ihx: OperatorData,
    ihz: OperatorData,
    options?: MPINonStationaryConvolve2DOptions,
  ) {
    const { axes, ...rest } = withDefaults('MPINonStationaryConvolve2D', options, DEFAULTS_2D);
    super('MPINonStationaryConvolve2D', dims, hs, { ihx, ihz }, axes, rest);
  }
  protected override convolution(
    bank: DeviceConstants,
    axes: readonly number[],
    tables: readonly FilterTable[],
    model: IndexBox,
    data: IndexBox,
  ) {
    return new LinearInterpolationConvolution(
      bank,
      axes,
      tables.map(({ places }) => places),
      model,
      data,
    );
  }
}
