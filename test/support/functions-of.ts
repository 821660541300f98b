import type { DType } from '../../src/core/base/dtype.js';
import { DTypeError } from '../../src/core/base/errors.js';
import { BINARY_OPS, type BinaryOp, UNARY_OPS, type UnaryOp } from '../../src/core/ports/backend.js';
import { binaryResult, computeDType, unaryResult } from '../../src/core/ports/kernel-dtypes.js';

function has(result: () => DType): boolean {
  try {
    result();
    return true;
  } catch (error) {
    if (error instanceof DTypeError) return false;
    throw error;
  }
}

/** The functions of one operand that arrays of `dtype` have. */
export const unaryOf = (dtype: DType): UnaryOp[] =>
  UNARY_OPS.filter((op) => has(() => unaryResult(op, computeDType(op, dtype, 'float64'))));

/** Lists of at most 25 texts, of which one kernel is made. */
export const inParts = (texts: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(texts.length / 25) }, (_, k) => texts.slice(25 * k, 25 * (k + 1)));

/** The functions of two operands that arrays of `dtype` have. */
export const binaryOf = (dtype: DType): BinaryOp[] =>
  BINARY_OPS.filter((op) => has(() => binaryResult(op, computeDType(op, dtype, 'float64'))));
