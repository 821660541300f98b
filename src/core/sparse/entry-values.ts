import { asDType } from '../array/casting.js';
import type { NDArray } from '../array/ndarray.js';
import { gatherAlong } from '../array/shaping.js';
import { INDEX_DTYPE, isComplex } from '../base/dtype.js';
import { tidy } from '../base/scope.js';

/** The values at places: `y[k] = x[places[k]]`, and 0 at −1. */
export const valuesAt = (x: NDArray, places: Int32Array): NDArray => gatherAlong(x, places, 0);

/** Adds values at places, in their order: `y[places[k]] += x[k]`. */
export function addAt(x: NDArray, places: Int32Array, y: NDArray): void {
  const index = x.space.withShape([places.length], INDEX_DTYPE).upload(places);
  y.backend.scatterAdd(x, y, { outer: 1, nx: y.size, ny: places.length, inner: 1, width: 1, index });
  index.dispose();
}

/** Adds up values that have the same place among `n`, in double precision where there is one. */
export function addedAt(x: NDArray, places: Int32Array, n: number): NDArray {
  const double = isComplex(x.dtype) ? 'complex128' : 'float64';
  const dtype = x.backend.dtypes.includes(double) ? double : x.dtype;
  return tidy(() => {
    const y = x.space.withShape([n], dtype).zeros();
    addAt(asDType(x, dtype), places, y);
    return asDType(y, x.dtype);
  });
}
