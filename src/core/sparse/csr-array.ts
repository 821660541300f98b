import { asDType, floatsOf } from '../array/casting.js';
import { checkArray } from '../array/elementwise.js';
import { NDArray, NDArraySpace } from '../array/ndarray.js';
import { gatherAlong } from '../array/shaping.js';
import { truePositions } from '../array/true-positions.js';
import { isScalar, type Scalar } from '../base/complex.js';
import { checkDType, type DType, isComplex, isInteger, placeDType, promote } from '../base/dtype.js';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '../base/errors.js';
import { memo } from '../base/memo.js';
import { keep, tidy } from '../base/scope.js';
import { formatShape, product, toAxis } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend, Elements, SparseProduct } from '../ports/backend.js';
import { resolveBackend } from '../ports/defaults.js';
import { CompressedRows, checkMost, compressed, type MatrixShape, union } from './compressed-rows.js';
import type { CooArray } from './coo-array.js';
import { addAt, addedAt, valuesAt } from './entry-values.js';
import { multiplySparse } from './multiply-sparse.js';

/** A sparse matrix of one rank. */
export type SparseArray = CsrArray | CooArray;

/** Whether a value is a sparse matrix of one rank. */
export const isSparseArray = (x: unknown): x is SparseArray =>
  typeof x === 'object' && x !== null && 'toCsr' in x && 'data' in x && x.data instanceof NDArray;

/** Throws {@link DTypeError} unless sparse arrays hold a dtype. */
export function checkFloating(name: string, dtype: DType): DType {
  if (isInteger(checkDType(dtype)))
    throw new DTypeError(`${name}: sparse arrays hold floats and complex numbers, not ${dtype}`);
  return dtype;
}

/** Throws unless an array has one value for each of `n` entries, along one axis. */
export function checkValues(name: string, data: NDArray, n: number): void {
  checkArray(name, data);
  checkFloating(name, data.dtype);
  if (data.ndim !== 1 || data.size !== n)
    throw new ShapeError(
      `${name}: expected ${n} values of entries, received an array of shape ${formatShape(data.shape)}`,
    );
}

/** The values of entries as floats or complex numbers, in memory of their own. */
export function ownValues(name: string, data: NDArray): NDArray {
  checkArray(name, data);
  const floats = isInteger(data.dtype) ? floatsOf(data) : data.copy();
  return keep(floats);
}

/**
 * A sparse matrix in compressed rows: one row after another, each with its columns in ascending
 * order. Float or complex values, on one backend; the places of the entries are int32, on the host
 * and on the backend. It does not change after it was made. Zeros that were given as entries are
 * entries.
 *
 * The transpose is made at its first use and kept, so that products with it and with the adjoint
 * also read rows, and give the same bits every time. Memory: the entries and their places, and as
 * much again for the transpose.
 */
export class CsrArray {
  readonly format = 'csr';
  readonly ndim = 2;
  /** The places of the entries, on the host. */
  readonly pattern: CompressedRows;
  /** The values of the entries. They must not be written: {@link withData} makes another array. */
  readonly data: NDArray;
  #transposed: CsrArray | undefined;
  #adjoint: CsrArray | undefined;
  readonly #moved = new WeakMap<Backend, CsrArray>();

  /** @param data the values, `[entries]`, which the array keeps */
  constructor(pattern: CompressedRows, data: NDArray) {
    if (!(pattern instanceof CompressedRows))
      throw new ArgumentError(`CsrArray: expected CompressedRows, received ${textOf(pattern)}`);
    checkValues('CsrArray', data, pattern.size);
    this.pattern = pattern;
    this.data = keep(data);
  }

  /** The entries of a dense matrix that are not 0. NaN is one. Downloads their places. */
  static fromDense(x: NDArray): CsrArray {
    checkArray('csrArray', x);
    if (x.ndim !== 2)
      throw new ShapeError(`csrArray: expected a matrix, received an array of shape ${formatShape(x.shape)}`);
    const [n, m] = x.shape as MatrixShape;
    return tidy(() => {
      const flat = floatsOf(x).contiguous().ravel();
      const places = truePositions(flat.notEqual(0));
      checkMost('entries', places.size);
      const starts = new Int32Array(n + 1);
      const columns = new Int32Array(places.size);
      places.toHost().forEach((place, e) => {
        const i = Math.floor(place / m);
        columns[e] = place - i * m;
        starts[i + 1] = e + 1;
      });
      for (let i = 0; i < n; i++) starts[i + 1] = Math.max(starts[i + 1] as number, starts[i] as number);
      return new CsrArray(new CompressedRows([n, m], starts, columns), gatherAlong(flat, places, 0));
    });
  }

  get shape(): MatrixShape {
    return this.pattern.shape;
  }
  get dtype(): DType {
    return this.data.dtype;
  }
  get backend(): Backend {
    return this.data.backend;
  }
  /** The number of entries, explicit zeros included. */
  get nnz(): number {
    return this.pattern.size;
  }
  /** The column of each entry, int32. It must not be written. */
  get indices(): NDArray {
    return this.pattern.on(this.backend).columns;
  }
  /** Where the entries of each row begin, int32, `[rows + 1]`. It must not be written. */
  get indptr(): NDArray {
    return this.pattern.on(this.backend).starts;
  }

