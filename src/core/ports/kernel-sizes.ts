import type { DType } from '../base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../base/errors.js';
import { around, type Shape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import {
  type AnyStorage,
  type AxisBand,
  type Convolution,
  type Elements,
  type FftPlan,
  type MatMul,
  MOST_SPLINE_ORDER,
  type OrderFilter,
  type SparseProduct,
  type SplineSum,
  type Stencil,
  type Strided,
} from './backend.js';
import { checkStorable } from './kernel-dtypes.js';

/**
 * The number of elements of a shape.
 * @throws {@link ShapeError} unless all sizes are non-negative integers
 */
export function sizeOf(shape: Shape): number {
  let size = 1;
  let fits = true;
  for (let k = 0; k < shape.length; k++) {
    const n = shape[k] as number;
    size *= n;
    // also true for NaN and fractions
    if (!(n >= 0 && Number.isSafeInteger(n))) fits = false;
  }
  if (!(fits && Number.isSafeInteger(size)))
    throw new ShapeError(`expected sizes that are non-negative integers, received [${shape}]`);
  return size;
}

/**
 * Checks that a kernel may use `n` elements, a non-negative integer, from the first of `elements`
 * on.
 * @throws {@link ShapeError} if the storage ends before them
 * @throws {@link DTypeError} if the storage has another dtype than `dtype`
 */
export function checkReach({ storage, offset }: Elements<AnyStorage>, n: number, dtype?: DType): void {
  if (!(offset + n <= storage.length))
    throw new ShapeError(
      `expected at least ${n} elements, received a storage of ${storage.length} from ${offset} on`,
    );
  if (dtype !== undefined && storage.dtype !== dtype)
    throw new DTypeError(`expected ${dtype}, received ${storage.dtype}`);
}

/**
 * Throws {@link ShapeError} unless the strided access to a non-empty `shape` stays within its
 * storage.
 */
export function checkWalk(shape: Shape, { elements, start, strides }: Strided<AnyStorage>): void {
  let [first, last] = [elements.offset + start, elements.offset + start];
  for (let k = 0; k < shape.length; k++) {
    const way = ((shape[k] as number) - 1) * (strides[k] as number);
    if (way < 0) first += way;
    else last += way;
  }
  if (
    !(
      Number.isSafeInteger(first) &&
      Number.isSafeInteger(last) &&
      first >= 0 &&
      last < elements.storage.length
    )
  )
    throw new ShapeError(
      `expected a walk within a storage of ${elements.storage.length}, received one from ${first} to ${last}`,
    );
}

function checkAxis(axis: number, ndim: number): void {
  if (!(Number.isInteger(axis) && axis >= 0 && axis < ndim))
    throw new ShapeError(`expected an axis below ${ndim}, received ${String(axis)}`);
}

/**
 * The numbers of elements that a transform reads and writes. The real side has those of `shape`,
 * the complex side of 'r2c' and 'c2r' the half spectrum.
 * @throws {@link ShapeError} or {@link ArgumentError} for a plan that is not valid
 */
export function fftSizes({ kind, shape, axes, direction }: FftPlan): readonly [from: number, to: number] {
  const full = sizeOf(shape);
  axes.forEach((axis, k) => {
    checkAxis(axis, shape.length);
    if (axes.indexOf(axis) !== k) throw new ShapeError(`expected each axis once, received [${axes}]`);
  });
  const last = axes[axes.length - 1];
  const only = kind === 'c2c' ? direction : kind === 'r2c' ? 'forward' : 'inverse';
  if (direction !== only)
    throw new ArgumentError(`expected direction '${only}' for ${kind}, received '${direction}'`);
  if (kind === 'c2c' || full === 0) return [full, full];
  if (last === undefined) throw new ShapeError(`expected one axis at least for ${kind}, received none`);
  const n = shape[last] as number;
  const half = (full / n) * (Math.floor(n / 2) + 1);
  return kind === 'r2c' ? [full, half] : [half, full];
}

/**
 * Whether a matrix product has a non-empty result.
 * @throws {@link ShapeError} if an operand is too short for its matrices
 */
export function checkMatMul(
  a: Elements<AnyStorage>,
  b: Elements<AnyStorage>,
  c: Elements<AnyStorage>,
  spec: MatMul,
): boolean {
  const { m, n, k, batch, transA, transB, lda, ldb, ldc, strideA, strideB, strideC } = spec;
  sizeOf([m, n, k, batch]);
  const reach = (e: Elements<AnyStorage>, rows: number, columns: number, ld: number, stride: number) => {
    if (rows > 1 && !(ld >= columns))
      throw new ShapeError(`expected rows of at least ${columns} elements, received ${ld}`);
    checkReach(
      e,
      rows * columns * batch === 0 ? 0 : (batch - 1) * stride + (rows - 1) * ld + columns,
      c.storage.dtype,
    );
  };
  if (m * n * batch === 0) return false;
  reach(a, transA === 'n' ? m : k, transA === 'n' ? k : m, lda, strideA);
  reach(b, transB === 'n' ? k : n, transB === 'n' ? n : k, ldb, strideB);
  reach(c, m, n, ldc, strideC);
  return true;
}

/**
 * The number of elements of the block of a stencil for arrays of `dtype`.
 * @throws {@link ShapeError} if a storage is too short for its ghost cells, or an axis does not
 *   exist
 * @throws {@link DTypeError} if ghost cells have another dtype
 */
export function checkStencil(dtype: DType, { shape, bands, range }: Stencil<AnyStorage>): number {
  const size = sizeOf(shape);
  for (let k = 0; k < bands.length; k++) {
    const { axis, front, back } = bands[k] as AxisBand<AnyStorage>;
    checkAxis(axis, Math.max(1, shape.length));
    if (front) checkReach(front, front.size, dtype);
    if (back) checkReach(back, back.size, dtype);
  }
  if (range) checkAxis(range.axis, Math.max(1, shape.length));
  return size;
}

/** The range of rows that a stencil without a range writes. */
export const allRows = (shape: Shape): NonNullable<Stencil['range']> => ({
  axis: 0,
  start: 0,
  end: shape[0] ?? 1,
});

/** The number of ghost cells along an axis of a stencil. */
export function ghostWidth(ghost: Elements<AnyStorage> | undefined, shape: Shape, axis: number): number {
  if (!ghost) return 0;
  const [outer, , inner] = around(shape, axis);
  return outer * inner > 0 ? ghost.size / (outer * inner) : 0;
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

/**
 * Whether a filter by rank has a non-empty result.
 * @throws {@link ShapeError} if a window is not within x, or has no element of the rank
 */
export function checkOrderFilter(
  x: Elements<AnyStorage>,
  y: Elements<AnyStorage>,
  { xShape, yShape, offsets, rank }: OrderFilter,
): boolean {
  const { dtype } = y.storage;
  const [nx, size] = [sizeOf(xShape), sizeOf(yShape)];
  checkReach(x, nx, dtype);
  checkReach(y, size, dtype);
  const fits = (offset: readonly number[]): boolean =>
    offset.length === yShape.length &&
    offset.every((o, k) => isCount(o) && o + (yShape[k] as number) <= (xShape[k] as number));
  if (xShape.length !== yShape.length || !(size === 0 || offsets.every(fits)))
    throw new ShapeError(
      `expected offsets of windows within [${xShape}] for all elements of [${yShape}], received ` +
        textOf(offsets),
    );
  if (!isCount(rank) || rank >= offsets.length)
    throw new ShapeError(`expected a rank below ${offsets.length}, received ${textOf(rank)}`);
  return size > 0;
}

/**
 * Whether the product with a sparse matrix has a non-empty result.
 * @throws {@link ShapeError} or {@link DTypeError} if x or y do not fit
 */
export function checkSparseProduct(
  x: Elements<AnyStorage>,
  y: Elements<AnyStorage>,
  { nx, ny, inner }: SparseProduct<AnyStorage>,
): boolean {
  const size = sizeOf([ny, inner]);
  checkReach(x, sizeOf([nx, inner]), y.storage.dtype);
  checkReach(y, size);
  return size > 0;
}

/**
 * Whether a sum of splines has a non-empty result.
 * @throws {@link ShapeError}, {@link DTypeError} or {@link ArgumentError} if operands do not fit
 */
export function checkSplineSum(
  x: Elements<AnyStorage>,
  coordinates: Elements<AnyStorage>,
  y: Elements<AnyStorage>,
  { shape, order, points, fill }: SplineSum,
): boolean {
  const { dtype } = y.storage;
  checkReach(x, sizeOf(shape), dtype);
  checkReach(y, sizeOf([points]), dtype);
  const at = coordinates.storage.dtype;
  if (at !== 'float64' && at !== 'float32')
    throw new DTypeError(`expected coordinates of float64 or float32, received ${at}`);
  checkReach(coordinates, sizeOf([shape.length, points]));
  if (!isCount(order) || order > MOST_SPLINE_ORDER)
    throw new ArgumentError(`expected splines of order 0 to ${MOST_SPLINE_ORDER}, received ${textOf(order)}`);
  checkStorable(fill, dtype);
  if (points > 0 && sizeOf(shape) === 0)
    throw new ShapeError(`expected coefficients of splines, received the shape [${shape}]`);
  return points > 0;
}

/**
 * Whether a convolution has a non-empty result.
 * @throws {@link ShapeError} if the shapes have different numbers of axes, or an operand is too
 *   short for its array
 */
export function checkConvolution(
  x: Elements<AnyStorage>,
  h: Elements<AnyStorage>,
  y: Elements<AnyStorage>,
  { xShape, hShape, yShape, offset }: Convolution,
): boolean {
  const { dtype } = y.storage;
  const ndim = yShape.length;
  if (
    xShape.length !== ndim ||
    hShape.length !== ndim ||
    offset.length !== ndim ||
    !offset.every(Number.isSafeInteger)
  )
    throw new ShapeError(
      `expected shapes and integer offsets of one number of axes, received [${xShape}], [${hShape}], ` +
        `[${yShape}], [${offset}]`,
    );
  checkReach(x, sizeOf(xShape), dtype);
  checkReach(h, sizeOf(hShape), dtype);
  const size = sizeOf(yShape);
  checkReach(y, size, dtype);
  return size > 0;
}
