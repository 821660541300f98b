import type { NpyKind } from '../../npy/npy-header.js';
import { halfToNumber, toHalf } from '../../parts/half.js';
import type { Json } from './zarr-json.js';

/** The float with these bits in hexadecimal digits, the most significant first. */
function floatOfBits(digits: string, bytes: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${digits}`) << BigInt(8 * (8 - bytes)));
  if (bytes === 2) return halfToNumber(view.getUint16(0));
  return bytes === 4 ? view.getFloat32(0) : view.getFloat64(0);
}

/** The nearest number of a float type. */
const roundTo = (value: number, bytes: number): number =>
  bytes === 2 ? toHalf(value) : bytes === 4 ? Math.fround(value) : value;

/**
 * Whether a text contains a large whole number exactly as it is, not a neighbour that rounds to the
 * same double.
 */
function isExact(value: number, text: string): boolean {
  if (Number.isSafeInteger(value)) return true;
  const written = [...text.matchAll(/"fill_value"\s*:\s*(-?\d+)(?![\d.eE])/g)].map(([, digits]) =>
    BigInt(digits as string),
  );
  const same = written.filter((n) => Number(n) === value);
  return same.length > 0 && same.every((n) => n === BigInt(value));
}

/** A fill value as a number of its type. Undefined if the type does not hold it. */
function fillNumber(value: Json | undefined, kind: NpyKind, bytes: number, text: string): number | undefined {
  if (kind === 'bool') return typeof value === 'boolean' ? Number(value) : undefined;
  if (kind === 'int' || kind === 'uint') {
    const most = 2 ** (8 * bytes - (kind === 'int' ? 1 : 0));
    const fits =
      typeof value === 'number' &&
      Number.isInteger(value) &&
      value >= (kind === 'int' ? -most : 0) &&
      value < most;
    return fits && isExact(value, text) ? value + 0 : undefined;
  }
  if (typeof value === 'number') {
    const rounded = roundTo(value, bytes);
    return Number.isFinite(rounded) ? rounded : undefined;
  }
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  if (typeof value === 'string' && new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(value))
    return floatOfBits(value.slice(2), bytes);
  return undefined;
}

/**
 * The fill value of an array: one number, or real and imaginary part. Undefined if the type does
 * not hold it exactly.
 *
 * @param bytes the bytes of one element
 * @param text the text that contains the value, in which integers have all their digits
 */
export function fillOf(
  value: Json | undefined,
  kind: NpyKind,
  bytes: number,
  text: string,
): number[] | undefined {
  const isPair = kind === 'complex';
  const parts = !isPair ? [value] : Array.isArray(value) && value.length === 2 ? (value as Json[]) : [];
  const fill = parts.map((part) => fillNumber(part, kind, isPair ? bytes / 2 : bytes, text));
  return fill.length > 0 && fill.every((v) => v !== undefined) ? fill : undefined;
}
