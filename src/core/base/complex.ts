import { type DType, isComplex } from './dtype.js';
import { ArgumentError, DTypeError } from './errors.js';
import { textOf } from './text-of.js';

/** A complex scalar. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** A number, or a complex number if the dtype is complex. */
export type Scalar = number | Complex;

/** Makes a complex number. */
export const complex = (re: number, im = 0): Complex => ({ re, im });
export const re = (a: Scalar): number => (typeof a === 'number' ? a : a.re);
export const im = (a: Scalar): number => (typeof a === 'number' ? 0 : a.im);
/** Whether a value is a real or a complex number. */
export const isScalar = (a: unknown): a is Scalar =>
  typeof a === 'number' ||
  (typeof a === 'object' &&
    a !== null &&
    're' in a &&
    'im' in a &&
    typeof a.re === 'number' &&
    typeof a.im === 'number');

/** `{ re: real, im: imaginary }` if `dtype` is complex, otherwise the number `real`. */
export const scalarOf = (dtype: DType, real: number, imaginary: number): Scalar =>
  isComplex(dtype) ? { re: real, im: imaginary } : real;

export const conj = (a: Scalar): Scalar => (typeof a === 'number' ? a : { re: a.re, im: -a.im });
export const abs = (a: Scalar): number => (typeof a === 'number' ? Math.abs(a) : Math.hypot(a.re, a.im));
export const neg = (a: Scalar): Scalar => (typeof a === 'number' ? -a : { re: -a.re, im: -a.im });
export const isZero = (a: Scalar): boolean => re(a) === 0 && im(a) === 0;

export function add(a: Scalar, b: Scalar): Scalar {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  return { re: re(a) + re(b), im: im(a) + im(b) };
}

export function sub(a: Scalar, b: Scalar): Scalar {
  return add(a, neg(b));
}

export function mul(a: Scalar, b: Scalar): Scalar {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  return { re: re(a) * re(b) - im(a) * im(b), im: re(a) * im(b) + im(a) * re(b) };
}

/** Divides by Smith's algorithm: no overflow if the result is representable. */
export function div(a: Scalar, b: Scalar): Scalar {
  if (typeof b === 'number') return typeof a === 'number' ? a / b : { re: a.re / b, im: a.im / b };
  const { re: c, im: d } = b;
  const [x, y] = [re(a), im(a)];
  if (Math.abs(c) >= Math.abs(d)) {
    const r = d / c;
    const t = c + d * r;
    return { re: (x + y * r) / t, im: (y - x * r) / t };
  }
  const r = c / d;
  const t = c * r + d;
  return { re: (x * r + y) / t, im: (y * r - x) / t };
}

/**
 * Checks that a scalar can be combined in place with an array of `dtype`.
 * @throws {@link DTypeError} if the scalar has an imaginary part and `dtype` is real
 * @throws {@link ArgumentError} if it is no number
 */
export function checkScalar(a: Scalar, dtype: DType): Scalar {
  if (!isScalar(a)) throw new ArgumentError(`expected a number, received ${textOf(a)}`);
  if (!isComplex(dtype) && im(a) !== 0)
    throw new DTypeError(
      `a complex scalar does not fit into ${dtype}: cast the array to a complex dtype first`,
    );
  return a;
}
