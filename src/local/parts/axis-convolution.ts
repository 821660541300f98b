import type { NDArray } from '../../core/array/ndarray.js';
import { around, type Shape } from '../../core/base/shape.js';
import type { Convolution } from '../../core/ports/backend.js';
import type { DeviceConstants } from '../device-constants.js';

/**
 * Convolution along one axis of arrays of `shape`: `y[i] = Σⱼ h[j] · x[i + offset − j]`, with zeros
 * outside. The result has `rows` samples on that axis. The filter is converted to the dtype of the
 * vectors.
 */
export class AxisConvolution {
  readonly #filter: DeviceConstants;
  readonly #forward: Convolution;
  readonly #adjoint: Convolution;
  constructor(
    filter: DeviceConstants,
    offset: number,
    shape: Shape,
    axis: number,
    rows = shape[axis] as number,
  ) {
    this.#filter = filter;
    const [outer, n, inner] = around(shape, axis);
    const common = { hShape: [1, filter.size, 1], offset: [0, offset, 0] };
    const [model, data] = [
      [outer, n, inner],
      [outer, rows, inner],
    ];
    this.#forward = { ...common, xShape: model, yShape: data, direction: 'forward' };
    this.#adjoint = { ...common, xShape: data, yShape: model, direction: 'adjoint' };
  }
  /** Fills y. */
  forward(x: NDArray, y: NDArray): void {
    this.#apply(x, y, this.#forward);
  }
  /** Fills x. */
  adjoint(y: NDArray, x: NDArray): void {
    this.#apply(y, x, this.#adjoint);
  }
  #apply(from: NDArray, to: NDArray, convolution: Convolution): void {
    if (from.size === 0) to.fill(0);
    else if (to.size > 0) to.backend.convolve(from, this.#filter.on(to.backend, to.dtype), to, convolution);
  }
}
