import type { DType } from '../../core/base/dtype.js';
import { realOf } from '../../core/base/dtype.js';
import { around, product, type Shape, stridesOf } from '../../core/base/shape.js';
import type { IndexBox } from '../../core/distributed/layout.js';
import type { Backend, Convolution, Elements, IndexTable } from '../../core/ports/backend.js';
import { DeviceConstants } from '../device-constants.js';

/**
 * Filters at places along an axis. The weight of filter f at sample i is linear between places and
 * constant outside. The weights at a sample add up to 1.
 */
interface HatAxis {
  readonly axis: number;
  readonly places: Float64Array;
  /** Number of samples of a filter. Its origin is in the middle. */
  readonly length: number;
}

interface Interval {
  readonly start: number;
  readonly end: number;
}

/** The samples at which filter f has weight. */
function support(places: Float64Array, f: number, within: Interval): Interval {
  const from = f === 0 ? within.start : Math.floor(places[f - 1] as number) + 1;
  const to = f === places.length - 1 ? within.end : Math.ceil(places[f + 1] as number);
  return { start: Math.max(within.start, from), end: Math.min(within.end, to) };
}

function weight(places: Float64Array, f: number, i: number): number {
  const at = places[f] as number;
  if (i === at) return 1;
  const next = places[i < at ? f - 1 : f + 1];
  return next === undefined ? 1 : (next - i) / (next - at);
}

/**
 * One filter on one box: the samples of the model with weight, their weights, and the place of
 * their images.
 */
interface Piece {
  /**
   * Shapes of the model's box after each restriction to the filter's samples, and the tables of the
   * restrictions.
   */
  readonly shapes: readonly Shape[];
  readonly tables: readonly {
    readonly table: Omit<IndexTable, 'index' | 'weights'>;
    readonly axis: number;
    readonly at: number;
    readonly rows: Interval;
  }[];
  readonly filter: number;
  readonly convolution: Convolution;
  readonly image: Shape;
  /** The index of the first sample of the image in the data's box. */
  readonly imageStart: number;
}

/**
 * Convolution with filters that change from sample to sample, on boxes of an array:
 * `y[i + k − ⌊L/2⌋] += hᵢ[k] x[i]`. hᵢ is interpolated linearly (over several axes, multilinearly)
 * between the filters of a bank. Interpolation commutes with the sum: each filter is convolved with
 * the weighted samples at which it has weight. Cost: `2ᵈ` ordinary convolutions over d axes, each
 * at the speed of the kernel. Memory: the bank, `2n` weights for each axis, and two work arrays.
 */
export class LinearInterpolationConvolution {
  readonly #axes: readonly HatAxis[];
  readonly #bank: DeviceConstants;
  readonly #model: IndexBox;
  readonly #data: IndexBox;
  readonly #pieces: readonly Piece[];
  readonly #adjoints: readonly Convolution[];
  readonly #index: DeviceConstants;
  readonly #weights: DeviceConstants;

