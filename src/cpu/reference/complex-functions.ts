import type { UnaryOp } from '../../core/ports/backend.js';

/** Writes f(re + i im) to `out[0]` and `out[1]`. */
export type ComplexFunction = (re: number, im: number, out: Float64Array) => void;
/** Writes f(a + ib, c + id) to `out[0]` and `out[1]`. */
export type ComplexFunction2 = (a: number, b: number, c: number, d: number, out: Float64Array) => void;

const put = (out: Float64Array, re: number, im: number): void => {
  out[0] = re;
  out[1] = im;
};

export const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);
export const copySign = (magnitude: number, sign: number): number =>
  isNegative(sign) ? -magnitude : magnitude;

/** The sum of two larger numbers may overflow. */
const LARGE = 2 ** 1022;
/** Products of smaller numbers lose digits to underflow. */
const SMALL = 2 ** -960;

/** `b·d/c` with `r = d/c`, which may have lost its digits to underflow. */
const timesRatio = (b: number, d: number, c: number, r: number): number =>
  Math.abs(r) > SMALL || d === 0 ? b * r : (b / c) * d;

/** Smith's algorithm for |c| ≥ |d|. */
function smith(a: number, b: number, c: number, d: number, sign: 1 | -1, out: Float64Array): void {
  const r = d / c;
  const t = c + d * r;
  put(out, (a + timesRatio(b, d, c, r)) / t, (sign * (b - timesRatio(a, d, c, r))) / t);
}

/**
 * Divides without overflow or underflow if the result is representable. A division by zero divides
 * both parts by zero, as NumPy's does.
 */
export const divide: ComplexFunction2 = (a, b, c, d, out) => {
  if (c === 0 && d === 0) return put(out, a / 0, b / 0);
  const above = Math.max(Math.abs(a), Math.abs(b));
  const below = Math.max(Math.abs(c), Math.abs(d));
  const p = above >= LARGE ? 0.25 : above < SMALL ? 2 ** 64 : 1;
  const q = below >= LARGE ? 0.25 : below < SMALL ? 2 ** 64 : 1;
  if (Math.abs(c) >= Math.abs(d)) smith(p * a, p * b, q * c, q * d, 1, out);
  else smith(p * b, p * a, q * d, q * c, -1, out);
  if (p !== q) put(out, ((out[0] as number) * q) / p, ((out[1] as number) * q) / p);
};

const reciprocal: ComplexFunction = (re, im, out) => {
  if (re === 0 && im === 0) return put(out, Number.NaN, Number.NaN);
  divide(1, 0, re, im, out);
};

/** Beyond this exp overflows, and cosh overflows soon after. */
const EXPONENT = 709;

export const exp: ComplexFunction = (re, im, out) => {
  if (im === 0) return put(out, Math.exp(re), im);
  if (!Number.isFinite(im) && Math.abs(re) === Number.POSITIVE_INFINITY)
    return re > 0 ? put(out, re, Number.NaN) : put(out, 0, 0);
  if (!(re > EXPONENT)) {
    const modulus = Math.exp(re);
    return put(out, modulus * Math.cos(im), modulus * Math.sin(im));
  }
  // In two halves, because exp(re) may overflow although its product with a small cosine does not
  const half = Math.exp(re / 2);
  put(out, half * Math.cos(im) * half, half * Math.sin(im) * half);
};

/**
 * The rounding error of x². It is exact if it neither overflows nor underflows (Veltkamp and
 * Dekker).
 */
function squareRest(x: number, square: number): number {
  const shifted = 134217729 * x;
  const high = shifted - (shifted - x);
  const low = x - high;
  return low * low - (square - high * high - 2 * high * low);
}

/**
 * `a² + b² − 1` for a ≥ b and a sum between ¼ and 4. It is accurate even if the terms nearly
 * cancel.
 */
function squaresLessOne(a: number, b: number): number {
  const [aa, bb] = [a * a, b * b];
  const [x, y] = aa > 1 ? [aa - 1, bb] : [bb, aa - 1];
  const sum = x + y;
  const rest = x - (sum - (sum - x)) + (y - (sum - x));
  return sum + (rest + (squareRest(a, aa) + (b > EXACT_SQUARE ? squareRest(b, bb) : 0)));
}

