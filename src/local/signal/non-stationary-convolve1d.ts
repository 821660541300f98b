import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { MapOperator } from '../parts/map-operator.js';
import { checkOdd, filterPlaces } from './filter-bank.js';
import { FilterTable, VaryingConvolution } from './varying-convolution.js';

/** Options of {@link NonStationaryConvolve1D}. */
export interface NonStationaryConvolve1DOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default that of the filters; float64 for lists of numbers */
  readonly dtype?: DType;
}

export const NON_STATIONARY_1D_DEFAULTS = {
  axis: -1,
  dtype: undefined,
} satisfies Defaults<NonStationaryConvolve1DOptions>;

/**
 * Convolution with a filter that changes along the axis: `y[i + k − ⌊L/2⌋] += hᵢ[k] · x[i]`. hᵢ is
 * interpolated linearly between the filters `hs` of `[count, L]` at the samples `ih`, and is
 * constant outside. L is odd. Shapes: `dims` to `dims`. Cost: `4·L` flops a sample. Memory: the
 * filters, an index and a weight for each sample along the axis; no work array.
 *
 * @example new NonStationaryConvolve1D(9, [[1, 2, 1], [0, 1, 0]], [2, 6])
 */
export class NonStationaryConvolve1D extends MapOperator {
  constructor(
    dims: number | Shape,
    hs: OperatorData,
    ih: OperatorData,
    options?: NonStationaryConvolve1DOptions,
  ) {
    const given = withDefaults('NonStationaryConvolve1D', options, NON_STATIONARY_1D_DEFAULTS);
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const bank = DeviceConstants.from(hs, given.dtype);
    if (bank.shape.length !== 2)
      throw new ShapeError(
        'NonStationaryConvolve1D: expected hs of shape [filters, samples], received ' +
          `${formatShape(bank.shape)}`,
      );
    const [filters, length] = bank.shape as [number, number];
    checkOdd('NonStationaryConvolve1D', [length]);
    const whole = { start: shape.map(() => 0), shape };
    const table = new FilterTable(filterPlaces('NonStationaryConvolve1D', 'ih', ih, filters));
    super(
      { dims: shape, dtype: bank.dtype, holdsData: true },
      new VaryingConvolution(bank, axis, table, whole, whole),
    );
  }
}
