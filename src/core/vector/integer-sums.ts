import { type DType, isInteger, rangeOf, sumOf } from '../base/dtype.js';
import { NumericalError } from '../base/errors.js';
import type { Backend, Elements, InnerProduct, ReduceKernel } from '../ports/backend.js';
import { storageOf } from '../ports/kernel-operands.js';

/** Whole numbers of at most this modulus are exact in double precision. */
const EXACT = 2 ** 53;
const MOST_INT32 = 2 ** 31;

/**
 * The dtype of sums and products, running ones included. For int32 it is float64 if the backend
 * supports it: whole numbers, as int64 in NumPy. For bool it is int32.
 */
export function wideDType({ dtype, backend }: { readonly dtype: DType; readonly backend: Backend }): DType {
  const wide = sumOf(dtype);
  return backend.dtypes.includes(wide) ? wide : dtype;
}

/** The largest modulus that the elements of x (whole numbers) may have. */
function bound(x: Elements): number {
  const range = rangeOf(storageOf(x).dtype);
  return range ? Math.max(-range[0], range[1]) : MOST_INT32;
}

const tooLarge = (what: string, limit: string): NumericalError =>
  new NumericalError(
    `${what} of int32 may be larger than ${limit}, and is not exact: cast with astype() to a float ` +
      'dtype first',
  );

const reduce = (op: ReduceKernel, x: Elements): number => storageOf(x).backend.reduce(op, x) as number;

/**
 * Throws {@link NumericalError} if sums of `n` elements of x (int32, or whole numbers in float64)
 * might not be exact in the dtype `to`.
 */
export function checkSums(what: string, x: Elements, n: number, to: DType): void {
  const most = isInteger(to) ? MOST_INT32 - 1 : EXACT;
  if (x.size === 0 || n * bound(x) <= most) return;
  if (reduce('maxAbs', x) * n > most && reduce('sumAbs', x) > most)
    throw tooLarge(what, isInteger(to) ? '2^31' : '2^53');
}

/**
 * Throws {@link NumericalError} if products of `n` elements of x (int32) might not be exact in the
 * dtype `to`.
 */
export function checkProducts(x: Elements, n: number, to: DType): void {
  const most = isInteger(to) ? MOST_INT32 - 1 : EXACT;
  if (x.size > 0 && !(reduce('maxAbs', x) ** n <= most))
    throw tooLarge('the product', isInteger(to) ? '2^31' : '2^53');
}

/**
 * Throws {@link NumericalError} for a whole number that might not be exact in double precision. NaN
 * marks such a number.
 */
export function checkExact(what: string, value: number): void {
  if (!(Math.abs(value) <= EXACT)) throw tooLarge(what, '2^53');
}

/**
 * Returns a sum or a product of all elements.
 * @throws {@link NumericalError} if it might not be exact
 */
export function checkedTotal(op: 'sum' | 'prod', x: Elements, value: number): number {
  if (op === 'sum') checkSums('the sum', x, x.size, 'float64');
  else checkExact('the product', value);
  return value;
}

/**
 * Whether a term of an inner product of int32 is exact, and stays exact in a sum of `terms` such
 * terms. True for other dtypes.
 */
export function isExactDot({ x, y }: InnerProduct, terms: number): boolean {
  if (x.size === 0 || !isInteger(storageOf(x).dtype)) return true;
  const most = EXACT / terms;
  return (
    reduce('maxAbs', x) * reduce('maxAbs', y) * x.size <= most ||
    Math.sqrt(reduce('sumSquares', x) * reduce('sumSquares', y)) <= most
  );
}

/**
 * Throws {@link NumericalError} if products of int32 matrices, which stay int32, might not be
 * exact. `k` is the inner size.
 */
export function checkExactMatMul(a: Elements, b: Elements, k: number): void {
  if (a.size === 0 || b.size === 0) return;
  if (reduce('maxAbs', a) * reduce('maxAbs', b) * k >= MOST_INT32) throw tooLarge('a matrix product', '2^31');
}
