import { binary, unary } from '../../core/array/elementwise.js';
import type { NDArray } from '../../core/array/ndarray.js';
import { isScalar, type Scalar } from '../../core/base/complex.js';
import { isBoolean } from '../../core/base/dtype.js';
import type { BinaryOp } from '../../core/ports/backend.js';
import {
  type AssociativeFunction,
  associative,
  binaryFunction,
  functionOfOne,
  functionOfTwo,
  unaryFunction,
} from './universal.js';

/** The bits that both have. int32 and bool. */
export const bitwiseAnd = associative('bitwiseAnd', binaryFunction('bitwiseAnd'), {
  identity: (dtype) => (isBoolean(dtype) ? 1 : -1),
});

/** The bits that one of both has. int32 and bool. */
export const bitwiseOr = associative('bitwiseOr', binaryFunction('bitwiseOr'), { identity: () => 0 });

/** The bits that exactly one has. int32 and bool. */
export const bitwiseXor = associative('bitwiseXor', binaryFunction('bitwiseXor'), { identity: () => 0 });

/** All bits inverted; of bool the negation. int32 and bool. */
export const invert = unaryFunction('invert');

/** `x · 2ʸ` of int32, modulo 2³² */
export const leftShift = binaryFunction('leftShift');

/** `⌊x / 2ʸ⌋` of int32 */
export const rightShift = binaryFunction('rightShift');

/** An array as flags: itself if it is bool. */
const truth = (x: NDArray): NDArray => (isBoolean(x.dtype) ? x : binary('notEqual', x, 0));
/** Whether each number is not 0, as 0 or 1. NaN is not 0. */
const flags = (x: NDArray | Scalar): NDArray | number => {
  if (!isScalar(x)) return truth(x);
  return (typeof x === 'number' ? x !== 0 : x.re !== 0 || x.im !== 0) ? 1 : 0;
};
const logical = (name: string, op: BinaryOp, identity: 0 | 1): AssociativeFunction =>
  associative(
    name,
    functionOfTwo(name, (x, y) => truth(binary(op, flags(x), flags(y)))),
    { identity: () => identity, prepare: (x) => (isBoolean(x.dtype) ? x : x.notEqual(0)) },
  );

/** Whether both are true: not 0. The result is bool. */
export const logicalAnd = logical('logicalAnd', 'multiply', 1);
/** Whether one of both is true: not 0. The result is bool. */
export const logicalOr = logical('logicalOr', 'maximum', 0);
/** Whether exactly one is true: not 0. The result is bool. */
export const logicalXor = logical('logicalXor', 'notEqual', 0);
/** Whether x is 0. The result is bool. */
export const logicalNot = functionOfOne('logicalNot', (x) =>
  isBoolean(x.dtype) ? unary('invert', x) : binary('equal', x, 0),
);
