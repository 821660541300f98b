import type { Nested } from '../../core/array/host-values.js';
import { NDArray } from '../../core/array/ndarray.js';
import { type NumberList, numberList } from '../../core/array/number-list.js';
import type { Scalar } from '../../core/base/complex.js';
import type { DType, HostArray } from '../../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { formatShape, toShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { isDistributed, ownPart } from '../../core/distributed/align.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import type { Backend } from '../../core/ports/backend.js';
import { type MatrixShape, placesBelow } from '../../core/sparse/compressed-rows.js';
import { CooArray } from '../../core/sparse/coo-array.js';
import {
  CsrArray,
  checkFloating,
  diagonalOf,
  isSparseArray,
  ownValues,
  type SparseArray,
} from '../../core/sparse/csr-array.js';
import { DistributedCsrArray } from '../../core/sparse/distributed-csr-array.js';
import { type ArrayLike, arrayOf } from '../operands.js';

/** Entries in compressed rows: `indices` are columns, `indptr` where the entries of rows begin. */
export interface CompressedEntries {
  readonly data: ArrayLike | HostArray;
  readonly indices: NumberList;
  readonly indptr: NumberList;
}

/** Entries in any order, each with its row and its column. */
export interface CoordinateEntries {
  readonly data: ArrayLike | HostArray;
  readonly row: NumberList;
  readonly col: NumberList;
}

/** What becomes a sparse array: a dense matrix, a sparse one, or entries. */
export type SparseLike = SparseArray | NDArray | Scalar | Nested | CompressedEntries | CoordinateEntries;

/** Options of {@link csrArray} and {@link cooArray}. */
export interface SparseOptions {
  /** The numbers of rows and columns. @default the fewest that have all entries */
  readonly shape?: MatrixShape | undefined;
  /** Float or complex. @default that of the values; the default float for whole numbers */
  readonly dtype?: DType | undefined;
  /** @default that of the values, or the default backend */
  readonly backend?: Backend | string | undefined;
}
const DEFAULTS = {
  shape: undefined,
  dtype: undefined,
  backend: undefined,
} satisfies Defaults<SparseOptions>;

type List = globalThis.ArrayLike<number>;
type Entries = (CompressedEntries | CoordinateEntries) & object;
const isEntries = (x: unknown): x is Entries =>
  typeof x === 'object' && x !== null && 'data' in x && ('indptr' in x || 'row' in x);

const largest = (values: List): number => {
  let most = -1;
  for (let k = 0; k < values.length; k++) most = Math.max(most, values[k] as number);
  return most;
};

function matrixShape(name: string, shape: readonly number[]): MatrixShape {
  const [n, m, ...rest] = toShape(shape);
  if (n === undefined || m === undefined || rest.length > 0)
    throw new ShapeError(`${name}: expected the shape of a matrix, received ${formatShape(shape)}`);
  return [n, m];
}

/** The rows of entries that lie one row after another. */
function rowsFrom(name: string, indptr: List, count: number): Int32Array {
  const rows = new Int32Array(count);
  for (let i = 0; i + 1 < indptr.length; i++) {
    const [from, to] = [indptr[i] as number, indptr[i + 1] as number];
    if (!Number.isInteger(to) || (i === 0 && from !== 0) || to < from || to > count)
      throw new ArgumentError(
        `${name}: expected indptr to ascend from 0 to ${count}, received ${from}, ${to}`,
      );
    rows.fill(i, from, to);
  }
  if (indptr.length === 0 || indptr[indptr.length - 1] !== count)
    throw new ArgumentError(
      `${name}: expected indptr to end with the number of entries, ${count}, received ` +
        `${indptr[indptr.length - 1]}`,
    );
  return rows;
}

/** The entries as a list, which shares no memory with what was given. */
function listOf(name: string, given: Entries, options: SparseOptions | undefined): CooArray {
  const { shape, dtype, backend } = withDefaults(name, options, DEFAULTS);
  const values = ArrayBuffer.isView(given.data) ? NDArray.array(given.data) : arrayOf(name, given.data);
  const data = ownPart(values).ravel();
  const isCompressed = 'indptr' in given;
  const columns = numberList(name, 'columns', isCompressed ? given.indices : given.col);
  const rows = isCompressed
    ? rowsFrom(name, numberList(name, 'indptr', given.indptr), columns.length)
    : numberList(name, 'rows', given.row);
  if (rows.length !== columns.length || data.size !== columns.length)
    throw new ShapeError(
      `${name}: expected as many values, rows and columns, received ${data.size}, ${rows.length}, ` +
        `${columns.length}`,
    );
  const least: MatrixShape = [
    isCompressed
      ? given.indptr instanceof NDArray
        ? given.indptr.size - 1
        : given.indptr.length - 1
      : largest(rows) + 1,
    largest(columns) + 1,
  ];
  const [n, m] = matrixShape(name, shape ?? least);
  if (isCompressed && least[0] !== n)
    throw new ShapeError(
      `${name}: expected indptr of ${n + 1} numbers for ${n} rows, received ${least[0] + 1}`,
    );
  const moved = data.to(backend ?? data.backend);
  const cast =
    dtype === undefined || dtype === moved.dtype ? moved : moved.astype(checkFloating(name, dtype));
  return new CooArray(
    [n, m],
    placesBelow(name, 'rows', rows, n),
    placesBelow(name, 'columns', columns, m),
    ownValues(name, cast),
  );
}

