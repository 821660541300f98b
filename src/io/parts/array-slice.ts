import { NDArray } from '../../core/array/ndarray.js';
import { type DType, isComplex } from '../../core/base/dtype.js';
import { product, type Shape, stridesOf } from '../../core/base/shape.js';
import type { Backend } from '../../core/ports/backend.js';
import { readInto } from '../npy/npy-data.js';
import { dtypeHolding, type NpyHeader, type NpyKind } from '../npy/npy-header.js';
import type { ByteSource } from './byte-source.js';
import type { Runs } from './file-runs.js';

/**
 * A part of an array for a picture. Element (i, j) is `values[i · rowStride + j · columnStride]`.
 */
export interface Slice {
  /** The part in words. */
  readonly title: string;
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** The most rows, numbers of a row, and numbers of a one-dimensional array that are read. */
const ROWS = 80;
const LONG_ROW = 1 << 14;
const LONG_ARRAY = 1 << 20;
const PIECES = 128;

/** The dtype in which numbers are read for a picture. It holds them up to rounding. */
export const pictureDType = (kind: NpyKind, bytes: number): DType => dtypeHolding(kind, bytes) ?? 'float32';

/** A part of an array in words. */
export const titleOf = (place: readonly unknown[], dtype: DType): string =>
  `[${place.join(', ')}]${isComplex(dtype) ? ', moduli' : ''}`;

/** The numbers of a picture. Those of complex arrays are moduli. */
export const realValues = (x: NDArray): ArrayLike<number> =>
  (isComplex(x.dtype) ? x.abs() : x).toHost() as ArrayLike<number>;

/** Positions of `count` pieces of `length` elements, evenly over `n`. */
const spread = (n: number, count: number, length: number) => (k: number) =>
  Math.floor(((k + 0.5) * n) / count - length / 2);

/**
 * Chooses the bytes for a picture of an array in C order: of the plane in the middle of the leading
 * axes, rows at even distances, and of long rows pieces.
 *
 * @param reach the bytes from the start of the array that can be read in moments
 */
function sliceRuns(shape: Shape, itemBytes: number, reach: number) {
  const lead = shape.slice(0, -2);
  const strides = stridesOf(shape);
  const middle = lead.map((n) => Math.floor(n / 2));
  const position = (index: readonly number[]) =>
    index.reduce((sum, i, k) => sum + i * (strides[k] as number), 0);
  const [n, m] = shape.length > 1 ? (shape.slice(-2) as [number, number]) : [1, shape[0] as number];
  const isNear = (position(middle) + n * m) * itemBytes <= reach;
  const index = isNear ? middle : lead.map(() => 0);
  const height = Math.max(1, Math.min(n, isNear ? n : Math.floor(reach / (m * itemBytes))));
  const width = height > 1 || isNear ? m : Math.min(m, Math.floor(reach / itemBytes));
  const rows = Math.min(height, ROWS);
  const isLong = width > (n === 1 ? LONG_ARRAY : LONG_ROW);
  const pieces = isLong ? PIECES : 1;
  const length = isLong ? (n === 1 ? LONG_ARRAY : LONG_ROW) / PIECES : width;
  const rowAt = spread(height, rows, 1);
  const pieceAt = spread(width, pieces, length);
  const runs: Runs = {
    count: rows * pieces,
    bytes: length * itemBytes,
    position: (k) => itemBytes * (position(index) + rowAt(Math.floor(k / pieces)) * m + pieceAt(k % pieces)),
  };
  const part = (most: number, all: number) => (most < all ? `0:${most}` : ':');
  const place = [...index, ...(shape.length > 1 ? [part(height, n)] : []), part(width, m)];
  return { runs, rows, columns: pieces * length, place };
}

/**
 * Reads the picture's part of an array in a file. Undefined for an array without elements.
 *
 * @param reach the bytes from the start of the array that can be read in moments
 * @param open returns the bytes of the runs, whose positions rise and count from the first element
 */
export function readSlice(
  header: Pick<NpyHeader, 'kind' | 'bytes' | 'littleEndian' | 'shape' | 'fortranOrder'>,
  backend: Backend,
  reach: number,
  open: (runs: Runs) => ByteSource,
): Slice | undefined {
  const { kind, bytes, littleEndian, fortranOrder } = header;
  if (product(header.shape) === 0) return undefined;
  const shape = header.shape.length === 0 ? [1] : header.shape;
  const { runs, rows, columns, place } = sliceRuns(fortranOrder ? shape.toReversed() : shape, bytes, reach);
  const x = NDArray.empty([rows, columns], { dtype: pictureDType(kind, bytes), backend });
  readInto(x, { kind, bytes, littleEndian, size: x.size }, open(runs));
  const values = realValues(x);
  const turned = fortranOrder && shape.length > 1;
  return {
    title: titleOf(turned ? place.toReversed() : place, x.dtype),
    values,
    ...(turned
      ? { rows: columns, columns: rows, rowStride: 1, columnStride: columns }
      : { rows, columns, rowStride: columns, columnStride: 1 }),
  };
}
