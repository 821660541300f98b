import { hostArray, INDEX_DTYPE, isBoolean, isComplex, placeDType } from '../base/dtype.js';
import { around, product } from '../base/shape.js';
import { asDType } from './casting.js';
import type { NDArray } from './ndarray.js';

/**
 * Arrays of real numbers by which arrays are sorted, the most significant last, as in `lexsort`:
 * those of bool as int32, those of complex numbers by real, then imaginary parts. As in NumPy, a
 * complex number with a NaN comes after all others, first those with a real part. Waits for complex
 * numbers.
 */
export const keysOf = (xs: readonly NDArray[]): NDArray[] => xs.flatMap(keysOfOne);

function keysOfOne(x: NDArray): NDArray[] {
  if (isBoolean(x.dtype)) return [x.astype(INDEX_DTYPE)];
  if (!isComplex(x.dtype)) return [x];
  const [re, im] = [x.real(), x.imag()];
  const isUnknown = im.isnan();
  if (!isUnknown.any()) return [im, re];
  const kinds = re.isnan().astype(INDEX_DTYPE).multiplyInPlace(2);
  return [im, re, kinds.addInPlace(isUnknown.astype(INDEX_DTYPE))];
}

/**
 * The elements at positions in their lines along an axis, as `argsortLines` gives them. The lines
 * of positions may be shorter.
 */
export function takeLines(x: NDArray, order: NDArray, axis: number): NDArray {
  const [outer, n, inner] = around(x.shape, axis);
  const y = x.space.withShape(order.shape).empty();
  if (y.size === 0) return y;
  const dtype = placeDType(x.size);
  let index = asDType(order, dtype);
  if (outer * inner > 1) {
    const starts = x.space.withShape([outer, 1, inner], dtype).empty();
    const host = hostArray(dtype, outer * inner);
    for (let line = 0; line < host.length; line++)
      host[line] = Math.floor(line / inner) * n * inner + (line % inner);
    x.backend.upload(host, starts);
    index = index
      .multiply(inner)
      .reshape([outer, product(order.shape) / (outer * inner), inner])
      .addInPlace(starts);
    starts.dispose();
  }
  x.backend.gather(x, y, { outer: 1, nx: x.size, ny: y.size, inner: 1, width: 1, index });
  if (index !== order) index.dispose();
  return y;
}

/**
 * The positions of the elements of each line along an axis in the order of keys, the most
 * significant last. Elements with equal keys keep their order. int32, or float64 for lines of 2^31
 * elements or more.
 */
export function argsortLines(keys: readonly NDArray[], axis: number): NDArray {
  let order: NDArray | undefined;
  for (const key of keys) {
    const by = order ? takeLines(key, order, axis) : key;
    const next = key.space.withShape(key.shape, placeDType(key.shape[axis] as number)).empty();
    by.backend.argsort(by, around(by.shape, axis), next);
    if (order) {
      by.dispose();
      const joined = takeLines(order, next, axis);
      order.dispose();
      next.dispose();
      order = joined;
    } else order = next;
  }
  return order as NDArray;
}

/**
 * The lines along an axis, sorted: -0 before 0, NaN last, complex numbers as in `keysOf`.
 * @param places if given, only the numbers at them must be in place: see the kernel `sort`
 */
export function sortLines(x: NDArray, axis: number, places?: readonly number[]): NDArray {
  if (x.size === 0) return x.copy();
  if (isComplex(x.dtype)) return takeLines(x, argsortLines(keysOf([x]), axis), axis);
  const numbers = isBoolean(x.dtype) ? x.astype(INDEX_DTYPE) : x;
  const y = numbers === x ? x.emptyLike() : numbers;
  x.backend.sort(numbers, around(x.shape, axis), y, places);
  return numbers === x ? y : y.astype(x.dtype);
}
