import { type HostArray, isBoolean, isComplex, isInteger } from '../../core/base/dtype.js';
import type { BinaryOp, UnaryOp } from '../../core/ports/backend.js';
import { binaryDType } from '../../core/ports/kernel-operands.js';
import type { CpuKernel, CpuKernels } from '../host-memory.js';
import { leftScalars, rightScalars, walked } from '../scalar-operands.js';
import {
  COMPLEX_FUNCTIONS,
  type ComplexFunction2,
  copySign,
  divide,
  isNegative,
  power,
} from './complex-functions.js';
import { erf, erfc, gamma, gammaln, i0 } from './special-functions.js';

/** Rounds to the nearest integer, halves to even. */
function rint(x: number): number {
  if (x === 0 || !(Math.abs(x) < 2 ** 52)) return x;
  return x < 0 ? -(2 ** 52 - x - 2 ** 52) : x + 2 ** 52 - 2 ** 52;
}

/** Functions of real numbers, and of integers. */
export const REAL_FUNCTIONS: Readonly<Record<UnaryOp, (x: number) => number>> = {
  negative: (x) => -x,
  abs: Math.abs,
  conj: (x) => x,
  real: (x) => x,
  imag: () => 0,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  sign: Math.sign,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  arctan: Math.atan,
  tanh: Math.tanh,
  floor: Math.floor,
  ceil: Math.ceil,
  rint,
  isnan: (x) => (Number.isNaN(x) ? 1 : 0),
  isfinite: (x) => (Number.isFinite(x) ? 1 : 0),
  arcsin: Math.asin,
  arccos: Math.acos,
  sinh: Math.sinh,
  cosh: Math.cosh,
  arcsinh: Math.asinh,
  arccosh: Math.acosh,
  arctanh: Math.atanh,
  cbrt: Math.cbrt,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  trunc: Math.trunc,
  invert: (x) => ~x,
  isinf: (x) => (Math.abs(x) === Number.POSITIVE_INFINITY ? 1 : 0),
  signbit: (x) => (isNegative(x) ? 1 : 0),
  erf,
  erfc,
  gamma,
  gammaln,
  i0,
};
/** Functions of int32. Squares wrap around. */
const INTEGER_FUNCTIONS: typeof REAL_FUNCTIONS = { ...REAL_FUNCTIONS, square: (x) => Math.imul(x, x) };
/** Functions of bool. */
export const BOOLEAN_FUNCTIONS: typeof REAL_FUNCTIONS = { ...REAL_FUNCTIONS, invert: (x) => 1 - x };

/** Functions of complex numbers with real results. */
const COMPLEX_TO_REAL: Partial<Readonly<Record<UnaryOp, (re: number, im: number) => number>>> = {
  abs: Math.hypot,
  real: (re) => re,
  imag: (_, im) => im,
  isnan: (re, im) => (Number.isNaN(re) || Number.isNaN(im) ? 1 : 0),
  isfinite: (re, im) => (Number.isFinite(re) && Number.isFinite(im) ? 1 : 0),
  isinf: (re, im) => Math.max(REAL_FUNCTIONS.isinf(re), REAL_FUNCTIONS.isinf(im)),
};

const pair = new Float64Array(2);

const unary: CpuKernel<'unary'> = (op, from, to) => {
  const [x, xo, y, yo] = [from.storage.memory, from.offset, to.storage.memory, to.offset];
  const { dtype } = from.storage;
  const n = from.size;
  if (!isComplex(dtype)) {
    const functions = isBoolean(dtype)
      ? BOOLEAN_FUNCTIONS
      : isInteger(dtype)
        ? INTEGER_FUNCTIONS
        : REAL_FUNCTIONS;
    const f = functions[op];
    for (let i = 0; i < n; i++) y[yo + i] = f(x[xo + i] as number);
    return;
  }
  const toReal = COMPLEX_TO_REAL[op];
  if (toReal) {
    // From the front: y starts at the start of x only in other memory, because the elements of y
    // are half as long
    for (let i = 0; i < n; i++) y[yo + i] = toReal(x[2 * (xo + i)] as number, x[2 * (xo + i) + 1] as number);
    return;
  }
  const f = COMPLEX_FUNCTIONS[op] as NonNullable<(typeof COMPLEX_FUNCTIONS)[UnaryOp]>;
  for (let i = 0; i < n; i++) {
    f(x[2 * (xo + i)] as number, x[2 * (xo + i) + 1] as number, pair);
    y[2 * (yo + i)] = pair[0] as number;
    y[2 * (yo + i) + 1] = pair[1] as number;
  }
};

/** The power as C's pow computes it: 1 to any power, and −1 to an infinite one, is 1. */
function realPower(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY)) return 1;
  return x ** y;
}

/**
 * The power by multiplications that wrap around. Negative powers are the integer part of the
 * fraction.
 */
