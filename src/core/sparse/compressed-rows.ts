import { type NDArray, NDArraySpace } from '../array/ndarray.js';
import { INDEX_DTYPE } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { memo } from '../base/memo.js';
import { keep } from '../base/scope.js';
import { formatShape, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend } from '../ports/backend.js';

/** The numbers of rows and columns. */
export type MatrixShape = readonly [rows: number, columns: number];

/** The most rows, columns and entries: their positions are int32. */
const MOST = 2 ** 31 - 1;

/** Throws {@link ShapeError} if positions in int32 do not reach so far. */
export function checkMost(what: string, n: number): void {
  if (n > MOST) throw new ShapeError(`a sparse array has at most ${MOST} ${what}, received ${n}`);
}

/** The rows of the transpose of a matrix, and where each of its entries comes from. */
export interface TransposedRows {
  readonly pattern: CompressedRows;
  /** For each entry of the transpose, the entry of the matrix. */
  readonly order: Int32Array;
}

/**
 * The places of the entries of a sparse matrix: row i has the entries
 * `starts[i] ≤ e < starts[i + 1]`, and entry e is in column `columns[e]`. The columns of a row
 * ascend, and none occurs twice. The places are numbers of the host; each backend has a copy from
 * its first product on.
 */
export class CompressedRows {
  readonly shape: MatrixShape;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly #copies = new WeakMap<Backend, { readonly starts: NDArray; readonly columns: NDArray }>();
  #rows: Int32Array | undefined;
  #transposed: TransposedRows | undefined;

  /**
   * @throws {@link ArgumentError} or {@link ShapeError} unless the starts ascend from 0 to the
   *   number of entries, and the columns within each row
   */
  constructor(shape: MatrixShape, starts: Int32Array, columns: Int32Array) {
    checkMatrix('CompressedRows', shape);
    checkPlaces('CompressedRows', 'starts', starts, MOST);
    checkPlaces('CompressedRows', 'columns', columns, shape[1]);
    checkRows(shape[0], starts, columns);
    this.shape = shape;
    this.starts = starts;
    this.columns = columns;
  }

  /** The number of entries. */
  get size(): number {
    return this.columns.length;
  }

  /** The row of each entry. */
  get rows(): Int32Array {
    if (!this.#rows) {
      const rows = new Int32Array(this.size);
      for (let i = 0; i < this.shape[0]; i++) rows.fill(i, this.starts[i], this.starts[i + 1]);
      this.#rows = rows;
    }
    return this.#rows;
  }

  /** The places in memory of a backend. */
  on(backend: Backend): { readonly starts: NDArray; readonly columns: NDArray } {
    return memo(this.#copies, backend, () => {
      const place = (values: Int32Array): NDArray =>
        keep(NDArraySpace.of([values.length], INDEX_DTYPE, backend).upload(values));
      return { starts: place(this.starts), columns: place(this.columns) };
    });
  }

  /** The transpose, computed at the first call. */
  get transposed(): TransposedRows {
    if (!this.#transposed) {
      const { pattern, slots } = compressed([this.shape[1], this.shape[0]], this.columns, this.rows);
      const order = new Int32Array(this.size);
      for (let e = 0; e < this.size; e++) order[slots[e] as number] = e;
      this.#transposed = { pattern, order };
    }
    return this.#transposed;
  }

  /** The entry in row i and column j, or −1. A bisection. */
  find(i: number, j: number): number {
    const [from, end] = [this.starts[i] as number, this.starts[i + 1] as number];
    const at = firstNotBelow(this.columns, j, from, end);
    return at < end && this.columns[at] === j ? at : -1;
  }

  /** The rows from `start` up to and without `end`. */
  slice(start: number, end: number): CompressedRows {
    const [from, to] = [this.starts[start] as number, this.starts[end] as number];
    const starts = this.starts.subarray(start, end + 1).map((s) => s - from);
    return new CompressedRows([end - start, this.shape[1]], starts, this.columns.slice(from, to));
  }
}

/** The first place from `low` on and below `high` of an ascending list whose number is not less. */
export function firstNotBelow(list: Int32Array, value: number, low = 0, high = list.length): number {
  let [first, last] = [low, high];
  while (first < last) {
    const middle = (first + last) >>> 1;
    if ((list[middle] as number) < value) first = middle + 1;
    else last = middle;
  }
  return first;
}

/** A pattern, and the entry of it to which each given entry is added. */
export interface Compressed {
  readonly pattern: CompressedRows;
  readonly slots: Int32Array;
}

/** Sorts the columns of one row, with the entries that they belong to. */
function sortRow(columns: Int32Array, entries: Int32Array, from: number, to: number): void {
  let sorted = true;
  for (let e = from + 1; e < to && sorted; e++) sorted = (columns[e - 1] as number) <= (columns[e] as number);
  if (sorted) return;
  const n = to - from;
  const [given, own] = [columns.slice(from, to), entries.slice(from, to)];
  const column = (k: number): number => given[k] as number;
  let order: Float64Array | Int32Array;
  if (n * (given.reduce((a, b) => Math.max(a, b)) + 1) <= Number.MAX_SAFE_INTEGER) {
    // One number for both, so that the sort is one of numbers; equal columns keep their order
    order = Float64Array.from(given, (j, k) => j * n + k).sort();
    for (let k = 0; k < n; k++) order[k] = (order[k] as number) % n;
  } else {
    order = Int32Array.from(given, (_, k) => k).sort((a, b) => column(a) - column(b) || a - b);
  }
  for (let k = 0; k < n; k++) {
    columns[from + k] = column(order[k] as number);
    entries[from + k] = own[order[k] as number] as number;
  }
}

