import { ArgumentError, DTypeError, ShapeError } from './errors.js';
import { textOf } from './text-of.js';

type HostArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Int32ArrayConstructor
  | Uint8ArrayConstructor;

/** The kinds of numbers. */
export type DTypeKind = 'float' | 'complex' | 'int' | 'bool';

/** The properties of a dtype. Its codes in C, npy, Zarr and MPI follow from these. */
interface DTypeInfo {
  /**
   * Floats are rounded. Complex numbers are pairs of floats. Integers are exact, or the value is
   * refused. Booleans are 0 or 1.
   */
  readonly kind: DTypeKind;
  /** Bytes of one element. */
  readonly bytes: number;
  /** Numbers in one element: 2 for complex. */
  readonly lanes: 1 | 2;
  /** The class of the typed array that stores the elements on the host. */
  readonly HostArray: HostArrayConstructor;
  /** The dtype of the real part. Real dtypes have themselves. */
  readonly real: string;
  /** The complex dtype of this precision; undefined for integers. */
  readonly complex: string | undefined;
  /** The least and the largest integer; undefined for other kinds. */
  readonly range: readonly [least: number, most: number] | undefined;
  /** The dtype of sums along an axis, which are exact for integers. */
  readonly sum: string;
  /** The number of the dtype in native code, as in `native/common/dtype.hpp`. */
  readonly tag: number;
  /** Kind and bytes, as in the header of a npy file and in the metadata of Zarr 2. */
  readonly npy: string;
}

/**
 * The element types of arrays, in the order of their tags. Complex data is interleaved: re, im, re,
 * im, … Zarr 3 uses the same names. All entries have the same properties in the same order, so that
 * a lookup is one load.
 */
const TABLE = {
  float32: {
    kind: 'float',
    bytes: 4,
    lanes: 1,
    HostArray: Float32Array,
    real: 'float32',
    complex: 'complex64',
    range: undefined,
    sum: 'float32',
    tag: 0,
    npy: 'f4',
  },
  float64: {
    kind: 'float',
    bytes: 8,
    lanes: 1,
    HostArray: Float64Array,
    real: 'float64',
    complex: 'complex128',
    range: undefined,
    sum: 'float64',
    tag: 1,
    npy: 'f8',
  },
  complex64: {
    kind: 'complex',
    bytes: 8,
    lanes: 2,
    HostArray: Float32Array,
    real: 'float32',
    complex: 'complex64',
    range: undefined,
    sum: 'complex64',
    tag: 2,
    npy: 'c8',
  },
  complex128: {
    kind: 'complex',
    bytes: 16,
    lanes: 2,
    HostArray: Float64Array,
    real: 'float64',
    complex: 'complex128',
    range: undefined,
    sum: 'complex128',
    tag: 3,
    npy: 'c16',
  },
  int32: {
    kind: 'int',
    bytes: 4,
    lanes: 1,
    HostArray: Int32Array,
    real: 'int32',
    complex: undefined,
    range: [-(2 ** 31), 2 ** 31 - 1],
    sum: 'float64',
    tag: 4,
    npy: 'i4',
  },
  bool: {
    kind: 'bool',
    bytes: 1,
    lanes: 1,
    HostArray: Uint8Array,
    real: 'bool',
    complex: undefined,
    range: [0, 1],
    sum: 'int32',
    tag: 5,
    npy: 'b1',
  },
} as const satisfies Readonly<Record<string, DTypeInfo>>;

/** The type of an array's elements. */
export type DType = keyof typeof TABLE;
/** The dtypes whose elements are pairs of numbers. */
export type ComplexDType = { [D in DType]: (typeof TABLE)[D]['lanes'] extends 2 ? D : never }[DType];
/** The dtypes whose elements are one number. */
export type RealDType = Exclude<DType, ComplexDType>;
/** All dtypes, in the order of their tags. */
export const DTYPES = Object.keys(TABLE) as readonly DType[];