  toCsr(): CsrArray {
    return this;
  }

  /** A matrix with entries at the same places. The plans of products are shared. */
  withData(data: NDArray): CsrArray {
    return new CsrArray(this.pattern, ownValues('withData', data));
  }
  /** The array on a backend. The copy is kept for the next call. */
  to(backend: Backend | string): CsrArray {
    const target = resolveBackend(backend);
    if (target === this.backend) return this;
    return memo(this.#moved, target, () => new CsrArray(this.pattern, this.data.to(target)));
  }
  /** The values in a float or complex dtype. The array itself if it has it. */
  astype(dtype: DType): CsrArray {
    return checkFloating('astype', dtype) === this.dtype
      ? this
      : new CsrArray(this.pattern, this.data.astype(dtype));
  }
  conj(): CsrArray {
    return isComplex(this.dtype) ? new CsrArray(this.pattern, this.data.conj()) : this;
  }
  /** All entries times a number. */
  multiply(factor: Scalar): CsrArray {
    if (!isScalar(factor))
      throw new ArgumentError(`multiply: expected a number, received ${textOf(factor)}: see matmul()`);
    return new CsrArray(this.pattern, this.data.multiply(factor));
  }

  /** Aᵀ. Computed at the first call. */
  transpose(): CsrArray {
    if (!this.#transposed) {
      const { pattern, order } = this.pattern.transposed(this.backend);
      this.#transposed = new CsrArray(pattern, valuesAt(this.data, order));
      this.#transposed.#transposed = this;
    }
    return this.#transposed;
  }
  /** Aᴴ. Computed at the first call, as {@link transpose}. */
  adjoint(): CsrArray {
    if (!this.#adjoint) {
      this.#adjoint = this.transpose().conj();
      this.#adjoint.#adjoint = this;
    }
    return this.#adjoint;
  }

  /**
   * The product with a vector `[columns]` or a matrix `[columns, k]`, or with a sparse matrix. That
   * with a sparse matrix is computed on the host. Cost: two flops (complex: eight) for each entry
   * and column; what is read is the entries, their places and the rows of x that they meet.
   */
  matmul(x: NDArray): NDArray;
  matmul(x: SparseArray): CsrArray;
  matmul(x: NDArray | SparseArray): NDArray | CsrArray;
  matmul(x: NDArray | SparseArray): NDArray | CsrArray {
    if (isSparseArray(x)) return this.#timesSparse(x.toCsr());
    checkArray('matmul', x);
    this.#checkColumns(x.shape);
    if (x.ndim !== 1 && x.ndim !== 2)
      throw new ShapeError(
        `matmul: expected a vector or a matrix, received an array of shape ${formatShape(x.shape)}`,
      );
    return tidy(() => {
      const from = asDType(x, promote(this.dtype, x.dtype)).contiguous();
      const y = from.space.withShape([this.shape[0], ...x.shape.slice(1)]).empty();
      this.timesInto(from, y, product(x.shape.slice(1)));
      return y;
    });
  }
  /** Aᴴ x, for the same x as {@link matmul}. The first call makes the {@link adjoint}. */
  rmatmul(x: NDArray): NDArray;
  rmatmul(x: SparseArray): CsrArray;
  rmatmul(x: NDArray | SparseArray): NDArray | CsrArray {
    return this.adjoint().matmul(x);
  }

  /**
   * `y ← A x`, or `y ← y + A x`, for `inner` columns, in runs of memory on the array's backend. x
   * and y have the array's dtype, or the complex one of its precision.
   */
  timesInto(x: Elements, y: Elements, inner: number, mode: SparseProduct['mode'] = 'set'): void {
    const [ny, nx] = this.shape;
    if (ny * inner === 0) return;
    const { starts, columns } = this.pattern.on(this.backend);
    this.backend.sparseProduct(x, y, { nx, ny, inner, starts, columns, values: this.data, mode });
  }

  #checkColumns(shape: readonly number[]): void {
    if (shape[0] !== this.shape[1])
      throw new ShapeError(
        `matmul: inner sizes differ in ${formatShape(this.shape)} and ${formatShape(shape)}`,
      );
  }

