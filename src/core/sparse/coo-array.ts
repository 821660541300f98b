import { type NDArray, NDArraySpace } from '../array/ndarray.js';
import type { Scalar } from '../base/complex.js';
import { type DType, INDEX_DTYPE } from '../base/dtype.js';
import { ArgumentError, ShapeError } from '../base/errors.js';
import { keep } from '../base/scope.js';
import { formatShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import type { Backend } from '../ports/backend.js';
import { checkMatrix, checkPlaces, type MatrixShape } from './compressed-rows.js';
import { CsrArray, checkFloating, checkValues, ownValues, type SparseArray, summed } from './csr-array.js';

/**
 * A sparse matrix as a list of entries in any order: row, column, value. Entries given twice are
 * added in products, sums and conversions. It does not change after it was made.
 *
 * What needs rows is computed by the {@link CsrArray} of the same elements, which is made at the
 * first such call and kept.
 */
export class CooArray {
  readonly format = 'coo';
  readonly ndim = 2;
  readonly shape: MatrixShape;
  /** The rows and the columns of the entries, on the host. They must not be written. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** The values of the entries. They must not be written: {@link withData} makes another array. */
  readonly data: NDArray;
  #csr: CsrArray | undefined;

  /**
   * @param rows int32, from 0 to `shape[0] − 1`, `columns` from 0 to `shape[1] − 1`
   * @param data the values, which the array keeps
   * @throws {@link ArgumentError} or {@link ShapeError} if they are not
   */
  constructor(shape: MatrixShape, rows: Int32Array, columns: Int32Array, data: NDArray) {
    checkMatrix('CooArray', shape);
    checkPlaces('CooArray', 'rows', rows, shape[0]);
    checkPlaces('CooArray', 'columns', columns, shape[1]);
    if (rows.length !== columns.length)
      throw new ShapeError(
        `CooArray: expected a row and a column for each entry, received ${rows.length} and ${columns.length}`,
      );
    checkValues('CooArray', data, rows.length);
    this.shape = shape;
    this.rows = rows;
    this.columns = columns;
    this.data = keep(data);
  }

  /** The entries of an array in compressed rows, in their order. Their values are shared. */
  static from(a: CsrArray): CooArray {
    if (!(a instanceof CsrArray))
      throw new ArgumentError(`CooArray.from: expected a CsrArray, received ${textOf(a)}`);
    const coo = new CooArray(a.shape, a.pattern.rows, a.pattern.columns, a.data);
    coo.#csr = a;
    return coo;
  }

  get dtype(): DType {
    return this.data.dtype;
  }
  get backend(): Backend {
    return this.data.backend;
  }
  /** The number of entries, explicit zeros and entries given twice included. */
  get nnz(): number {
    return this.rows.length;
  }
  /** The row of each entry, int32. A new array. */
  get row(): NDArray {
    return this.#places(this.rows);
  }
  /** The column of each entry, int32. A new array. */
  get col(): NDArray {
    return this.#places(this.columns);
  }
  #places(places: Int32Array): NDArray {
    return NDArraySpace.of([places.length], INDEX_DTYPE, this.backend).upload(places);
  }

  /** The same elements in compressed rows. Entries given twice are added, in their order. */
  toCsr(): CsrArray {
    this.#csr ??= summed(this.shape, this.rows, this.columns, this.data);
    return this.#csr;
  }

  #with(data: NDArray): CooArray {
    return data === this.data ? this : new CooArray(this.shape, this.rows, this.columns, data);
  }
  /** A matrix with entries at the same places. */
  withData(data: NDArray): CooArray {
    return this.#with(ownValues('withData', data));
  }
  /** The array on a backend. */
  to(backend: Backend | string): CooArray {
    return this.#with(this.data.to(backend));
  }
  /** The values in a float or complex dtype. */
  astype(dtype: DType): CooArray {
    return checkFloating('astype', dtype) === this.dtype ? this : CooArray.from(this.toCsr().astype(dtype));
  }
  conj(): CooArray {
    return this.#with(this.data.conj());
  }
  /** All entries times a number. */
  multiply(factor: Scalar): CooArray {
    return CooArray.from(this.toCsr().multiply(factor));
  }
  /** Aᵀ. The entries keep their order. */
  transpose(): CooArray {
    return new CooArray([this.shape[1], this.shape[0]], this.columns, this.rows, this.data);
  }
  /** Aᴴ. The entries keep their order. */
  adjoint(): CooArray {
    return this.transpose().conj();
  }

  /** See {@link CsrArray.matmul}. */
  matmul(x: NDArray): NDArray;
  matmul(x: SparseArray): CsrArray;
  matmul(x: NDArray | SparseArray): NDArray | CsrArray {
    return this.toCsr().matmul(x);
  }
  /** See {@link CsrArray.rmatmul}. */
  rmatmul(x: NDArray): NDArray;
  rmatmul(x: SparseArray): CsrArray;
  rmatmul(x: NDArray | SparseArray): NDArray | CsrArray {
    return this.toCsr().adjoint().matmul(x);
  }
  /** The sum with a sparse matrix of the same shape. */
  add(other: SparseArray): CsrArray {
    return this.toCsr().add(other);
  }
  subtract(other: SparseArray): CsrArray {
    return this.toCsr().subtract(other);
  }
  /** See {@link CsrArray.sum}. */
  sum(axis?: null): Scalar;
  sum(axis: number): NDArray;
  sum(axis?: number | null): Scalar | NDArray {
    return axis === undefined || axis === null ? this.data.sum() : this.toCsr().sum(axis);
  }
  /** The elements `A[i, i + k]`. */
  diagonal(k = 0): NDArray {
    return this.toCsr().diagonal(k);
  }
  /** One element: a number, or `{ re, im }`. */
  get(i: number, j: number): Scalar {
    return this.toCsr().get(i, j);
  }
  /** The dense matrix. */
  toDense(): NDArray {
    return this.toCsr().toDense();
  }
  /** Nested lists of all elements. */
  toArray(): ReturnType<NDArray['toArray']> {
    return this.toCsr().toArray();
  }
  toString(): string {
    return `CooArray ${formatShape(this.shape)} ${this.dtype}, ${this.nnz} entries`;
  }
}
