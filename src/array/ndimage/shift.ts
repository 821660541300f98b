import { ArgumentError } from '../../core/base/errors.js';
import { isListOf, withDefaults } from '../../core/base/options.js';
import { tidy } from '../../core/base/scope.js';
import { textOf } from '../../core/base/text-of.js';
import { type ArrayLike, type ArrayOf, arrayOf } from '../operands.js';
import { resampled } from './resampling.js';
import { SPLINE_DEFAULTS, type SplineOptions } from './splines.js';
import { eachAxis } from './windows-of-axes.js';

/**
 * An array that is shifted by splines: element i is the value at `i − distance`. Integers are
 * rounded. Along a split axis each rank receives the samples that its part of the result needs, one
 * exchange for the coefficients and one for the values; orders 0 and 1 have no coefficients. The
 * result is split as x.
 *
 * @param distance in samples, towards higher indices: one, or one for each axis
 * @throws {@link ArgumentError} for distances that are not finite
 */
export function shift<X extends ArrayLike>(
  x: X,
  distance: number | readonly number[],
  options?: SplineOptions,
): ArrayOf<X> {
  const name = 'ndimage.shift';
  const spline = withDefaults(name, options, SPLINE_DEFAULTS);
  return tidy(() => {
    const a = arrayOf(name, x);
    const { shape } = a.space;
    const distances = eachAxis(name, 'distances', distance, shape.length);
    if (!isListOf(distances, Number.isFinite))
      throw new ArgumentError(`${name}: expected finite distances, received ${textOf(distances)}`);
    return resampled(name, a, shape, (k, i) => i - (distances[k] as number), spline);
  }) as ArrayOf<X>;
}
