/**
 * Single precision of System/360, format 1 of SEG-Y: a sign, a 7-bit exponent of 16 with excess 64,
 * a 24-bit fraction; `(−1)^s · 16^(e−64) · f / 2^24` (SEG-Y revision 2.0, appendix E).
 */

const SCALES = Float64Array.from({ length: 128 }, (_, e) => 16 ** (e - 64) * 2 ** -24);

/** The value of 32 bits; always exact. */
export function fromIbm(bits: number): number {
  const value = (bits & 0xffffff) * (SCALES[(bits >>> 24) & 0x7f] as number);
  return bits & 0x80000000 ? -value : value;
}

const view = new DataView(new ArrayBuffer(8));

/** The exponent e of 2 with `2^(e−1) ≤ |x| < 2^e`, for normal numbers. */
function exponentOf(value: number): number {
  view.setFloat64(0, value);
  return ((view.getUint16(0) >> 4) & 0x7ff) - 1022;
}

/** Rounds to the nearest integer; halves are rounded to even. */
function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/**
 * The nearest bits, with a relative error of at most 2^−21 (fractions of 21 to 24 bits). Values
 * smaller than 16^−65 lose bits or become zero.
 *
 * @returns undefined for NaN, for infinite values and for values beyond 7.2 · 10^75
 */
export function toIbm(value: number): number | undefined {
  if (value === 0) return Object.is(value, -0) ? 0x80000000 : 0;
  if (!Number.isFinite(value)) return undefined;
  const sign = value < 0 ? 0x80000000 : 0;
  const size = Math.abs(value);
  let exponent = Math.max(-64, Math.ceil(exponentOf(size) / 4));
  let fraction = roundEven(size * 2 ** (24 - 4 * exponent));
  if (fraction === 0x1000000) {
    fraction = 0x100000;
    exponent++;
  }
  if (exponent > 63) return undefined;
  return (sign | ((exponent + 64) << 24) | fraction) >>> 0;
}
