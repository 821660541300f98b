import { broadcastShapes, broadcastStrides } from '../base/broadcast.js';
import { isScalar, re, type Scalar } from '../base/complex.js';
import {
  complexOf,
  type DType,
  FLAG_DTYPE,
  holdsNumber,
  INDEX_DTYPE,
  isBoolean,
  isComplex,
  isFloat,
  isInteger,
  promote,
} from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { formatShape, type Shape, sameShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { BinaryOp, UnaryOp } from '../ports/backend.js';
import { binaryResult, computeDType, kernelOf, unaryResult } from '../ports/kernel-dtypes.js';
import { checkSameBackend } from '../vector/vector.js';
import type { NDArray } from './ndarray.js';
import { overlaps, walkOver, within } from './strided.js';

export type Operand = NDArray | Scalar;

/**
 * The dtype of an array of `dtype` combined with a scalar. A complex scalar makes it complex. A
 * fraction makes integers floats. An integer makes bool int32.
 */
export function scalarPromote(dtype: DType, a: Scalar, float: DType): DType {
  if (typeof a !== 'number') return isComplex(dtype) ? dtype : complexOf(isFloat(dtype) ? dtype : float);
  if (isBoolean(dtype)) return scalarPromote(INDEX_DTYPE, a, float);
  return holdsNumber(dtype, a) ? dtype : float;
}

/**
 * Whether a value is an NDArray. Checks members instead of the class, because the module of NDArray
 * imports this one.
 */
export const isLocalArray = (value: unknown): value is NDArray =>
  typeof value === 'object' &&
  value !== null &&
  'shape' in value &&
  'backend' in value &&
  'axpby' in value &&
  'storage' in value;

/**
 * Checks that a value is a scalar or an array of one rank.
 * @throws {@link ArgumentError} if it is neither
 * @throws {@link BackendError} if the array is on another backend than `like`
 */
export function checkOperand(name: string, value: unknown, like: NDArray): void {
  if (isScalar(value)) return;
  if (isLocalArray(value)) {
    checkSameBackend(like, value);
    return;
  }
  throw new ArgumentError(
    `${name}: expected an NDArray or a scalar, received ` +
      `${Array.isArray(value) ? 'a list; make it an array with NDArray.array()' : textOf(value)}`,
  );
}

/** Throws {@link ArgumentError} unless a value is an array of one rank. */
export function checkArray(name: string, value: unknown): void {
  if (isLocalArray(value)) return;
  throw new ArgumentError(`${name}: expected an NDArray, received ${textOf(value)}`);
}

/**
 * An operand as an array. A number becomes one without axes, in the dtype that `like` has with it.
 */
export function asArray(x: Operand, like: Operand): NDArray {
  if (!isScalar(x)) return x;
  const { dtype, space, backend } = like as NDArray;
  return space
    .withShape([], scalarPromote(dtype, x, backend.defaultDType))
    .empty()
    .fill(x);
}

/** The operand that is an array; the first one if both are. */
const arrayAmong = (x: Operand, y: Operand): NDArray => (isScalar(x) ? y : x) as NDArray;

/**
 * The dtype in which `x op y` is computed.
 * @throws {@link DTypeError} for negative powers of integers, whose values are not integers
 */
function binaryDType(op: BinaryOp, x: Operand, y: Operand): DType {
  const float = arrayAmong(x, y).backend.defaultDType;
  const dtype = isScalar(x)
    ? scalarPromote((y as NDArray).dtype, x, float)
    : isScalar(y)
      ? scalarPromote(x.dtype, y, float)
      : promote(x.dtype, y.dtype);
  if (op !== 'power' || !isInteger(dtype)) return computeDType(op, dtype, float);
  if (isScalar(y)) return re(y) >= 0 ? dtype : float;
  if (y.size > 0 && (y.backend.reduce('min', y) as number) < 0)
    throw new DTypeError(
      'power: integers have no negative powers that are integers: cast one operand to a float dtype first',
    );
  return dtype;
}

/** Copies `x` into the new array `target`, to whose shape x broadcasts. */
export function expandInto(x: NDArray, target: NDArray): void {
  if (target.size === 0) return;
  const strides = broadcastStrides(x.shape, target.shape, x.strides);
  x.backend.stridedCopy(target.shape, within(x, 0, strides), walkOver(target), 'set');
}

/**
 * Returns `x` cast and broadcast to the dtype and shape of a kernel's operand, C-contiguous. The
 * result is `x` itself, `buffer`, or a new array, which is added to `temporaries`.
 */
export function fit(
  x: NDArray,
  dtype: DType,
  shape: Shape,
  temporaries: NDArray[],
  buffer?: NDArray,
): NDArray {
  const same = sameShape(x.shape, shape);
  let y = x;
  if (x.dtype !== dtype) {
    y = same && buffer ? buffer : x.space.withShape(x.shape, dtype).empty();
    x.backend.cast(x, y);
    if (y !== buffer) temporaries.push(y);
  }
  if (same && y.isContiguous) return y;
  const z = buffer ?? x.space.withShape(shape, dtype).empty();
  expandInto(y, z);
  if (z !== buffer) temporaries.push(z);
  return z;
}

function release(temporaries: readonly NDArray[]): void {
  for (const x of temporaries) x.dispose();
}

export function unary(op: UnaryOp, x: NDArray): NDArray {
  const dtype = computeDType(op, x.dtype, x.backend.defaultDType);
  const temporaries: NDArray[] = [];
  const y = x.space.withShape(x.shape, unaryResult(op, dtype)).empty();
  const from = fit(x, dtype, x.shape, temporaries, y.dtype === dtype ? y : undefined);
  x.backend.unary(op, from, y);
  release(temporaries);
  return y;
}

/**
 * `x ← f(x)`
 * @throws {@link DTypeError} if the result has another dtype
 */
export function unaryInPlace<T extends NDArray>(op: UnaryOp, x: T): T {
  if (unaryResult(op, x.dtype) !== x.dtype)
    throw new DTypeError(`${op} of ${x.dtype} gives ${unaryResult(op, x.dtype)} and can't be done in place`);
  x.backend.unary(op, x, x);
  return x;
}

/** Computes `x op y`. Shapes broadcast; one operand may be a scalar. */
export function binary(name: BinaryOp, x: Operand, y: Operand): NDArray {
  const like = arrayAmong(x, y);
  checkOperand(name, x, like);
  checkOperand(name, y, like);
  const dtype = binaryDType(name, x, y);
  const op = kernelOf(name, dtype);
  const shape = isScalar(x) || isScalar(y) ? like.shape : broadcastShapes(x.shape, y.shape);
  const z = like.space.withShape(shape, binaryResult(op, dtype)).empty();
  const temporaries: NDArray[] = [];
  let buffer = z.dtype === dtype ? z : undefined;
  const a = isScalar(x) ? x : fit(x, dtype, shape, temporaries, buffer);
  if (a === buffer) buffer = undefined;
  const b = isScalar(y) ? y : fit(y, dtype, shape, temporaries, buffer);
  like.backend.binary(op, a, b, z);
  release(temporaries);
  return z;
}

/**
 * `x ← x op y`
 * @throws {@link ShapeError} or {@link DTypeError} if x would change its shape or dtype
 */
export function binaryInPlace<T extends NDArray>(name: BinaryOp, x: T, y: Operand): T {
  checkOperand(name, y, x);
  const dtype = binaryDType(name, x, y);
  const op = kernelOf(name, dtype);
  if (dtype !== x.dtype)
    throw new DTypeError(
      `${op} in place would turn ${x.dtype} into ${dtype}: use the form that returns a new array, or ` +
        `astype('${dtype}')`,
    );
  if (isScalar(y)) {
    x.backend.binary(op, x, y, x);
    return x;
  }
  if (!sameShape(broadcastShapes(x.shape, y.shape), x.shape)) {
    throw new ShapeError(
      `${op} in place: an array of shape ${formatShape(y.shape)} does not fit into ${formatShape(x.shape)}`,
    );
  }
  const temporaries: NDArray[] = [];
  x.backend.binary(op, x, aside(fit(y, dtype, x.shape, temporaries), x, temporaries), x);
  release(temporaries);
  return x;
}

export function clip(x: NDArray, low: Operand | null, high: Operand | null): NDArray {
  const y = low === null ? x.copy() : binary('maximum', x, low);
  if (high === null) return y;
  const z = binary('minimum', y, high);
  y.dispose();
  return z;
}

export function clipInPlace<T extends NDArray>(x: T, low: Operand | null, high: Operand | null): T {
  if (low !== null) binaryInPlace('maximum', x, low);
  if (high !== null) binaryInPlace('minimum', x, high);
  return x;
}

/**
 * Returns `y`, or a copy if it partly overlaps the array that is about to be written. Kernels copy
 * what has strides themselves.
 */
export function aside(y: NDArray, written: NDArray, temporaries: NDArray[]): NDArray {
  if (!(y.isContiguous && written.isContiguous) || y.offset === written.offset || !overlaps(y, written))
    return y;
  const copy = y.copy();
  temporaries.push(copy);
  return copy;
}

/**
 * `condition ? x : y`, element by element. All three broadcast. The condition is an array: nonzero
 * is true. If x and y are both scalars, the result has the default dtype of the backend, or its
 * complex counterpart if one of them is complex.
 */
export function where(condition: NDArray, x: Operand, y: Operand): NDArray {
  checkArray('where', condition);
  checkOperand('where', x, condition);
  checkOperand('where', y, condition);
  const float = condition.backend.defaultDType;
  let dtype: DType;
  if (isScalar(x)) dtype = scalarPromote(isScalar(y) ? scalarPromote(float, y, float) : y.dtype, x, float);
  else dtype = isScalar(y) ? scalarPromote(x.dtype, y, float) : promote(x.dtype, y.dtype);
  const shapeOf = (a: Operand): Shape => (isScalar(a) ? [] : a.shape);
  const shape = broadcastShapes(condition.shape, shapeOf(x), shapeOf(y));
  const temporaries: NDArray[] = [];
  let flags = condition;
  if (condition.dtype !== FLAG_DTYPE) {
    flags = binary('notEqual', condition, 0);
    temporaries.push(flags);
  }
  const fitted = (a: Operand) => (isScalar(a) ? a : fit(a, dtype, shape, temporaries));
  const z = condition.space.withShape(shape, dtype).empty();
  condition.backend.where(fit(flags, FLAG_DTYPE, shape, temporaries), fitted(x), fitted(y), z);
  release(temporaries);
  return z;
}