/** Rounding errors of squares of smaller numbers underflow. */
const EXACT_SQUARE = 1e-140;

/** Principal branch: −π < Im ≤ π. */
export const log: ComplexFunction = (re, im, out) => {
  const large = Math.max(Math.abs(re), Math.abs(im));
  const small = Math.min(Math.abs(re), Math.abs(im));
  const modulus = Math.hypot(re, im);
  let real: number;
  if (modulus > 0.5 && modulus < 2) real = Math.log1p(squaresLessOne(large, small)) / 2;
  else if (large > 1e300) real = Math.log(Math.hypot(re / 2, im / 2)) + Math.LN2;
  else if (large < 1e-290 && large > 0)
    real = Math.log(Math.hypot(re * 2 ** 100, im * 2 ** 100)) - 100 * Math.LN2;
  else real = Math.log(modulus);
  put(out, real, Math.atan2(im, re));
};

/** Principal branch: Re ≥ 0. */
export const sqrt: ComplexFunction = (re, im, out) => {
  if (re === 0 && im === 0) return put(out, 0, im);
  if (Math.abs(im) === Number.POSITIVE_INFINITY) return put(out, Number.POSITIVE_INFINITY, im);
  const large = Math.max(Math.abs(re), Math.abs(im));
  // Scaled by a power of 4, so that |re| + |z| neither overflows nor loses digits
  const scale = large > 1e300 ? 2 ** -4 : large < 1e-290 ? 2 ** 108 : 1;
  const x = re * scale;
  const y = im * scale;
  const root = Math.sqrt(scale);
  const t = Math.sqrt((Math.abs(x) + Math.hypot(x, y)) / 2);
  if (re >= 0) put(out, t / root, y / (2 * t) / root);
  else if (re < 0) put(out, Math.abs(y) / (2 * t) / root, copySign(t / root, im));
  else put(out, Number.NaN, Number.NaN);
};

const square: ComplexFunction = (re, im, out) => put(out, (re - im) * (re + im), re * im + re * im);

/** x / |x|; 0 for 0. If one part is infinite, the unit in its direction. */
const sign: ComplexFunction = (re, im, out) => {
  const modulus = Math.hypot(re, im);
  if (modulus === 0) return put(out, 0, 0);
  if (modulus > 1e300 || modulus < 1e-300) {
    const [a, b] = [Math.abs(re), Math.abs(im)];
    if (a === Number.POSITIVE_INFINITY && a !== b) return put(out, Math.sign(re), 0);
    if (b === Number.POSITIVE_INFINITY && a !== b) return put(out, 0, Math.sign(im));
    const scale = modulus > 1 ? 2 ** -30 : 2 ** 80;
    const scaled = Math.hypot(re * scale, im * scale);
    return put(out, (re * scale) / scaled, (im * scale) / scaled);
  }
  put(out, re / modulus, im / modulus);
};

/** `p cosh x` and `q sinh x`, if they are representable. */
function hyperbolic(x: number, p: number, q: number, out: Float64Array): void {
  if (!(Math.abs(x) > EXPONENT)) return put(out, p * Math.cosh(x), q * Math.sinh(x));
  const half = Math.exp(Math.abs(x) / 2);
  put(out, (p / 2) * half * half, copySign(0.5, x) * q * half * half);
}

const sin: ComplexFunction = (re, im, out) => {
  // 0 · ∞ would be NaN
  if (re === 0) return put(out, re, Math.sinh(im));
  hyperbolic(im, Math.sin(re), Math.cos(re), out);
};

const cos: ComplexFunction = (re, im, out) => {
  if (re === 0) return put(out, Math.cosh(im), -(re * Math.sign(im)));
  hyperbolic(im, Math.cos(re), -Math.sin(re), out);
};

const tanh: ComplexFunction = (re, im, out) => {
  if (im === 0) return put(out, Math.tanh(re), im);
  if (Math.abs(re) > 22) {
    const turn = Number.isFinite(im) || Number.isFinite(re) ? Math.sin(im) * Math.cos(im) : 0;
    return put(out, Math.sign(re), 4 * turn * Math.exp(-2 * Math.abs(re)));
  }
  const [sinh, cosh, sine, cosine] = [Math.sinh(re), Math.cosh(re), Math.sin(im), Math.cos(im)];
  const denominator = sinh * sinh + cosine * cosine;
  put(out, (sinh * cosh) / denominator, (sine * cosine) / denominator);
};