/** Host memory of an array: complex data as interleaved pairs of the float type. */
export type HostArray = Float32Array | Float64Array | Int32Array | Uint8Array;

const INFO: Readonly<Record<DType, DTypeInfo>> = TABLE;

/**
 * The properties of a dtype that a program passed.
 * @throws {@link DTypeError} if `dtype` is not a dtype
 */
function infoOf(dtype: DType): DTypeInfo {
  const info = typeof dtype === 'string' ? INFO[dtype] : undefined;
  if (info?.lanes === undefined) checkDType(dtype);
  return info as DTypeInfo;
}

/** Bytes of an element. */
export const bytesOf = (dtype: DType): number => infoOf(dtype).bytes;
/** Numbers in one element: 2 for complex, 1 for real. */
export const lanesOf = (dtype: DType): 1 | 2 => infoOf(dtype).lanes;
/** Whether elements of a dtype are complex numbers. */
export const isComplex = (dtype: DType): dtype is ComplexDType => infoOf(dtype).lanes === 2;
/** True for float and complex dtypes. */
export const isFloat = (dtype: DType): boolean => infoOf(dtype).range === undefined;
/** `complex64` → `float32`, `complex128` → `float64`; a real dtype is returned unchanged. */
export const realOf = (dtype: DType): RealDType => infoOf(dtype).real as RealDType;
/**
 * `float32` → `complex64`, `float64` → `complex128`; a complex dtype is returned unchanged.
 * @throws {@link DTypeError} for integers
 */
export function complexOf(dtype: DType): ComplexDType {
  const { complex } = infoOf(dtype);
  if (complex === undefined)
    throw new DTypeError(`${dtype} has no complex counterpart: cast to float32 or float64 first`);
  return complex as ComplexDType;
}
/** complex64 for complex dtypes, otherwise float32. */
export const singleOf = (dtype: DType): DType => (isComplex(dtype) ? complexOf('float32') : 'float32');

// The following functions do not check their argument, because kernels call them at every call.

export const kindOf = (dtype: DType): DTypeKind => INFO[dtype].kind;
/** True for dtypes of whole numbers. */
export const isInteger = (dtype: DType): boolean => INFO[dtype].range !== undefined;
/** True for bool, whose elements are 0 or 1. */
export const isBoolean = (dtype: DType): boolean => INFO[dtype].kind === 'bool';
/** The least and the largest number of a dtype of whole numbers; undefined for other dtypes. */
export const rangeOf = (dtype: DType): DTypeInfo['range'] => INFO[dtype].range;
/** The dtype of sums along an axis, on backends that support it: see `wideDType`. */
export const sumOf = (dtype: DType): DType => INFO[dtype].sum as DType;
/** The number of a dtype in native code. */
export const tagOf = (dtype: DType): number => INFO[dtype].tag;
/** True for float32 and complex64. */
export const isSingle = (dtype: DType): boolean => INFO[dtype].real === 'float32';
/** True for float64 and complex128. */
export const isDouble = (dtype: DType): boolean => INFO[dtype].real === 'float64';
/** Kind and bytes in npy format, such as `f8`. */
export const npyCodeOf = (dtype: DType): string => INFO[dtype].npy;
/** The dtype of an npy code; undefined if no dtype has this code. */
export const dtypeOfNpyCode = (code: string): DType | undefined =>
  DTYPES.find((dtype) => INFO[dtype].npy === code);

/** True if a dtype can represent this number exactly or by rounding. Floats accept any number. */
export function holdsNumber(dtype: DType, value: number): boolean {
  const { range } = INFO[dtype];
  return !range || (Number.isInteger(value) && value >= range[0] && value <= range[1]);
}

/** True if both dtypes are of single precision, both of double precision, or both integers. */
export const isSamePrecision = (a: DType, b: DType): boolean =>
  realOf(a) === realOf(b) || !(isFloat(a) || isFloat(b));

