import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, toAxis, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { AxisConvolution } from '../parts/axis-convolution.js';
import { MapOperator } from '../parts/map-operator.js';

/** Options of {@link Convolve1D}. */
export interface Convolve1DOptions {
  /** The index of the filter sample that is the origin. @default 0 */
  readonly offset?: number;
  /** @default -1 */
  readonly axis?: number;
  /** @default that of the filter; float64 for lists of numbers */
  readonly dtype?: DType;
}

export const CONVOLVE1D_DEFAULTS = {
  offset: 0,
  axis: -1,
  dtype: undefined,
} satisfies Defaults<Convolve1DOptions>;

/**
 * Convolution with a filter h along an axis: `y[i] = Σⱼ h[j] · x[i + offset − j]`, where x is zero
 * outside. Shapes: `dims` to `dims`. If the model has one axis and the filter is longer, the data
 * has the length of the filter, as in PyLops, so that it depends on the whole filter. The adjoint
 * is the correlation with conj(h). Cost: `2·len(h)` flops a sample. Memory: the filter.
 *
 * @example new Convolve1D([3, 8], [1, 2, 1], { offset: 1 })
 */
export class Convolve1D extends MapOperator {
  constructor(dims: number | Shape, h: OperatorData, options?: Convolve1DOptions) {
    const given = withDefaults('Convolve1D', options, CONVOLVE1D_DEFAULTS);
    const { offset } = given;
    const shape = toShape(dims, 'dims');
    const axis = toAxis(given.axis, shape.length);
    const filter = DeviceConstants.from(h, given.dtype);
    if (filter.shape.length !== 1 || filter.size === 0)
      throw new ShapeError(
        `Convolve1D: expected a filter of one axis, received shape ${formatShape(filter.shape)}`,
      );
    if (!Number.isInteger(offset) || offset < 0 || offset >= filter.size) {
      throw new ArgumentError(
        `Convolve1D: expected offset to be a sample of the filter, 0 to ${filter.size - 1}, received ` +
          `${textOf(offset)}`,
      );
    }
    const dimsd = shape.length === 1 ? [Math.max(shape[0] as number, filter.size)] : shape;
    super(
      { dims: shape, dimsd, dtype: filter.dtype, holdsData: true },
      new AxisConvolution(filter, offset, shape, axis, dimsd[axis]),
      (k) => new AxisConvolution(filter, offset, [...shape, k], axis, dimsd[axis]),
    );
  }
}
