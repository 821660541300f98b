import { im, re, type Scalar } from '../../core/base/complex.js';
import type { BinaryOp, UnaryOp } from '../../core/ports/backend.js';
import type { Parts, Tensor, TensorModule } from './tfjs-engine.js';

type Unary = (tf: TensorModule, x: Tensor) => Tensor;
type Binary = (tf: TensorModule, x: Tensor, y: Tensor) => Tensor;
type Pair = readonly [re: Tensor, im: Tensor];
type PairUnary = (tf: TensorModule, x: Pair) => Parts;
type PairBinary = (tf: TensorModule, x: Pair, y: Pair) => Parts;

const number = (tf: TensorModule, value: number): Tensor => tf.scalar(value, 'float32');
const asInteger = (tf: TensorModule, x: Tensor): Tensor => tf.cast(x, 'int32');

/** If either is NaN, the result is NaN. Not every engine does this. */
const extreme =
  (op: 'maximum' | 'minimum'): Binary =>
  (tf, x, y) =>
    tf.where(tf.isNaN(x), x, tf.where(tf.isNaN(y), y, tf[op](x, y)));

/**
 * The float32 functions of the engines. Sine and cosine are missing, because the engines lose
 * digits near their zeros; rint, because one engine has no negative zeros.
 */
export const REAL_UNARY: Partial<Readonly<Record<UnaryOp, Unary>>> = {
  negative: (tf, x) => tf.neg(x),
  abs: (tf, x) => tf.abs(x),
  conj: (_, x) => x,
  real: (_, x) => x,
  imag: (tf, x) => tf.fill([...x.shape], 0, 'float32'),
  exp: (tf, x) => tf.exp(x),
  log: (tf, x) => tf.log(x),
  sqrt: (tf, x) => tf.sqrt(x),
  square: (tf, x) => tf.square(x),
  reciprocal: (tf, x) => tf.reciprocal(x),
  // The engines' sign is 0 for small numbers or for NaN
  sign: (tf, x) =>
    tf.where(
      tf.greater(x, number(tf, 0)),
      number(tf, 1),
      tf.where(tf.less(x, number(tf, 0)), number(tf, -1), x),
    ),
  tan: (tf, x) => tf.tan(x),
  arctan: (tf, x) => tf.atan(x),
  tanh: (tf, x) => tf.tanh(x),
  floor: (tf, x) => tf.floor(x),
  ceil: (tf, x) => tf.ceil(x),
  isnan: (tf, x) => asInteger(tf, tf.isNaN(x)),
  isfinite: (tf, x) => asInteger(tf, tf.isFinite(x)),
};

/**
 * The engines' functions of two float32. `power` is missing, because the engines differ for special
 * values.
 */
export const REAL_BINARY: Partial<Readonly<Record<BinaryOp, Binary>>> = {
  add: (tf, x, y) => tf.add(x, y),
  subtract: (tf, x, y) => tf.sub(x, y),
  multiply: (tf, x, y) => tf.mul(x, y),
  multiplyConj: (tf, x, y) => tf.mul(x, y),
  divide: (tf, x, y) => tf.div(x, y),
  maximum: extreme('maximum'),
  minimum: extreme('minimum'),
  arctan2: (tf, x, y) => tf.atan2(x, y),
  equal: (tf, x, y) => asInteger(tf, tf.equal(x, y)),
  notEqual: (tf, x, y) => asInteger(tf, tf.notEqual(x, y)),
  less: (tf, x, y) => asInteger(tf, tf.less(x, y)),
  lessEqual: (tf, x, y) => asInteger(tf, tf.lessEqual(x, y)),
  greater: (tf, x, y) => asInteger(tf, tf.greater(x, y)),
  greaterEqual: (tf, x, y) => asInteger(tf, tf.greaterEqual(x, y)),
};

const { add, subtract, equal, notEqual, less, lessEqual, greater, greaterEqual } = REAL_BINARY;
/**
 * The engines' functions of two int32. Others are missing, because the engines compute products in
 * floats, or do not wrap around.
 */
export const INTEGER_BINARY: typeof REAL_BINARY = {
  add,
  subtract,
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
} as typeof REAL_BINARY;