/** tan z = −i tanh(iz) */
const tan: ComplexFunction = (re, im, out) => {
  tanh(-im, re, out);
  put(out, out[1] as number, -(out[0] as number));
};

/**
 * arctan z = ½ atan2(2 re, 1 − |z|²) + ½ i ln(|z + i| / |z − i|), cut outside [−i, i] on the
 * imaginary axis.
 */
const arctan: ComplexFunction = (re, im, out) => {
  const modulus = Math.hypot(re, im);
  if (modulus > 1e100) {
    const half = Math.hypot(re / 2, im / 2);
    return put(
      out,
      Number.isNaN(re) ? re : copySign(Math.PI / 2, re),
      half === Number.POSITIVE_INFINITY ? copySign(0, im) : im / half / half / 4,
    );
  }
  // 1 − y is exact if it is small: nothing cancels near the ends of the cut
  const y = Math.abs(im);
  const near = re * re + (1 - y) * (1 - y);
  const imaginary = near > 1e-200 ? Math.log1p((4 * y) / near) / 4 : Math.log(2 / Math.hypot(re, 1 - y)) / 2;
  put(out, Math.atan2(2 * re, (1 - y) * (1 + y) - re * re) / 2, copySign(imaginary, im));
};

const partsOf = (z: Float64Array) => [z[0] as number, z[1] as number] as const;

/** The real part of ln(2z), for |z| above 1e150. */
function logOfDouble(re: number, im: number, out: Float64Array): number {
  log(re, im, out);
  return (out[0] as number) + Math.LN2;
}

/** From this modulus on √(1 − z²) is ∓iz in all digits, and its square may overflow. */
const FAR = 1e150;
const isFar = (re: number, im: number): boolean => Math.max(Math.abs(re), Math.abs(im)) > FAR;

/**
 * The next three are W. Kahan's formulas ("Branch cuts for complex elementary functions", 1987),
 * in which no terms cancel. They are cut outside [−1, 1] on the real axis, arccosh below 1.
 */
const arcsin: ComplexFunction = (re, im, out) => {
  if (isFar(re, im)) {
    const size = logOfDouble(re, im, out);
    return put(out, Math.atan2(re, Math.abs(im)), copySign(size, im));
  }
  sqrt(1 - re, -im, out);
  const [a, b] = partsOf(out);
  sqrt(1 + re, im, out);
  const [c, d] = partsOf(out);
  put(out, Math.atan(re / (a * c - b * d)), Math.asinh(a * d - b * c));
};

const arccos: ComplexFunction = (re, im, out) => {
  if (isFar(re, im)) {
    const size = logOfDouble(re, im, out);
    return put(out, Math.atan2(Math.abs(im), re), copySign(size, -im));
  }
  sqrt(1 - re, -im, out);
  const [a, b] = partsOf(out);
  sqrt(1 + re, im, out);
  const [c, d] = partsOf(out);
  put(out, 2 * Math.atan2(a, c), Math.asinh(b * c - a * d));
};

const arccosh: ComplexFunction = (re, im, out) => {
  if (isFar(re, im)) {
    const size = logOfDouble(re, im, out);
    return put(out, size, Math.atan2(im, re));
  }
  sqrt(re - 1, im, out);
  const [a, b] = partsOf(out);
  sqrt(re + 1, im, out);
  const [c, d] = partsOf(out);
  put(out, Math.asinh(a * c + b * d), 2 * Math.atan2(b, c));
};

/** −i f(iz) */
const turned =
  (f: ComplexFunction): ComplexFunction =>
  (re, im, out) => {
    f(-im, re, out);
    put(out, out[1] as number, -(out[0] as number));
  };

