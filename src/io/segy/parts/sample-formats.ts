import { checkDType, type DType, type HostArray, isComplex, isInteger } from '../../../core/base/dtype.js';
import { DTypeError } from '../../../core/base/errors.js';
import { checkConversion } from '../../npy/npy-data.js';
import { fromIbm, toIbm } from './ibm-float.js';

/** A sample format. Multi-byte values are big-endian unless `little` is true. */
interface SampleFormat {
  /** Its code in the binary file header. */
  readonly code: number;
  /** The first revision that defines it. */
  readonly revision: 1 | 2;
  readonly bytes: 1 | 2 | 4 | 8;
  /** The dtype of arrays that are read from it by default. */
  readonly dtype: DType;
  readonly isInteger: boolean;
  get(view: DataView, at: number, little: boolean): number;
  /** Writes a value that {@link holds} accepts. */
  put(view: DataView, at: number, value: number, little: boolean): void;
  /** Whether the format holds a value: integers exactly, others up to rounding. */
  holds(value: number): boolean;
}

const integer = (least: number, most: number) => ({
  revision: 1 as const,
  isInteger: true,
  dtype: 'int32' as const,
  holds: (value: number) => Number.isInteger(value) && value >= least && value <= most,
});
const signed = (bits: number) => integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
const unsigned = (bits: number) => ({ ...integer(0, 2 ** bits - 1), revision: 2 as const });
const float = { isInteger: false, revision: 1 as const, dtype: 'float32' as const };

/** The supported sample formats (SEG-Y revision 2.0, bytes 3225 to 3226). */
export const SEGY_FORMATS = {
  ibm: {
    ...float,
    code: 1,
    bytes: 4,
    get: (view, at, little) => fromIbm(view.getUint32(at, little)),
    put: (view, at, value, little) => view.setUint32(at, toIbm(value) as number, little),
    holds: (value) => toIbm(value) !== undefined,
  },
  int32: {
    ...signed(32),
    code: 2,
    bytes: 4,
    get: (view, at, little) => view.getInt32(at, little),
    put: (view, at, value, little) => view.setInt32(at, value, little),
  },
  int16: {
    ...signed(16),
    code: 3,
    bytes: 2,
    get: (view, at, little) => view.getInt16(at, little),
    put: (view, at, value, little) => view.setInt16(at, value, little),
  },
  float32: {
    ...float,
    code: 5,
    bytes: 4,
    get: (view, at, little) => view.getFloat32(at, little),
    put: (view, at, value, little) => view.setFloat32(at, value, little),
    holds: (value) => Number.isFinite(Math.fround(value)) || !Number.isFinite(value),
  },
  float64: {
    ...float,
    code: 6,
    revision: 2,
    bytes: 8,
    dtype: 'float64',
    get: (view, at, little) => view.getFloat64(at, little),
    put: (view, at, value, little) => view.setFloat64(at, value, little),
    holds: () => true,
  },
  int8: {
    ...signed(8),
    code: 8,
    bytes: 1,
    get: (view, at) => view.getInt8(at),
    put: (view, at, value) => view.setInt8(at, value),
  },
  uint32: {
    ...unsigned(32),
    code: 10,
    bytes: 4,
    dtype: 'float64',
    get: (view, at, little) => view.getUint32(at, little),
    put: (view, at, value, little) => view.setUint32(at, value, little),
  },
  uint16: {
    ...unsigned(16),
    code: 11,
    bytes: 2,
    get: (view, at, little) => view.getUint16(at, little),
    put: (view, at, value, little) => view.setUint16(at, value, little),
  },
  uint64: {
    ...unsigned(64),
    code: 12,
    bytes: 8,
    dtype: 'float64',
    get: (view, at, little) => exactNumber(view.getBigUint64(at, little)),
    put: (view, at, value, little) => view.setBigUint64(at, BigInt(value), little),
    // 2^64 − 1 is rounded to 2^64
    holds: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 64,
  },
  uint8: {
    ...unsigned(8),
    code: 16,
    bytes: 1,
    get: (view, at) => view.getUint8(at),
    put: (view, at, value) => view.setUint8(at, value),
  },
} as const satisfies Record<string, SampleFormat>;

/**
 * The format of samples in a file. Formats of revision 2 are float64, uint8, uint16, uint32 and
 * uint64.
 */
export type SegyFormat = keyof typeof SEGY_FORMATS;

/** The facts of a format. */
export const formatOf = (format: SegyFormat): SampleFormat => SEGY_FORMATS[format];

const BY_CODE = new Map<number, SegyFormat>(
  Object.entries(SEGY_FORMATS).map(([name, { code }]) => [code, name as SegyFormat]),
);

/** The format with a code of the binary header. */
export const formatOfCode = (code: number): SegyFormat | undefined => BY_CODE.get(code);

/** The supported formats, for messages: '1 (ibm), 2 (int32)'. */
export const formatList = (): string => [...BY_CODE].map(([code, name]) => `${code} (${name})`).join(', ');

function exactNumber(value: bigint): number {
  if (BigInt(Number(value)) !== value)
    throw new DTypeError(`${value} does not fit into float64 exactly, and no dtype of this library holds it`);
  return Number(value);
}

/**
 * Reads `count` samples that start at byte `at`.
 * @throws {@link DTypeError} for values that the dtype of `to` does not hold
 */
export function readSamples(
  view: DataView,
  at: number,
  format: SegyFormat,
  little: boolean,
  dtype: DType,
  to: HostArray,
  first: number,
  count: number,
): void {
  const { get, bytes } = formatOf(format);
  const whole = isInteger(dtype);
  for (let i = 0; i < count; i++) {
    const value = get(view, at + i * bytes, little);
    to[first + i] = value;
    const stored = to[first + i] as number;
    if (whole ? stored !== value : Number.isFinite(value) && !Number.isFinite(stored))
      throw new DTypeError(`${value} does not fit into ${dtype}: read with dtype 'float64'`);
  }
}

/**
 * Writes `count` samples that start at byte `at`.
 * @throws {@link DTypeError} for values that the format does not hold
 */
export function writeSamples(
  view: DataView,
  at: number,
  format: SegyFormat,
  little: boolean,
  from: HostArray,
  first: number,
  count: number,
): void {
  const { put, holds, bytes } = formatOf(format);
  for (let i = 0; i < count; i++) {
    const value = from[first + i] as number;
    if (!holds(value)) throw new DTypeError(`${value} does not fit into samples of format '${format}'`);
    put(view, at + i * bytes, value, little);
  }
}

/**
 * The dtype in which samples of a file are read.
 * @throws {@link DTypeError} for dtypes that do not hold the format's kind of numbers
 */
export function sampleDType(path: string, format: SegyFormat, asked: DType | undefined): DType {
  const facts = formatOf(format);
  const dtype = asked === undefined ? facts.dtype : checkDType(asked);
  const kind = facts.isInteger ? 'int' : 'float';
  checkConversion({ kind, descr: `samples of format ${format}` }, dtype, path);
  if (isComplex(dtype))
    throw new DTypeError(
      `expected a real dtype for SEG-Y, received ${dtype}: read it as it is, then astype('${dtype}')`,
    );
  return dtype;
}
