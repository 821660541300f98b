import { asDType } from '../array/casting.js';
import { NDArray } from '../array/ndarray.js';
import { gatherAlong } from '../array/shaping.js';
import { INDEX_DTYPE, isComplex } from '../base/dtype.js';
import { tidy } from '../base/scope.js';

/** Positions: numbers of the host, or an int32 array on the backend of the values. */
type Places = Int32Array | NDArray;

/** The values at places: `y[k] = x[places[k]]`, and 0 at −1. */
export const valuesAt = (x: NDArray, places: Places): NDArray => gatherAlong(x, places, 0);

/** Adds values at places, in their order: `y[places[k]] += x[k]`. */
export function addAt(x: NDArray, places: Places, y: NDArray): void {
  const n = x.size;
  const index = places instanceof NDArray ? places : x.space.withShape([n], INDEX_DTYPE).upload(places);
  y.backend.scatterAdd(x, y, { outer: 1, nx: y.size, ny: n, inner: 1, width: 1, index });
  if (index !== places) index.dispose();
}

/** Adds up values that have the same place among `n`, in double precision where there is one. */
export function addedAt(x: NDArray, places: Places, n: number): NDArray {
  const double = isComplex(x.dtype) ? 'complex128' : 'float64';
  const dtype = x.backend.dtypes.includes(double) ? double : x.dtype;
  return tidy(() => {
    const y = x.space.withShape([n], dtype).zeros();
    addAt(asDType(x, dtype), places, y);
    return asDType(y, x.dtype);
  });
}
