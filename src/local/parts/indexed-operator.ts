import { NDArray } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import type { Direction, OperatorSpec } from '../../core/operator/linear-operator.js';
import { LocalOperator } from '../local-operator.js';
import type { IndexedRows } from './indexed-rows.js';

/**
 * An operator of a sparse matrix S. It is given by the rows of its data, `y = S x` (a gather), or
 * by the rows of its model, `y = Sᴴ x` (a scatter). Cost: one read of the table.
 */
export class IndexedOperator extends LocalOperator {
  readonly #rows: IndexedRows;
  readonly #spreads: boolean;
  constructor(spec: OperatorSpec, form: 'gather' | 'spread', rows: IndexedRows) {
    super(spec);
    this.#rows = rows;
    this.#spreads = form === 'spread';
  }
  /**
   * True if the matrix has no entries, for example because all curves are outside of the data. The
   * first use reads the table.
   */
  override get zero(): boolean {
    return this.#rows.isZero;
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#apply(x, y, this.#spreads);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#apply(y, x, !this.#spreads);
  }
  protected override onColumns(direction: Direction, X: NDArray, dtype: DType): NDArray {
    const forward = direction === 'forward';
    const k = X.shape[1] as number;
    const Y = NDArray.empty([this.shape[forward ? 0 : 1], k], { dtype, backend: X.backend });
    this.#apply(X, Y, this.#spreads === forward, k);
    return Y;
  }
  #apply(from: NDArray, to: NDArray, spreads: boolean, k = 1): void {
    if (!spreads) return this.#rows.gather(from, to, k);
    to.fill(0);
    this.#rows.scatterAdd(from, to, k);
  }
}
