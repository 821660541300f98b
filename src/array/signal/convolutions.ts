import { floatsOf } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { isComplex, isFloat } from '../../core/base/dtype.js';
import { PartitionError, ShapeError } from '../../core/base/errors.js';
import { checkOneOf, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, type Shape, toAxes } from '../../core/base/shape.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { assemble } from '../../core/distributed/assemble.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import type { Continuation } from '../../core/schemes/continuation.js';
import { type ConvolutionMethod, fastLength } from '../../core/schemes/fast-convolution.js';
import { fftn, ifftn, irfftn, rfftn } from '../fft/transforms.js';
import { alike } from '../joining.js';
import type { ArrayLike, ArrayOf } from '../operands.js';
import { flip } from '../rearranging.js';
import { broadcastTo } from '../shaping.js';
import { type ConvolutionRange, convolvedOver, inExactDType } from './convolving.js';

const MODES = ['full', 'same', 'valid'] as const;
/**
 * The part of a convolution of m and n elements that is computed. `full`: all m + n − 1 elements.
 * `same`: the m in the middle. `valid`: those that need no zeros around the longer array.
 */
export type ConvolutionMode = (typeof MODES)[number];

/** Options of {@link convolve} of `lops-mpi/array`. */
export interface VectorConvolutionOptions {
  /** As in {@link ConvolutionMode}; `same` is as long as the longer array. @default 'full' */
  readonly mode?: ConvolutionMode;
}

/** Options of {@link correlate} of `lops-mpi/array`. */
export interface VectorCorrelationOptions {
  /** As in {@link ConvolutionMode}; `same` is as long as the longer array. @default 'valid' */
  readonly mode?: ConvolutionMode;
}

/** Options of convolutions. */
export interface ConvolveOptions {
  /** The part that is computed. @default 'full' */
  readonly mode?: ConvolutionMode;
  /** Sums of products, Fourier transforms, or the faster of both. @default 'auto' */
  readonly method?: ConvolutionMethod;
}
const DEFAULTS = { mode: 'full', method: 'auto' } satisfies Defaults<ConvolveOptions>;
const METHODS = ['auto', 'direct', 'fft'] as const;

/** Options of convolutions by Fourier transforms. */
export interface FftConvolveOptions {
  /** The part that is computed. @default 'full' */
  readonly mode?: ConvolutionMode;
  /** The axes that are convolved. Along the others, arrays broadcast. @default all */
  readonly axes?: number | readonly number[] | undefined;
}
const FFT_DEFAULTS = { mode: 'full', axes: undefined } satisfies Defaults<FftConvolveOptions>;

const BOUNDARIES = { fill: 'constant', wrap: 'wrap', symm: 'symmetric' } as const;
/** Options of convolutions of two axes. */
export interface Convolve2dOptions extends ConvolveOptions {
  /**
   * What is outside of the first array: `fill`: `fillvalue`; `wrap`: it is periodic; `symm`: it is
   * reflected.
   * @default 'fill'
   */
  readonly boundary?: keyof typeof BOUNDARIES;
  /** The number outside of the array. @default 0 */
  readonly fillvalue?: Scalar;
}
const DEFAULTS_2D = { ...DEFAULTS, boundary: 'fill', fillvalue: 0 } satisfies Defaults<Convolve2dOptions>;

/** The first element of a mode, and how many there are, along one axis. */
const RANGES: Readonly<Record<ConvolutionMode, (m: number, n: number) => readonly [number, number]>> = {
  full: (m, n) => [0, m + n - 1],
  same: (m, n) => [Math.floor((n - 1) / 2), m],
  valid: (m, n) => [Math.min(m, n) - 1, Math.abs(m - n) + 1],
};

const shapeOf = (x: EitherArray): Shape => x.space.shape;
const reversed = (x: EitherArray): EitherArray => {
  const y = flip(x);
  return isComplex(y.dtype) ? y.conj() : y;
};

