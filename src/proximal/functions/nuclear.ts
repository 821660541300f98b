import { NDArray } from '../../core/array/ndarray.js';
import { epsilonOf, type HostArray, hostArray, isComplex } from '../../core/base/dtype.js';
import { PartitionError, ShapeError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { product, type Shape, toShape } from '../../core/base/shape.js';
import { DistributedArray } from '../../core/distributed/distributed-array.js';
import type { AnyVector } from '../../core/vector/vector.js';
import { checkPositive } from '../parts/checks.js';
import type { SigmaOptions } from './l0.js';
import { type ColumnMatrix, columnMatrix, columnNorm, orthogonalizeColumns } from './parts/jacobi-svd.js';
import { ProxOperator } from './prox-operator.js';

const DEFAULTS = { sigma: 1 } satisfies Defaults<SigmaOptions>;

/**
 * `f(X) = σ ‖X‖⁎`, the sum of the singular values of a small matrix of shape `dims`. Every rank has
 * the whole array: it is an NDArray, or a BROADCAST array.
 *
 * prox: singular values `max(s − τσ, 0)`; dual prox: `min(s, σ)`. They are computed on the host in
 * double precision by one-sided Jacobi, with 4 m n² operations a sweep for n the smaller side. All
 * ranks do the same work and send nothing. Source: Cai, Candès and Shen, "A singular value
 * thresholding algorithm for matrix completion", 2010, theorem 2.1.
 *
 * @throws {@link ShapeError} unless x has the size of `dims`, {@link PartitionError} if it is
 *   distributed over ranks, {@link NumericalError} for NaN.
 */
export class Nuclear extends ProxOperator {
  readonly dims: Shape;
  readonly sigma: number;
  readonly #a: ColumnMatrix;
  readonly #v: ColumnMatrix;
  readonly #host = new Map<string, HostArray>();
  constructor(dims: Shape, options?: SigmaOptions) {
    super();
    const { sigma } = withDefaults('Nuclear', options, DEFAULTS);
    this.dims = toShape(dims, 'dims');
    if (this.dims.length !== 2)
      throw new ShapeError(`Nuclear: expected dims of 2 axes, received [${this.dims.join(', ')}]`);
    this.sigma = checkPositive('Nuclear', 'sigma', sigma);
    const [m, n] = this.dims as [number, number];
    this.#a = columnMatrix(Math.max(m, n), Math.min(m, n));
    this.#v = columnMatrix(Math.min(m, n), Math.min(m, n));
  }

  /** The singular values of x, in descending order. */
  singularValues(x: AnyVector): number[] {
    this.check(x);
    this.#decompose(this.#whole(x));
    return Array.from({ length: this.#a.columns }, (_, k) => columnNorm(this.#a, k)).sort((a, b) => b - a);
  }
  override value(x: AnyVector): number {
    return this.sigma * this.singularValues(x).reduce((sum, s) => sum + s, 0);
  }
  override conjugateValue(y: AnyVector): number {
    this.check(y);
    return (this.singularValues(y)[0] ?? 0) <= this.sigma * (1 + 64 * epsilonOf(y.dtype))
      ? 0
      : Number.POSITIVE_INFINITY;
  }
  protected override fill(x: AnyVector, tau: number, y: AnyVector): void {
    const t = tau * this.sigma;
    this.#scale(x, (s) => (s <= t ? 0 : (s - t) / s), y);
  }
  protected override fillDual(x: AnyVector, _tau: number, y: AnyVector): void {
    this.#scale(x, (s) => this.sigma / Math.max(s, this.sigma), y);
  }

  /** `y ← Σ factor(sₖ) aₖ vₖᴴ` for `X = Σ aₖ vₖᴴ`, with aₖ of norm sₖ. */
  #scale(x: AnyVector, factor: (s: number) => number, y: AnyVector): void {
    const values = this.#decompose(this.#whole(x));
    const a = this.#a;
    values.fill(0);
    for (let k = 0; k < a.columns; k++) {
      const w = factor(columnNorm(a, k));
      if (w !== 0) this.#addOuter(values, w, k, isComplex(x.dtype));
    }
    const target = this.#whole(y);
    target.backend.upload(values, target);
  }

  #whole(x: AnyVector): NDArray {
    if (x.size !== product(this.dims))
      throw new ShapeError(
        `Nuclear: expected a matrix of shape [${this.dims.join(', ')}], received ${x.space}`,
      );
    if (x instanceof NDArray) return x;
    if (x instanceof DistributedArray && x.layout.replicated) return x.local;
    throw new PartitionError(
      `Nuclear: expected an array that every rank has whole, received ${x.space}: broadcast() it first`,
    );
  }

  /**
   * Writes the factors of `X = A' Vᴴ` into `#a` and `#v`. If X is wide, they are those of its
   * conjugate transpose.
   *
   * @returns the host memory of x
   */
  #decompose(x: NDArray): HostArray {
    let values = this.#host.get(x.dtype);
    if (!values) this.#host.set(x.dtype, (values = hostArray(x.dtype, x.size)));
    x.backend.download(x, values);
    const [a, v] = [this.#a, this.#v];
    this.#visit((at, i, k, wide) => {
      const [lanes, j] = isComplex(x.dtype) ? [2, 2 * at] : [1, at];
      a.re[k * a.rows + i] = values[j] as number;
      a.im[k * a.rows + i] = lanes === 2 ? (wide ? -1 : 1) * (values[j + 1] as number) : 0;
    });
    v.re.fill(0);
    v.im.fill(0);
    for (let k = 0; k < v.columns; k++) v.re[k * v.rows + k] = 1;
    orthogonalizeColumns(a, v);
    return values;
  }

  /**
   * Calls `body` for every element of X, with its position in C order, and its row and column in
   * the tall form.
   */
  #visit(body: (at: number, row: number, column: number, wide: boolean) => void): void {
    const [m, n] = this.dims as [number, number];
    const wide = n > m;
    for (let i = 0, at = 0; i < m; i++)
      for (let j = 0; j < n; j++, at++) body(at, wide ? j : i, wide ? i : j, wide);
  }

  /** `X += factor aₖ vₖᴴ` */
  #addOuter(values: HostArray, factor: number, k: number, complex: boolean): void {
    const [a, v] = [this.#a, this.#v];
    this.#visit((at, i, j, wide) => {
      const [ar, ai] = [a.re[k * a.rows + i] as number, a.im[k * a.rows + i] as number];
      const [vr, vi] = [v.re[k * v.rows + j] as number, v.im[k * v.rows + j] as number];
      if (!complex) {
        values[at] = (values[at] as number) + factor * ar * vr;
        return;
      }
      values[2 * at] = (values[2 * at] as number) + factor * (ar * vr + ai * vi);
      values[2 * at + 1] = (values[2 * at + 1] as number) + (wide ? -1 : 1) * factor * (ai * vr - ar * vi);
    });
  }
}
