import { floatsOf } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import type { Scalar } from '../../core/base/complex.js';
import { isComplex, isFloat } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { checkFinite, checkNonNegative, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape, toAxis } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, isDistributed } from '../../core/distributed/align.js';
import type { Continuation } from '../../core/schemes/continuation.js';
import { alike } from '../joining.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { wholeOn } from '../searching.js';
import { convolvedOver } from '../signal/convolving.js';
import {
  BORDER_DEFAULTS,
  type BorderMode,
  type BorderOptions,
  checkConstant,
  continuationsOf,
  eachAxis,
  MOST_WEIGHTS,
  originsOf,
  sizesOf,
} from './windows-of-axes.js';

/** Options of filters with a window. */
export interface WindowFilterOptions extends BorderOptions {
  /**
   * The displacement of the window, one number or one for each axis: positive ones move it to lower
   * indices.
   * @default 0
   */
  readonly origin?: number | readonly number[];
}
const DEFAULTS = { ...BORDER_DEFAULTS, origin: 0 } satisfies Defaults<WindowFilterOptions>;

/** Options of filters along one axis. */
export interface AxisFilterOptions {
  /** The axis. Negative ones count from the end. @default -1 */
  readonly axis?: number;
  /** What is outside of the array. @default 'reflect' */
  readonly mode?: BorderMode;
  /** The number outside, for the mode 'constant'. @default 0 */
  readonly cval?: Scalar;
  /** The displacement of the window; positive ones move it to lower indices. @default 0 */
  readonly origin?: number;
}
const AXIS_DEFAULTS = { axis: -1, mode: 'reflect', cval: 0, origin: 0 } satisfies Defaults<AxisFilterOptions>;

/** Options of {@link gaussianFilter1d}. */
export interface GaussianFilter1dOptions extends Omit<AxisFilterOptions, 'origin'> {
  /** 0 for the Gaussian, otherwise that derivative of it. @default 0 */
  readonly order?: number;
  /** The radius of the window, in standard deviations. @default 4 */
  readonly truncate?: number;
  /** The radius in samples. @default the nearest to truncate times sigma */
  readonly radius?: number | undefined;
}
const GAUSSIAN_DEFAULTS = {
  axis: -1,
  mode: 'reflect',
  cval: 0,
  order: 0,
  truncate: 4,
  radius: undefined,
} satisfies Defaults<GaussianFilter1dOptions>;

/** Options of {@link gaussianFilter}. */
export interface GaussianFilterOptions extends BorderOptions {
  /**
   * 0 for the Gaussian, otherwise that derivative of it: one number, or one for each axis.
   * @default 0
   */
  readonly order?: number | readonly number[];
  /** The radius of the window, in standard deviations. @default 4 */
  readonly truncate?: number;
  /**
   * The radius in samples, one or one for each axis.
   * @default the nearest to truncate times sigma
   */
  readonly radius?: number | readonly number[] | undefined;
}
const GAUSSIANS_DEFAULTS = {
  ...BORDER_DEFAULTS,
  order: 0,
  truncate: 4,
  radius: undefined,
} satisfies Defaults<GaussianFilterOptions>;

/** A filter of an array: `y[i] = Σⱼ h[j] x[i + starts − j]`, in the dtype of x, or complex. */
function filtered(
  name: string,
  x: EitherArray,
  h: NDArray,
  starts: readonly number[],
  kinds: readonly Continuation[],
  value: Scalar,
  divisor = 1,
): EitherArray {
  const float = isFloat(x.dtype) ? x : x.astype(h.dtype);
  const lengths = x.space.shape;
  const axes = h.shape.flatMap((n, k) => (n > 1 || starts[k] !== 0 ? [k] : []));
  const range = { starts, lengths, axes, kinds, value, method: 'direct' as const };
  const y = convolvedOver(name, float, h, range);
  if (divisor !== 1) (isDistributed(y) ? y.local : y).scale(1 / divisor);
  return isFloat(x.dtype) || isComplex(y.dtype) ? y : y.astype(x.dtype);
}

