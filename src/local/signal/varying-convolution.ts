import { type NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import { type DType, hostArray, realOf } from '../../core/base/dtype.js';
import { keep } from '../../core/base/scope.js';
import { around } from '../../core/base/shape.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import type { Backend, Elements, VaryingConvolution as Kernel } from '../../core/ports/backend.js';
import type { DeviceConstants } from '../device-constants.js';
import { part } from '../local-operator.js';
import { betweenPlaces } from './filter-bank.js';
import { LinearInterpolationConvolution } from './linear-interpolation-convolution.js';

/** Entries for the samples `start … start + n − 1` along the axis. */
interface Table {
  readonly start: number;
  readonly n: number;
  readonly first: NDArray;
  readonly weights: NDArray;
}

/**
 * The filters of a bank between which each sample lies: an index and a weight for each sample. The
 * table is kept on every backend and in every precision in which it was used.
 */
export class FilterTable {
  /** The places of the filters in global samples, increasing. */
  readonly places: Float64Array;
  readonly #kept = new WeakMap<Backend, Map<DType, Table>>();

  constructor(places: Float64Array) {
    this.places = places;
  }

  /**
   * The entries of samples `start … start + n − 1`. If the kept table lacks some of them, a new
   * table for both ranges replaces it.
   */
  on(
    backend: Backend,
    real: DType,
    start: number,
    n: number,
  ): { readonly first: Elements; readonly weights: Elements } {
    let tables = this.#kept.get(backend);
    if (!tables) this.#kept.set(backend, (tables = new Map()));
    let table = tables.get(real);
    if (!table || start < table.start || start + n > table.start + table.n) {
      const from = Math.min(start, table?.start ?? start);
      const to = Math.max(start + n, table ? table.start + table.n : 0);
      table?.first.dispose();
      table?.weights.dispose();
      tables.set(real, (table = this.#make(backend, real, from, to - from)));
    }
    return {
      first: part(table.first, start - table.start, n),
      weights: part(table.weights, start - table.start, n),
    };
  }

  #make(backend: Backend, real: DType, start: number, n: number): Table {
    const first = new Int32Array(n);
    const weights = hostArray(real, n);
    betweenPlaces(this.places, start, n, (i, filter, w) => {
      first[i] = filter;
      weights[i] = w;
    });
    return {
      start,
      n,
      first: keep(NDArraySpace.of([n], 'int32', backend).upload(first)),
      weights: keep(NDArraySpace.of([n], real, backend).upload(weights)),
    };
  }
}

/**
 * Convolution along one axis with filters that are interpolated linearly between the places of a
 * bank, on boxes of an array: `y[i + k − ⌊L/2⌋] += hᵢ[k] x[i]`. Memory on backends with a kernel
 * for it: the bank, and an index and a weight for each sample of the model's box along the axis.
 * Other backends use {@link LinearInterpolationConvolution}.
 */
export class VaryingConvolution {
  readonly #bank: DeviceConstants;
  readonly #axis: number;
  readonly #table: FilterTable;
  readonly #model: IndexBox;
  readonly #data: IndexBox;
  #hats: LinearInterpolationConvolution | undefined;

  /**
   * @param bank `[filters, length]`
   * @param table shared by all boxes of an operator
   * @param model the box of the model that is stored, in global samples
   * @param data the box of the data that is stored, in global samples; equal to `model` on all
   *   other axes
   */
  constructor(bank: DeviceConstants, axis: number, table: FilterTable, model: IndexBox, data: IndexBox) {
    this.#bank = bank;
    this.#axis = axis;
    this.#table = table;
    this.#model = model;
    this.#data = data;
  }

  /** Fills y, which is the data's box, from x, which is the model's box. */
  forward(x: Elements, y: Elements): void {
    this.#run('forward', x, y);
  }

  /** Fills x, which is the model's box, from y, which is the data's box. */
  adjoint(y: Elements, x: Elements): void {
    this.#run('adjoint', y, x);
  }

  #run(direction: 'forward' | 'adjoint', from: Elements, to: Elements): void {
    const { backend, dtype } = to.storage;
    if (to.size === 0) return;
    if (backend.has('convolveVarying')) {
      const convolution = this.#on(backend, realOf(dtype));
      backend.convolveVarying(from, this.#bank.on(backend, dtype), to, { ...convolution, direction });
      return;
    }
    this.#hats ??= new LinearInterpolationConvolution(
      this.#bank,
      [this.#axis],
      [this.#table.places],
      this.#model,
      this.#data,
    );
    this.#hats[direction](from, to);
  }

  #on(backend: Backend, real: DType): Omit<Kernel, 'direction'> {
    const [outer, nx, inner] = around(this.#model.shape, this.#axis);
    const [filters, length] = this.#bank.shape as [number, number];
    const start = this.#model.start[this.#axis] as number;
    return {
      outer,
      nx,
      ny: this.#data.shape[this.#axis] as number,
      inner,
      filters,
      length,
      offset: (length - 1) / 2 + (this.#data.start[this.#axis] as number) - start,
      ...this.#table.on(backend, real, start, nx),
    };
  }
}
