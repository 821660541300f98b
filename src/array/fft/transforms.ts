import { asDType } from '../../core/array/casting.js';
import { NDArray } from '../../core/array/ndarray.js';
import { complexOf, isComplex, isFloat, realOf } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import {
  checkList,
  checkOneOf,
  checkPositiveCount,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import { PlanCache } from '../../core/base/plan-cache.js';
import { tidy } from '../../core/base/scope.js';
import { toAxes } from '../../core/base/shape.js';
import { checkBoxes, type EitherArray, isDistributed } from '../../core/distributed/align.js';
import { assemble, wholeRun } from '../../core/distributed/assemble.js';
import { Layout } from '../../core/distributed/layout.js';
import { layoutLike } from '../../core/distributed/layout-like.js';
import { FourierPlans } from '../../core/schemes/fourier-plan.js';
import { type FftNorm, FOURIER_DEFAULTS, FourierScheme } from '../../core/schemes/fourier-scheme.js';
import { fourierStage, runSteps } from '../../core/schemes/fourier-steps.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';

const NORMS = ['backward', 'ortho', 'forward'] as const;
/**
 * Which direction is scaled by 1/n, where n is the number of samples of all transformed axes:
 * 'ortho' scales both by 1/√n.
 */
export type FftScaling = (typeof NORMS)[number];

/** Options of Fourier transforms along one axis. */
export interface FftOptions {
  /**
   * The number of samples. A longer axis is cut, a shorter one continued with zeros. For
   * {@link irfft} and {@link hfft} it is that of the result.
   * @default that of the array; for irfft and hfft 2 (m − 1) for m frequencies
   */
  readonly n?: number | undefined;
  /** The axis. Negative ones count from the end. @default -1 */
  readonly axis?: number;
  /** The scaling. @default 'backward' */
  readonly norm?: FftScaling;
}
const DEFAULTS = { n: undefined, axis: -1, norm: 'backward' } satisfies Defaults<FftOptions>;

/** Options of Fourier transforms along several axes. */
export interface FftnOptions {
  /**
   * The number of samples along each of the axes, as `n` of one.
   * @default those of the array
   */
  readonly s?: readonly number[] | undefined;
  /**
   * The axes. The last one is halved by transforms of real arrays.
   * @default the last `s.length` axes; without `s` all, of the functions with 2 the last two
   */
  readonly axes?: readonly number[] | undefined;
  /** The scaling. @default 'backward' */
  readonly norm?: FftScaling;
}
const SEVERAL = { s: undefined, axes: undefined, norm: 'backward' } satisfies Defaults<FftnOptions>;

/** A transform: its sign, and whether its input or its result is half of a spectrum. */
interface Kind {
  readonly inverse: boolean;
  readonly half: boolean;
}
const FORWARD: Kind = { inverse: false, half: false };
const INVERSE: Kind = { inverse: true, half: false };
const REAL: Kind = { inverse: false, half: true };
const REAL_INVERSE: Kind = { inverse: true, half: true };

/** The scaling of the direction that is not scaled by default, and of the other one. */
const SCALES: Readonly<Record<FftScaling, readonly [FftNorm, FftNorm]>> = {
  backward: ['none', '1/n'],
  ortho: ['ortho', 'ortho'],
  forward: ['1/n', 'none'],
};

/** The plans of transforms of distributed arrays. */
const plans = new PlanCache<string, FourierPlans>(16);

/** An array that is cut along an axis, or continued with zeros. */
function resized(name: string, x: EitherArray, axis: number, n: number): EitherArray {
  const m = x.space.shape[axis] as number;
  if (m === n) return x;
  if (n < m) return assemble(name, [x], [{ source: 0, first: 0, count: n, step: 1 }], axis);
  const { backend, dtype } = x;
  const zero = NDArray.zeros(
    x.space.shape.map(() => 1),
    { backend, dtype },
  );
  return assemble(name, [x, zero], [wholeRun(x, axis), { source: 1, first: 0, count: n - m, step: 0 }], axis);
}

/** An array in the dtype that a transform reads. */
function prepared(x: EitherArray, { half, inverse }: Kind): EitherArray {
  const float = isFloat(x.dtype) ? x.dtype : x.backend.defaultDType;
  const dtype = half && inverse ? complexOf(float) : half ? realOf(float) : float;
  return asDType(x, dtype);
}

/**
 * Transforms an array along axes.
 * @param lengths the number of samples along each of them
 */
function transformed(
  name: string,
  given: EitherArray,
  axes: readonly number[],
  lengths: readonly number[],
  norm: FftScaling,
  kind: Kind,
): EitherArray {
  checkBoxes(name, given);
  if (axes.length === 0)
    return isFloat(given.dtype) ? given.copy() : given.astype(given.backend.defaultDType);
  const { half, inverse } = kind;
  const last = axes.at(-1) as number;
  const isBack = half && inverse;
  // A spectrum is cut and continued beforehand, since the transform back continues samples
  const x = isBack
    ? axes.reduce(
        (y, axis, k) => {
          const n = lengths[k] as number;
          const full = Math.floor(n / 2) + 1;
          return axis === last
            ? resized(name, y, axis, Math.min(y.space.shape[axis] as number, full))
            : resized(name, y, axis, n);
        },
        prepared(given, kind),
      )
    : prepared(given, kind);
  const { shape } = x.space;
  const dims = isBack ? shape.with(last, lengths.at(-1) as number) : shape;
  const spec = {
    ...FOURIER_DEFAULTS,
    nffts: lengths,
    norm: SCALES[norm][inverse ? 1 : 0],
    real: half,
    dtype: isBack ? realOf(x.dtype) : x.dtype,
  };
  const scheme = (): FourierScheme =>
    new FourierScheme(name, dims, axes, spec, {
      inverse: inverse && !half,
      weighted: false,
      kept: isBack ? (shape[last] as number) : undefined,
    });
  if (!isDistributed(x) || x.layout.replicated) {
    const part = isDistributed(x) ? x.local : x;
    const y = transformedPart(part, scheme(), isBack);
    return isDistributed(x) ? x.space.withLayout(Layout.replicated(y.shape, x.comm.size)).wrap(y) : y;
  }
  const { comm, layout } = x;
  const key = [comm.id, dims, axes, lengths, spec.norm, spec.dtype, half, inverse, shape[last]].join(':');
  const held = plans.get(key, () => new FourierPlans(scheme(), comm));
  const to = layoutLike(layout, isBack ? dims : held.scheme.dimsd);
  const y = x.space
    .withLayout(to)
    .withDType(isBack ? realOf(x.dtype) : complexOf(x.dtype))
    .empty();
  if (isBack) held.between(to, layout).adjoint(x.local, y.local);
  else held.between(layout, to).forward(x.local, y.local);
  return y;
}

/** The transform of an array that this rank has whole. */
function transformedPart(x: NDArray, scheme: FourierScheme, isBack: boolean): NDArray {
  const { axes, scale, realModel, inverse } = scheme;
  const stage = fourierStage(scheme.dims, axes, scale, realModel, inverse);
  const dtype = isBack ? realOf(x.dtype) : complexOf(x.dtype);
  const y = x.space.withShape(isBack ? scheme.dims : scheme.dimsd, dtype).empty();
  runSteps(isBack ? stage.adjoint : stage.forward, x, y, dtype);
  return y;
}

/** The number of samples along an axis: what was given, or that of the array. */
function samplesOf(
  name: string,
  x: EitherArray,
  axis: number,
  n: number | undefined,
  isBack: boolean,
): number {
  const m = x.space.shape[axis] as number;
  const samples = n ?? (isBack ? 2 * (m - 1) : m);
  if (n !== undefined) checkPositiveCount(name, { n });
  else if (samples < 1)
    throw new ShapeError(`${name}: axis ${axis} has ${m} elements, which are no samples to transform`);
  return samples;
}

/** A transform along one axis. Its norm is as for a forward one if `opposite` is false. */
function alongOne(
  name: string,
  kind: Kind,
  change: (x: EitherArray) => EitherArray = same,
  isSwapped = false,
) {
  return <X extends ArrayLike>(x: X, options?: FftOptions): ArrayOf<X> => {
    const { n, axis, norm } = withDefaults(name, options, DEFAULTS);
    checkOneOf('norm', norm, NORMS);
    return tidy(() => {
      const from = arrayOf(name, x);
      const axes = toAxes(axis, from.space.shape.length, 'axis');
      const samples = axes.map((k) => samplesOf(name, from, k, n, kind.half && kind.inverse));
      const scaling = isSwapped ? OPPOSITE[norm] : norm;
      return transformed(name, change(from), axes, samples, scaling, kind);
    }) as ArrayOf<X>;
  };
}
const OPPOSITE = { backward: 'forward', ortho: 'ortho', forward: 'backward' } as const;
const same = (x: EitherArray): EitherArray => x;
const conjugate = (x: EitherArray): EitherArray => (isComplex(x.dtype) ? x.conj() : x);

/** A transform along several axes, by default all or the last `count`. */
function alongSeveral(name: string, kind: Kind, count?: number) {
  return <X extends ArrayLike>(x: X, options?: FftnOptions): ArrayOf<X> => {
    const { s, axes: given, norm } = withDefaults(name, options, SEVERAL);
    checkOneOf('norm', norm, NORMS);
    if (s !== undefined) checkList(name, 'numbers of samples', s);
    if (given !== undefined) checkList(name, 'axes', given);
    return tidy(() => {
      const from = arrayOf(name, x);
      const ndim = from.space.shape.length;
      const wanted = count ?? s?.length ?? ndim;
      const axes = toAxes(given ?? Array.from({ length: wanted }, (_, k) => k - wanted), ndim);
      if (s !== undefined && s.length !== axes.length)
        throw new ShapeError(`${name}: expected s for ${axes.length} axes, received ${s.length}`);
      const last = axes.length - 1;
      const samples = axes.map((axis, k) =>
        samplesOf(name, from, axis, s?.[k], kind.half && kind.inverse && k === last),
      );
      if (axes.length === 0 && kind.half)
        throw new ShapeError(`${name}: expected at least one axis to transform`);
      return transformed(name, from, axes, samples, norm, kind);
    }) as ArrayOf<X>;
  };
}

/**
 * The discrete Fourier transform along an axis: `y[k] = Σⱼ x[j] exp(−2πi jk/n)`, complex of the
 * precision of x. Integers become floats. Along an axis that is not split, nothing is sent. Along a
 * split axis the array is transposed and back: two messages from each rank to each other. An array
 * of one axis is transformed by all ranks, in three such exchanges, if its length has two factors
 * of at least 8 times the number of ranks; otherwise one rank transforms it. The result is split as
 * x, evenly along an axis whose length changes.
 * @throws {@link ArgumentError} or {@link ShapeError} if there are no samples to transform
 */
export const fft = alongOne('fft', FORWARD);
/**
 * The inverse of {@link fft}: `x[j] = 1/n Σₖ y[k] exp(2πi jk/n)`. Cost and layout are those of fft.
 */
export const ifft = alongOne('ifft', INVERSE);
/**
 * The frequencies 0 … ⌊n/2⌋ of the {@link fft} of a real array; the others are their conjugates. Of
 * a complex array the real part is transformed. Cost and layout are those of fft.
 */
export const rfft = alongOne('rfft', REAL);
/**
 * The inverse of {@link rfft}: a real array of `n` samples. The imaginary parts of frequency 0 and,
 * for even n, of the last one are ignored. Cost and layout are those of fft.
 */
export const irfft = alongOne('irfft', REAL_INVERSE);
/**
 * The {@link fft} of samples with Hermitian symmetry, of which the first ⌊n/2⌋ + 1 are given: a
 * real array. Cost and layout are those of fft.
 */
export const hfft = alongOne('hfft', REAL_INVERSE, conjugate, true);
const backwards = alongOne('ihfft', REAL, same, true);
/** The inverse of {@link hfft}: the first ⌊n/2⌋ + 1 samples. */
export const ihfft = <X extends ArrayLike>(x: X, options?: FftOptions): ArrayOf<X> =>
  tidy(() => backwards(x, options).conj()) as ArrayOf<X>;

/**
 * The {@link fft} along several axes. If none of them is split, nothing is sent. Otherwise the
 * array is transposed and back.
 */
export const fftn = alongSeveral('fftn', FORWARD);
/** The inverse of {@link fftn}. */
export const ifftn = alongSeveral('ifftn', INVERSE);
/** The {@link rfft} along the last of several axes, and the {@link fft} along the others. */
export const rfftn = alongSeveral('rfftn', REAL);
/** The inverse of {@link rfftn}: a real array. */
export const irfftn = alongSeveral('irfftn', REAL_INVERSE);
/** As {@link fftn}, along the last two axes by default. */
export const fft2 = alongSeveral('fft2', FORWARD, 2);
/** As {@link ifftn}, along the last two axes by default. */
export const ifft2 = alongSeveral('ifft2', INVERSE, 2);
/** As {@link rfftn}, along the last two axes by default. */
export const rfft2 = alongSeveral('rfft2', REAL, 2);
/** As {@link irfftn}, along the last two axes by default. */
export const irfft2 = alongSeveral('irfft2', REAL_INVERSE, 2);
