import { NDArraySpace } from '../../core/array/ndarray.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { perAxis } from '../../core/base/per-axis.js';
import { around, product, type Shape, toAxes, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import type { Convolution, Elements } from '../../core/ports/backend.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { DeviceConstants } from '../device-constants.js';
import { numbersOf } from '../parts/host-numbers.js';
import type { LinearMap } from '../parts/map-operator.js';

/**
 * Means over the samples around each sample along several axes, with zeros outside, computed along
 * one axis after another. They are symmetric and therefore their own adjoint.
 */
export class RunningMeans {
  readonly shape: Shape;
  /** The samples before a sample that its mean reads, along every axis. As many are after it. */
  readonly reach: readonly number[];
  readonly #axes: readonly number[];
  readonly #filters: readonly DeviceConstants[];

  /**
   * @param nsmooth the numbers of samples; even ones are increased by one
   * @param count the number of axes
   */
  constructor(
    owner: string,
    nsmooth: number | readonly number[],
    dims: number | Shape,
    axes: readonly number[],
    count: number,
  ) {
    this.shape = toShape(dims, 'dims');
    this.#axes = toAxes(axes, this.shape.length);
    if (this.#axes.length !== count)
      throw new ShapeError(
        `${owner}: expected ${count === 1 ? 'one axis' : 'two axes'}, received ${this.#axes.length}`,
      );
    const reach = perAxis(owner, 'nsmooth', nsmooth, count).map((n) => {
      if (!Number.isSafeInteger(n) || n < 1)
        throw new ArgumentError(
          `${owner}: expected nsmooth to be a positive number of samples, received ${textOf(n)}`,
        );
      return Math.floor(n / 2);
    });
    this.reach = this.shape.map((_, axis) => reach[this.#axes.indexOf(axis)] ?? 0);
    this.#filters = reach.map((r) => {
      const width = 2 * r + 1;
      return DeviceConstants.from(numbersOf(width, () => 1 / width));
    });
  }

  /**
   * The function that fills the box `to` of y from the box `from` of x, which must contain all
   * samples of the array within reach.
   */
  between(from: IndexBox, to: IndexBox): (x: Elements, y: Elements) => void {
    let box = from;
    const steps = this.#axes.map((axis): Convolution => {
      const [outer, n, inner] = around(box.shape, axis);
      const [start, rows] = [to.start[axis] as number, to.shape[axis] as number];
      const shift = start - (box.start[axis] as number);
      box = { start: box.start.with(axis, start), shape: box.shape.with(axis, rows) };
      const r = this.reach[axis] as number;
      return {
        xShape: [outer, n, inner],
        hShape: [1, 2 * r + 1, 1],
        yShape: [outer, rows, inner],
        offset: [0, r + shift, 0],
        direction: 'forward',
      };
    });
    const run = (k: number, x: Elements, y: Elements): void => {
      const { backend, dtype } = y.storage;
      const step = steps[k] as Convolution;
      const average = (result: Elements) =>
        backend.convolve(x, (this.#filters[k] as DeviceConstants).on(backend, dtype), result, step);
      if (k + 1 === steps.length) average(y);
      else
        withWorkspace(NDArraySpace.of([product(step.yShape)], dtype, backend), (work) => {
          average(work);
          run(k + 1, work, y);
        });
    };
    return (x, y) => run(0, x, y);
  }

  /** The means of whole arrays. */
  whole(): LinearMap {
    const box = { start: this.shape.map(() => 0), shape: this.shape };
    const run = this.between(box, box);
    return { forward: run, adjoint: run };
  }
}