/** A sparse array with the dtype, the backend and the shape of options. */
function converted<A extends SparseArray>(name: string, a: A, options: SparseOptions | undefined): A {
  const { shape, dtype, backend } = withDefaults(name, options, DEFAULTS);
  if (shape && (shape[0] !== a.shape[0] || shape[1] !== a.shape[1]))
    throw new ShapeError(`${name}: expected shape ${formatShape(shape)}, received ${formatShape(a.shape)}`);
  const moved = a.to(backend ?? a.backend);
  return (dtype === undefined ? moved : moved.astype(checkFloating(name, dtype))) as A;
}

/** A dense matrix, of one rank, as a sparse one. */
function fromDense(name: string, x: ArrayLike, options: SparseOptions | undefined): CsrArray {
  const whole = arrayOf(name, x);
  if (isDistributed(whole))
    throw new ArgumentError(
      `${name}: expected an array of one rank: csrArray() takes a DistributedArray, without options`,
    );
  return converted(name, CsrArray.fromDense(whole), options);
}

/**
 * A sparse matrix in compressed rows, of a dense matrix (its elements that are not 0), of another
 * sparse array, or of entries: `{ data, indices, indptr }` or `{ data, row, col }`. Columns are
 * sorted, and entries given twice are added, in their order. Shares no memory with entries that
 * were given. Whole numbers become floats. Of a DistributedArray, it is one whose rows are spread:
 * see {@link DistributedCsrArray.fromDense}.
 * @throws {@link ArgumentError} for places outside of the matrix
 * @throws {@link ShapeError} if sizes do not fit
 */
export function csrArray(source: DistributedArray): DistributedCsrArray;
export function csrArray(source: SparseLike, options?: SparseOptions): CsrArray;
export function csrArray(
  source: SparseLike | DistributedArray,
  options?: SparseOptions,
): CsrArray | DistributedCsrArray {
  if (isDistributed(source) && options === undefined) return DistributedCsrArray.fromDense(source);
  if (isSparseArray(source)) return converted('csrArray', source.toCsr(), options);
  if (!isEntries(source)) return fromDense('csrArray', source, options);
  return listOf('csrArray', source, options).toCsr();
}

/**
 * A sparse matrix as a list of entries, of what {@link csrArray} takes. Entries stay in the order
 * in which they were given.
 */
export function cooArray(source: SparseLike, options?: SparseOptions): CooArray {
  if (isSparseArray(source))
    return converted('cooArray', source instanceof CsrArray ? CooArray.from(source) : source, options);
  if (!isEntries(source)) return CooArray.from(fromDense('cooArray', source, options));
  return listOf('cooArray', source, options);
}

/** Options of {@link eyeArray}. */
export interface SparseEyeOptions {
  /** The diagonal of the ones. @default 0 */
  readonly k?: number;
  /** @default that of the backend */
  readonly dtype?: DType | undefined;
  /** @default the default backend */
  readonly backend?: Backend | string | undefined;
}
const EYE = { k: 0, dtype: undefined, backend: undefined } satisfies Defaults<SparseEyeOptions>;

/** A sparse matrix with ones on a diagonal. @param m the number of columns, by default n */
export function eyeArray(n: number, m: number = n, options?: SparseEyeOptions): CsrArray {
  const { k, dtype, backend } = withDefaults('eyeArray', options, EYE);
  const shape = matrixShape('eyeArray', [n, m]);
  const length = diagonalOf('eyeArray', shape, k)[1];
  return diagsArray([NDArray.ones([length], { dtype, backend })], { offsets: [k], shape });
}

/** Options of {@link diagsArray}. */
export interface DiagsOptions {
  /** The diagonal of each list: k of the elements `A[i, i + k]`. @default one, of 0 */
  readonly offsets?: readonly number[];
  /** @default square, as large as the first diagonal needs */
  readonly shape?: MatrixShape | undefined;
  /** @default that of the values; the default float for whole numbers */
  readonly dtype?: DType | undefined;
}
const DIAGS = { offsets: undefined, shape: undefined, dtype: undefined } satisfies Defaults<DiagsOptions>;

/**
 * A sparse matrix from its diagonals. A list of one number fills its diagonal.
 * @throws {@link ShapeError} if a diagonal has another length
 */
export function diagsArray(diagonals: readonly ArrayLike[], options?: DiagsOptions): CsrArray {
  const { offsets = [0], shape, dtype } = withDefaults('diagsArray', options, DIAGS);
  if (!Array.isArray(diagonals) || diagonals.length !== offsets.length || diagonals.length === 0)
    throw new ArgumentError(
      `diagsArray: expected a list of diagonals and an offset for each, received ${textOf(diagonals)} ` +
        `and ${textOf(offsets)}`,
    );
  const values = diagonals.map((d) => ownPart(arrayOf('diagsArray', d)).ravel());
  const side = (values[0] as NDArray).size + Math.abs(offsets[0] as number);
  const to = matrixShape('diagsArray', shape ?? [side, side]);
  const parts = values.map((own, d) => {
    const k = offsets[d] as number;
    const [first, n] = diagonalOf('diagsArray', to, k);
    if (own.size !== n && own.size !== 1)
      throw new ShapeError(`diagsArray: expected ${n} values on the diagonal ${k}, received ${own.size}`);
    const rows = Int32Array.from({ length: n }, (_, i) => first + i);
    return csrArray(
      { data: own.broadcastTo([n]), row: rows, col: rows.map((i) => i + k) },
      { shape: to, dtype },
    );
  });
  return parts.reduce((sum, part) => sum.add(part));
}

/** Whether a value is a sparse array, of one rank or spread over ranks. */
export const isSparse = (x: unknown): x is SparseArray | DistributedCsrArray =>
  isSparseArray(x) || x instanceof DistributedCsrArray;