/** Two arrays of one dtype and as many axes. */
function operandsOf(name: string, x: ArrayLike, h: ArrayLike, ndim?: number): [EitherArray, EitherArray] {
  const [a, b] = alike(name, [x, h]) as [EitherArray, EitherArray];
  const [p, q] = [shapeOf(a), shapeOf(b)];
  if (p.length !== q.length || p.length !== (ndim ?? p.length))
    throw new ShapeError(
      `${name}: expected arrays of ${ndim ?? 'as many'} axes, received the shapes ${formatShape(p)} and ` +
        formatShape(q),
    );
  for (const shape of [p, q])
    if (shape.includes(0))
      throw new ShapeError(`${name}: expected elements, received the shape ${formatShape(shape)}`);
  return [a, b];
}

/** The range of a mode. */
function rangeOf(
  name: string,
  mode: ConvolutionMode,
  m: Shape,
  n: Shape,
  axes: readonly number[],
): Pick<ConvolutionRange, 'starts' | 'lengths'> {
  const all = m.map((count, k) =>
    axes.includes(k) ? RANGES[mode](count, n[k] as number) : ([0, Math.max(count, n[k] as number)] as const),
  );
  if (mode === 'valid') {
    const larger = (a: Shape, b: Shape): boolean => axes.every((k) => (a[k] as number) >= (b[k] as number));
    if (!larger(m, n) && !larger(n, m))
      throw new ShapeError(
        `${name}: mode 'valid' needs one array that is as long as the other along all axes, received the ` +
          `shapes ${formatShape(m)} and ${formatShape(n)}`,
      );
  }
  return { starts: all.map(([start]) => start), lengths: all.map(([, count]) => count) };
}

/** A convolution of two arrays that are both split: by transforms of both. */
function ofTransforms(
  name: string,
  x: DistributedArray,
  h: DistributedArray,
  { starts, lengths, axes }: ConvolutionRange,
): EitherArray {
  const [m, n] = [x.globalShape, h.globalShape];
  const s = axes.map((k) => fastLength((m[k] as number) + (n[k] as number) - 1));
  const [forward, back] = isComplex(x.dtype) ? [fftn, ifftn] : [rfftn, irfftn];
  const a = forward(x, { s, axes });
  const b = forward(h, { s, axes }).redistribute(a.layout);
  return axes.reduce(
    (z: EitherArray, k) => {
      const [first, count] = [starts[k] as number, lengths[k] as number];
      return assemble(name, [z], [{ source: 0, first, count, step: 1 }], k);
    },
    back(a.multiply(b), { s, axes }),
  );
}

const isSplit = (x: EitherArray): x is DistributedArray => isDistributed(x) && !x.layout.replicated;
const wholeOf = (x: EitherArray): NDArray => (isDistributed(x) ? x.local : x);

/** A convolution in the precision of its operands. */
function convolved(name: string, x: EitherArray, h: EitherArray, range: ConvolutionRange): EitherArray {
  if (!isSplit(h)) return inExactDType(name, x, wholeOf(h), (a, b) => convolvedOver(name, a, b, range));
  // The filter is the array that every rank has
  if (!isSplit(x) && range.kinds.every((kind) => kind === 'constant') && (range.value ?? 0) === 0)
    return inExactDType(name, h, wholeOf(x), (a, b) => convolvedOver(name, a, b, range));
  if (range.kinds.some((kind) => kind !== 'constant') || (range.value ?? 0) !== 0)
    throw new PartitionError(
      `${name}: expected a second array that each rank has: replicate it with broadcast()`,
    );
  if (isFloat(x.dtype)) return ofTransforms(name, x as DistributedArray, h, range);
  throw new PartitionError(
    `${name}: two distributed arrays of integers: replicate the second one with broadcast(), or ` +
      'cast both to a float',
  );
}

const allAxes = (x: EitherArray): number[] => shapeOf(x).map((_, k) => k);
const zeros = (x: EitherArray): Continuation[] => shapeOf(x).map(() => 'constant');

