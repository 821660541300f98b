/**
 * Functions in sums, products, quotients and roots only, which IEEE 754 rounds in one way. So
 * native/cpu/loops/random.hpp and native/cuda/kernels/random.cu, which repeat these steps without
 * fused multiply-adds, return the same bits. The errors are below one unit in the last place. The
 * coefficients are those of fdlibm (Sun Microsystems, 1993).
 */

const real = new Float64Array(1);
const words = new Uint32Array(real.buffer);
/** The position of the word with sign and exponent. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** The upper half of √½: mantissas are taken between √½ and √2. */
const ROOT_HALF = 0x3fe6a09e;

/** ln x for normal x > 0. */
export function logOf(x: number): number {
  real[0] = x;
  const k = ((words[HIGH] as number) - ROOT_HALF) >> 20;
  words[HIGH] = (words[HIGH] as number) - (k << 20);
  const f = (real[0] as number) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * (f * f);
  return s * (half + (odd + even)) + k * LN2_LOW - half + f + k * LN2_HIGH;
}

/** exp x for x ≤ 709. */
export function expOf(x: number): number {
  if (!(x > -746)) return 0;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const series =
    0.16666666666666602 +
    t *
      (-0.0027777777777015593 +
        t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8)));
  const c = r - t * series;
  const y = 1 - (low - (r * c) / (2 - c) - high);
  // In two steps, because 2ᵏ may be too small for a normal number
  const first = Math.max(k, -1000);
  return y * powerOfTwo(first) * powerOfTwo(k - first);
}

function powerOfTwo(k: number): number {
  real[0] = 0;
  words[HIGH] = (1023 + k) << 20;
  return real[0] as number;
}

/** A number beside which only the whole part of a small one is kept, rounded to nearest. */
const TO_WHOLE = 1.5 * 2 ** 52;

/** The quarter turns that {@link reduce} took off, and the rest in two parts. */
let quarters = 0;
let rest = 0;
let correction = 0;

/** Subtracts quarter turns, as 119 bits of π/2. */
function reduce(x: number): void {
  quarters = x * 0.6366197723675814 + TO_WHOLE - TO_WHOLE;
  const first = x - quarters * 1.5707963267341256;
  const second = quarters * 6.077100506303966e-11;
  const difference = first - second;
  const third = quarters * 2.0222662487959506e-21 - (first - difference - second);
  rest = difference - third;
  correction = difference - rest - third;
}

function sineOfRest(): number {
  const z = rest * rest;
  const v = z * rest;
  const r =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return rest - (z * (0.5 * correction - v * r) - correction - v * -0.16666666666666632);
}

function cosineOfRest(): number {
  const z = rest * rest;
  const w = z * z;
  const near = z * (0.0416666666666666 + z * (-0.001388888888887411 + z * 2.480158728947673e-5));
  const far = w * (w * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)));
  const half = 0.5 * z;
  const whole = 1 - half;
  return whole + (1 - whole - half + (z * (near + far) - rest * correction));
}

/** sin x for 0 ≤ x ≤ 2π. */
export function sineOf(x: number): number {
  reduce(x);
  const value = quarters % 2 === 0 ? sineOfRest() : cosineOfRest();
  return quarters === 2 || quarters === 3 ? -value : value;
}

/** cos x for 0 ≤ x ≤ 2π. */
export function cosineOf(x: number): number {
  reduce(x);
  const value = quarters % 2 === 0 ? cosineOfRest() : sineOfRest();
  return quarters === 1 || quarters === 2 ? -value : value;
}

/** ln k! for whole k ≥ 0. The error is below 10⁻¹² ln k!. */
export function logFactorialOf(k: number): number {
  if (k < 10) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return logOf(product);
  }
  const w = 1 / (k * k);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680)))) / k;
  return (k + 0.5) * logOf(k) - k + (0.9189385332046728 + series);
}