/**
 * Entries at any places as compressed rows. Entries given twice become one.
 * @param rows from 0 to `shape[0] − 1`, `columns` from 0 to `shape[1] − 1`: they are not checked
 */
export function compressed(shape: MatrixShape, rows: Int32Array, columns: Int32Array): Compressed {
  const [n, count] = [shape[0], rows.length];
  const starts = new Int32Array(n + 1);
  for (let e = 0; e < count; e++) {
    const i = (rows[e] as number) + 1;
    starts[i] = (starts[i] as number) + 1;
  }
  for (let i = 0; i < n; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  const next = starts.slice();
  const sorted = new Int32Array(count);
  const entries = new Int32Array(count);
  for (let e = 0; e < count; e++) {
    const i = rows[e] as number;
    const at = next[i] as number;
    next[i] = at + 1;
    sorted[at] = columns[e] as number;
    entries[at] = e;
  }
  const slots = new Int32Array(count);
  let last = 0;
  for (let i = 0; i < n; i++) {
    const [from, to] = [starts[i] as number, starts[i + 1] as number];
    sortRow(sorted, entries, from, to);
    const first = last;
    for (let e = from; e < to; e++) {
      if (last === first || sorted[last - 1] !== sorted[e]) sorted[last++] = sorted[e] as number;
      slots[entries[e] as number] = last - 1;
    }
    starts[i] = first;
  }
  starts[n] = last;
  return { pattern: new CompressedRows(shape, starts, sorted.slice(0, last)), slots };
}

/** All places of two matrices of one shape, and where their entries are among them. */
export function union(
  a: CompressedRows,
  b: CompressedRows,
): { readonly pattern: CompressedRows; readonly slots: readonly [Int32Array, Int32Array] } {
  const starts = new Int32Array(a.shape[0] + 1);
  const columns = new Int32Array(a.size + b.size);
  const [inA, inB] = [new Int32Array(a.size), new Int32Array(b.size)];
  let last = 0;
  for (let i = 0; i < a.shape[0]; i++) {
    let [p, q] = [a.starts[i] as number, b.starts[i] as number];
    const [endA, endB] = [a.starts[i + 1] as number, b.starts[i + 1] as number];
    while (p < endA || q < endB) {
      const left = p < endA ? (a.columns[p] as number) : MOST;
      const right = q < endB ? (b.columns[q] as number) : MOST;
      if (left <= right) inA[p++] = last;
      if (right <= left) inB[q++] = last;
      columns[last++] = Math.min(left, right);
    }
    starts[i + 1] = last;
  }
  return { pattern: new CompressedRows(a.shape, starts, columns.slice(0, last)), slots: [inA, inB] };
}

/** Throws {@link ShapeError} unless a value is the shape of a matrix that int32 can address. */
export function checkMatrix(name: string, shape: MatrixShape): void {
  const sizes = toShape(shape as readonly number[]);
  if (sizes.length !== 2)
    throw new ShapeError(`${name}: expected the shape of a matrix, received ${formatShape(sizes)}`);
  checkMost('rows', shape[0]);
  checkMost('columns', shape[1]);
}

/** Throws {@link ArgumentError} unless all places are int32, from 0 to `n − 1`. */
export function checkPlaces(name: string, what: string, places: Int32Array, n: number): void {
  if (!(places instanceof Int32Array))
    throw new ArgumentError(`${name}: expected ${what} in an Int32Array, received ${textOf(places)}`);
  for (let k = 0; k < places.length; k++)
    if ((places[k] as number) < 0 || (places[k] as number) >= n) outside(name, what, places[k] as number, n);
}

function outside(name: string, what: string, value: number, n: number): never {
  throw new ArgumentError(
    `${name}: expected ${what} to be whole numbers from 0 to ${n - 1}, received ${value}`,
  );
}

function checkRows(n: number, starts: Int32Array, columns: Int32Array): void {
  let isValid = starts.length === n + 1 && starts[0] === 0 && starts[n] === columns.length;
  for (let i = 0; i < n && isValid; i++) {
    isValid = (starts[i] as number) <= (starts[i + 1] as number);
    for (let e = (starts[i] as number) + 1; isValid && e < (starts[i + 1] as number); e++)
      isValid = (columns[e - 1] as number) < (columns[e] as number);
  }
  if (!isValid)
    throw new ArgumentError(
      `CompressedRows: expected ${n + 1} starts that ascend from 0 to ${columns.length}, and columns ` +
        'that ascend within each row',
    );
}

/**
 * Places from numbers of the host, as int32.
 * @throws {@link ArgumentError} unless all are whole numbers from 0 to `n − 1`
 */
export function placesBelow(name: string, what: string, values: ArrayLike<number>, n: number): Int32Array {
  const places = Int32Array.from(values);
  for (let k = 0; k < places.length; k++)
    if (places[k] !== values[k]) outside(name, what, values[k] as number, n);
  checkPlaces(name, what, places, n);
  return places;
}