const overAll =
  (name: string, prepare: (h: EitherArray) => EitherArray) =>
  <X extends ArrayLike, H extends ArrayLike>(x: X, h: H, options?: ConvolveOptions): ArrayOf<X | H> => {
    const { mode, method } = withDefaults(name, options, DEFAULTS);
    checkOneOf('mode', mode, MODES);
    checkOneOf('method', method, METHODS);
    return tidy(() => {
      const [a, b] = operandsOf(name, x, h);
      const axes = allAxes(a);
      const range = rangeOf(name, mode, shapeOf(a), shapeOf(b), axes);
      return convolved(name, a, prepare(b), { ...range, axes, kinds: zeros(a), method });
    }) as ArrayOf<X | H>;
  };
const same = (h: EitherArray): EitherArray => h;

/**
 * The convolution of two arrays of as many axes: `y[k] = Σⱼ x[k − j] h[j]`. By sums of products or
 * by Fourier transforms, whichever is faster; integers always by sums, int32 and exact. The second
 * array is usually a short filter that each rank has: then each rank receives what its part of the
 * result needs, in one exchange. If both are distributed, both are transformed, which moves them.
 * The result is split as x, evenly along an axis whose length changes.
 * @throws {@link NumericalError} if a sum of integers does not fit into int32
 */
export const convolve = overAll('signal.convolve', same);
/**
 * The correlation of two arrays: the {@link convolve} with the conjugate of the second one,
 * reversed. Cost and layout are those of convolve.
 */
export const correlate = overAll('signal.correlate', reversed);

const byTransforms =
  (name: string) =>
  <X extends ArrayLike, H extends ArrayLike>(x: X, h: H, options?: FftConvolveOptions): ArrayOf<X | H> => {
    const { mode, axes: given } = withDefaults(name, options, FFT_DEFAULTS);
    checkOneOf('mode', mode, MODES);
    return tidy(() => {
      const [p, q] = operandsOf(name, x, h);
      const [a, b] = [floatsOf(p), floatsOf(q)];
      const axes = toAxes(given, shapeOf(a).length);
      const [m, n] = [shapeOf(a), shapeOf(b)];
      const rest = m.flatMap((_, k) => (axes.includes(k) ? [] : [k]));
      for (const k of rest)
        if (m[k] !== n[k] && m[k] !== 1 && n[k] !== 1)
          throw new ShapeError(
            `${name}: shapes ${formatShape(m)} and ${formatShape(n)} do not broadcast along axis ${k}, ` +
              'which is not convolved',
          );
      // Mode 'same' keeps the shape of the first array: of longer axes of the second the middle
      const cut = rest.reduce((z: EitherArray, k) => {
        const [count, longer] = [m[k] as number, n[k] as number];
        if (mode !== 'same' || count >= longer) return z;
        return assemble(name, [z], [{ source: 0, first: Math.floor((longer - 1) / 2), count, step: 1 }], k);
      }, b);
      const lengths = shapeOf(cut);
      const stretched = m.map((count, k) =>
        rest.includes(k) ? Math.max(count, lengths[k] as number) : count,
      );
      const wide = stretched.some((count, k) => count !== m[k]) ? broadcastTo(a, stretched) : a;
      const range = rangeOf(name, mode, stretched, lengths, axes);
      const { length } = axes;
      const method = length === 0 ? 'direct' : 'fft';
      const whole = stretched.map((count, k) => (rest.includes(k) ? count : (lengths[k] as number)));
      const filter = isSplit(cut) ? broadcastTo(cut, whole) : cut;
      return convolved(name, wide as EitherArray, filter, { ...range, axes, kinds: zeros(a), method });
    }) as ArrayOf<X | H>;
  };

/**
 * The convolution of two arrays by Fourier transforms, along all axes or some. Integers become
 * floats. Long arrays are transformed in blocks. Cost and layout are those of
 * {@link signal.convolve}.
 */
