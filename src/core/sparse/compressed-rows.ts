import { type NDArray, NDArraySpace } from '../array/ndarray.js';
import { INDEX_DTYPE } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { memo } from '../base/memo.js';
import { keep, tidy } from '../base/scope.js';
import { formatShape, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend } from '../ports/backend.js';
import { resolveBackend } from '../ports/defaults.js';

/** The numbers of rows and columns. */
export type MatrixShape = readonly [rows: number, columns: number];

/** The most rows, columns and entries: their positions are int32. */
const MOST = 2 ** 31 - 1;

/** Throws {@link ShapeError} if positions in int32 do not reach so far. */
export function checkMost(what: string, n: number): void {
  if (n > MOST) throw new ShapeError(`a sparse array has at most ${MOST} ${what}, received ${n}`);
}

/** The starts of rows and the columns of their entries, int32, in memory of a backend. */
interface PlacesOfRows {
  readonly starts: NDArray;
  readonly columns: NDArray;
}

/**
 * Places that a kernel wrote. The constructor does not check them, and takes each only once, so
 * that no other caller can leave out the checks.
 */
const WRITTEN = new WeakSet<PlacesOfRows>();

/**
 * The places of the entries of a sparse matrix: row i has the entries
 * `starts[i] ≤ e < starts[i + 1]`, and entry e is in column `columns[e]`. The columns of a row
 * ascend, and none occurs twice. The places are numbers of the host, and must not be written:
 * backends have copies of them from their first product on, and may share this memory.
 */
export class CompressedRows {
  readonly shape: MatrixShape;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly #copies = new WeakMap<Backend, PlacesOfRows>();
  #rows: Int32Array | undefined;
  readonly #transposed = new WeakMap<Backend, Ordered>();

  /**
   * @param written the places in memory of a backend, where a kernel wrote them: those are not
   *   checked
   * @throws {@link ArgumentError} or {@link ShapeError} unless the starts ascend from 0 to the
   *   number of entries, and the columns within each row
   */
  constructor(shape: MatrixShape, starts: Int32Array, columns: Int32Array, written?: PlacesOfRows) {
    if (written && WRITTEN.delete(written)) this.#copies.set(written.starts.backend, keep(written));
    else {
      checkMatrix('CompressedRows', shape);
      checkPlaces('CompressedRows', 'starts', starts, MOST);
      checkPlaces('CompressedRows', 'columns', columns, shape[1]);
      checkRows(shape[0], starts, columns);
    }
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
      for (let i = 0, e = 0; i < this.shape[0]; i++)
        for (const end = this.starts[i + 1] as number; e < end; e++) rows[e] = i;
      this.#rows = rows;
    }
    return this.#rows;
  }

  /** The places in memory of a backend. */
  on(backend: Backend): PlacesOfRows {
    return memo(this.#copies, backend, () => {
      const place = (values: Int32Array): NDArray =>
        keep(NDArraySpace.of([values.length], INDEX_DTYPE, backend).upload(values));
      return { starts: place(this.starts), columns: place(this.columns) };
    });
  }

  /** The transpose, and the order of its entries. Computed at the first call for a backend. */
  transposed(backend: Backend): Ordered {
    return memo(this.#transposed, backend, () => {
      const [n, m] = this.shape;
      return tidy(() => {
        const own = orderingBackend(backend);
        const { starts, columns } = this.on(own);
        const to = emptyPlaces(own, m, this.size);
        own.transposeRows(starts, columns, to);
        return { pattern: patternOf([m, n], to), order: keep(to.order.to(backend)) };
      });
    });
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

/** A pattern, and the given entries in the order of their places: int32. */
export interface Ordered {
  readonly pattern: CompressedRows;
  readonly order: NDArray;
}

/**
 * As {@link Ordered}, of entries that may repeat a place: `slots[k]` is the entry of the pattern to
 * which the given entry `order[k]` is added.
 */
export interface Compressed extends Ordered {
  readonly slots: NDArray;
}

/**
 * Entries at any places as compressed rows. Entries given twice become one. The order is found by a
 * kernel of the backend, or of the CPU if the backend's memory is not the host's. Memory: seven
 * numbers for each entry.
 * @param rows from 0 to `shape[0] − 1`, `columns` from 0 to `shape[1] − 1`: they are not checked
 */
export function compressed(
  backend: Backend,
  shape: MatrixShape,
  rows: Int32Array,
  columns: Int32Array,
): Compressed {
  return tidy(() => {
    const own = orderingBackend(backend);
    const to = { ...emptyPlaces(own, shape[0], rows.length), slots: emptyList(own, rows.length) };
    const list = NDArraySpace.of([rows.length], INDEX_DTYPE, own);
    own.compressRows(list.upload(rows), list.upload(columns), to);
    return { pattern: patternOf(shape, to), order: to.order.to(backend), slots: to.slots.to(backend) };
  });
}

/** The backend that orders places, numbers of the host: that of the CPU in place of devices. */
const orderingBackend = (backend: Backend): Backend =>
  tidy(() => emptyList(backend, 1).storage.hostView(0, 1)) ? backend : resolveBackend('cpu');

const emptyList = (backend: Backend, n: number): NDArray =>
  NDArraySpace.of([n], INDEX_DTYPE, backend).empty();

/** Room for the places of so many rows and entries. */
const emptyPlaces = (backend: Backend, rows: number, entries: number) => ({
  starts: emptyList(backend, rows + 1),
  columns: emptyList(backend, entries),
  order: emptyList(backend, entries),
});

/** The pattern of places that a kernel wrote. */
function patternOf(shape: MatrixShape, { starts, columns }: PlacesOfRows): CompressedRows {
  const ends = onHost(starts);
  const size = ends[shape[0]] as number;
  const found = size === columns.size ? columns : columns.slice([0, size]).copy();
  const written = { starts, columns: found };
  WRITTEN.add(written);
  return new CompressedRows(shape, ends, onHost(found), written);
}

/** The numbers of an array of int32: its own memory, if that is in reach, or a copy. */
const onHost = (x: NDArray): Int32Array => (x.storage.hostView(x.offset, x.size) ?? x.toHost()) as Int32Array;

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
