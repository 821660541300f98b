import { ArgumentError } from '../../core/base/errors.js';
import type { OperatorData } from '../device-constants.js';
import { finiteNumbers } from '../parts/host-numbers.js';

/**
 * The places of a bank's filters along an axis, in samples.
 *
 * @throws {@link ArgumentError} unless they are `count` increasing numbers
 */
export function filterPlaces(owner: string, name: string, places: OperatorData, count: number): Float64Array {
  const ih = finiteNumbers(owner, name, places, 1);
  if (ih.length !== count || ih.some((v, k) => k > 0 && v <= (ih[k - 1] as number)))
    throw new ArgumentError(
      `${owner}: expected ${name} to be ${count} increasing places, one for each filter, received ` +
        `[${ih.join(', ')}]`,
    );
  return ih;
}

/**
 * Calls `visit(i − start, filter, w)` for `n` samples i from `start` on. The filter of sample i is
 * `(1 − w) h[filter] + w h[filter + 1]`: linear between the places, constant outside.
 */
export function betweenPlaces(
  places: Float64Array,
  start: number,
  n: number,
  visit: (at: number, filter: number, w: number) => void,
): void {
  const last = places.length - 1;
  let f = 0;
  for (let at = 0; at < n; at++) {
    const i = start + at;
    while (f < last && i >= (places[f + 1] as number)) f++;
    const a = places[f] as number;
    visit(at, f, f === last || i <= a ? 0 : (i - a) / ((places[f + 1] as number) - a));
  }
}

/** Checks that the lengths of filters are odd, so that each filter has a middle sample. */
export function checkOdd(owner: string, lengths: readonly number[]): void {
  if (lengths.some((n) => n % 2 !== 1))
    throw new ArgumentError(
      `${owner}: expected filters of an odd number of samples, received ${lengths.join(' × ')}`,
    );
}
