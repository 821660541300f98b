import { binary } from '../core/array/elementwise.js';
import type { NDArray } from '../core/array/ndarray.js';
import { isScalar, type Scalar } from '../core/base/complex.js';
import { isBoolean } from '../core/base/dtype.js';
import type { BinaryOp } from '../core/ports/backend.js';
import { type ArrayLike, type ArrayOf, elementwise, type UniversalOptions } from './operands.js';
import { binaryFunction, unaryFunction } from './universal.js';

/** The bits that both have. int32 and bool. */
export const bitwiseAnd = binaryFunction('bitwiseAnd');

/** The bits that one of both has. int32 and bool. */
export const bitwiseOr = binaryFunction('bitwiseOr');

/** The bits that exactly one has. int32 and bool. */
export const bitwiseXor = binaryFunction('bitwiseXor');

/** All bits inverted; of bool the negation. int32 and bool. */
export const invert = unaryFunction('invert');

/** `x · 2ʸ` of int32, modulo 2³² */
export const leftShift = binaryFunction('leftShift');

/** `⌊x / 2ʸ⌋` of int32 */
export const rightShift = binaryFunction('rightShift');

/** Whether each number is not 0, as 0 or 1. NaN is not 0. */
const flags = (x: NDArray | Scalar): NDArray | number => {
  if (!isScalar(x)) return isBoolean(x.dtype) ? x : binary('notEqual', x, 0);
  return (typeof x === 'number' ? x !== 0 : x.re !== 0 || x.im !== 0) ? 1 : 0;
};
const logical =
  (name: string, op: BinaryOp) =>
  <X extends ArrayLike, Y extends ArrayLike>(x: X, y: Y, options?: UniversalOptions): ArrayOf<X | Y> =>
    elementwise(name, [x, y], options, (_, a, b) =>
      binary('notEqual', binary(op, flags(a), flags(b)), 0),
    ) as ArrayOf<X | Y>;

/** Whether both are true: not 0. The result is bool. */
export const logicalAnd = logical('logicalAnd', 'multiply');
/** Whether one of both is true: not 0. The result is bool. */
export const logicalOr = logical('logicalOr', 'maximum');
/** Whether exactly one is true: not 0. The result is bool. */
export const logicalXor = logical('logicalXor', 'notEqual');
/** Whether x is 0. The result is bool. */
export const logicalNot = <X extends ArrayLike>(x: X, options?: UniversalOptions): ArrayOf<X> =>
  elementwise('logicalNot', [x], options, (_, part) => binary('equal', part, 0)) as ArrayOf<X>;
