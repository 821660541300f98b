import { asDType } from '../array/casting.js';
import type { NDArray } from '../array/ndarray.js';
import { INDEX_DTYPE, isComplex } from '../base/dtype.js';
import { tidy } from '../base/scope.js';

/** The places of values in others, on their backend. */
function tableOf(x: NDArray, nx: number, places: Int32Array) {
  const index = x.space.withShape([places.length], INDEX_DTYPE).upload(places);
  return { outer: 1, nx, ny: places.length, inner: 1, width: 1, index };
}

/** The values at places: `y[k] = x[places[k]]`, and 0 at −1. */
export function valuesAt(x: NDArray, places: Int32Array): NDArray {
  const y = x.space.withShape([places.length]).empty();
  const table = tableOf(x, x.size, places);
  x.backend.gather(x, y, table);
  table.index.dispose();
  return y;
}

/** Adds values at places, in their order: `y[places[k]] += x[k]`. */
export function addAt(x: NDArray, places: Int32Array, y: NDArray): void {
  const table = tableOf(x, y.size, places);
  y.backend.scatterAdd(x, y, table);
  table.index.dispose();
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
