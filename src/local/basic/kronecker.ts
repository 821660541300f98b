import { type NDArray, NDArraySpace } from '../../core/array/ndarray.js';
import type { DType } from '../../core/base/dtype.js';
import { product } from '../../core/base/shape.js';
import { commonSpec, type LinearOperator } from '../../core/operator/linear-operator.js';
import type { Space } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';
import { type AnyLocalOperator, LocalOperator } from '../local-operator.js';
import { checkOperators } from '../parts/stacking.js';

/**
 * Kronecker product: `y = (A₁ ⊗ A₂) x`, that is `Y = A₁ X A₂ᵀ` for X and Y, the row-major matrices
 * of x and y. Shapes: flat, `m₁·m₂` to `n₁·n₂`. Cost: A₂ on m₁ vectors, A₁ on n₂ vectors, and two
 * transpositions. Memory: three work arrays.
 *
 * @example new Kronecker(new Flip(3), new FirstDerivative(4))
 */
export class Kronecker extends LocalOperator {
  readonly #forward: Pair;
  readonly #adjoint: Pair;
  constructor(Op1: AnyLocalOperator, Op2: AnyLocalOperator) {
    checkOperators('Kronecker', [Op1, Op2]);
    const [[n1, m1], [n2, m2]] = [Op1.shape, Op2.shape];
    super({ dims: m1 * m2, dimsd: n1 * n2, ...commonSpec([Op1, Op2]) });
    this.#forward = [Op1, Op2];
    this.#adjoint = [Op1.H, Op2.H];
  }
  override get zero(): boolean {
    return this.#forward.some((op) => op.zero);
  }
  override rangeOf(x: Space<NDArray>): NDArraySpace {
    return withResult(super.rangeOf(x), this.inputDType(x.dtype), this.#forward);
  }
  override domainOf(y: Space<NDArray>): NDArraySpace {
    return withResult(super.domainOf(y), this.adjointInputDType(y.dtype), this.#adjoint);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    apply(this.#forward, x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    apply(this.#adjoint, y, x);
  }
}

type Pair = readonly [outer: AnyLocalOperator, inner: AnyLocalOperator];

/** The dtype of the results of an operator on vectors of a dtype. */
const resultOf = (A: AnyLocalOperator, dtype: DType, space: NDArraySpace): DType =>
  A.rangeOf(NDArraySpace.of(A.shape[1], dtype, space.backend)).dtype;

const withResult = (space: NDArraySpace, dtype: DType, [outer, inner]: Pair): NDArraySpace =>
  space.withDType(resultOf(outer, resultOf(inner, dtype, space), space));

function apply([outer, inner]: Pair, x: NDArray, y: NDArray): void {
  const [[n1, m1], [n2, m2]] = [outer.shape, inner.shape];
  if (y.size === 0) return;
  if (x.size === 0 || m1 * n2 === 0) {
    y.fill(0);
    return;
  }
  const between = NDArraySpace.of(m1 * n2, resultOf(inner, x.dtype, x.space), x.backend);
  withWorkspace(between, (rows) => {
    onRows(inner, x, m2, rows, n2);
    withWorkspace(between, (columns) => {
      transpose(rows, m1, n2, columns);
      withWorkspace(NDArraySpace.of(n2 * n1, y.dtype, y.backend), (turned) => {
        onRows(outer, columns, m1, turned, n1);
        transpose(turned, n2, n1, y);
      });
    });
  });
}

/** Applies an operator to every row of a matrix. */
function onRows(A: LinearOperator<NDArray>, x: NDArray, columns: number, y: NDArray, rows: number): void {
  const count = product(x.shape) / columns;
  for (let i = 0; i < count; i++) {
    const from = x.view(i * columns, [columns]);
    const to = y.view(i * rows, [rows]);
    try {
      A.matvec(from, to);
    } finally {
      from.dispose();
      to.dispose();
    }
  }
}

function transpose(x: NDArray, rows: number, columns: number, y: NDArray): void {
  y.backend.stridedCopy(
    [columns, rows],
    { elements: x, start: 0, strides: [1, columns] },
    { elements: y, start: 0, strides: [rows, 1] },
    'set',
  );
}
