import type { DType } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, toShape } from '../../core/base/shape.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { MapOperator } from '../parts/map-operator.js';
import { checkOdd, filterPlaces } from './filter-bank.js';
import { LinearInterpolationConvolution } from './linear-interpolation-convolution.js';

/** Options of {@link NonStationaryConvolve2D}. */
export interface NonStationaryConvolve2DOptions {
  /** @default that of the filters; float64 for lists of numbers */
  readonly dtype?: DType;
}

export const NON_STATIONARY_2D_DEFAULTS = {
  dtype: undefined,
} satisfies Defaults<NonStationaryConvolve2DOptions>;

/**
 * Convolution with a filter that changes over the plane:
 * `y[i + k − ⌊L₀/2⌋, j + l − ⌊L₁/2⌋] += hᵢⱼ[k, l] · x[i, j]`. hᵢⱼ is interpolated bilinearly
 * between the filters `hs` of `[len(ihx), len(ihz), L₀, L₁]` at the samples `ihx`, `ihz` of the
 * axes, and is constant outside. L₀, L₁ are odd. Shapes: `[nx, nz]` to the same. Cost: four
 * convolutions, `8·L₀·L₁` flops a sample. Memory: the filters, and two work arrays.
 *
 * @example new NonStationaryConvolve2D([5, 6], NDArray.normal([2, 2, 3, 3]), [1, 3], [1, 4])
 */
export class NonStationaryConvolve2D extends MapOperator {
  constructor(
    dims: Shape,
    hs: OperatorData,
    ihx: OperatorData,
    ihz: OperatorData,
    options?: NonStationaryConvolve2DOptions,
  ) {
    const { dtype } = withDefaults('NonStationaryConvolve2D', options, NON_STATIONARY_2D_DEFAULTS);
    const shape = toShape(dims, 'dims');
    if (shape.length !== 2)
      throw new ShapeError(
        `NonStationaryConvolve2D: expected dims of two axes, received ${formatShape(shape)}`,
      );
    const bank = DeviceConstants.from(hs, dtype);
    if (bank.shape.length !== 4) {
      throw new ShapeError(
        'NonStationaryConvolve2D: expected hs of shape [filters, filters, samples, samples], received ' +
          `${formatShape(bank.shape)}`,
      );
    }
    const [filtersX, filtersZ, ...lengths] = bank.shape as [number, number, number, number];
    checkOdd('NonStationaryConvolve2D', lengths);
    const places = [
      filterPlaces('NonStationaryConvolve2D', 'ihx', ihx, filtersX),
      filterPlaces('NonStationaryConvolve2D', 'ihz', ihz, filtersZ),
    ];
    const whole = { start: [0, 0], shape };
    super(
      { dims: shape, dtype: bank.dtype, holdsData: true },
      new LinearInterpolationConvolution(bank, [0, 1], places, whole, whole),
    );
  }
}
