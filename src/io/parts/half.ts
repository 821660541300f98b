/** The value of a half-precision number: 1 sign, 5 exponent, 10 fraction bits (IEEE 754). */
export function halfToNumber(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 0x3ff];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

const LARGEST = 65504;

/** The nearest number of half precision, ties to even; infinite beyond its range. */
export function toHalf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const unit = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
  const count = value / unit;
  const below = Math.floor(count);
  const rest = count - below;
  const rounded = unit * (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below);
  return Math.abs(rounded) > LARGEST ? Math.sign(value) * Number.POSITIVE_INFINITY : rounded;
}