  #timesSparse(given: CsrArray): CsrArray {
    this.#checkColumns(given.shape);
    const dtype = promote(this.dtype, given.dtype);
    const host = (a: CsrArray) => ({ pattern: a.pattern, values: a.astype(dtype).data.toHost() });
    const { pattern, values } = multiplySparse(host(this), host(given), dtype);
    return new CsrArray(pattern, NDArraySpace.of([pattern.size], dtype, this.backend).upload(values));
  }

  /** The sum with a sparse matrix of the same shape. Zeros that result are entries. */
  add(other: SparseArray): CsrArray {
    return this.#plus('add', other, (b) => b);
  }
  subtract(other: SparseArray): CsrArray {
    return this.#plus('subtract', other, (b) => b.negative());
  }
  #plus(name: string, other: SparseArray, signed: (data: NDArray) => NDArray): CsrArray {
    if (!isSparseArray(other))
      throw new ArgumentError(`${name}: expected a sparse array, received ${textOf(other)}`);
    const b = other.toCsr();
    if (this.shape[0] !== b.shape[0] || this.shape[1] !== b.shape[1])
      throw new ShapeError(`${name}: shapes ${formatShape(this.shape)} and ${formatShape(b.shape)} differ`);
    if (this.backend !== b.backend)
      throw new BackendError(
        `${name}: the arrays are on '${this.backend.name}' and '${b.backend.name}': move one with to()`,
      );
    const dtype = promote(this.dtype, b.dtype);
    const { pattern, slots } = union(this.pattern, b.pattern);
    return tidy(() => {
      const data = addedAt(asDType(this.data, dtype), slots[0], pattern.size);
      addAt(signed(asDType(b.data, dtype)), slots[1], data);
      return new CsrArray(pattern, data);
    });
  }

  /** The sum of all elements, a number, or along an axis: 0 adds up columns, 1 rows. */
  sum(axis?: null): Scalar;
  sum(axis: number): NDArray;
  sum(axis?: number | null): Scalar | NDArray {
    if (axis === undefined || axis === null) return this.data.sum();
    if (toAxis(axis, 2) === 0) return addedAt(this.data, this.pattern.columns, this.shape[1]);
    return tidy(() => this.matmul(this.data.space.withShape([this.shape[1]]).empty().fill(1)));
  }

  /** The elements `A[i, i + k]`. Zeros where there is no entry. */
  diagonal(k = 0): NDArray {
    const [first, n] = diagonalOf('diagonal', this.shape, k);
    const places = Int32Array.from({ length: n }, (_, i) => this.pattern.find(first + i, first + i + k));
    return valuesAt(this.data, places);
  }

  /** One element: a number, or `{ re, im }`. */
  get(i: number, j: number): Scalar {
    [i, j].forEach((at, axis) => {
      const n = this.shape[axis] as number;
      if (!Number.isInteger(at) || at < -n || at >= n)
        throw new ShapeError(`get: index ${textOf(at)} is outside axis ${axis} of length ${n}`);
    });
    const [n, m] = this.shape;
    const at = this.pattern.find(i < 0 ? i + n : i, j < 0 ? j + m : j);
    return at < 0 ? (isComplex(this.dtype) ? { re: 0, im: 0 } : 0) : this.data.get(at);
  }

  /** The rows from `start` up to and without `end`. Copies their entries. */
  sliceRows(start: number, end: number): CsrArray {
    const n = this.shape[0];
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > n)
      throw new ShapeError(
        `sliceRows: expected a range within 0 to ${n}, received ${textOf(start)} to ${textOf(end)}`,
      );
    const [from, to] = [this.pattern.starts[start] as number, this.pattern.starts[end] as number];
    return new CsrArray(this.pattern.slice(start, end), this.data.slice([from, to]).copy());
  }

  /** The dense matrix. */
  toDense(): NDArray {
    const [n, m] = this.shape;
    const y = this.data.space.withShape([n, m]).zeros();
    if (this.nnz === 0) return y;
    const { rows, columns } = this.pattern;
    const places = Float64Array.from(columns, (j, e) => (rows[e] as number) * m + j);
    const dtype = placeDType(n * m);
    const space = NDArraySpace.of([this.nnz], dtype, this.backend);
    const index = space.upload(dtype === 'int32' ? Int32Array.from(places) : places);
    this.backend.put(this.data, y, { outer: 1, nx: n * m, ny: this.nnz, inner: 1, width: 1, index });
    index.dispose();
    return y;
  }
  /** Nested lists of all elements. */
  toArray(): ReturnType<NDArray['toArray']> {
    return tidy(() => this.toDense().toArray());
  }
  toString(): string {
    return `CsrArray ${formatShape(this.shape)} ${this.dtype}, ${this.nnz} entries`;
  }
}

/** Entries at any places in compressed rows. Those of one place are added, in their order. */
export function summed(shape: MatrixShape, rows: Int32Array, columns: Int32Array, data: NDArray): CsrArray {
  return tidy(() => {
    const { pattern, order, slots } = compressed(data.backend, shape, rows, columns);
    const values = valuesAt(data, order);
    return new CsrArray(pattern, pattern.size < data.size ? addedAt(values, slots, pattern.size) : values);
  });
}

/** The first row of a diagonal of `A[i, i + k]`, and its length. */
export function diagonalOf(name: string, [n, m]: MatrixShape, k: number): readonly [number, number] {
  if (!Number.isSafeInteger(k))
    throw new ArgumentError(`${name}: expected a whole number k, received ${textOf(k)}`);
  return [Math.max(0, -k), Math.max(0, k < 0 ? Math.min(n + k, m) : Math.min(n, m - k))];
}
