import { ArgumentError } from '../../core/base/errors.js';
import { checkFlag, type Defaults, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { textOf } from '../../core/base/text-of.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { resampled } from './resampling.js';
import { SPLINE_DEFAULTS, type SplineOptions } from './splines.js';
import { eachAxis } from './windows-of-axes.js';

/** Options of {@link zoom}. */
export interface ZoomOptions extends SplineOptions {
  /**
   * Whether samples are cells with the edges of the array at half a sample before the first and
   * after the last one, instead of points of which the first and the last coincide.
   * @default false
   */
  readonly gridMode?: boolean;
}
const DEFAULTS = { ...SPLINE_DEFAULTS, gridMode: false } satisfies Defaults<ZoomOptions>;

/** The nearest integer, halves to even ones. */
const rounded = (x: number): number => {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
};

/**
 * An array that is magnified by splines: along each axis to the nearest number of samples to `n
 * factor`. Integers are rounded. Along a split axis each rank receives the samples that its part of
 * the result needs, one exchange for the coefficients and one for the values; orders 0 and 1 have
 * no coefficients. The result is split as x, evenly along an axis whose length changes.
 * @param factor the magnification, one or one for each axis
 */
export function zoom<X extends ArrayLike>(
  x: X,
  factor: number | readonly number[],
  options?: ZoomOptions,
): ArrayOf<X> {
  const name = 'ndimage.zoom';
  const { gridMode, ...spline } = withDefaults(name, options, DEFAULTS);
  checkFlag(name, { gridMode });
  return tidy(() => {
    const a = arrayOf(name, x);
    const factors = eachAxis(name, 'factors', factor, a.space.shape.length);
    const sizes = a.space.shape.map((n, k) => {
      const m = rounded(n * (factors[k] as number));
      if (!Number.isSafeInteger(m) || m < 0)
        throw new ArgumentError(`${name}: expected positive factors, received ${textOf(factors[k])}`);
      return m;
    });
    const placeOf = (k: number, i: number): number => {
      const [n, m] = [a.space.shape[k] as number, sizes[k] as number];
      if (gridMode) return ((i + 0.5) * n) / m - 0.5;
      return m === 1 ? 0 : Math.min((i * (n - 1)) / (m - 1), n - 1);
    };
    return resampled(name, a, sizes, placeOf, spline);
  }) as ArrayOf<X>;
}