export const fftconvolve = byTransforms('signal.fftconvolve');
/** The same as {@link fftconvolve}, which takes blocks wherever they are faster. */
export const oaconvolve = byTransforms('signal.oaconvolve');

const ofMatrices =
  (name: string, prepare: (h: EitherArray) => EitherArray) =>
  <X extends ArrayLike, H extends ArrayLike>(x: X, h: H, options?: Convolve2dOptions): ArrayOf<X | H> => {
    const { mode, method, boundary, fillvalue: value } = withDefaults(name, options, DEFAULTS_2D);
    checkOneOf('mode', mode, MODES);
    checkOneOf('method', method, METHODS);
    checkOneOf('boundary', boundary, Object.keys(BOUNDARIES) as (keyof typeof BOUNDARIES)[]);
    return tidy(() => {
      const [a, b] = operandsOf(name, x, h, 2);
      // A constant that x does not hold is refused on all ranks
      NDArray.full([], value, { dtype: a.dtype, backend: a.backend });
      const range = rangeOf(name, mode, shapeOf(a), shapeOf(b), [0, 1]);
      // The middle of an even window is the element after the one that a convolution takes
      const starts =
        prepare === reversed && mode === 'same' ? shapeOf(b).map((n) => Math.floor(n / 2)) : range.starts;
      const kinds = [BOUNDARIES[boundary], BOUNDARIES[boundary]];
      return convolved(name, a, prepare(b), { ...range, starts, axes: [0, 1], kinds, value, method });
    }) as ArrayOf<X | H>;
  };
/**
 * As {@link signal.convolve}, of arrays of two axes, with a choice of what is outside of the first
 * one.
 */
export const convolve2d = ofMatrices('signal.convolve2d', same);
/** As {@link convolve2d}, for the correlation. */
export const correlate2d = ofMatrices('signal.correlate2d', reversed);

const VECTOR_DEFAULTS = { mode: 'full' } satisfies Defaults<VectorConvolutionOptions>;
const CORRELATION_DEFAULTS = { mode: 'valid' } satisfies Defaults<VectorCorrelationOptions>;

/** A convolution of vectors, of which the longer one is taken as the array. */
const ofVectors =
  (name: string, defaults: Required<VectorConvolutionOptions>, isCorrelation: boolean) =>
  <X extends ArrayLike, H extends ArrayLike>(
    x: X,
    h: H,
    options?: VectorConvolutionOptions,
  ): ArrayOf<X | H> => {
    const { mode } = withDefaults(name, options, defaults);
    checkOneOf('mode', mode, MODES);
    return tidy(() => {
      const [a, given] = operandsOf(name, x, h, 1);
      const b = isCorrelation ? reversed(given) : given;
      const [m, n] = [shapeOf(a)[0] as number, shapeOf(b)[0] as number];
      const [first, count] = RANGES[mode](Math.max(m, n), Math.min(m, n));
      // The correlation with a longer vector is the reversed one of the exchanged vectors
      const start = isCorrelation && n > m && mode === 'same' ? Math.floor(m / 2) : first;
      const range = {
        starts: [start],
        lengths: [count],
        axes: [0],
        kinds: zeros(a),
        method: 'auto' as const,
      };
      return n > m && !isSplit(a) && !isSplit(b)
        ? convolved(name, b, a, range)
        : convolved(name, a, b, range);
    }) as ArrayOf<X | H>;
  };
/**
 * The convolution of two vectors: `y[k] = Σⱼ x[k − j] h[j]`. By sums of products or by Fourier
 * transforms, whichever is faster. Cost and layout are those of `signal.convolve`.
 */
export const convolveVectors = ofVectors('convolve', VECTOR_DEFAULTS, false);
/** The correlation of two vectors: `y[k] = Σⱼ x[j + k] conj(h[j])`. As {@link convolve}. */
export const correlateVectors = ofVectors('correlate', CORRELATION_DEFAULTS, true);