/** The distance from 1 to the next number of a dtype's precision. */
export const epsilonOf = (dtype: DType): number => (isDouble(checkDType(dtype)) ? 2 ** -52 : 2 ** -23);

/** The dtype of index tables and of positions along an axis. */
export const INDEX_DTYPE = 'int32';
/** The dtype of conditions and of the results of comparisons. */
export const FLAG_DTYPE = 'bool';
/**
 * The dtype of positions along an axis of length `n` in index tables: int32 if `n` ≤ 2^31,
 * otherwise float64.
 */
export function placeDType(n: number): 'int32' | 'float64' {
  if (typeof n !== 'number') throw new ArgumentError(`expected a length, received ${textOf(n)}`);
  return n > 2 ** 31 ? 'float64' : INDEX_DTYPE;
}

/** Allocates host memory of zeros for `length` elements. */
export function hostArray(dtype: DType, length: number): HostArray {
  const { HostArray, lanes, bytes } = infoOf(dtype);
  try {
    return new HostArray(length * lanes);
  } catch (cause) {
    if (!(Number.isSafeInteger(length) && length >= 0))
      throw new ShapeError(`expected a number of elements, received ${textOf(length)}`);
    throw new ShapeError(`there is no memory for ${length} elements of ${dtype} (${length * bytes} bytes)`, {
      cause,
    });
  }
}

/** A view of `length` elements at a byte offset of an ArrayBuffer. */
export function hostView(
  dtype: DType,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): HostArray {
  const { HostArray, lanes } = infoOf(dtype);
  try {
    return new HostArray(buffer as ArrayBuffer, byteOffset, length * lanes);
  } catch (cause) {
    throw new ShapeError(
      `expected ${textOf(length)} elements of ${dtype} from byte ${textOf(byteOffset)} on to lie in an ` +
        `ArrayBuffer, received ${textOf(buffer)}`,
      { cause },
    );
  }
}

/** The real dtype of a typed array. */
export function dtypeOf(values: HostArray): RealDType {
  if (values instanceof Float64Array) return 'float64';
  const found = DTYPES.find((dtype) => lanesOf(dtype) === 1 && values instanceof INFO[dtype].HostArray);
  if (found) return found as RealDType;
  throw new DTypeError(`expected a ${HOST_ARRAY_NAMES}, received ${textOf(values)}`);
}
/** The names of the typed arrays that can store elements, as text for messages. */
export const HOST_ARRAY_NAMES = [...new Set(DTYPES.map((dtype) => INFO[dtype].HostArray.name))]
  .join(', ')
  .replace(/, (?=\w+$)/, ' or ');

/** Whether a value is the name of a dtype. */
export function isDType(value: unknown): value is DType {
  return (DTYPES as readonly unknown[]).includes(value);
}

/**
 * Returns `value` if it is the name of a dtype.
 * @throws {@link DTypeError} if it is not
 */
export function checkDType(value: unknown): DType {
  if (isDType(value)) return value;
  throw new DTypeError(`expected a dtype (${DTYPES.join(', ')}), received ${textOf(value)}`);
}

/**
 * The dtype of a result computed from `a` and `b`. Real and complex dtypes of one precision mix.
 * Integers mix with any float. Of two integer dtypes, the wider one is the result.
 * @throws {@link DTypeError} for single with double precision; the message names the cast
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (!isFloat(a)) return !isFloat(b) && bytesOf(b) < bytesOf(a) ? a : b;
  if (!isFloat(b)) return a;
  if (!isSamePrecision(a, b)) {
    throw new DTypeError(
      `${a} and ${b} do not mix: cast one of them, for instance with ` +
        `astype('${isComplex(a) ? complexOf(b) : realOf(b)}')`,
    );
  }
  return isComplex(a) ? a : b;
}

/**
 * True if elements of `from` can be written into memory of `to`, that is if {@link promote} returns
 * `to`.
 */
export const canHold = (to: DType, from: DType): boolean =>
  to === from || ((isInteger(from) || isSamePrecision(to, from)) && promote(to, from) === to);
