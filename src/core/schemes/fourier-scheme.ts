import { type DType, isComplex } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { checkOneOf, type Defaults, type WithDefaults } from '../base/options.js';
import { perAxis } from '../base/per-axis.js';
import { type Shape, toAxes, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';

export const FFT_NORMS = ['none', '1/n', 'ortho'] as const;
/**
 * Scaling of both directions: by 1, by 1/n or by 1/√n, where n is the number of samples of all
 * transformed axes.
 */
export type FftNorm = (typeof FFT_NORMS)[number];

/** The parameters of a discrete Fourier transform of an array. */
export interface FourierOptions {
  /**
   * Samples along each axis, or one number for all. Longer axes are padded with zeros at the end,
   * shorter ones cut.
   * @default those of the array
   */
  readonly nffts?: number | readonly number[] | undefined;
  /**
   * Distance between samples, one for each axis or one for all. It determines the frequencies and
   * changes no values.
   * @default 1
   */
  readonly sampling?: number | readonly number[] | undefined;
  /** The scaling. The distributed operators have 'none'. @default 'ortho' */
  readonly norm?: FftNorm | undefined;
  /**
   * The model is real, and only frequencies ≥ 0 are kept along the last of the axes. Those that
   * have a mirror are multiplied by √2.
   * @default false
   */
  readonly real?: boolean | undefined;
  /** The zero of the model is in the middle of these axes. @default false */
  readonly ifftshiftBefore?: boolean | readonly boolean[] | undefined;
  /** Frequency 0 of the data is in the middle of these axes. @default false */
  readonly fftshiftAfter?: boolean | readonly boolean[] | undefined;
  /**
   * With a real dtype the model is real: only the real part of a model is used.
   * @default 'complex128'
   */
  readonly dtype?: DType | undefined;
}

export const FOURIER_DEFAULTS = {
  nffts: undefined,
  sampling: 1,
  norm: 'ortho',
  real: false,
  ifftshiftBefore: false,
  fftshiftAfter: false,
  dtype: 'complex128',
} satisfies Defaults<FourierOptions>;

/** The options of a transform, with defaults. */
export type FourierSpec = WithDefaults<FourierOptions, typeof FOURIER_DEFAULTS>;

/** One axis of a transform. */
export interface FourierAxis {
  readonly axis: number;
  /** The number of samples of the model, of the transform and of the data. */
  readonly n: number;
  readonly nfft: number;
  readonly nd: number;
  readonly shiftBefore: boolean;
  readonly shiftAfter: boolean;
  /** True if only the frequencies ≥ 0 of a real transform are kept. */
  readonly half: boolean;
  /** True if those of them that have a mirror are multiplied by √2. */
  readonly weighted: boolean;
}

/** What a {@link FourierScheme} is for, if not for an operator. */
export interface FourierVariant {
  /**
   * The number of frequencies of a real transform to keep, from 0 on.
   * @default all frequencies ≥ 0
   */
  readonly kept?: number | undefined;
  /**
   * Whether the transform is `y[k] = s Σⱼ x[j] exp(2πi jk/n)`, and the adjoint has the sign −.
   * @default false
   */
  readonly inverse?: boolean;
  /**
   * Whether frequencies of a real transform that have a mirror are multiplied by √2. If not, the
   * adjoint is replaced by the sum over all frequencies, those of the mirrors included.
   * @default true
   */
  readonly weighted?: boolean;
}

/**
 * A discrete Fourier transform along some axes: shapes, scaling and frequencies, for local and
 * distributed operators. Pure data. The forward transform is `y[k] = s Σⱼ x[j] exp(−2πi jk/n)`, and
 * the adjoint is `x[j] = s Σₖ y[k] exp(2πi jk/n)`. For `none`, `1/n` and `ortho`, s is 1, 1/n and
 * 1/√n.
 */
export class FourierScheme {
  readonly dims: Shape;
  readonly dimsd: Shape;
  /** The axes in the given order. The last one is halved if the transform is real. */
  readonly axes: readonly FourierAxis[];
  readonly scale: number;
  /**
   * c with `A Aᴴ A = c A`; undefined if frequencies are left out, since padding then breaks it.
   */
  readonly frameBound: number | undefined;
  /** True if half of the spectrum is kept. */
  readonly half: boolean;
  /** True if the model is real. */
  readonly realModel: boolean;
  /** True if the forward transform has the sign + in the exponent. */
  readonly inverse: boolean;
  readonly #steps: readonly number[];

  constructor(
    owner: string,
    dims: number | Shape,
    axes: readonly number[],
    { nffts: lengths, sampling, norm, real, ifftshiftBefore, fftshiftAfter, dtype }: FourierSpec,
    { kept, inverse = false, weighted = true }: FourierVariant = {},
  ) {
    const shape = toShape(dims, 'dims');
    const list = toAxes(axes, shape.length);
    const count = list.length;
    if (count === 0) throw new ShapeError(`${owner}: expected at least one axis to transform, received none`);
    checkOneOf('norm', norm, FFT_NORMS);
    const nffts = perAxis(owner, 'nffts', lengths ?? list.map((axis) => shape[axis] as number), count);
    const bad = nffts.find((n) => !Number.isSafeInteger(n) || n < 1);
    if (bad !== undefined)
      throw new ArgumentError(
        `${owner}: expected at least one sample to transform, received nffts of ${bad}`,
      );
    const steps = perAxis(owner, 'sampling', sampling, count);
    if (steps.includes(0))
      throw new ArgumentError(`${owner}: expected sampling to be numbers other than 0, received 0`);
    const before = perAxis(owner, 'ifftshiftBefore', ifftshiftBefore, count, 'boolean');
    const after = perAxis(owner, 'fftshiftAfter', fftshiftAfter, count, 'boolean');
    this.axes = list.map((axis, k): FourierAxis => {
      const nfft = nffts[k] as number;
      const half = real && k === count - 1;
      const full = half ? Math.floor(nfft / 2) + 1 : nfft;
      const nd = half ? (kept ?? full) : full;
      if (nd > full)
        throw new ShapeError(
          `${owner}: expected at most ${full} frequencies of ${nfft} samples, received ${textOf(nd)}`,
        );
      return {
        axis,
        n: shape[axis] as number,
        nfft,
        nd,
        shiftBefore: before[k] as boolean,
        shiftAfter: after[k] as boolean,
        half,
        weighted: half && weighted,
      };
    });
    this.inverse = inverse;
    this.dims = shape;
    this.dimsd = shape.map((n, k) => this.axes.find((a) => a.axis === k)?.nd ?? n);
    this.half = real;
    this.realModel = real || !isComplex(dtype);
    const n = nffts.reduce((a, b) => a * b, 1);
    this.scale = norm === 'none' ? 1 : norm === '1/n' ? 1 / n : 1 / Math.sqrt(n);
    this.frameBound = kept === undefined ? this.scale ** 2 * n : undefined;
    this.#steps = steps;
  }

  /** Computes the frequencies of the data along each of the axes, per unit of `sampling`. */
  frequencies(): readonly Float64Array[] {
    return this.axes.map((a, k) => frequenciesOf(a, this.#steps[k] as number));
  }
}

/**
 * The frequencies `k/(n d)`: for k = 0 … ⌊n/2⌋ of a real transform, otherwise for k = 0, 1, …, −1.
 * They are shifted if the data is shifted.
 */
function frequenciesOf({ nfft, nd, half, shiftAfter }: FourierAxis, step: number): Float64Array {
  if (nd >= 2 ** 32)
    throw new ArgumentError(`expected an axis of fewer than 2^32 samples to transform, received ${nd}`);
  const middle = shiftAfter ? Math.floor(nd / 2) : 0;
  return Float64Array.from({ length: nd }, (_, i) => {
    const k = (i - middle + nd) % nd;
    return (half || k < Math.ceil(nfft / 2) ? k : k - nfft) / (nfft * step);
  });
}
