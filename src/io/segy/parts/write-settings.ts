import { type DType, isComplex, isInteger } from '../../../core/base/dtype.js';
import { ArgumentError, DTypeError } from '../../../core/base/errors.js';
import { checkOneOf } from '../../../core/base/options.js';
import { textOf } from '../../../core/base/text-of.js';
import { BYTE_ORDERS } from './byte-order.js';
import type { SegyFileHeader } from './file-header.js';
import { SEGY_FORMATS, type SegyFormat } from './sample-formats.js';

/** The largest number of 32 bits. */
export const INT32 = 2 ** 31 - 1;

/**
 * The format and the byte order of a file.
 * @throws {@link DTypeError} for complex numbers
 */
export function formOf(
  dtype: DType,
  { format, byteOrder }: { readonly [K in 'format' | 'byteOrder']: SegyFileHeader[K] | undefined },
): Pick<SegyFileHeader, 'format' | 'byteOrder'> {
  if (isComplex(dtype)) throw new DTypeError(`SEG-Y holds no ${dtype}: take real() or abs() first`);
  const given = format ?? (isInteger(dtype) ? 'int32' : 'float32');
  return {
    format: checkOneOf('format', given, Object.keys(SEGY_FORMATS) as SegyFormat[]),
    byteOrder: checkOneOf('byteOrder', byteOrder ?? 'big', BYTE_ORDERS),
  };
}

/**
 * An interval in microseconds.
 * @throws {@link ArgumentError} unless `seconds` is a number that is not negative
 */
export function microseconds(seconds: number): number {
  if (!(Number.isFinite(seconds) && seconds >= 0))
    throw new ArgumentError(`expected a sampleInterval in seconds, 0 or more, received ${textOf(seconds)}`);
  const exact = seconds * 1e6;
  const whole = Math.round(exact);
  return Math.abs(exact - whole) <= 1e-9 * Math.max(1, whole) ? whole : exact;
}

/** A textual header of 40 lines. */
export const textualHeader = (...lines: readonly string[]): string =>
  [
    ...lines.map((line, k) => `C${String(k + 1).padStart(2)} ${line}`),
    ...Array.from({ length: 38 - lines.length }, (_, k) => `C${String(k + lines.length + 1).padStart(2)}`),
    'C39 SEG Y REV1',
    'C40 END TEXTUAL HEADER',
  ].join('\n');
