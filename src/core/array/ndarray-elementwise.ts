import type { BinaryOp } from '../ports/backend.js';
import { binary, binaryInPlace, type Operand, unary, unaryInPlace } from './elementwise.js';
import type { NDArray } from './ndarray.js';

/**
 * Elementwise arithmetic and functions of an {@link NDArray}. Two arrays broadcast, their dtypes
 * promote; a complex scalar makes the result complex, a fraction makes int32 the backend's default
 * float, and so do division and functions whose values are no integers. Forms that end in `InPlace`
 * change the receiver and refuse what would change its shape or dtype.
 */
export abstract class ElementwiseMethods {
  add(this: NDArray, other: Operand): NDArray {
    return binary('add', this, other);
  }
  subtract(this: NDArray, other: Operand): NDArray {
    return binary('subtract', this, other);
  }
  multiply(this: NDArray, other: Operand): NDArray {
    return binary('multiply', this, other);
  }
  divide(this: NDArray, other: Operand): NDArray {
    return binary('divide', this, other);
  }
  /** `xʸ`. int32 stays so for a non-negative integer scalar y only. */
  power(this: NDArray, other: Operand): NDArray {
    return binary('power', this, other);
  }
  /** The larger of two; NaN wins. Real data only. */
  maximum(this: NDArray, other: Operand): NDArray {
    return binary('maximum', this, other);
  }
  /** The smaller of two; NaN wins. Real data only. */
  minimum(this: NDArray, other: Operand): NDArray {
    return binary('minimum', this, other);
  }
  /** The angle of the point (other, this), in radians. */
  arctan2(this: NDArray, other: Operand): NDArray {
    return binary('arctan2', this, other);
  }

  /** Comparisons give int32: 1 where they hold, otherwise 0. Those of order want real data. */
  equal(this: NDArray, other: Operand): NDArray {
    return binary('equal', this, other);
  }
  notEqual(this: NDArray, other: Operand): NDArray {
    return binary('notEqual', this, other);
  }
  less(this: NDArray, other: Operand): NDArray {
    return binary('less', this, other);
  }
  lessEqual(this: NDArray, other: Operand): NDArray {
    return binary('lessEqual', this, other);
  }
  greater(this: NDArray, other: Operand): NDArray {
    return binary('greater', this, other);
  }
  greaterEqual(this: NDArray, other: Operand): NDArray {
    return binary('greaterEqual', this, other);
  }

  negative(this: NDArray): NDArray {
    return unary('negative', this);
  }
  /** `|x|`, of the real dtype. */
  abs(this: NDArray): NDArray {
    return unary('abs', this);
  }
  conj(this: NDArray): NDArray {
    return unary('conj', this);
  }
  /** The real part, of the real dtype; a copy. */
  real(this: NDArray): NDArray {
    return unary('real', this);
  }
  /** The imaginary part, of the real dtype; zeros for real data. */
  imag(this: NDArray): NDArray {
    return unary('imag', this);
  }
  exp(this: NDArray): NDArray {
    return unary('exp', this);
  }
  /** The natural logarithm. */
  log(this: NDArray): NDArray {
    return unary('log', this);
  }
  sqrt(this: NDArray): NDArray {
    return unary('sqrt', this);
  }
  square(this: NDArray): NDArray {
    return unary('square', this);
  }
  reciprocal(this: NDArray): NDArray {
    return unary('reciprocal', this);
  }
  /** −1, 0 or 1; of complex data `x/|x|`, 0 at 0. */
  sign(this: NDArray): NDArray {
    return unary('sign', this);
  }
  sin(this: NDArray): NDArray {
    return unary('sin', this);
  }
  cos(this: NDArray): NDArray {
    return unary('cos', this);
  }
  tan(this: NDArray): NDArray {
    return unary('tan', this);
  }
  arctan(this: NDArray): NDArray {
    return unary('arctan', this);
  }
  tanh(this: NDArray): NDArray {
    return unary('tanh', this);
  }
  floor(this: NDArray): NDArray {
    return unary('floor', this);
  }
  ceil(this: NDArray): NDArray {
    return unary('ceil', this);
  }
  /** The nearest integer, halves to the even one. */
  rint(this: NDArray): NDArray {
    return unary('rint', this);
  }
  /** int32: 1 where NaN (in either part), otherwise 0. */
  isnan(this: NDArray): NDArray {
    return unary('isnan', this);
  }
  /** int32: 1 where neither NaN nor infinite, otherwise 0. */
  isfinite(this: NDArray): NDArray {
    return unary('isfinite', this);
  }
  /** `min(max(x, low), high)`; null leaves a side open. */
  clip(this: NDArray, low: Operand | null, high: Operand | null): NDArray {
    const x = low === null ? this.copy() : binary('maximum', this, low);
    if (high === null) return x;
    const y = binary('minimum', x, high);
    x.dispose();
    return y;
  }

  addInPlace<T extends NDArray>(this: T, other: Operand): T {
    return inPlace('add', this, other);
  }
  subtractInPlace<T extends NDArray>(this: T, other: Operand): T {
    return inPlace('subtract', this, other);
  }
  multiplyInPlace<T extends NDArray>(this: T, other: Operand): T {
    return inPlace('multiply', this, other);
  }
  divideInPlace<T extends NDArray>(this: T, other: Operand): T {
    return inPlace('divide', this, other);
  }
  powerInPlace<T extends NDArray>(this: T, other: Operand): T {
    return inPlace('power', this, other);
  }
  maximumInPlace<T extends NDArray>(this: T, other: Operand): T {
    return inPlace('maximum', this, other);
  }
  minimumInPlace<T extends NDArray>(this: T, other: Operand): T {
    return inPlace('minimum', this, other);
  }
  clipInPlace<T extends NDArray>(this: T, low: Operand | null, high: Operand | null): T {
    if (low !== null) binaryInPlace('maximum', this, low);
    if (high !== null) binaryInPlace('minimum', this, high);
    return this;
  }
  conjInPlace<T extends NDArray>(this: T): T {
    unaryInPlace('conj', this);
    return this;
  }
}

function inPlace<T extends NDArray>(op: BinaryOp, x: T, y: Operand): T {
  binaryInPlace(op, x, y);
  return x;
}
