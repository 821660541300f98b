import { NDArray, NDArraySpace } from '../../src/core/array/ndarray.js';
import {
  abs,
  type Complex,
  complex,
  conj,
  div,
  mul,
  re,
  type Scalar,
  sub,
} from '../../src/core/base/complex.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { fillNormal } from '../../src/core/base/random.js';
import { LinearOperator, type SpaceOptions } from '../../src/core/operator/linear-operator.js';
import type { Trans } from '../../src/core/ports/backend.js';
import { resolveBackend } from '../../src/core/ports/defaults.js';
import type { Space } from '../../src/core/vector/vector.js';

export type Matrix = readonly (readonly Scalar[])[];

/** A matrix as a local operator. */
export class Dense extends LinearOperator<NDArray, NDArray> {
  readonly #a: NDArray;
  readonly #cast = new Map<DType, NDArray>();
  readonly #rows: number;
  readonly #columns: number;
  applications = 0;

  constructor(matrix: Matrix, dtype: DType = 'float64') {
    super({ dims: matrix[0]?.length ?? 0, dimsd: matrix.length, dtype, holdsData: true });
    this.#a = NDArray.array(matrix as Scalar[][], { dtype });
    [this.#rows, this.#columns] = this.shape;
  }
  override domain({ dtype = this.dtype, backend }: SpaceOptions = {}): Space<NDArray> {
    return NDArraySpace.of(this.dims, dtype, resolveBackend(backend));
  }
  override rangeOf(x: Space<NDArray>): Space<NDArray> {
    this.checkShape(x, this.dims);
    return NDArraySpace.of(this.dimsd, this.inputDType(x.dtype), x.backend);
  }
  override domainOf(y: Space<NDArray>): Space<NDArray> {
    this.checkShape(y, this.dimsd);
    return NDArraySpace.of(this.dims, this.inputDType(y.dtype), y.backend);
  }
  protected override forward(x: NDArray, y: NDArray): void {
    this.#product('n', x, y);
  }
  protected override adjoint(y: NDArray, x: NDArray): void {
    this.#product('c', y, x);
  }
  #product(transA: Trans, x: NDArray, y: NDArray): void {
    this.applications++;
    const [m, k] = transA === 'n' ? [this.#rows, this.#columns] : [this.#columns, this.#rows];
    const batch = { batch: 1, strideA: 0, strideB: 0, strideC: 0 };
    // kernels accept operands of one dtype
    const a = this.#cast.get(x.dtype) ?? (x.dtype === this.dtype ? this.#a : this.#a.astype(x.dtype));
    this.#cast.set(x.dtype, a);
    y.backend.matmul(a, x, y, {
      m,
      n: 1,
      k,
      transA,
      transB: 'n',
      lda: this.#columns,
      ldb: 1,
      ldc: 1,
      ...batch,
      alpha: 1,
      beta: 0,
    });
  }
}

/** Solves a small square system by elimination with pivoting. */
export function solveDense(matrix: Matrix, rhs: readonly Scalar[]): Complex[] {
  const rows = matrix.map((row, i) => [...row, rhs[i] as Scalar]);
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++)
      if (abs(rows[i]?.[k] as Scalar) > abs(rows[pivot]?.[k] as Scalar)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot] as Scalar[], rows[k] as Scalar[]];
    const head = rows[k] as Scalar[];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const row = rows[i] as Scalar[];
      const factor = div(row[k] as Scalar, head[k] as Scalar);
      for (let j = k; j <= n; j++) row[j] = sub(row[j] as Scalar, mul(factor, head[j] as Scalar));
    }
  }
  return rows.map((row, k) => {
    const value = div(row[n] as Scalar, row[k] as Scalar);
    return typeof value === 'number' ? complex(value) : value;
  });
}

/**
 * The solution of `(AᴴA + ε² I) x = Aᴴ y`, computed densely. It is the minimum of
 * `‖y − A x‖² + ε²‖x‖²`.
 */
export function normalSolution(a: Matrix, y: readonly Scalar[], damp = 0): Complex[] {
  const columns = a[0]?.length ?? 0;
  const column = (j: number): Scalar[] => a.map((row) => row[j] as Scalar);
  const inner = (u: readonly Scalar[], v: readonly Scalar[]): Complex =>
    u.reduce<Complex>((sum, ui, i) => {
      const t = mul(conj(ui), v[i] as Scalar);
      return complex(sum.re + re(t), sum.im + (typeof t === 'number' ? 0 : t.im));
    }, complex(0));
  const normal = Array.from({ length: columns }, (_, i) =>
    Array.from({ length: columns }, (__, j) => {
      const g = inner(column(i), column(j));
      return i === j ? complex(g.re + damp * damp, g.im) : g;
    }),
  );
  return solveDense(
    normal,
    Array.from({ length: columns }, (_, i) => inner(column(i), y)),
  );
}

/** Random matrices, determined by a seed. */
export function randomMatrix(
  rows: number,
  columns: number,
  seed: number,
  dtype: DType = 'float64',
): Scalar[][] {
  const lanes = isComplex(dtype) ? 2 : 1;
  const values = fillNormal(seed, 0, new Float64Array(rows * columns * lanes), lanes);
  const element = (k: number): Scalar =>
    isComplex(dtype) ? complex(values[2 * k] as number, values[2 * k + 1] as number) : (values[k] as number);
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (__, j) => element(i * columns + j)),
  );
}