  /**
   * @param bank filters `[count, …, length, …]`, one count and one length for each axis
   * @param model the box of the model that is stored, in global samples
   * @param data the box of the data that is stored, in global samples
   */
  constructor(
    bank: DeviceConstants,
    axes: readonly number[],
    places: readonly Float64Array[],
    model: IndexBox,
    data: IndexBox,
  ) {
    const count = axes.length;
    this.#axes = axes.map((axis, k) => ({
      axis,
      places: places[k] as Float64Array,
      length: bank.shape[count + k] as number,
    }));
    this.#bank = bank;
    this.#model = model;
    this.#data = data;
    const weights: number[] = [];
    const pieces: Piece[] = [];
    const adjoints: Convolution[] = [];
    for (let f = 0; f < product(bank.shape.slice(0, count)); f++) {
      const piece = this.#piece(f, weights, adjoints);
      if (piece) pieces.push(piece);
    }
    this.#pieces = pieces;
    this.#adjoints = adjoints;
    this.#index = DeviceConstants.indices(Math.max(1, ...model.shape));
    this.#weights = DeviceConstants.of({
      values: Float64Array.from(weights),
      shape: [weights.length],
      dtype: 'float64',
    });
  }

  #piece(filter: number, weights: number[], adjoints: Convolution[]): Piece | undefined {
    const { start, shape } = this.#model;
    const data = this.#data;
    const seen = shape.map(
      (n, k): Interval => ({ start: start[k] as number, end: (start[k] as number) + n }),
    );
    const image = data.shape.map(
      (n, k): Interval => ({ start: data.start[k] as number, end: (data.start[k] as number) + n }),
    );
    const offset = shape.map(() => 0);
    const hShape = shape.map(() => 1);
    const tables: Piece['tables'][number][] = [];
    const shapes: Shape[] = [];
    let rest = filter;
    let current = [...shape];
    const which = this.#axes.toReversed().map(({ places }) => {
      const f = rest % places.length;
      rest = Math.floor(rest / places.length);
      return f;
    });
    for (const [k, { axis, places, length }] of this.#axes.entries()) {
      const f = which[this.#axes.length - 1 - k] as number;
      const half = Math.floor(length / 2);
      const rows = support(places, f, seen[axis] as Interval);
      const reach = image[axis] as Interval;
      const span = {
        start: Math.max(reach.start, rows.start - half),
        end: Math.min(reach.end, rows.end + length - 1 - half),
      };
      if (rows.end <= rows.start || span.end <= span.start) return undefined;
      const [outer, nx, inner] = around(current, axis);
      const first = start[axis] as number;
      tables.push({
        axis,
        at: weights.length,
        rows: { start: rows.start - first, end: rows.end - first },
        table: { outer, nx, ny: rows.end - rows.start, inner, width: 1 },
      });
      for (let i = rows.start; i < rows.end; i++) weights.push(weight(places, f, i));
      current = current.map((n, a) => (a === axis ? rows.end - rows.start : n));
      shapes.push(current);
      seen[axis] = rows;
      image[axis] = span;
      offset[axis] = half;
      hShape[axis] = length;
    }
    const imageShape = image.map(({ start, end }) => end - start);
    if (product(current) === 0 || product(imageShape) === 0) return undefined;
    adjoints.push({
      xShape: data.shape,
      hShape,
      yShape: current,
      offset: offset.map((half, k) => half - ((seen[k] as Interval).start - (data.start[k] as number))),
      direction: 'adjoint',
    });
    const strides = stridesOf(data.shape);
    return {
      shapes,
      tables,
      filter,
      convolution: {
        xShape: current,
        hShape,
        yShape: imageShape,
        offset: offset.map((half, k) => half + (image[k] as Interval).start - (seen[k] as Interval).start),
        direction: 'forward',
      },
      image: imageShape,
      imageStart: image.reduce(
        (at, { start: s }, k) => at + (s - (data.start[k] as number)) * (strides[k] as number),
        0,
      ),
    };
  }

  /** Fills y, which is the data's box, from x, which is the model's box. */
  forward(x: Elements, y: Elements): void {
    const { backend, dtype } = y.storage;
    if (y.size > 0) backend.fill(y, 0);
    const strides = stridesOf(this.#data.shape);
    for (const piece of this.#pieces) {
      let from = x;
      const steps = piece.tables.map((entry, k) => {
        const to = scratch(backend, dtype, piece.shapes[k] as Shape);
        backend.gather(from, to, this.#table(entry, backend, dtype));
        from = to;
        return to;
      });
      const image = scratch(backend, dtype, piece.image);
      backend.convolve(from, this.#filter(piece, backend, dtype), image, piece.convolution);
      backend.stridedCopy(
        piece.image,
        { elements: image, start: 0, strides: stridesOf(piece.image) },
        { elements: y, start: piece.imageStart, strides },
        'add',
      );
      for (const { storage } of [...steps, image]) backend.release(storage);
    }
  }

  /** Fills x, which is the model's box, from y, which is the data's box. */
  adjoint(y: Elements, x: Elements): void {
    const { backend, dtype } = x.storage;
    if (x.size > 0) backend.fill(x, 0);
    this.#pieces.forEach((piece, k) => {
      let from = scratch(backend, dtype, piece.shapes.at(-1) as Shape);
      backend.convolve(y, this.#filter(piece, backend, dtype), from, this.#adjoints[k] as Convolution);
      for (let step = piece.tables.length - 1; step >= 0; step--) {
        const to = step === 0 ? x : scratch(backend, dtype, piece.shapes[step - 1] as Shape);
        if (to !== x) backend.fill(to, 0);
        backend.scatterAdd(
          from,
          to,
          this.#table(piece.tables[step] as Piece['tables'][number], backend, dtype),
        );
        backend.release(from.storage);
        from = to;
      }
    });
  }

  #filter({ filter, convolution }: Piece, backend: Backend, dtype: DType): Elements {
    const bank = this.#bank.on(backend, dtype);
    const size = product(convolution.hShape);
    return { storage: bank.storage, offset: bank.offset + filter * size, size };
  }

  #table({ table, at, rows }: Piece['tables'][number], backend: Backend, dtype: DType): IndexTable {
    const size = rows.end - rows.start;
    const index = this.#index.on(backend);
    const weights = this.#weights.on(backend, realOf(dtype));
    return {
      ...table,
      index: { storage: index.storage, offset: index.offset + rows.start, size },
      weights: { storage: weights.storage, offset: weights.offset + at, size },
    };
  }
}

function scratch(backend: Backend, dtype: DType, shape: Shape): Elements {
  const size = product(shape);
  return { storage: backend.alloc(dtype, size), offset: 0, size };
}
