import type { NDArray } from '../array/ndarray.js';
import { complexOf, isComplex } from '../base/dtype.js';
import { product, type Shape, stridesOf } from '../base/shape.js';
import type { FftPlan } from '../ports/backend.js';

/** The way in which convolutions are computed. */
export type ConvolutionMethod = 'auto' | 'direct' | 'fft';

/** The least number of at least n without prime factors above 5, which transforms take well. */
export function fastLength(n: number): number {
  let best = 2 ** Math.ceil(Math.log2(Math.max(n, 1)));
  for (let five = 1; five < best; five *= 5)
    for (let three = five; three < best; three *= 3) {
      const candidate = three * 2 ** Math.max(0, Math.ceil(Math.log2(n / three)));
      if (candidate >= n && candidate < best) best = candidate;
    }
  return best;
}

/**
 * Products and sums of the direct way that take as long as one of a Fourier transform, of which a
 * transform and its inverse of N elements have 5 N log₂ N.
 */
const DIRECT_PER_TRANSFORMED = 6;
/** The number of elements up to which blocks are transformed at once. */
const BLOCK = 2 ** 21;

/** The blocks of a convolution by transforms. */
interface Blocks {
  /** The axes that are transformed. */
  readonly axes: readonly number[];
  /** The lengths of a block. */
  readonly shape: Shape;
  /** The number of results of a block along each axis. */
  readonly results: Shape;
}

/**
 * The length of the blocks along an axis for `count` results and a filter of n: that of all
 * results, or, for short filters, the one with the least work for each result.
 */
function blockLength(count: number, n: number): number {
  const whole = fastLength(count + n - 1);
  let best = whole;
  const work = (length: number): number =>
    (Math.ceil(count / (length - n + 1)) * length * Math.log2(length + 1)) / count;
  for (let length = fastLength(2 * n); length < whole; length = fastLength(2 * length))
    if (work(length) < work(best)) best = length;
  return best;
}

function blocksOf(to: Shape, h: Shape, axes: readonly number[]): Blocks {
  const shape = to.map((n, k) => (axes.includes(k) ? blockLength(n, h[k] as number) : n));
  // The other axes are cut too, so that the work arrays stay small
  for (let k = 0; k < to.length && product(shape) > BLOCK; k++)
    if (!axes.includes(k))
      shape[k] = Math.max(1, Math.floor((BLOCK * (shape[k] as number)) / product(shape)));
  const results = shape.map((n, k) => (axes.includes(k) ? n - (h[k] as number) + 1 : n));
  return { axes, shape, results };
}

/** Whether transforms are faster than the sums of products. */
export function isFasterByTransform(to: Shape, h: Shape, pairs: boolean): boolean {
  const axes = h.flatMap((n, k) => (n > 1 ? [k] : []));
  if (axes.length === 0 || product(to) === 0) return false;
  const { shape, results } = blocksOf(to, h, axes);
  const blocks = product(to.map((n, k) => Math.ceil(n / (results[k] as number))));
  const n = product(shape);
  const lines = axes.reduce((sum, k) => sum + Math.log2(shape[k] as number), 0);
  const transformed = 5 * n * lines * blocks * (pairs ? 2 : 1);
  return product(to) * product(h) * (pairs ? 4 : 1) > DIRECT_PER_TRANSFORMED * transformed;
}

/** The places of the blocks of an array, in C order. */
function placesOf(shape: Shape, steps: Shape): number[][] {
  let places: number[][] = [[]];
  shape.forEach((n, k) => {
    const step = steps[k] as number;
    const along = Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
    places = places.flatMap((place) => along.map((i) => [...place, i]));
  });
  return places;
}

/** Copies the part of x from `start` on into a block, which is zero elsewhere. */
function copyBlock(x: NDArray, block: NDArray, start: readonly number[]): void {
  const low = start.map((s) => Math.max(0, -s));
  const shape = start.map(
    (s, k) => Math.min(block.shape[k] as number, (x.shape[k] as number) - s) - (low[k] as number),
  );
  if (shape.some((n, k) => n < (block.shape[k] as number))) block.fill(0);
  if (shape.some((n) => n <= 0)) return;
  const [from, to] = [stridesOf(x.shape), stridesOf(block.shape)];
  const at = (offsets: readonly number[], strides: readonly number[]): number =>
    offsets.reduce((sum, i, k) => sum + i * (strides[k] as number), 0);
  x.backend.stridedCopy(
    shape,
    {
      elements: x,
      start: at(
        start.map((s, k) => s + (low[k] as number)),
        from,
      ),
      strides: from,
    },
    { elements: block, start: at(low, to), strides: to },
    'set',
  );
}

