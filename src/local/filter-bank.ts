import { ArgumentError } from '../core/errors.js';
import { finiteNumbers } from './host-numbers.js';
import type { OperatorData } from './resident.js';

/** Between which two filters of a bank a sample lies, and how far: `(1 − w) h[first] + w h[second]`. */
export interface Between {
  readonly first: number;
  readonly second: number;
  readonly w: number;
}

/** The places of a bank's filters along an axis, in samples and increasing. Throws ArgumentError. */
export function filterPlaces(owner: string, name: string, places: OperatorData, count: number): Float64Array {
  const ih = finiteNumbers(owner, name, places, 1);
  if (ih.length !== count || ih.some((v, k) => k > 0 && v <= (ih[k - 1] as number)))
    throw new ArgumentError(
      `${owner}: expected ${name} to be ${count} increasing places, one for each filter, received [${ih.join(', ')}]`,
    );
  return ih;
}

/** For each of n samples: linear between the places, constant outside. */
export function betweenPlaces(places: Float64Array, n: number): Between[] {
  const last = places.length - 1;
  let k = 0;
  return Array.from({ length: n }, (_, i) => {
    while (k < last && i >= (places[k + 1] as number)) k++;
    if (k === last || i <= (places[0] as number)) return { first: k, second: k, w: 0 };
    const [a, b] = [places[k] as number, places[k + 1] as number];
    return { first: k, second: k + 1, w: (i - a) / (b - a) };
  });
}

/** Checks that filters have an odd number of samples, so that there is one in the middle. */
export function checkOdd(owner: string, lengths: readonly number[]): void {
  if (lengths.some((n) => n % 2 !== 1))
    throw new ArgumentError(`${owner}: expected filters of an odd number of samples, received ${lengths.join(' × ')}`);
}