function integerPower(x: number, y: number): number {
  if (y < 0) return realPower(x, y);
  let [result, base] = [1, x];
  for (let n = y; n > 0; n = n >>> 1) {
    if (n & 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

/**
 * ⌊x/y⌋. x − rest is a multiple of y, so that the quotient is close to an integer, to which it is
 * rounded.
 */
function floorDivide(x: number, y: number): number {
  if (y === 0) return x / y;
  const rest = x % y;
  const quotient = (x - rest) / y - (rest !== 0 && rest < 0 !== y < 0 ? 1 : 0);
  if (quotient === 0) return copySign(0, x / y);
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

/** The remainder with the sign of the divisor. */
function remainder(x: number, y: number): number {
  const rest = x % y;
  if (rest === 0) return copySign(0, y);
  return rest < 0 !== y < 0 ? rest + y : rest;
}

/** ln(exp x + exp y), without overflow. */
function logaddexp(x: number, y: number): number {
  if (x === y) return x + Math.LN2;
  const difference = x - y;
  return difference > 0 ? x + Math.log1p(Math.exp(-difference)) : y + Math.log1p(Math.exp(difference));
}

/** Euclid's algorithm. */
function gcd(x: number, y: number): number {
  let [a, b] = [Math.abs(x), Math.abs(y)];
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

const lcm = (x: number, y: number): number =>
  x === 0 || y === 0 ? 0 : Math.imul(Math.abs(x) / gcd(x, y), Math.abs(y));

/** Whether a number of bits is less than those of an int32. */
const shifts = (bits: number): boolean => bits >= 0 && bits < 32;

const flag = (condition: boolean): number => (condition ? 1 : 0);

type RealFunction2 = (x: number, y: number) => number;
export const REAL_FUNCTIONS2: Readonly<Record<BinaryOp, RealFunction2>> = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  multiplyConj: (x, y) => x * y,
  power: realPower,
  // If either is NaN, the result is NaN
  maximum: (x, y) => (x > y || Number.isNaN(x) ? x : y),
  minimum: (x, y) => (x < y || Number.isNaN(x) ? x : y),
  arctan2: Math.atan2,
  equal: (x, y) => flag(x === y),
  notEqual: (x, y) => flag(x !== y),
  less: (x, y) => flag(x < y),
  lessEqual: (x, y) => flag(x <= y),
  greater: (x, y) => flag(x > y),
  greaterEqual: (x, y) => flag(x >= y),
  floorDivide,
  remainder,
  fmod: (x, y) => x % y,
  fmax: (x, y) => (x >= y || Number.isNaN(y) ? x : y),
  fmin: (x, y) => (x <= y || Number.isNaN(y) ? x : y),
  hypot: Math.hypot,
  copysign: (x, y) => copySign(Math.abs(x), y),
  logaddexp,
  gcd,
  lcm,
  bitwiseAnd: (x, y) => x & y,
  bitwiseOr: (x, y) => x | y,
  bitwiseXor: (x, y) => x ^ y,
  leftShift: (x, y) => (shifts(y) ? x << y : 0),
  rightShift: (x, y) => (shifts(y) ? x >> y : x < 0 ? -1 : 0),
};
/** Functions of two integers. Products and powers wrap around, and divisions by 0 are 0. */
export const INTEGER_FUNCTIONS2: Readonly<Record<BinaryOp, RealFunction2>> = {
  ...REAL_FUNCTIONS2,
  multiply: Math.imul,
  multiplyConj: Math.imul,
  power: integerPower,
  floorDivide: (x, y) => (y === 0 ? 0 : Math.floor(x / y)),
  remainder: (x, y) => (y === 0 ? 0 : remainder(x, y)),
  fmod: (x, y) => (y === 0 ? 0 : x % y),
};

const COMPLEX_FUNCTIONS2: Partial<Readonly<Record<BinaryOp, ComplexFunction2>>> = {
  add: (a, b, c, d, out) => {
    out[0] = a + c;
    out[1] = b + d;
  },
  subtract: (a, b, c, d, out) => {
    out[0] = a - c;
    out[1] = b - d;
  },
  multiply: (a, b, c, d, out) => {
    out[0] = a * c - b * d;
    out[1] = a * d + b * c;
  },
  multiplyConj: (a, b, c, d, out) => {
    out[0] = a * c + b * d;
    out[1] = a * d - b * c;
  },
  divide,
  power,
};

/** The four operations that determine speed, without a call for each element. */
function arithmetic(
  op: BinaryOp,
  n: number,
  x: HostArray,
  xo: number,
  xStep: number,
  y: HostArray,
  yo: number,
  yStep: number,
  z: HostArray,
  zo: number,
): boolean {
  switch (op) {
    case 'add':
      for (let i = 0; i < n; i++) z[zo + i] = (x[xo + i * xStep] as number) + (y[yo + i * yStep] as number);
      return true;
    case 'subtract':
      for (let i = 0; i < n; i++) z[zo + i] = (x[xo + i * xStep] as number) - (y[yo + i * yStep] as number);
      return true;
    case 'multiply':
    case 'multiplyConj':
      for (let i = 0; i < n; i++) z[zo + i] = (x[xo + i * xStep] as number) * (y[yo + i * yStep] as number);
      return true;
    case 'divide':
      for (let i = 0; i < n; i++) z[zo + i] = (x[xo + i * xStep] as number) / (y[yo + i * yStep] as number);
      return true;
    default:
      return false;
  }
}

const binary: CpuKernel<'binary'> = (op, left, right, to) => {
  const dtype = binaryDType(op, left, right, to.storage.dtype);
  const [x, xo, xStep] = walked(left, dtype, leftScalars);
  const [y, yo, yStep] = walked(right, dtype, rightScalars);
  const [z, zo, n] = [to.storage.memory, to.offset, to.size];
  if (!isComplex(dtype)) {
    if (!isInteger(dtype) && arithmetic(op, n, x, xo, xStep, y, yo, yStep, z, zo)) return;
    const f = (isInteger(dtype) ? INTEGER_FUNCTIONS2 : REAL_FUNCTIONS2)[op];
    for (let i = 0; i < n; i++) z[zo + i] = f(x[xo + i * xStep] as number, y[yo + i * yStep] as number);
    return;
  }
  if (op === 'equal' || op === 'notEqual') {
    const same = flag(op === 'equal');
    for (let i = 0; i < n; i++) {
      const [a, b] = [2 * (xo + i * xStep), 2 * (yo + i * yStep)];
      z[zo + i] = x[a] === y[b] && x[a + 1] === y[b + 1] ? same : 1 - same;
    }
    return;
  }
  const f = COMPLEX_FUNCTIONS2[op] as ComplexFunction2;
  for (let i = 0; i < n; i++) {
    const a = 2 * (xo + i * xStep);
    const b = 2 * (yo + i * yStep);
    f(x[a] as number, x[a + 1] as number, y[b] as number, y[b + 1] as number, pair);
    z[2 * (zo + i)] = pair[0] as number;
    z[2 * (zo + i) + 1] = pair[1] as number;
  }
};

const where: CpuKernel<'where'> = (test, left, right, to) => {
  const { memory: z, dtype } = to.storage;
  const [x, xo, xStep] = walked(left, dtype, leftScalars);
  const [y, yo, yStep] = walked(right, dtype, rightScalars);
  const [condition, co, zo, n] = [test.storage.memory, test.offset, to.offset, to.size];
  const lanes = isComplex(dtype) ? 2 : 1;
  for (let i = 0; i < n; i++) {
    const take = condition[co + i] !== 0;
    const from = take ? x : y;
    const at = lanes * (take ? xo + i * xStep : yo + i * yStep);
    for (let l = 0; l < lanes; l++) z[lanes * (zo + i) + l] = from[at + l] as number;
  }
};

/** 54^⅓ / 4 */
const HALF_LIMIT = Math.cbrt(54) / 4;

/** The modulus after shrinkage. NaN stays NaN. */
const SHRINK: Readonly<Record<'soft' | 'hard' | 'half', (modulus: number, t: number) => number>> = {
  soft: (r, t) => Math.max(r - t, 0),
  hard: (r, t) => (r <= Math.sqrt(2 * t) ? 0 : r),
  half: (r, t) =>
    r <= HALF_LIMIT * t ** (2 / 3)
      ? 0
      : (2 / 3) * r * (1 + Math.cos((2 / 3) * (Math.PI - Math.acos((t / 8) * (r / 3) ** -1.5)))),
};

function shrinkPair(
  kind: 'soft' | 'hard' | 'half',
  re: number,
  im: number,
  t: number,
  out: Float64Array,
): void {
  const modulus = Math.hypot(re, im);
  const rest = SHRINK[kind](modulus, t);
  if (kind === 'hard' && rest !== 0) {
    out[0] = re;
    out[1] = im;
  } else if (kind === 'soft' && modulus === Number.POSITIVE_INFINITY) softOfInfinity(re, im, out);
  else {
    const factor = modulus === 0 ? 0 : rest / modulus;
    out[0] = re * factor;
    out[1] = im * factor;
  }
}

/**
 * ∞ · exp(iθ) as NumPy multiplies it. The angle of an infinite real part is 0 or ±π. The sine of 0
 * times ∞ is NaN; the sine of ±π is not exactly 0.
 */
function softOfInfinity(re: number, im: number, out: Float64Array): void {
  const angle = Math.atan2(im, re);
  out[0] = Number.isFinite(re) ? Number.POSITIVE_INFINITY : Number.isNaN(angle) ? angle : re;
  out[1] = Math.sin(angle) * Number.POSITIVE_INFINITY;
}

const threshold: CpuKernel<'threshold'> = (kind, t, from, to) => {
  const [x, xo, y, yo] = [from.storage.memory, from.offset, to.storage.memory, to.offset];
  const n = from.size;
  const shrink = SHRINK[kind];
  if (!isComplex(from.storage.dtype)) {
    for (let i = 0; i < n; i++) {
      const v = x[xo + i] as number;
      y[yo + i] = v < 0 ? -shrink(-v, t) : shrink(v, t);
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const re = x[2 * (xo + i)] as number;
    const im = x[2 * (xo + i) + 1] as number;
    shrinkPair(kind, re, im, t, pair);
    y[2 * (yo + i)] = pair[0] as number;
    y[2 * (yo + i) + 1] = pair[1] as number;
  }
};

export const elementwiseKernels = { unary, binary, where, threshold } satisfies CpuKernels;
