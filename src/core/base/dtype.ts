import { DTypeError, ShapeError } from './errors.js';
import { textOf } from './text-of.js';

/** The element types of arrays. Complex data is interleaved: re, im, re, im, … */
export const DTYPES = ['float32', 'float64', 'complex64', 'complex128', 'int32'] as const;
export type DType = (typeof DTYPES)[number];
export type RealDType = 'float32' | 'float64' | 'int32';
export type ComplexDType = 'complex64' | 'complex128';

/** Host memory of an array: complex data as interleaved pairs of the float type. */
export type HostArray = Float32Array | Float64Array | Int32Array;

interface DTypeInfo {
  /** Bytes of one element. */
  readonly bytes: number;
  /** Numbers in one element: 2 for complex. */
  readonly lanes: 1 | 2;
  readonly precision: 'single' | 'double' | 'integer';
  readonly HostArray: Float32ArrayConstructor | Float64ArrayConstructor | Int32ArrayConstructor;
  readonly real: RealDType;
}

const INFO: Readonly<Record<DType, DTypeInfo>> = {
  float32: { bytes: 4, lanes: 1, precision: 'single', HostArray: Float32Array, real: 'float32' },
  float64: { bytes: 8, lanes: 1, precision: 'double', HostArray: Float64Array, real: 'float64' },
  complex64: { bytes: 8, lanes: 2, precision: 'single', HostArray: Float32Array, real: 'float32' },
  complex128: { bytes: 16, lanes: 2, precision: 'double', HostArray: Float64Array, real: 'float64' },
  int32: { bytes: 4, lanes: 1, precision: 'integer', HostArray: Int32Array, real: 'int32' },
};

/** What is known of a dtype. Throws {@link DTypeError} for anything else. */
function infoOf(dtype: DType): DTypeInfo {
  const info = typeof dtype === 'string' ? INFO[dtype] : undefined;
  if (info?.lanes === undefined) checkDType(dtype);
  return info as DTypeInfo;
}

export const bytesOf = (dtype: DType): number => infoOf(dtype).bytes;
/** Numbers in one element: 2 for complex, 1 for real. */
export const lanesOf = (dtype: DType): 1 | 2 => infoOf(dtype).lanes;
export const isComplex = (dtype: DType): dtype is ComplexDType => infoOf(dtype).lanes === 2;
export const isFloat = (dtype: DType): boolean => infoOf(dtype).precision !== 'integer';
/** `complex64` → `float32`, `complex128` → `float64`; real types are their own. */
export const realOf = (dtype: DType): RealDType => infoOf(dtype).real;
/** `float32` → `complex64`, `float64` → `complex128`. Throws {@link DTypeError} for int32. */
export function complexOf(dtype: DType): ComplexDType {
  if (dtype === 'int32')
    throw new DTypeError('int32 has no complex counterpart: cast to float32 or float64 first');
  return infoOf(dtype).precision === 'single' ? 'complex64' : 'complex128';
}

/** Both single, both double, or both integer. */
export const isSamePrecision = (a: DType, b: DType): boolean => infoOf(a).precision === infoOf(b).precision;

/** The distance from 1 to the next number of a dtype's precision. */
export const epsilonOf = (dtype: DType): number => (isSamePrecision(dtype, 'float64') ? 2 ** -52 : 2 ** -23);

/** The dtype of places along an axis of length `n` in index tables: int32 where that holds them. */
export const placeDType = (n: number): 'int32' | 'float64' => (n > 2 ** 31 ? 'float64' : 'int32');

/** Fresh zeroed host memory for `length` elements. */
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

/** The real dtype of a typed array: `float32`, `float64` or `int32`. */
export function dtypeOf(values: HostArray): RealDType {
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Int32Array) return 'int32';
  throw new DTypeError(`expected a Float32Array, Float64Array or Int32Array, received ${textOf(values)}`);
}

export function isDType(value: unknown): value is DType {
  return (DTYPES as readonly unknown[]).includes(value);
}

/** Throws {@link DTypeError} unless `value` names a dtype. */
export function checkDType(value: unknown): DType {
  if (isDType(value)) return value;
  throw new DTypeError(`expected a dtype (${DTYPES.join(', ')}), received ${textOf(value)}`);
}

/**
 * The dtype of a result of `a` and `b`: real and complex of one precision mix, int32 mixes with any
 * float. Single with double throws a {@link DTypeError} that names the cast.
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (a === 'int32') return b;
  if (b === 'int32') return a;
  if (!isSamePrecision(a, b)) {
    throw new DTypeError(
      `${a} and ${b} do not mix: cast one of them, for instance with ` +
        `astype('${isComplex(a) ? complexOf(b) : realOf(b)}')`,
    );
  }
  return isComplex(a) ? a : b;
}