/** The two parts of ln 2. Products of the first one with 26 bits are exact. */
const [LN2_HIGH, LN2_LOW] = [0.6931471675634384, 1.2996506893889889e-8];
/** 2^z: the rounding error of im · ln 2 would be that of an angle. */
const exp2: ComplexFunction = (re, im, out) => {
  if (im === 0) return put(out, 2 ** re, im);
  if (!(Math.abs(im) < 1e100 && Math.abs(re) < 1e100)) return exp(re * Math.LN2, im * Math.LN2, out);
  const shifted = 134217729 * im;
  const high = shifted - (shifted - im);
  const angle = im * Math.LN2;
  const rest = high * LN2_HIGH - angle + (im - high) * LN2_HIGH + im * LN2_LOW;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  // In two halves, because 2^re may overflow although its product does not
  const [half, other] = re > 1000 ? [2 ** (re / 2), 2 ** (re / 2)] : [2 ** re, 1];
  put(out, half * (cosine - rest * sine) * other, half * (sine + rest * cosine) * other);
};

/** exp(z) − 1 = expm1(x) cos y − 2 sin²(y/2) + i exp(x) sin y */
const expm1: ComplexFunction = (re, im, out) => {
  if (im === 0) return put(out, Math.expm1(re), im);
  if (!(Math.abs(re) < 40)) {
    exp(re, im, out);
    return put(out, (out[0] as number) - 1, out[1] as number);
  }
  const half = Math.sin(im / 2);
  put(out, Math.expm1(re) * Math.cos(im) - 2 * half * half, Math.exp(re) * Math.sin(im));
};

/** `2x + x² + y²`, with the rounding errors of its terms. */
function squaresOfNext(x: number, y: number): number {
  const [xx, yy] = [x * x, y * y];
  const part = 2 * x + xx;
  const sum = part + yy;
  const partRest = 2 * x - (part - (part - 2 * x)) + (xx - (part - 2 * x));
  const sumRest = part - (sum - (sum - part)) + (yy - (sum - part));
  const rest = (a: number, square: number): number =>
    Math.abs(a) > EXACT_SQUARE ? squareRest(a, square) : 0;
  return sum + (partRest + sumRest + (rest(x, xx) + rest(y, yy)));
}

const log1p: ComplexFunction = (re, im, out) => {
  const modulus = Math.hypot(1 + re, im);
  if (!(modulus > 0.5 && modulus < 2)) return log(1 + re, im, out);
  put(out, Math.log1p(squaresOfNext(re, im)) / 2, Math.atan2(im, 1 + re));
};

const logTo =
  (base: number): ComplexFunction =>
  (re, im, out) => {
    log(re, im, out);
    put(out, (out[0] as number) / base, (out[1] as number) / base);
  };

/**
 * Complex functions with complex values. Those with real values and flags are in
 * elementwise-loops.ts.
 */
export const COMPLEX_FUNCTIONS: Partial<Readonly<Record<UnaryOp, ComplexFunction>>> = {
  negative: (re, im, out) => put(out, -re, -im),
  conj: (re, im, out) => put(out, re, -im),
  exp,
  log,
  sqrt,
  square,
  reciprocal,
  sign,
  sin,
  cos,
  tan,
  tanh,
  arctan,
  arcsin,
  arccos,
  arccosh,
  sinh: turned(sin),
  cosh: (re, im, out) => cos(-im, re, out),
  arcsinh: turned(arcsin),
  arctanh: turned(arctan),
  exp2,
  expm1,
  log2: logTo(Math.LN2),
  log10: logTo(Math.LN10),
  log1p,
};

/**
 * Principal branch exp(w log z). Integer exponents up to 100 use multiplication; z⁰ = 1. Powers of
 * zero are those of NumPy.
 */
export const power: ComplexFunction2 = (a, b, c, d, out) => {
  if (c === 0 && d === 0) return put(out, 1, 0);
  if (a === 0 && b === 0) return c > 0 ? put(out, 0, 0) : put(out, Number.NaN, Number.NaN);
  if (d === 0 && Number.isInteger(c) && Math.abs(c) <= 100) {
    let n = Math.abs(c);
    let [x, y] = [a, b];
    for (; n % 2 === 0; n /= 2) [x, y] = [(x - y) * (x + y), x * y + x * y];
    let [re, im] = [x, y];
    for (n = n >> 1; n > 0; n = n >> 1) {
      [x, y] = [(x - y) * (x + y), x * y + x * y];
      if (n & 1) [re, im] = [re * x - im * y, re * y + im * x];
    }
    return c < 0 ? reciprocal(re, im, out) : put(out, re, im);
  }
  log(a, b, out);
  const re = out[0] as number;
  const im = out[1] as number;
  exp(c * re - d * im, c * im + d * re, out);
};