/** `y[i] = Σⱼ h[j] x[i + offset − j]` by transforms along axes, block by block. */
function byTransform(x: NDArray, h: NDArray, y: NDArray, offset: readonly number[], axes: readonly number[]) {
  const { backend, dtype } = x;
  const { shape, results } = blocksOf(y.shape, h.shape, axes);
  const last = axes.at(-1) as number;
  const half = !isComplex(dtype);
  const spectrum = half ? shape.with(last, Math.floor((shape[last] as number) / 2) + 1) : shape;
  const scale = 1 / axes.reduce((n, k) => n * (shape[k] as number), 1);
  const planOf = (of: Shape, inverse: boolean): FftPlan => ({
    kind: half ? (inverse ? 'c2r' : 'r2c') : 'c2c',
    shape: of,
    axes,
    direction: inverse ? 'inverse' : 'forward',
    scale: inverse ? scale : 1,
    overwrite: true,
  });
  const complex = complexOf(dtype);
  /** The filter may be shorter than the block along an axis that is not transformed. */
  const filterOf = (start: readonly number[]): NDArray => {
    const own = h.shape.map((n, k) => (axes.includes(k) || n > 1 ? (shape[k] as number) : 1));
    const padded = h.space.withShape(own).empty();
    copyBlock(
      h,
      padded,
      start.map((s, k) => (axes.includes(k) || own[k] === 1 ? 0 : s)),
    );
    const result = h.space
      .withShape(
        spectrum.map((n, k) => (own[k] === 1 && !axes.includes(k) ? 1 : n)),
        complex,
      )
      .empty();
    backend.fft(padded, result, planOf(own, false));
    padded.dispose();
    const whole = result.broadcastTo(spectrum).contiguous();
    if (whole !== result) result.dispose();
    return whole;
  };
  const varies = h.shape.some((n, k) => n > 1 && !axes.includes(k));
  const block = x.space.withShape(shape).empty();
  const frequencies = x.space.withShape(spectrum, complex).empty();
  let filter: NDArray | undefined;
  const [from, to] = [stridesOf(shape), stridesOf(y.shape)];
  for (const place of placesOf(y.shape, results)) {
    if (!filter || varies) {
      filter?.dispose();
      filter = filterOf(place);
    }
    const reach = (k: number): number => (axes.includes(k) ? (h.shape[k] as number) - 1 : 0);
    copyBlock(
      x,
      block,
      place.map((i, k) => i + (offset[k] as number) - reach(k)),
    );
    backend.fft(block, frequencies, planOf(shape, false));
    backend.binary('multiply', frequencies, filter, frequencies);
    backend.fft(frequencies, block, planOf(shape, true));
    const counts = place.map((i, k) => Math.min(results[k] as number, (y.shape[k] as number) - i));
    backend.stridedCopy(
      counts,
      {
        elements: block,
        start: from.reduce((sum, stride, k) => sum + stride * reach(k), 0),
        strides: from,
      },
      {
        elements: y,
        start: to.reduce((sum, stride, k) => sum + stride * (place[k] as number), 0),
        strides: to,
      },
      'set',
    );
  }
  for (const work of [block, frequencies, filter]) work?.dispose();
}

/**
 * `y[i] = Σⱼ h[j] x[i + offset − j]` of arrays of one rank and dtype, zero outside x. Along axes
 * that are not convolved, `h` has length 1; for transforms it may be as long as y.
 * @param axes the axes that are convolved
 */
export function convolvedPart(
  x: NDArray,
  h: NDArray,
  shape: Shape,
  offset: readonly number[],
  axes: readonly number[],
  method: ConvolutionMethod,
): NDArray {
  const y = x.space.withShape(shape).empty();
  if (y.size === 0) return y;
  if (x.size === 0) return y.fill(0);
  const varies = h.shape.some((n, k) => n > 1 && !axes.includes(k));
  const isFast =
    varies ||
    method === 'fft' ||
    (method === 'auto' && isFasterByTransform(shape, h.shape, isComplex(x.dtype)));
  if (isFast && axes.length > 0) byTransform(x, h, y, offset, axes);
  else if (isFast) y.assign(x.multiply(h));
  else {
    const convolution = {
      xShape: x.shape,
      hShape: h.shape,
      yShape: shape,
      offset,
      direction: 'forward',
    } as const;
    x.backend.convolve(x, h, y, convolution);
  }
  return y;
}
