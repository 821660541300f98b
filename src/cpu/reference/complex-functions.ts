import type { UnaryOp } from '../../core/backend.js';

/** Writes f(re + i im) to `out[0]`, `out[1]`. */
export type ComplexFunction = (re: number, im: number, out: Float64Array) => void;
/** Writes f(a + ib, c + id) to `out[0]`, `out[1]`. */
export type ComplexFunction2 = (a: number, b: number, c: number, d: number, out: Float64Array) => void;

const put = (out: Float64Array, re: number, im: number): void => {
  out[0] = re;
  out[1] = im;
};

const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);
const copySign = (magnitude: number, sign: number): number => (isNegative(sign) ? -magnitude : magnitude);

/** Smith's algorithm. */
export const divide: ComplexFunction2 = (a, b, c, d, out) => {
  if (Math.abs(c) >= Math.abs(d)) {
    const r = d / c;
    const t = c + d * r;
    put(out, (a + b * r) / t, (b - a * r) / t);
  } else {
    const r = c / d;
    const t = c * r + d;
    put(out, (a * r + b) / t, (b * r - a) / t);
  }
};

export const exp: ComplexFunction = (re, im, out) => {
  if (im === 0) return put(out, Math.exp(re), im);
  // In two halves, since exp(re) may overflow where its product with a small cosine does not
  const half = Math.exp(re / 2);
  put(out, half * Math.cos(im) * half, half * Math.sin(im) * half);
};

/** Principal branch: −π < Im ≤ π. */
export const log: ComplexFunction = (re, im, out) => {
  const large = Math.max(Math.abs(re), Math.abs(im));
  const small = Math.min(Math.abs(re), Math.abs(im));
  const modulus = Math.hypot(re, im);
  let real: number;
  if (modulus > 0.5 && modulus < 2) real = Math.log1p((large - 1) * (large + 1) + small * small) / 2;
  else if (large > 1e300) real = Math.log(Math.hypot(re / 2, im / 2)) + Math.LN2;
  else if (large < 1e-290 && large > 0) real = Math.log(Math.hypot(re * 2 ** 100, im * 2 ** 100)) - 100 * Math.LN2;
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

const square: ComplexFunction = (re, im, out) => put(out, (re - im) * (re + im), 2 * re * im);

/** x / |x|, 0 for 0. */
const sign: ComplexFunction = (re, im, out) => {
  const modulus = Math.hypot(re, im);
  if (modulus === 0) return put(out, 0, 0);
  if (modulus > 1e300 || modulus < 1e-300) {
    const scale = modulus > 1 ? 2 ** -30 : 2 ** 80;
    const scaled = Math.hypot(re * scale, im * scale);
    return put(out, (re * scale) / scaled, (im * scale) / scaled);
  }
  put(out, re / modulus, im / modulus);
};

const tanh: ComplexFunction = (re, im, out) => {
  if (im === 0) return put(out, Math.tanh(re), im);
  if (Math.abs(re) > 22) return put(out, Math.sign(re), 4 * Math.sin(im) * Math.cos(im) * Math.exp(-2 * Math.abs(re)));
  const [sinh, cosh, sin, cos] = [Math.sinh(re), Math.cosh(re), Math.sin(im), Math.cos(im)];
  const denominator = sinh * sinh + cos * cos;
  put(out, (sinh * cosh) / denominator, (sin * cos) / denominator);
};

/** tan z = −i tanh(iz) */
const tan: ComplexFunction = (re, im, out) => {
  tanh(-im, re, out);
  put(out, out[1] as number, -(out[0] as number));
};

/** arctan z = ½ atan2(2 re, 1 − |z|²) + ¼ i ln(|z + i|² / |z − i|²), cut outside [−i, i] on the imaginary axis. */
const arctan: ComplexFunction = (re, im, out) => {
  const modulus = Math.hypot(re, im);
  if (modulus > 1e100) return put(out, copySign(Math.PI / 2, re), im / modulus / modulus);
  const below = re * re + (im - 1) * (im - 1);
  const above = re * re + (im + 1) * (im + 1);
  const imaginary = im >= 0 ? -Math.log1p((-4 * im) / above) / 4 : Math.log1p((4 * im) / below) / 4;
  put(out, Math.atan2(2 * re, (1 - modulus) * (1 + modulus)) / 2, imaginary);
};

/** Complex functions with complex values; `abs`, `real`, `imag`, `isnan`, `isfinite` are in elementwise.ts. */
export const COMPLEX_FUNCTIONS: Partial<Readonly<Record<UnaryOp, ComplexFunction>>> = {
  negative: (re, im, out) => put(out, -re, -im),
  conj: (re, im, out) => put(out, re, -im),
  exp,
  log,
  sqrt,
  square,
  reciprocal: (re, im, out) => divide(1, 0, re, im, out),
  sign,
  sin: (re, im, out) => put(out, Math.sin(re) * Math.cosh(im), Math.cos(re) * Math.sinh(im)),
  cos: (re, im, out) => put(out, Math.cos(re) * Math.cosh(im), -Math.sin(re) * Math.sinh(im)),
  tan,
  tanh,
  arctan,
};

/** Principal branch exp(w log z); integer exponents up to 100 by multiplication; z⁰ = 1. */
export const power: ComplexFunction2 = (a, b, c, d, out) => {
  if (d === 0 && Number.isInteger(c) && Math.abs(c) <= 100) {
    let [re, im, x, y] = [1, 0, a, b];
    for (let n = Math.abs(c); n > 0; n = n >> 1) {
      if (n & 1) [re, im] = [re * x - im * y, re * y + im * x];
      if (n > 1) [x, y] = [(x - y) * (x + y), 2 * x * y];
    }
    if (c < 0) return divide(1, 0, re, im, out);
    return put(out, re, im);
  }
  if (a === 0 && b === 0) return c > 0 ? put(out, 0, 0) : put(out, Number.NaN, Number.NaN);
  log(a, b, out);
  const re = out[0] as number;
  const im = out[1] as number;
  exp(c * re - d * im, c * im + d * re, out);
};