/** |z|, computed through |re| + |im| so that squares neither overflow nor underflow. */
export function modulus(tf: TensorModule, x: Parts): Tensor {
  const [a, b] = x as Pair;
  if (x.length === 1) return tf.abs(a);
  const [u, v] = [tf.abs(a), tf.abs(b)];
  const s = tf.add(u, v);
  const scaled = tf.mul(s, tf.sqrt(tf.add(tf.square(tf.div(u, s)), tf.square(tf.div(v, s)))));
  const bare = tf.logicalOr(tf.equal(s, number(tf, 0)), tf.equal(s, number(tf, Number.POSITIVE_INFINITY)));
  return tf.where(bare, s, scaled);
}

const multiply: PairBinary = (tf, [a, b], [c, d]) => [
  tf.sub(tf.mul(a, c), tf.mul(b, d)),
  tf.add(tf.mul(a, d), tf.mul(b, c)),
];

/** Divides by w / (|c| + |d|) first, so that its square neither overflows nor underflows. */
const divide: PairBinary = (tf, [a, b], [c, d]) => {
  const s = tf.add(tf.abs(c), tf.abs(d));
  const [u, v] = [tf.div(c, s), tf.div(d, s)];
  const under = tf.mul(tf.add(tf.square(u), tf.square(v)), s);
  const [zero, huge] = [number(tf, 0), number(tf, Number.POSITIVE_INFINITY)];
  const bare = tf.equal(s, zero);
  // If one part of the divisor is infinite, finite dividends give 0 and others NaN. If the divisor
  // is zero, both parts are divided by zero
  const one = tf.logicalAnd(tf.equal(s, huge), tf.logicalOr(tf.isFinite(c), tf.isFinite(d)));
  const vanished = tf.mul(zero, tf.add(tf.abs(a), tf.abs(b)));
  const of = (part: Tensor, quotient: Tensor) =>
    tf.where(bare, tf.div(part, s), tf.where(one, vanished, quotient));
  return [
    of(a, tf.div(tf.add(tf.mul(a, u), tf.mul(b, v)), under)),
    of(b, tf.div(tf.sub(tf.mul(b, u), tf.mul(a, v)), under)),
  ];
};

export const COMPLEX_UNARY: Partial<Readonly<Record<UnaryOp, PairUnary>>> = {
  negative: (tf, [a, b]) => [tf.neg(a), tf.neg(b)],
  abs: (tf, x) => [modulus(tf, x)],
  conj: (tf, [a, b]) => [a, tf.neg(b)],
  real: (_, [a]) => [a],
  imag: (_, [, b]) => [b],
  square: (tf, [a, b]) => [tf.mul(tf.sub(a, b), tf.add(a, b)), tf.mul(number(tf, 2), tf.mul(a, b))],
  sign: (tf, x) => {
    const m = modulus(tf, x);
    const [zero, huge] = [number(tf, 0), number(tf, Number.POSITIVE_INFINITY)];
    const [a, b] = x.map((part) => tf.equal(tf.abs(part), huge)) as [Tensor, Tensor];
    // If one part is infinite, the unit in its direction; if both are, NaN
    return x.map((part, k) => {
      const unit = tf.where(k === 0 ? a : b, (REAL_UNARY.sign as Unary)(tf, part), zero);
      const none = tf.mul(zero, tf.where(tf.logicalAnd(a, b), m, zero));
      const quotient = tf.where(tf.equal(m, zero), m, tf.div(part, m));
      return tf.where(tf.equal(m, huge), tf.add(unit, none), quotient);
    });
  },
  isnan: (tf, [a, b]) => [asInteger(tf, tf.logicalOr(tf.isNaN(a), tf.isNaN(b)))],
  isfinite: (tf, [a, b]) => [asInteger(tf, tf.logicalAnd(tf.isFinite(a), tf.isFinite(b)))],
};

export const COMPLEX_BINARY: Partial<Readonly<Record<BinaryOp, PairBinary>>> = {
  add: (tf, [a, b], [c, d]) => [tf.add(a, c), tf.add(b, d)],
  subtract: (tf, [a, b], [c, d]) => [tf.sub(a, c), tf.sub(b, d)],
  multiply,
  multiplyConj: (tf, [a, b], y) => multiply(tf, [a, tf.neg(b)], y),
  divide,
  equal: (tf, [a, b], [c, d]) => [asInteger(tf, tf.logicalAnd(tf.equal(a, c), tf.equal(b, d)))],
  notEqual: (tf, [a, b], [c, d]) => [asInteger(tf, tf.logicalOr(tf.notEqual(a, c), tf.notEqual(b, d)))],
};