/** An array, and weights in its precision; those of integers are floats. */
function withWeights(name: string, x: ArrayLike, weights: ArrayLike): [EitherArray, NDArray] {
  const given = arrayOf(name, x);
  const list =
    Array.isArray(weights) && !isFloat(given.dtype)
      ? NDArray.array(weights as number[], { backend: given.backend })
      : weights;
  const [a, w] = alike(name, [given, list as ArrayLike]) as [EitherArray, EitherArray];
  const whole = wholeOn(name, 'weights', w);
  const h = floatsOf(whole);
  return [isFloat(given.dtype) || isComplex(a.dtype) ? a : given, h];
}

const ofWeights =
  (name: string, isCorrelation: boolean) =>
  <X extends ArrayLike>(x: X, weights: ArrayLike, options?: WindowFilterOptions): ArrayOf<X> => {
    const { mode, cval, origin } = withDefaults(name, options, DEFAULTS);
    return tidy(() => {
      const [a, w] = withWeights(name, x, weights);
      const ndim = a.space.shape.length;
      if (w.ndim !== ndim)
        throw new ShapeError(
          `${name}: expected weights of ${ndim} axes, received the shape ${formatShape(w.shape)}`,
        );
      checkConstant(name, a, cval);
      const kinds = continuationsOf(name, mode, ndim);
      return weighted(
        name,
        a,
        w,
        originsOf(name, origin, sizesOf(name, w.shape, ndim)),
        kinds,
        cval,
        isCorrelation,
      );
    }) as ArrayOf<X>;
  };

function weighted(
  name: string,
  x: EitherArray,
  w: NDArray,
  origins: readonly number[],
  kinds: readonly Continuation[],
  cval: Scalar,
  isCorrelation: boolean,
): EitherArray {
  const starts = w.shape.map((n, k) => {
    const o = origins[k] as number;
    return isCorrelation ? n - 1 - Math.floor(n / 2) - o : Math.floor(n / 2) + o;
  });
  const h = isCorrelation ? (isComplex(w.dtype) ? w.flip().conj() : w.flip()) : w;
  return filtered(name, x, h, starts, kinds, cval);
}

/**
 * The convolution of an array with weights around each element, as many axes. Real arrays keep
 * their dtype: those of integers are truncated. Weights are whole on each rank. Along split axes
 * each rank receives the elements that its window reaches: one exchange. The result is split as x.
 * @throws {@link ShapeError} if weights have another number of axes
 */
export const convolve = ofWeights('ndimage.convolve', false);
/** As {@link convolve}, with the weights reversed and conjugated. */
export const correlate = ofWeights('ndimage.correlate', true);

/** A shape of one number along an axis and ones elsewhere. */
const alongAxis = (x: EitherArray, axis: number, n: number): number[] =>
  x.space.shape.map((_, k) => (k === axis ? n : 1));

/** The continuations of a filter along one axis, of which the others are not read. */
const onlyAlong = (x: EitherArray, axis: number, kind: Continuation): Continuation[] =>
  x.space.shape.map((_, k) => (k === axis ? kind : 'edge'));

const ofAxisWeights =
  (name: string, isCorrelation: boolean) =>
  <X extends ArrayLike>(x: X, weights: ArrayLike, options?: AxisFilterOptions): ArrayOf<X> => {
    const { axis, mode, cval, origin } = withDefaults(name, options, AXIS_DEFAULTS);
    return tidy(() => {
      const given = arrayOf(name, x);
      const k = toAxis(axis, given.space.shape.length);
      const [a, vector] = withWeights(name, given, weights);
      if (vector.ndim !== 1 || vector.size === 0)
        throw new ShapeError(
          `${name}: expected weights of one axis, received the shape ${formatShape(vector.shape)}`,
        );
      checkConstant(name, a, cval);
      const w = vector.reshape(alongAxis(a, k, vector.size));
      const origins = originsOf(
        name,
        alongAxis(a, k, 1).map((_, j) => (j === k ? origin : 0)),
        w.shape,
      );
      const [kind] = continuationsOf(name, mode, 1) as [Continuation];
      return weighted(name, a, w, origins, onlyAlong(a, k, kind), cval, isCorrelation);
    }) as ArrayOf<X>;
  };
/** As {@link ndimage.convolve}, with weights along one axis. */
export const convolve1d = ofAxisWeights('ndimage.convolve1d', false);
/** As {@link ndimage.correlate}, with weights along one axis. */
export const correlate1d = ofAxisWeights('ndimage.correlate1d', true);

