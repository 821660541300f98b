import { type NDArray, NDArraySpace } from '../../../core/array/ndarray.js';
import type { DType } from '../../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../../core/base/errors.js';
import type { Defaults, WithDefaults } from '../../../core/base/options.js';
import { around, type Shape, stridesOf } from '../../../core/base/shape.js';
import { textOf } from '../../../core/base/text-of.js';
import { withWorkspace } from '../../../core/vector/workspace.js';
import { LocalOperator } from '../../local-operator.js';
import { IndexedRows, type RowSource } from '../../parts/indexed-rows.js';
import { type WaveletFilters, waveletFilters } from './wavelet-filters.js';

export interface WaveletTransformOptions {
  /** `'haar'` or `'db1'` … `'db12'`. @default 'haar' */
  readonly wavelet?: string;
  /** The number of times that the low-pass part is divided. @default 1 */
  readonly level?: number;
  /** @default 'float64' */
  readonly dtype?: DType;
}

export const WAVELET_DEFAULTS = {
  wavelet: 'haar',
  level: 1,
  dtype: 'float64',
} satisfies Defaults<WaveletTransformOptions>;

/** One level: the block that it divides, and the matrix of each axis. */
interface Level {
  readonly shape: Shape;
  readonly rows: readonly IndexedRows[];
}

/**
 * Periodic wavelet transform along some axes. Each axis is padded with zeros to a power of two, at
 * least 2^level. Every level replaces the low-pass block `[0, n)` by
 * `a[i] = Σⱼ low[j] x[2i + L/2 − j]` in its first half and by `d[i] = Σⱼ high[j] x[2i + L/2 − j]`
 * in its second half, with indices modulo n. The transform is orthonormal: the adjoint is the
 * inverse. Cost: `4·L` flops a sample and axis. Memory: two work arrays, and one more in the
 * adjoint.
 */
export class WaveletTransform extends LocalOperator {
  readonly #levels: readonly Level[];
  constructor(
    owner: string,
    shape: Shape,
    axes: readonly number[],
    { wavelet, level, dtype }: WithDefaults<WaveletTransformOptions, typeof WAVELET_DEFAULTS>,
  ) {
    if (!Number.isSafeInteger(level) || level < 0 || level > 30)
      throw new ArgumentError(
        `${owner}: expected level to be a non-negative integer up to 30, received ${textOf(level)}`,
      );
    const empty = axes.find((axis) => shape[axis] === 0);
    if (empty !== undefined)
      throw new ShapeError(`${owner}: expected at least one sample on axis ${empty}, received none`);
    const dimsd = shape.map((n, axis) =>
      axes.includes(axis) ? Math.max(2 ** Math.ceil(Math.log2(n)), 2 ** level) : n,
    );
    super({ dims: shape, dimsd, dtype });
    const filters = waveletFilters(wavelet);
    this.#levels = Array.from({ length: level }, (_, l) => {
      const block = dimsd.map((n, axis) => (axes.includes(axis) ? n / 2 ** l : n));
      return {
        shape: block,
        rows: axes.map((axis) => {
          const [outer, n, inner] = around(block, axis);
          return new IndexedRows(filterRows(filters, n), { outer, inner });
        }),
      };
    });
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#corner(x, this.dims, y, this.dimsd, this.dims);
    for (const level of this.#levels) {
      this.#onBlock(level, y, (from, to, rows) => {
        rows.gather(from, to);
      });
    }
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    if (x.size === 0) return;
    withWorkspace(NDArraySpace.of(this.dimsd, y.dtype, y.backend), (work) => {
      y.backend.copy(y, work);
      for (const level of this.#levels.toReversed()) {
        this.#onBlock(level, work, (from, to, rows) => {
          rows.scatterAdd(from, to.fill(0));
        });
      }
      this.#corner(work, this.dimsd, x, this.dims, this.dims);
    });
  }
  /** Replaces the block of a level by the result of `step` along each axis. */
  #onBlock(
    { shape, rows }: Level,
    y: NDArray,
    step: (from: NDArray, to: NDArray, rows: IndexedRows) => void,
  ): void {
    if (y.size === 0) return;
    const space = NDArraySpace.of(shape, y.dtype, y.backend);
    withWorkspace(space, (first) => {
      withWorkspace(space, (second) => {
        this.#corner(y, this.dimsd, first, shape, shape);
        let [from, to] = [first, second];
        for (const matrix of rows) {
          step(from, to, matrix);
          [from, to] = [to, from];
        }
        this.#copy(from, shape, y, this.dimsd, shape);
      });
    });
  }
  /** Copies the first `box` cells of all axes. Other cells become zero. */
  #corner(x: NDArray, from: Shape, y: NDArray, to: Shape, box: Shape): void {
    if (to.some((n, k) => n !== box[k])) y.fill(0);
    this.#copy(x, from, y, to, box);
  }
  #copy(x: NDArray, from: Shape, y: NDArray, to: Shape, box: Shape): void {
    if (x.size === 0 || y.size === 0) return;
    y.backend.stridedCopy(
      box,
      { elements: x, start: 0, strides: stridesOf(from) },
      { elements: y, start: 0, strides: stridesOf(to) },
      'set',
    );
  }
}

/** Low-pass rows, then high-pass rows, of n periodic samples. */
function filterRows({ low, high }: WaveletFilters, n: number): RowSource {
  const width = low.length;
  return {
    rows: n,
    columns: n,
    width,
    weights: 'real',
    fill: (start, count, index, weights) => {
      for (let r = 0; r < count; r++) {
        const row = start + r;
        const filter = row < n / 2 ? low : high;
        const center = 2 * (row % (n / 2)) + width / 2;
        for (let j = 0; j < width; j++) {
          index[r * width + j] = (((center - j) % n) + n) % n;
          weights[r * width + j] = filter[j] as number;
        }
      }
    },
  };
}
