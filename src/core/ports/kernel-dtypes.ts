import { checkScalar, type Scalar } from '../base/complex.js';
import {
  type DType,
  type DTypeKind,
  FLAG_DTYPE,
  holdsNumber,
  INDEX_DTYPE,
  isBoolean,
  isComplex,
  isFloat,
  isInteger,
  kindOf,
  realOf,
  sumOf,
} from '../base/dtype.js';
import { DTypeError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import {
  BINARY_OPS,
  type BinaryOp,
  COMPARISONS,
  type KernelName,
  type ReduceKernel,
  UNARY_OPS,
  type UnaryOp,
} from './backend.js';

/** Functions with a float result for int32, because their values are not integers. */
const FLOATING: ReadonlySet<UnaryOp | BinaryOp> = new Set([
  'exp',
  'log',
  'sqrt',
  'reciprocal',
  'sin',
  'cos',
  'tan',
  'arctan',
  'tanh',
  'arcsin',
  'arccos',
  'sinh',
  'cosh',
  'arcsinh',
  'arccosh',
  'arctanh',
  'cbrt',
  'exp2',
  'expm1',
  'log2',
  'log10',
  'log1p',
  'erf',
  'erfc',
  'gamma',
  'gammaln',
  'i0',
  'divide',
  'power',
  'arctan2',
  'hypot',
  'copysign',
  'logaddexp',
] as const);

/**
 * The dtype in which `op` is computed for operands of `dtype`. It is `float` for functions of
 * integers whose values are not integers, and int32 for the square of bool.
 */
export function computeDType(op: UnaryOp | BinaryOp, dtype: DType, float: DType): DType {
  if (isInteger(dtype) && FLOATING.has(op)) return float;
  return op === 'square' && isBoolean(dtype) ? INDEX_DTYPE : dtype;
}

/** The kernel that computes `op`: the sum of bool is a logical or, which is the maximum. */
export const kernelOf = (op: BinaryOp, dtype: DType): BinaryOp =>
  op === 'add' && isBoolean(dtype) ? 'maximum' : op;

/** For each kind of dtype, the functions that it has, if it does not have all. */
type Allowed<Op> = Partial<Readonly<Record<DTypeKind, readonly Op[]>>>;
/** Functions whose values are flags. */
const TESTS = ['isnan', 'isfinite', 'isinf', 'signbit'] as const;
const UNARY: Allowed<UnaryOp> = {
  int: UNARY_OPS.filter((op) => !FLOATING.has(op)),
  bool: ['abs', 'conj', 'real', 'imag', 'floor', 'ceil', 'rint', 'trunc', 'invert', ...TESTS],
};
/** The functions of int32 and bool. */
const BITWISE = ['bitwiseAnd', 'bitwiseOr', 'bitwiseXor'] as const;
/** The functions of int32 only. */
const OF_INTEGERS = ['gcd', 'lcm', 'leftShift', 'rightShift'] as const;
const BINARY: Allowed<BinaryOp> = {
  // The power of integers also has a kernel of its own, which wraps around
  int: BINARY_OPS.filter((op) => op === 'power' || !FLOATING.has(op)),
  bool: ['multiply', 'multiplyConj', 'maximum', 'minimum', 'fmax', 'fmin', ...BITWISE, ...COMPARISONS],
};
/** Functions that floats and complex numbers lack. */
const NOT_FLOAT: readonly string[] = ['invert', ...OF_INTEGERS, ...BITWISE];
const NOT_COMPLEX: readonly string[] = [
  'floor',
  'ceil',
  'rint',
  'trunc',
  'signbit',
  'cbrt',
  'erf',
  'erfc',
  'gamma',
  'gammaln',
  'i0',
  'maximum',
  'minimum',
  'arctan2',
  'floorDivide',
  'remainder',
  'fmod',
  'fmax',
  'fmin',
  'hypot',
  'copysign',
  'logaddexp',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'max',
  'min',
  'nanmax',
  'nanmin',
];
const TO_REAL: readonly string[] = [
  'abs',
  'real',
  'imag',
  'sumAbs',
  'sumSquares',
  'sumPower',
  'maxAbs',
  'minAbs',
  'countNonzero',
  'countAtMost',
];
/** The reductions that have the dtype {@link sumOf} for bool. */
const SUMS: readonly string[] = [
  'sum',
  'prod',
  'sumAbs',
  'sumSquares',
  'sumPower',
  'countNonzero',
  'countAtMost',
];
const TO_FLAG: readonly string[] = [...TESTS, ...COMPARISONS];

/** By kind: what to do first to use a function that a dtype lacks. */
const REMEDIES: Readonly<Record<DTypeKind, string>> = {
  float: 'cast to another dtype first',
  complex: 'take the modulus, or the real or imaginary part, first',
  int: 'cast to a float dtype first',
  bool: 'cast to int32 first',
};

export function refuseDType(name: string, dtype: DType): never {
  throw new DTypeError(`${name} is not defined for ${dtype}: ${REMEDIES[kindOf(dtype)]}`);
}

function resultOf(op: string, dtype: DType): DType {
  if (NOT_COMPLEX.includes(op) && isComplex(dtype)) refuseDType(op, dtype);
  if (NOT_FLOAT.includes(op) && isFloat(dtype)) refuseDType(op, dtype);
  if (TO_FLAG.includes(op)) return FLAG_DTYPE;
  if (isBoolean(dtype) && SUMS.includes(op)) return sumOf(dtype);
  return TO_REAL.includes(op) ? realOf(dtype) : dtype;
}

const tables = new Map<DType, Map<string, DType>>();
/** Cached, because every call of a kernel needs it. */
function remembered(op: string, dtype: DType, allowed: Allowed<string>): DType {
  let table = tables.get(dtype);
  if (!table) tables.set(dtype, (table = new Map()));
  let result = table.get(op);
  if (result === undefined) {
    if (allowed[kindOf(dtype)]?.includes(op) === false) refuseDType(op, dtype);
    result = resultOf(op, dtype);
    table.set(op, result);
  }
  return result;
}

/**
 * The dtype that `unary(op)` writes: {@link FLAG_DTYPE} for tests such as isnan, the real dtype for
 * abs, real and imag, otherwise `dtype`.
 * @throws {@link DTypeError} if the function is not defined for `dtype`
 */
export const unaryResult = (op: UnaryOp, dtype: DType): DType => remembered(op, dtype, UNARY);

/**
 * The dtype that `binary(op)` writes: {@link FLAG_DTYPE} for comparisons, otherwise `dtype`.
 * @throws {@link DTypeError} if the function is not defined for `dtype`
 */
export const binaryResult = (op: BinaryOp, dtype: DType): DType => remembered(op, dtype, BINARY);

/**
 * The dtype that `reduceAxis(op)` writes: that of sums for sums of bool, the real dtype for moduli
 * and counts, otherwise `dtype`.
 * @throws {@link DTypeError} for max, min, nanmax and nanmin of complex data
 */
export const reduceResult = (op: ReduceKernel, dtype: DType): DType => remembered(op, dtype, {});

/**
 * Checks that a kernel with sums or multiples has a result of this dtype.
 * @throws {@link DTypeError} for bool
 */
export function checkNumeric(kernel: KernelName, dtype: DType): void {
  if (isBoolean(dtype)) refuseDType(kernel, dtype);
}

/**
 * Checks that storing a scalar does not change it.
 * @throws {@link DTypeError} for a complex number in a real dtype, and for a fraction, NaN or a
 *   number of more than 32 bits in int32
 */
export function checkStorable(value: Scalar, dtype: DType): void {
  checkScalar(value, dtype);
  if (!isInteger(dtype)) return;
  const real = typeof value === 'number' ? value : value.re;
  if (!holdsNumber(dtype, real))
    throw new DTypeError(`${textOf(real)} does not fit into ${dtype}: cast the array to a float dtype first`);
}
