import type { DType } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { checkOptions } from '../core/base/options.js';
import { formatShape, product, type Shape, toAxes, toAxis, toShape } from '../core/base/shape.js';
import { textOf } from '../core/base/text-of.js';
import type { Box } from '../core/distributed/layout.js';
import type { Elements } from '../core/ports/backend.js';
import type { Communicator } from '../core/ports/communicator.js';
import { type OperatorData, Resident } from '../local/resident.js';
import { type BoxKernel, HaloOperator } from './base/halo-operator.js';

export interface MPIConvolve1DOptions {
  /** The sample of the filter that is its origin. @default 0 */
  readonly offset?: number;
  /** @default -1 */
  readonly axis?: number;
  /** @default that of the filter; float64 for lists of numbers */
  readonly dtype?: DType;
  /** @default the default communicator */
  readonly comm?: Communicator;
}

export interface MPIConvolveNDOptions extends Omit<MPIConvolve1DOptions, 'offset' | 'axis'> {
  /** The sample of the filter that is its origin, on each of its axes. @default 0 on each */
  readonly offset?: readonly number[];
  /** The axes of the model, for each axis of the filter, increasing. @default the last ones */
  readonly axes?: readonly number[];
}

/**
 * Convolution of a distributed array with a filter h of one or more axes, which every rank has:
 * `y[i] = Σⱼ h[j] · x[i + offset − j]`, x being zero outside. Shapes: `dims` to `dims`. The adjoint
 * is correlation with conj(h). Layouts and messages: see {@link HaloOperator}; `2·size(h)` flops a
 * sample.
 *
 * @example new MPIConvolveND([12, 5], [[1, 2], [3, 4]])
 */
export class MPIConvolveND extends HaloOperator {
  readonly #filter: Resident;
  readonly #hShape: Shape;
  readonly #offset: readonly number[];

  constructor(dims: number | Shape, h: OperatorData, options: MPIConvolveNDOptions = {}) {
    const owner = new.target.name;
    checkOptions(owner, options, ['offset', 'axes', 'dtype', 'comm']);
    const shape = toShape(dims, 'dims');
    const filter = Resident.from(h, options.dtype);
    const count = filter.shape.length;
    const axes = toAxes(
      options.axes ?? Array.from({ length: Math.min(count, shape.length) }, (_, k) => k - count),
      shape.length,
    );
    if (filter.size === 0 || axes.length !== count)
      throw new ShapeError(
        `${owner}: expected a filter of ${axes.length} axes, received shape ${formatShape(filter.shape)}`,
      );
    if (axes.some((a, k) => k > 0 && a < (axes[k - 1] as number)))
      throw new ArgumentError(
        `${owner}: expected axes in increasing order, received ${textOf(options.axes)}: transpose the filter`,
      );
    const origin = [...(options.offset ?? new Array<number>(count).fill(0))];
    if (
      origin.length !== count ||
      !origin.every((o, k) => Number.isInteger(o) && o >= 0 && o < (filter.shape[k] as number))
    ) {
      throw new ArgumentError(
        `${owner}: expected offset to be a sample of the filter of shape ${formatShape(filter.shape)}, ` +
          `received ${textOf(options.offset)}`,
      );
    }
    const onAll = (values: readonly number[], other: number): number[] =>
      shape.map((_, axis) => (axes.includes(axis) ? (values[axes.indexOf(axis)] as number) : other));
    const [hShape, offset] = [onAll(filter.shape, 1), onAll(origin, 0)];
    super(
      { dims: shape, dtype: filter.dtype, holdsData: true, comm: options.comm },
      { before: hShape.map((n, k) => n - 1 - (offset[k] as number)), after: offset },
    );
    this.#filter = filter;
    this.#hShape = hShape;
    this.#offset = offset;
  }

  protected override kernel(direction: 'forward' | 'adjoint', from: Box, to: Box): BoxKernel {
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
 * Convolution of a distributed array with a filter along one axis: see {@link MPIConvolveND}.
 * However long the filter is, the shape stays: the local `Convolve1D` follows PyLops, whose data
 * has the filter's length where that is longer than a model of one axis; here both vectors have one
 * layout.
 *
 * @example new MPIConvolve1D([12, 3], [1, 2, 1], { axis: 0, offset: 1 })
 */
export class MPIConvolve1D extends MPIConvolveND {
  constructor(dims: number | Shape, h: OperatorData, options: MPIConvolve1DOptions = {}) {
    checkOptions('MPIConvolve1D', options, ['offset', 'axis', 'dtype', 'comm']);
    const { offset = 0, axis = -1, ...rest } = options;
    super(dims, h, {
      ...rest,
      offset: [offset],
      axes: [toAxis(axis, typeof dims === 'number' ? 1 : dims.length)],
    });
  }
}