/** `Σ coefficients[k] xs[k]` for at least one term. */
export function combine(tf: TensorModule, coefficients: readonly Scalar[], xs: readonly Parts[]): Parts {
  const terms = xs.map((x, k) => scaled(tf, coefficients[k] as Scalar, x));
  return terms.reduce((sum, term) => sum.map((part, k) => tf.add(part, term[k] as Tensor)));
}

function scaled(tf: TensorModule, c: Scalar, x: Parts): Parts {
  const times = (factor: number, part: Tensor) =>
    factor === 1 ? part : factor === -1 ? tf.neg(part) : tf.mul(number(tf, factor), part);
  const [a, b] = x as Pair;
  if (x.length === 1 || (im(c) === 0 && Math.abs(re(c)) === 1)) return x.map((part) => times(re(c), part));
  // A complex product even with a real factor: ∞ · 0 is NaN
  return [tf.sub(times(re(c), a), times(im(c), b)), tf.add(times(re(c), b), times(im(c), a))];
}

/** The formulas of `Backend.threshold`. NaN stays NaN. */
export function threshold(tf: TensorModule, kind: 'soft' | 'hard' | 'half', t: number, x: Parts): Parts {
  const m = modulus(tf, x);
  const [zero, one] = [number(tf, 0), number(tf, 1)];
  if (kind === 'hard')
    return x.map((part) => tf.where(tf.lessEqual(m, number(tf, Math.sqrt(2 * t))), tf.mul(zero, m), part));
  const [least, factor] =
    kind === 'soft'
      ? [t, tf.div(tf.sub(m, number(tf, t)), m)]
      : [(54 ** (1 / 3) / 4) * t ** (2 / 3), halfFactor(tf, t, m)];
  const shrink = tf.where(tf.lessEqual(m, number(tf, least)), tf.mul(zero, m), tf.mul(one, factor));
  const shrunk = x.map((part) => tf.mul(part, shrink));
  if (kind === 'soft') return softOfInfinity(tf, m, x, shrunk);
  if (x.length === 1) return shrunk;
  return shrunk.map((part) =>
    tf.where(tf.equal(m, number(tf, Number.POSITIVE_INFINITY)), number(tf, Number.NaN), part),
  );
}

/**
 * Replaces results for infinite moduli. Infinite real numbers are unchanged. Complex ones are ∞ ·
 * exp(iθ) as NumPy multiplies it.
 */
function softOfInfinity(tf: TensorModule, m: Tensor, x: Parts, shrunk: Parts): Parts {
  const huge = number(tf, Number.POSITIVE_INFINITY);
  const infinite = tf.equal(m, huge);
  const [a, b] = x as Pair;
  if (x.length === 1) return [tf.where(infinite, a, shrunk[0] as Tensor)];
  const isInfinite = (part: Tensor) => tf.equal(tf.abs(part), huge);
  const real = tf.where(tf.isNaN(b), b, tf.where(isInfinite(a), a, huge));
  // The angle of a finite imaginary part beside ∞ is 0, and sin(0) · ∞ is NaN. Beside −∞ the angle
  // is nearly ±π
  const turned = tf.mul(
    tf.where(tf.less(tf.reciprocal(b), number(tf, 0)), number(tf, -1), number(tf, 1)),
    huge,
  );
  const beside = tf.where(tf.less(a, number(tf, 0)), turned, number(tf, Number.NaN));
  const imaginary = tf.where(tf.isNaN(a), a, tf.where(isInfinite(b), b, beside));
  return [tf.where(infinite, real, shrunk[0] as Tensor), tf.where(infinite, imaginary, shrunk[1] as Tensor)];
}

/** ⅔ (1 + cos(2π/3 − ⅔ arccos(t/8 (|x|/3)^−1.5))) */
function halfFactor(tf: TensorModule, t: number, m: Tensor): Tensor {
  const third = tf.mul(m, number(tf, 1 / 3));
  const angle = tf.acos(tf.div(number(tf, t / 8), tf.mul(third, tf.sqrt(third))));
  const cosine = tf.cos(tf.sub(number(tf, (2 * Math.PI) / 3), tf.mul(number(tf, 2 / 3), angle)));
  return tf.mul(number(tf, 2 / 3), tf.add(number(tf, 1), cosine));
}