/** Weights of the array's precision along one axis. */
function realWeights(x: EitherArray, axis: number, values: readonly number[]): NDArray {
  const dtype = isFloat(x.dtype) ? x.dtype : x.backend.defaultDType;
  return NDArray.array([...values], { dtype, backend: x.backend }).reshape(alongAxis(x, axis, values.length));
}

/** The mean of `size` elements along an axis. */
function uniformAlong(
  name: string,
  x: EitherArray,
  axis: number,
  size: number,
  origin: number,
  kind: Continuation,
  cval: Scalar,
): EitherArray {
  if (size === 1) return x;
  // The sum of integers is exact before it is divided
  const isExact = !isFloat(x.dtype);
  const h = realWeights(x, axis, new Array<number>(size).fill(isExact ? 1 : 1 / size));
  const start = size - 1 - Math.floor(size / 2) - origin;
  const starts = x.space.shape.map((_, k) => (k === axis ? start : 0));
  if (!isExact) return filtered(name, x, h, starts, onlyAlong(x, axis, kind), cval);
  const sums = filtered(name, x.astype(h.dtype), h, starts, onlyAlong(x, axis, kind), cval);
  const means = (isDistributed(sums) ? sums.divide(size) : sums.divide(size)) as EitherArray;
  return means.astype(x.dtype);
}

/**
 * The mean of the `size` elements around each one, along an axis: from i − ⌊size/2⌋ − origin on.
 * Real arrays keep their dtype: those of integers are truncated. One exchange if the axis is split,
 * otherwise nothing is sent. The result is split as x.
 */
export function uniformFilter1d<X extends ArrayLike>(
  x: X,
  size: number,
  options?: AxisFilterOptions,
): ArrayOf<X> {
  const name = 'ndimage.uniformFilter1d';
  const { axis, mode, cval, origin } = withDefaults(name, options, AXIS_DEFAULTS);
  return tidy(() => {
    const a = arrayOf(name, x);
    const k = toAxis(axis, a.space.shape.length);
    const [n] = sizesOf(name, size, 1) as [number];
    const [o] = originsOf(name, origin, [n]) as [number];
    checkConstant(name, a, cval);
    const [kind] = continuationsOf(name, mode, 1) as [Continuation];
    const y = uniformAlong(name, a, k, n, o, kind, cval);
    return y === a ? a.copy() : y;
  }) as ArrayOf<X>;
}

/**
 * The mean of the elements around each one, axis by axis: {@link uniformFilter1d} along all of
 * them.
 * @param size the number of elements, one or one for each axis; 3 by default
 */
export function uniformFilter<X extends ArrayLike>(
  x: X,
  size: number | readonly number[] = 3,
  options?: WindowFilterOptions,
): ArrayOf<X> {
  const name = 'ndimage.uniformFilter';
  const { mode, cval, origin } = withDefaults(name, options, DEFAULTS);
  return tidy(() => {
    const a = arrayOf(name, x);
    const ndim = a.space.shape.length;
    const sizes = sizesOf(name, size, ndim);
    const origins = originsOf(name, origin, sizes);
    const kinds = continuationsOf(name, mode, ndim);
    checkConstant(name, a, cval);
    const y = sizes.reduce(
      (z: EitherArray, n, k) =>
        uniformAlong(name, z, k, n, origins[k] as number, kinds[k] as Continuation, cval),
      a,
    );
    return y === a ? a.copy() : y;
  }) as ArrayOf<X>;
}

/**
 * The samples of a Gaussian with the sum 1, or of a derivative of it: `qₙ(u) exp(−u²/(2σ²))` with
 * `q₀ = 1` and `qₙ₊₁ = qₙ′ − u qₙ/σ²`.
 */
function gaussianWeights(sigma: number, order: number, radius: number): number[] {
  const places = Array.from({ length: 2 * radius + 1 }, (_, j) => j - radius);
  const exponentials = places.map((u) => Math.exp(-(u * u) / (2 * sigma * sigma)));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  let q = [1];
  for (let n = 0; n < order; n++)
    q = Array.from(
      { length: q.length + 1 },
      (_, k) => (k + 1) * (q[k + 1] ?? 0) - (q[k - 1] ?? 0) / (sigma * sigma),
    );
  return places.map(
    (u, j) => (q.reduceRight((value, c) => value * u + c, 0) * (exponentials[j] as number)) / sum,
  );
}

