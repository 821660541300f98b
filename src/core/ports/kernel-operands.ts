import { im, type Scalar } from '../base/complex.js';
import {
  type ComplexDType,
  type DType,
  dtypeOf,
  FLAG_DTYPE,
  type HostArray,
  isBoolean,
  isComplex,
  isFloat,
  lanesOf,
  placeDType,
  realOf,
} from '../base/dtype.js';
import { ArgumentError, BackendError, DTypeError, type LopsError, ShapeError } from '../base/errors.js';
import { textOf } from '../base/text-of.js';
import {
  type AnyStorage,
  type BinaryOp,
  COMPARISONS,
  type Elements,
  type FftPlan,
  type Storage,
} from './backend.js';
import { checkStorable, refuseDType } from './kernel-dtypes.js';
import type { DeviceSpan } from './span.js';

/** True for an operand in memory, false for a scalar. */
export const isElements = <S extends AnyStorage>(x: Elements<S> | Scalar): x is Elements<S> =>
  typeof x !== 'number' && 'storage' in x;

/** The storage of elements, also of those with strides. */
export const storageOf = (x: Elements): Storage => (x.strided?.elements ?? x).storage;

/**
 * The dtype in which two operands are combined. It is that of the operand in memory. Two scalars
 * are compared in double precision, and otherwise combined in the dtype of the result.
 */
export function binaryDType(
  op: BinaryOp,
  x: Elements<AnyStorage> | Scalar,
  y: Elements<AnyStorage> | Scalar,
  result: DType,
): DType {
  if (isElements(x)) return x.storage.dtype;
  if (isElements(y)) return y.storage.dtype;
  if (!(COMPARISONS as readonly string[]).includes(op)) return result;
  return im(x) !== 0 || im(y) !== 0 ? 'complex128' : 'float64';
}

/**
 * Checks that a typed array has the values of these elements.
 * @throws {@link DTypeError} or {@link ShapeError} if it has another type or length
 */
export function checkHost(values: HostArray, elements: Elements<AnyStorage>): void {
  const { dtype } = elements.storage;
  if (realOf(dtype) !== dtypeOf(values))
    throw new DTypeError(`expected the typed array of ${dtype}, received one of ${dtypeOf(values)}`);
  const expected = elements.size * lanesOf(dtype);
  if (values.length !== expected)
    throw new ShapeError(
      `expected ${expected} numbers for ${elements.size} elements of ${dtype}, received ${values.length}`,
    );
}

/**
 * Throws {@link ShapeError} unless the elements lie within their storage. Native kernels would
 * access other memory.
 */
export function checkRun({ storage, offset, size }: Elements<AnyStorage>): void {
  if (
    !(
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(size) &&
      offset >= 0 &&
      size >= 0 &&
      offset + size <= storage.length
    )
  )
    throw new ShapeError(
      `expected elements within a storage of ${storage.length}, received ${size} from ${offset} on`,
    );
}

/**
 * The span of memory that a message layer cannot read. Its elements are copied to and from the
 * host, and no others.
 */
export function copiedSpan(storage: Storage, offset: number, length: number): DeviceSpan {
  const { backend, dtype } = storage;
  const run: Elements = { storage, offset, size: length };
  return {
    kind: 'device',
    dtype,
    length,
    address: undefined,
    synchronize: () => backend.synchronize(),
    copyToHost: (to) => void backend.download(run, to),
    copyFromHost: (from) => backend.upload(from, run),
  };
}

/** Throws {@link ShapeError} unless `length` is a non-negative integer. */
export function checkLength(length: number): void {
  if (!Number.isSafeInteger(length) || length < 0)
    throw new ShapeError(`expected a length that is a non-negative integer, received ${textOf(length)}`);
}

/** The error for a storage of another backend, or for what is no storage. */
export const foreignStorage = (storage: Storage | undefined, name: string): LopsError =>
  storage?.backend === undefined
    ? new ArgumentError(`expected an array of backend '${name}', received ${textOf(storage)}`)
    : new BackendError(
        `cannot use an array of backend '${storage.backend.name}' here: move it with to('${name}')`,
      );

/** The error for a storage that was released. */
export const disposedStorage = (): BackendError =>
  new BackendError(
    'this array was disposed and cannot be used any more: copy() what is needed before dispose()',
  );

/** Throws {@link DTypeError} for complex coefficients of a real linear combination. */
export function checkCoefficients(coefficients: readonly Scalar[], dtype: DType): void {
  for (const c of coefficients)
    if (typeof c !== 'number') checkStorable(c, isComplex(dtype) ? dtype : 'float64');
}

export function checkThreshold(dtype: DType): void {
  if (!isFloat(dtype)) refuseDType('threshold', dtype);
}

export function checkCondition({ storage: { dtype } }: Elements<AnyStorage>): void {
  if (dtype !== FLAG_DTYPE) throw new DTypeError(`expected ${FLAG_DTYPE} for conditions, received ${dtype}`);
}

/**
 * Throws {@link DTypeError} unless the positions of an index table have the dtype
 * {@link placeDType}: int32, or float64 for axes longer than 2^31.
 */
export function checkPlaces({ storage: { dtype } }: Elements<AnyStorage>, n: number): void {
  if (dtype !== placeDType(n))
    throw new DTypeError(`expected ${placeDType(n)} for indices into an axis of ${n}, received ${dtype}`);
}

/**
 * Checks that x has a k-th smallest value.
 * @throws {@link DTypeError} for complex data
 * @throws {@link ShapeError} if k is out of range
 */
export function checkKth({ storage: { dtype }, size }: Elements<AnyStorage>, k: number): void {
  if (isComplex(dtype)) refuseDType('kthSmallest', dtype);
  if (!Number.isInteger(k) || k < 0 || k >= size)
    throw new ShapeError(`expected k between 0 and ${size - 1}, received ${textOf(k)}`);
}

/** Throws {@link DTypeError} unless x has real numbers, which have an order. */
export function checkSortable({ storage: { dtype } }: Elements<AnyStorage>): void {
  if (isComplex(dtype) || isBoolean(dtype)) refuseDType('sort', dtype);
}

/** Throws {@link ShapeError} unless places in a line of n elements are different and ascend. */
export function checkAscendingPlaces(places: readonly number[], n: number): void {
  places.forEach((place, k) => {
    if (!Number.isInteger(place) || place < 0 || place >= n || place <= (places[k - 1] ?? -1))
      throw new ShapeError(`expected ascending places from 0 to ${n - 1}, received ${textOf(places)}`);
  });
}

/** The complex dtype of a transform from x to y. */
export function fftDType({ kind }: FftPlan, x: Elements<AnyStorage>, y: Elements<AnyStorage>): ComplexDType {
  const { dtype } = (kind === 'c2r' ? x : y).storage;
  if (!isComplex(dtype))
    throw new DTypeError(`expected complex data on the transformed side of ${kind}, received ${dtype}`);
  return dtype;
}
