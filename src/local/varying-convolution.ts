import type { Backend, Elements, VaryingConvolution as Kernel } from '../core/backend.js';
import { type DType, hostArray, realOf } from '../core/dtype.js';
import type { Box } from '../core/layout.js';
import { NDArraySpace } from '../core/ndarray.js';
import { keep } from '../core/scope.js';
import { around } from '../core/shape.js';
import { betweenPlaces } from './filter-bank.js';
import { HatConvolution } from './hat-convolution.js';
import type { Resident } from './resident.js';

/**
 * Convolution along one axis with filters that are interpolated linearly between the places of a bank, on boxes of an array: `y[i + k − ⌊L/2⌋] += hᵢ[k] x[i]`. Memory on backends with a kernel
 * for it: the bank, and an index and a weight for each sample of the model's box along the axis. Others compose {@link HatConvolution}.
 */
export class VaryingConvolution {
  readonly #bank: Resident;
  readonly #axis: number;
  readonly #places: Float64Array;
  readonly #model: Box;
  readonly #data: Box;
  readonly #placed = new WeakMap<Backend, Map<DType, Omit<Kernel, 'direction'>>>();
  #hats: HatConvolution | undefined;

  /**
   * @param bank `[filters, length]`
   * @param places of the filters, in global samples and increasing
   * @param model the part of the model that is there, `data` that of the data; both in global samples, and alike but along the axis
   */
  constructor(bank: Resident, axis: number, places: Float64Array, model: Box, data: Box) {
    this.#bank = bank;
    this.#axis = axis;
    this.#places = places;
    this.#model = model;
    this.#data = data;
  }

  /** Fills y, of the data's box, from x, of the model's. */
  forward(x: Elements, y: Elements): void {
    this.#run('forward', x, y);
  }

  /** Fills x, of the model's box, from y, of the data's. */
  adjoint(y: Elements, x: Elements): void {
    this.#run('adjoint', y, x);
  }

  #run(direction: 'forward' | 'adjoint', from: Elements, to: Elements): void {
    const { backend, dtype } = to.storage;
    if (to.size === 0) return;
    if (backend.convolveVarying) {
      const convolution = this.#on(backend, realOf(dtype));
      backend.convolveVarying(from, this.#bank.on(backend, dtype), to, { ...convolution, direction });
      return;
    }
    this.#hats ??= new HatConvolution(this.#bank, [this.#axis], [this.#places], this.#model, this.#data);
    this.#hats[direction](from, to);
  }

  #on(backend: Backend, real: DType): Omit<Kernel, 'direction'> {
    let kept = this.#placed.get(backend);
    if (!kept) this.#placed.set(backend, (kept = new Map()));
    let convolution = kept.get(real);
    if (!convolution) kept.set(real, (convolution = this.#place(backend, real)));
    return convolution;
  }

  #place(backend: Backend, real: DType): Omit<Kernel, 'direction'> {
    const [outer, nx, inner] = around(this.#model.shape, this.#axis);
    const ny = this.#data.shape[this.#axis] as number;
    const [filters, length] = this.#bank.shape as [number, number];
    const start = this.#model.start[this.#axis] as number;
    const first = new Int32Array(nx);
    const weights = hostArray(real, nx);
    betweenPlaces(this.#places, start, nx, (i, filter, w) => {
      first[i] = filter;
      weights[i] = w;
    });
    return {
      outer,
      nx,
      ny,
      inner,
      filters,
      length,
      offset: (length - 1) / 2 + (this.#data.start[this.#axis] as number) - start,
      first: keep(NDArraySpace.of([nx], 'int32', backend).upload(first)),
      weights: keep(NDArraySpace.of([nx], real, backend).upload(weights)),
    };
  }
}
