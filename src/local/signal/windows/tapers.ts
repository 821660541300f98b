import type { ArrayOptions, NDArray } from '../../../core/array/ndarray.js';
import { ArgumentError, ShapeError } from '../../../core/base/errors.js';
import { checkOneOf } from '../../../core/base/options.js';
import { textOf } from '../../../core/base/text-of.js';
import { doublesOn } from '../../parts/host-numbers.js';

export const TAPER_TYPES = ['hanning', 'cosine', 'cosinesquare', 'none'] as const;
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
  for (const [name, n] of [
    ['nmask', nmask],
    ['ntap', ntap],
  ] as const) {
    if (!Number.isSafeInteger(n) || n < 0)
      throw new ShapeError(`taper: expected ${name} to be a number of samples, received ${textOf(n)}`);
  }
  if (ntap > 0 && tapertype !== 'none' && 2 * ntap - 1 > nmask)
    throw new ArgumentError(
      `taper: expected a mask of at least ${2 * ntap - 1} samples for ntap = ${ntap}, received nmask = ` +
        `${nmask}`,
    );
  const at = (distance: number): number => (distance >= ntap - 1 ? 1 : ramp(distance / (ntap - 1)));
  return Float64Array.from({ length: nmask }, (_, i) => at(Math.min(i, nmask - 1 - i)));
}

/**
 * Hann taper: `½ − ½ cos(π i/(ntap − 1))` over the first `ntap` of `nmask` samples, and its mirror
 * image at the other end.
 */
export const hanningtaper = (nmask: number, ntap: number): Float64Array => taper(nmask, ntap, 'hanning');

/** Cosine taper. It is equal to the Hann taper, or with `square` to the square of that. */
export const cosinetaper = (nmask: number, ntap: number, square = false): Float64Array =>
  taper(nmask, ntap, square ? 'cosinesquare' : 'cosine');

/** A taper along the first of two axes, `[nmask, nt]`. */
export function taper2d(
  nt: number,
  nmask: number,
  ntap: number,
  tapertype: TaperType = 'hanning',
  options?: ArrayOptions,
): NDArray {
  return outerTaper([taper(nmask, ntap, tapertype)], nt, options);
}

/** The product of tapers along the first two of three axes, `[nmask[0], nmask[1], nt]`. */
export function taper3d(
  nt: number,
  nmask: readonly [number, number],
  ntap: readonly [number, number],
  tapertype: TaperType = 'hanning',
  options?: ArrayOptions,
): NDArray {
  return outerTaper([taper(nmask[0], ntap[0], tapertype), taper(nmask[1], ntap[1], tapertype)], nt, options);
}

/** The outer product of tapers, repeated `nt` times along a last axis. */
function outerTaper(tapers: readonly Float64Array[], nt: number, options: ArrayOptions | undefined): NDArray {
  if (!Number.isSafeInteger(nt) || nt < 0)
    throw new ShapeError(`taper: expected nt to be a number of samples, received ${textOf(nt)}`);
  const values = outer([...tapers, new Float64Array(nt).fill(1)]);
  return doublesOn(values, options).reshape([...tapers.map((w) => w.length), nt]);
}

/** The outer product of several windows as a flat array. */
export const outer = (windows: readonly Float64Array[]): Float64Array =>
  windows.reduce(
    (product, w) =>
      Float64Array.from(
        { length: product.length * w.length },
        (_, i) => (product[Math.floor(i / w.length)] as number) * (w[i % w.length] as number),
      ),
    Float64Array.of(1),
  );
