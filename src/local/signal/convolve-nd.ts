import type { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, type WithDefaults, withDefaults } from '../../core/base/options.js';
import { formatShape, type Shape, toAxes, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { Convolution } from '../../core/ports/backend.js';
import { DeviceConstants, type OperatorData } from '../device-constants.js';
import { MapOperator } from '../parts/map-operator.js';

/** Options of {@link ConvolveND}. */
export interface ConvolveNDOptions {
  /**
   * The index of the filter sample that is the origin, on each axis of the filter.
   * @default 0 on each
   */
  readonly offset?: readonly number[];
  /** The axis of the model for each axis of the filter, increasing. @default the last ones */
  readonly axes?: readonly number[];
  /** @default that of the filter; float64 for lists of numbers */
  readonly dtype?: DType | undefined;
}

export const CONVOLVE_ND_DEFAULTS = {
  offset: undefined,
  axes: undefined,
  dtype: undefined,
} satisfies Defaults<ConvolveNDOptions>;

/** The filter with as many axes as the model. Its length is 1 on the axes that it lacks. */
export function filterOnAxes(
  owner: string,
  dims: number | Shape,
  h: OperatorData,
  given: WithDefaults<ConvolveNDOptions, typeof CONVOLVE_ND_DEFAULTS>,
) {
  const shape = toShape(dims, 'dims');
  const filter = DeviceConstants.from(h, given.dtype);
  const count = filter.shape.length;
  const axes = toAxes(
    given.axes ?? Array.from({ length: Math.min(count, shape.length) }, (_, k) => k - count),
    shape.length,
  );
  if (count === 0 || filter.size === 0 || axes.length !== count)
    throw new ShapeError(
      `${owner}: expected a filter of as many axes as ${textOf(axes)}, received shape ` +
        `${formatShape(filter.shape)}`,
    );
  const origin = [...(given.offset ?? new Array<number>(count).fill(0))];
  if (
    origin.length !== count ||
    !origin.every((o, k) => Number.isInteger(o) && o >= 0 && o < (filter.shape[k] as number))
  ) {
    throw new ArgumentError(
      `${owner}: expected offset to be a sample of the filter of shape ${formatShape(filter.shape)}, ` +
        `received ${textOf(given.offset)}`,
    );
  }
  // the kernel reads the filter with its axes in the order of the model's axes
  if (axes.some((a, k) => k > 0 && a < (axes[k - 1] as number)))
    throw new ArgumentError(
      `${owner}: expected axes in increasing order, received ${textOf(given.axes)}: transpose the filter`,
    );
  const onAll = (values: readonly number[], other: number): number[] =>
    shape.map((_, axis) => (axes.includes(axis) ? (values[axes.indexOf(axis)] as number) : other));
  return { shape, filter, hShape: onAll(filter.shape, 1), offset: onAll(origin, 0) };
}

/**
 * Convolution with a filter h of several axes: `y[i] = Σⱼ h[j] · x[i + offset − j]` for
 * multi-indices on `axes`, where x is zero outside. Shapes: `dims` to `dims`. The adjoint is the
 * correlation with conj(h). Cost: `2·size(h)` flops a sample. Memory: the filter.
 *
 * @example new ConvolveND([6, 7], [[1, 2, 1]], { offset: [0, 1] })
 */
export class ConvolveND extends MapOperator {
  readonly filterShape: Shape;
  constructor(dims: number | Shape, h: OperatorData, options?: ConvolveNDOptions) {
    const owner = new.target.name;
    const given = withDefaults(owner, options, CONVOLVE_ND_DEFAULTS);
    const { shape, filter, hShape, offset } = filterOnAxes(owner, dims, h, given);
    const common = { xShape: shape, yShape: shape, hShape, offset };
    const convolving = (direction: Convolution['direction']) => {
      const convolution = { ...common, direction };
      return (from: NDArray, to: NDArray) => to.backend.convolve(from, filter.with(to), to, convolution);
    };
    super(
      { dims: shape, dtype: filter.dtype, holdsData: true },
      { forward: convolving('forward'), adjoint: convolving('adjoint') },
    );
    this.filterShape = filter.shape;
  }
}