interface Gaussian {
  readonly sigma: number;
  readonly order: number;
  readonly truncate: number;
  readonly radius: number | undefined;
}

/** The largest order of a derivative of a Gaussian. */
const MOST_ORDER = 100;

/** The number of samples on each side of the middle one. */
const reachOf = ({ sigma, truncate, radius }: Omit<Gaussian, 'order'>): number =>
  radius ?? Math.floor(truncate * sigma + 0.5);

function checkGaussian(name: string, { sigma, order, truncate, radius }: Gaussian): void {
  checkNonNegative(name, { sigma, truncate });
  for (const [what, n] of [
    ['order', order],
    ['radius', radius ?? 0],
  ] as const)
    if (!Number.isSafeInteger(n) || n < 0)
      throw new ArgumentError(
        `${name}: expected ${what} to be a whole number of at least 0, received ${textOf(n)}`,
      );
  if (2 * reachOf({ sigma, truncate, radius }) + 1 > MOST_WEIGHTS || order > MOST_ORDER)
    throw new ArgumentError(
      `${name}: expected at most ${MOST_WEIGHTS} weights and an order of at most ${MOST_ORDER}, ` +
        `received sigma ${sigma}, truncate ${truncate}, radius ${radius}, order ${order}`,
    );
}

function gaussianAlong(
  name: string,
  x: EitherArray,
  axis: number,
  { sigma, order, truncate, radius }: Gaussian,
  kind: Continuation,
  cval: Scalar,
): EitherArray {
  const reach = reachOf({ sigma, truncate, radius });
  if (sigma <= 1e-15) return x;
  const h = realWeights(x, axis, gaussianWeights(sigma, order, reach));
  const starts = x.space.shape.map((_, k) => (k === axis ? reach : 0));
  return filtered(name, x, h, starts, onlyAlong(x, axis, kind), cval);
}

/**
 * The convolution with a Gaussian of the standard deviation `sigma`, in samples, or with a
 * derivative of it, along an axis. Cost and dtype are those of {@link uniformFilter1d}.
 */
export function gaussianFilter1d<X extends ArrayLike>(
  x: X,
  sigma: number,
  options?: GaussianFilter1dOptions,
): ArrayOf<X> {
  const name = 'ndimage.gaussianFilter1d';
  const { axis, mode, cval, ...shape } = withDefaults(name, options, GAUSSIAN_DEFAULTS);
  checkFinite(name, { sigma });
  const gaussian = { sigma, ...shape };
  checkGaussian(name, gaussian);
  return tidy(() => {
    const a = arrayOf(name, x);
    checkConstant(name, a, cval);
    const [kind] = continuationsOf(name, mode, 1) as [Continuation];
    const y = gaussianAlong(name, a, toAxis(axis, a.space.shape.length), gaussian, kind, cval);
    return y === a ? a.copy() : y;
  }) as ArrayOf<X>;
}

/**
 * The convolution with a Gaussian, axis by axis: {@link gaussianFilter1d} along all of them.
 * @param sigma the standard deviation in samples, one or one for each axis
 */
export function gaussianFilter<X extends ArrayLike>(
  x: X,
  sigma: number | readonly number[],
  options?: GaussianFilterOptions,
): ArrayOf<X> {
  const name = 'ndimage.gaussianFilter';
  const { mode, cval, order, truncate, radius } = withDefaults(name, options, GAUSSIANS_DEFAULTS);
  return tidy(() => {
    const a = arrayOf(name, x);
    const ndim = a.space.shape.length;
    const [sigmas, orders] = [eachAxis(name, 'sigma', sigma, ndim), eachAxis(name, 'order', order, ndim)];
    const radii = eachAxis(name, 'radius', radius, ndim);
    const kinds = continuationsOf(name, mode, ndim);
    checkConstant(name, a, cval);
    const gaussians = sigmas.map((s, k) => ({
      sigma: s,
      order: orders[k] as number,
      truncate,
      radius: radii[k],
    }));
    for (const gaussian of gaussians) checkGaussian(name, gaussian);
    const y = gaussians.reduce(
      (z: EitherArray, gaussian, k) => gaussianAlong(name, z, k, gaussian, kinds[k] as Continuation, cval),
      a,
    );
    return y === a ? a.copy() : y;
  }) as ArrayOf<X>;
}
