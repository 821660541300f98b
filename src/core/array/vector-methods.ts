/**
 * Methods of NDArray for the `Vector` interface: changes in place, which do not broadcast, and
 * views.
 */

import { isScalar, re, type Scalar } from '../base/complex.js';
import { isComplex, promote } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { stridesOf } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Elements, InnerProduct } from '../ports/backend.js';
import { checkStorable } from '../ports/kernel-dtypes.js';
import { checkKernel, checkSameSpace } from '../vector/vector.js';
import { aside } from './elementwise.js';
import type { NDArray } from './ndarray.js';
import { checkWritableArray, elementAt, overlaps, walkOver } from './strided.js';

/** Throws {@link DTypeError} unless elements of `x` can be written into `y`. */
export function checkHolds(name: string, y: NDArray, x: NDArray): void {
  if (promote(x.dtype, y.dtype) === y.dtype) return;
  throw new DTypeError(`${name}: ${x.dtype} does not fit into ${y.dtype}: cast with astype('${y.dtype}')`);
}

export function assign<T extends NDArray>(y: T, x: NDArray): T {
  checkSameSpace(y, x);
  checkHolds('assign', y, x);
  if (y.size === 0) return y;
  if (x.dtype !== y.dtype) y.backend.cast(x, y);
  else if (!(x.isContiguous && y.isContiguous)) assignStrided(y, x);
  else if (x.storage !== y.storage || x.offset !== y.offset) {
    const temporaries: NDArray[] = [];
    y.backend.copy(aside(x, y, temporaries), y);
    for (const t of temporaries) t.dispose();
  }
  return y;
}

function assignStrided(y: NDArray, x: NDArray): void {
  checkWritableArray(y);
  const from = overlaps(x, y) ? x.copy() : x;
  y.backend.stridedCopy(y.shape, walkOver(from), walkOver(y), 'set');
  if (from !== x) from.dispose();
}

export function fill<T extends NDArray>(y: T, value: Scalar): T {
  const fitting = checkFits(y, value);
  if (y.size > 0) y.backend.fill(y, fitting);
  return y;
}

export function axpby<T extends NDArray>(y: T, a: Scalar, x: NDArray, b: Scalar): T {
  checkSameSpace(y, x);
  const coefficients = [checkFits(y, a), checkFits(y, b)];
  const temporaries: NDArray[] = [];
  let from = x;
  if (x.dtype !== y.dtype) {
    checkHolds('axpby', y, x);
    from = x.astype(y.dtype);
    temporaries.push(from);
  }
  if (y.size > 0) y.backend.linearCombination(coefficients, [aside(from, y, temporaries), y], y);
  for (const t of temporaries) t.dispose();
  return y;
}

export function scale<T extends NDArray>(y: T, a: Scalar): T {
  const fitting = checkFits(y, a);
  if (y.size > 0) y.backend.linearCombination([fitting], [y], y);
  return y;
}

export function checkFits(x: NDArray, a: Scalar): Scalar {
  if (!isScalar(a)) throw new ArgumentError(`expected a number or { re, im }, received ${textOf(a)}`);
  if (isComplex(x.dtype)) return a;
  checkStorable(a, x.dtype);
  return re(a);
}

export function map(x: NDArray, kernel: (x: Elements, y: Elements) => void, target: NDArray): NDArray {
  checkKernel(kernel);
  if (target !== x) checkSameSpace(x, target);
  void target.memory;
  if (x.size === 0) return target;
  // the kernel reads members of elements, which have none if there are strides
  checkWritableArray(target);
  const to = target.contiguous();
  const from = x === target ? to : x.contiguous();
  kernel(from, to);
  if (to !== target) {
    target.assign(to);
    to.dispose();
  }
  if (from !== x && from !== to) from.dispose();
  return target;
}

export function kthSmallestAbs(x: NDArray, k: number): number {
  if (!Number.isInteger(k) || k < 0 || k >= x.size)
    throw new ArgumentError(`expected k between 0 and ${x.size - 1}, received ${textOf(k)}`);
  const moduli = x.abs();
  const value = x.backend.kthSmallest(moduli, k);
  moduli.dispose();
  return value;
}

/** Where the element of a flat index in C order lies, relative to the first one. */
function placeOf({ shape, strides }: NDArray, index: number): number {
  const sizes = stridesOf(shape);
  return strides.reduce(
    (sum, step, k) => sum + step * (Math.floor(index / (sizes[k] as number)) % (shape[k] as number)),
    0,
  );
}

export function setAt<T extends NDArray>(x: T, index: number, value: Scalar): T {
  if (!Number.isInteger(index) || index < 0 || index >= x.size)
    throw new ShapeError(`expected an index between 0 and ${x.size - 1}, received ${textOf(index)}`);
  checkWritableArray(x);
  x.backend.fill(elementAt(x, x.isContiguous ? index : placeOf(x, index)), checkFits(x, value));
  return x;
}

export function innerProducts(x: NDArray, y: NDArray, conjugate: boolean, into: InnerProduct[]): void {
  if (x.size === 0) return;
  const dtype = promote(x.dtype, y.dtype);
  const run = (v: NDArray): NDArray => (v.dtype === dtype ? v.contiguous() : v.astype(dtype));
  into.push({ x: run(x), y: run(y), conjugate });
}
