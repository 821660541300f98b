import type { ArrayOptions, NDArray } from '../../../core/array/ndarray.js';
import { ArgumentError, ShapeError } from '../../../core/base/errors.js';
import { checkOneOf } from '../../../core/base/options.js';
import { formatShape, type Shape, toShape } from '../../../core/base/shape.js';
import { textOf } from '../../../core/base/text-of.js';
import { doublesOn, numbersOf } from '../../parts/host-numbers.js';

export const TAPER_TYPES = ['hanning', 'cosine', 'cosinesquare', 'cosinesqrt', 'none'] as const;
/** The shape of a taper. */
export type TaperType = (typeof TAPER_TYPES)[number];

/**
 * Half a period of a cosine: from 0 at the end of a taper (u = 0) to 1 at its inner side (u = 1).
 * This is both the Hann window and the cosine taper.
 */
const cosine = (u: number): number => (1 - Math.cos(Math.PI * u)) / 2;
const RAMPS: Readonly<Record<TaperType, (u: number) => number>> = {
  hanning: cosine,
  cosine,
  cosinesquare: (u) => cosine(u) ** 2,
  cosinesqrt: (u) => Math.sqrt(cosine(u)),
  none: () => 1,
};

/**
 * A window of `nmask` samples: its first `ntap` rise from 0 to 1, its last `ntap` fall to 0, and
 * the others are 1.
 *
 * @throws {@link ArgumentError} if the two ends do not fit into `nmask`
 */
export function taper(nmask: number, ntap: number, tapertype: TaperType = 'hanning'): Float64Array {
  const ramp = RAMPS[checkOneOf('tapertype', tapertype, TAPER_TYPES)];
  return ramped(nmask, ntap, ramp, tapertype === 'none');
}

/** A window of `nmask` samples with a ramp of `ntap` samples at both ends, or without if `flat`. */
function ramped(nmask: number, ntap: number, ramp: (u: number) => number, flat = false): Float64Array {
  for (const [name, n] of [
    ['nmask', nmask],
    ['ntap', ntap],
  ] as const) {
    if (!Number.isSafeInteger(n) || n < 0)
      throw new ShapeError(`taper: expected ${name} to be a number of samples, received ${textOf(n)}`);
  }
  if (!flat && 2 * ntap - 1 > nmask)
    throw new ArgumentError(
      `taper: expected a mask of at least ${2 * ntap - 1} samples for ntap = ${ntap}, received nmask = ` +
        `${nmask}`,
    );
  const at = (distance: number): number => (distance >= ntap - 1 ? 1 : ramp(distance / (ntap - 1)));
  return numbersOf(nmask, (i) => at(Math.min(i, nmask - 1 - i)));
}

/**
 * Hann taper: `½ − ½ cos(π i/(ntap − 1))` over the first `ntap` of `nmask` samples, and its mirror
 * image at the other end.
 */
export const hanningtaper = (nmask: number, ntap: number): Float64Array => taper(nmask, ntap, 'hanning');

/**
 * Cosine taper: the Hann taper to a power.
 *
 * @param square the power is 2 instead of 1
 * @param exponent the power, instead of that by `square`. 0.5 gives the taper 'cosinesqrt'
 */
export function cosinetaper(
  nmask: number,
  ntap: number,
  square = false,
  exponent = square ? 2 : 1,
): Float64Array {
  if (!(typeof exponent === 'number' && exponent > 0 && Number.isFinite(exponent)))
    throw new ArgumentError(
      `cosinetaper: expected exponent to be a positive number, received ${textOf(exponent)}`,
    );
  return ramped(nmask, ntap, (u) => cosine(u) ** exponent);
}

/**
 * A taper along the first of two axes, `[nmask, nt]`. With two numbers for `ntap`, the product of
 * tapers along both axes.
 */
export function taper2d(
  nt: number,
  nmask: number,
  ntap: number | readonly [number, number],
  tapertype: TaperType = 'hanning',
  options?: ArrayOptions,
): NDArray {
  const shape = [...toShape(nmask, 'nmask'), ...toShape(nt, 'nt')];
  return along(2, shape, typeof ntap === 'number' ? [ntap, 0] : ntap, tapertype, options);
}

/** The product of tapers along the first two of three axes, `[nmask[0], nmask[1], nt]`. */
export function taper3d(
  nt: number,
  nmask: readonly [number, number],
  ntap: readonly [number, number],
  tapertype: TaperType = 'hanning',
  options?: ArrayOptions,
): NDArray {
  const shape = [...toShape(nmask, 'nmask'), ...toShape(nt, 'nt')];
  return along(3, shape, [...toShape(ntap, 'ntap'), 0], tapertype, options);
}

/**
 * The product of tapers along all axes of an array of shape `nmask`. `ntap` has a number for each
 * axis; 0 leaves an axis without a taper.
 *
 * @example tapernd([11, 21, 31], [3, 5, 0], 'cosinesqrt')
 */
export function tapernd(
  nmask: readonly number[],
  ntap: readonly number[],
  tapertype: TaperType = 'hanning',
  options?: ArrayOptions,
): NDArray {
  const shape = toShape(nmask, 'nmask');
  return along(shape.length, shape, ntap, tapertype, options);
}

/** The product of tapers along all of `axes` axes. */
function along(
  axes: number,
  shape: Shape,
  ntap: Shape,
  tapertype: TaperType,
  options: ArrayOptions | undefined,
): NDArray {
  const lengths = toShape(ntap, 'ntap');
  if (lengths.length !== axes || shape.length !== axes)
    throw new ShapeError(
      `taper: expected ${axes} sizes and lengths of tapers, received ${formatShape(shape)} and ` +
        `${formatShape(lengths)}`,
    );
  const tapers = shape.map((n, k) => taper(n, lengths[k] as number, tapertype));
  return doublesOn(outer(tapers), options).reshape(shape);
}

/** The outer product of several windows as a flat array. */
export const outer = (windows: readonly Float64Array[]): Float64Array =>
  windows.reduce(
    (product, w) =>
      numbersOf(
        product.length * w.length,
        (i) => (product[Math.floor(i / w.length)] as number) * (w[i % w.length] as number),
      ),
    Float64Array.of(1),
  );
