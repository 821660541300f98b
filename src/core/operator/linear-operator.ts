import { NDArray, NDArraySpace } from '../array/ndarray.js';
import { abs, im, isScalar, re, type Scalar } from '../base/complex.js';
import { textOnly } from '../base/conversion.js';
import { checkDType, complexOf, type DType, hostArray, isComplex, isDouble, lanesOf } from '../base/dtype.js';
import { ArgumentError, DTypeError, NumericalError, ShapeError } from '../base/errors.js';
import { memo } from '../base/memo.js';
import { checkCount, type Defaults, withDefaults } from '../base/options.js';
import { tidy } from '../base/scope.js';
import { formatShape, product, type Shape, sameShape, toShape } from '../base/shape.js';
import { textOf } from '../base/text-of.js';
import { movedTo } from '../distributed/fill-into.js';
import { DistributedSpace } from '../distributed/space.js';
import type { Backend } from '../ports/backend.js';
import type { Communicator } from '../ports/communicator.js';
import { resolveBackend } from '../ports/defaults.js';
import { vdots } from '../vector/inner-products.js';
import { type Filled, takeReturned } from '../vector/returned.js';
import {
  type AnyVector,
  checkSpace,
  checkVector,
  hasStrides,
  inSpace,
  type Space,
  sameMemory,
  type Vector,
  viewAs,
} from '../vector/vector.js';
import { borrow, giveBack, withWorkspace } from '../vector/workspace.js';
import {
  adjointRule,
  conjugateRule,
  type Direction,
  type OperatorRule,
  powerRule,
  productRule,
  scaledRule,
  sumRule,
  workingDType,
} from './operator-algebra.js';

export type { Direction } from './operator-algebra.js';
export { commonSpace, commonSpec, fitting, givenDType, takenBy } from './operator-algebra.js';

/** The shapes of an operator's vectors, its dtype and its properties. */
export interface OperatorSpec {
  /** Shape of the model, the input of `matvec`. */
  readonly dims: number | Shape;
  /** Shape of the data, the result of `matvec`. @default dims */
  readonly dimsd?: number | Shape;
  /** @default 'float64' */
  readonly dtype?: DType;
  /**
   * The operator holds values of its dtype, so vectors of another precision are refused. Without
   * such values, its results have the precision of its vectors.
   * @default false
   */
  readonly holdsData?: boolean;
  /** The communicator of the operator. Undefined for an operator of one rank. */
  readonly comm?: Communicator | undefined;
  /** The operator is 0, so that a dot test in which all products are 0 passes. @default false */
  readonly zero?: boolean;
  /**
   * False if `⟨A u, v⟩ = ⟨u, Aᴴ v⟩` holds for the real parts only (real part, FFT of real data).
   * @default true
   */
  readonly complexLinear?: boolean;
  /** c if `A Aᴴ A = c A` holds, c > 0: `Aᴴ/c` then solves least squares. @default not known */
  readonly frameBound?: number | undefined;
}

/** Dtype and backend of the natural space of an operator. */
export interface SpaceOptions {
  readonly dtype?: DType;
  readonly backend?: Backend | string;
}
const SPACE_DEFAULTS = { dtype: undefined, backend: undefined } satisfies Defaults<SpaceOptions>;

/**
 * The dtype and the backend of an operator's natural space. If the backend lacks the operator's
 * dtype and the operator holds no data, the dtype is the backend's default.
 */
export function naturalSpace(
  { name, dtype, holdsData }: Pick<AnyOperator, 'name' | 'dtype' | 'holdsData'>,
  options: SpaceOptions | undefined,
): { readonly dtype: DType; readonly backend: Backend } {
  const given = withDefaults(`${name}.domain`, options, SPACE_DEFAULTS);
  const backend = resolveBackend(given.backend);
  const fallback = isComplex(dtype) ? complexOf(backend.defaultDType) : backend.defaultDType;
  const own = holdsData || backend.dtypes.includes(dtype) ? dtype : fallback;
  return { backend, dtype: given.dtype ?? own };
}

/** Options of {@link LinearOperator.div}. */
export interface DivOptions {
  /** Most iterations where the inverse is not known; Infinity for no limit. @default 100 */
  readonly niter?: number;
}
const DIV_DEFAULTS = { niter: 100 } satisfies Defaults<DivOptions>;

type LeastSquares = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  niter: number,
) => M;
let leastSquares: LeastSquares | undefined;

/**
 * Sets the solver of {@link LinearOperator.div}, which this folder may not import. Importing
 * `lops-mpi` sets it.
 */
export function setLeastSquares(solve: LeastSquares): void {
  leastSquares = solve;
}

/** Options of {@link LinearOperator.dotTest}. */
export interface DotTestOptions<M> {
  /** The space of the test vectors. @default the operator's natural domain */
  readonly domain?: Space<M>;
  /** Largest accepted relative difference. @default 1e-11 in double, 1e-4 in single precision */
  readonly rtol?: number;
  /** @default 1 */
  readonly seed?: number;
  /** Throw a {@link NumericalError} if the test fails. @default true */
  readonly raise?: boolean;
}

/**
 * `⟨A u, v⟩` and `⟨u, Aᴴ v⟩`, and their difference relative to `‖A u‖‖v‖ + ‖u‖‖Aᴴ v‖`. The test is
 * not passed if both are 0, unless the operator is 0.
 */
export interface DotTestResult {
  readonly passed: boolean;
  readonly left: Scalar;
  readonly right: Scalar;
  readonly error: number;
}

const DEFAULTS = { domain: undefined, rtol: undefined, seed: 1, raise: true } satisfies Defaults<
  DotTestOptions<never>
>;

/**
 * A linear map `A` from models to data, written once for local, distributed and stacked vectors.
 *
 * A subclass defines its spaces and two methods for `y ← A x` and `x ← Aᴴ y`. `rangeOf` and
 * `domainOf` return the space of a vector's image. Without an override, it is the space of the
 * vector. In the simple form the two methods return their result: `forward(x)` and `adjoint(y)`. In
 * the fast form they fill their second argument, and no vector is allocated: `forward(x, y)` and
 * `adjoint(y, x)`. The base class adds checks, output vectors, the algebra and the dot test.
 * Nothing is computed until `matvec` or `rmatvec`.
 */
export abstract class LinearOperator<M extends Vector<M>, D extends Vector<D> = M> {
  readonly dims: Shape;
  readonly dimsd: Shape;
  readonly dtype: DType;
  readonly holdsData: boolean;
  readonly comm: Communicator | undefined;
  readonly #zero: boolean;
  /**
   * False if `⟨A u, v⟩ = ⟨u, Aᴴ v⟩` holds for the real parts only (real part, FFT of real data).
   */
  readonly complexLinear: boolean;
  /** c if `A Aᴴ A = c A` is known to hold. `Aᴴ/c` then is the inverse, or the pseudoinverse. */
  readonly frameBound: number | undefined;
  readonly #ranges = new WeakMap<Space<M>, Space<D>>();
  readonly #domains = new WeakMap<Space<D>, Space<M>>();
  /** True for a method that has no argument to fill and must therefore return its result. */
  readonly #returns = { forward: false, adjoint: false, forwardAdd: false, adjointAdd: false };
  // Cached, because they cache spaces themselves.
  #adjoint: LinearOperator<D, M> | undefined;
  #conjugate: LinearOperator<M, D> | undefined;

  constructor(spec: OperatorSpec) {
    const { frameBound } = spec;
    // A name may be made of fields that are not set yet
    if (frameBound !== undefined && !(Number.isFinite(frameBound) && frameBound > 0))
      throw new ArgumentError(
        `${new.target.name}: expected frameBound to be a finite number above 0, ` +
          `received ${textOf(frameBound)}`,
      );
    this.dims = toShape(spec.dims, 'dims');
    this.dimsd = spec.dimsd === undefined ? this.dims : toShape(spec.dimsd, 'dimsd');
    this.dtype = checkDType(spec.dtype ?? 'float64');
    this.holdsData = spec.holdsData ?? false;
    this.comm = spec.comm;
    this.#zero = spec.zero ?? false;
    this.complexLinear = spec.complexLinear ?? true;
    this.frameBound = frameBound;
  }

  /** True if the operator is known to be 0. */
  get zero(): boolean {
    return this.#zero;
  }

  /** `[rows, columns]` */
  get shape(): readonly [number, number] {
    return [product(this.dimsd), product(this.dims)];
  }

  /** `A x`: fills y, or returns the result. It must neither change x nor keep a reference to it. */
  protected abstract forward(x: M, y: D): Filled<D>;
  /**
   * `Aᴴ y`: fills x, or returns the result. It must neither change y nor keep a reference to it.
   */
  protected abstract adjoint(y: D, x: M): Filled<M>;

  /** The natural space of models. Never communicates. */
  abstract domain(options?: SpaceOptions): Space<M>;

  /** The natural space of data. */
  range(options?: SpaceOptions): Space<D> {
    return this.rangeOf(this.domain(options));
  }

  /**
   * The space of `A x` for x of a space. Never communicates. An operator with different `dims` and
   * `dimsd` overrides it. Throws on all ranks or on none if the operator cannot be applied.
   */
  rangeOf(x: Space<M>): Space<D> {
    return this.#alike(x) as Space<never>;
  }

  /** The space of `Aᴴ y` for y of a space. */
  domainOf(y: Space<D>): Space<M> {
    return this.#alike(y) as Space<never>;
  }

  #alike<V>(space: Space<V>): Space<V> {
    if (product(this.dims) !== product(this.dimsd)) {
      throw new ShapeError(
        `${this.name}: rangeOf and domainOf must be given where dims ${formatShape(this.dims)} and ` +
          `dimsd ${formatShape(this.dimsd)} differ`,
      );
    }
    this.checkShape(space, this.dims);
    return space.withDType(this.inputDType(space.dtype));
  }

  /**
   * Checks the shape of a space.
   * @throws {@link ShapeError} unless it is `dims`, or flat of that size
   */
  protected checkShape(space: Space<unknown>, dims: Shape): void {
    checkSpace(this.name, space);
    if (sameShape(space.shape, dims)) return;
    if (space.shape.length === 1 && space.size === product(dims)) return;
    throw new ShapeError(
      `${this.name}: expected a vector of shape ${formatShape(dims)}, or flat of size ` +
        `${product(dims)}, received ${formatShape(space.shape)}`,
    );
  }

  /** `y ← y + α A x`. An operator that can add without an intermediate vector overrides it. */
  protected forwardAdd(x: M, y: D, alpha: Scalar): Filled<D> {
    withWorkspace(y.space, (work) => y.axpby(alpha, this.matvec(x, work), 1));
  }
  /** `x ← x + α Aᴴ y` */
  protected adjointAdd(y: D, x: M, alpha: Scalar): Filled<M> {
    withWorkspace(x.space, (work) => x.axpby(alpha, this.rmatvec(y, work), 1));
  }

  /**
   * The dtype to which a vector of `dtype` is converted before the operator is applied. It is
   * complex for a complex operator and has the vector's precision. An operator that holds data
   * refuses another precision.
   */
  protected inputDType(dtype: DType): DType {
    return workingDType(this, dtype);
  }

  /**
   * `y = A x`. The errors are the same on every rank.
   * @param x the operator is applied to a copy of a view with strides
   * @param out the vector to fill, which must not overlap x; a new one by default
   * @throws {@link ShapeError}, {@link DTypeError}, {@link PartitionError} or {@link BackendError}
   *   if x or `out` does not fit
   */
  matvec(x: M, out?: D): D {
    return this.#call('forward', x, this.#rangeFor(x), out);
  }

  /**
   * `x = Aᴴ y`. The errors are those of {@link matvec}.
   * @param out the vector to fill, which must not overlap y; a new one by default
   */
  rmatvec(y: D, out?: M): M {
    return this.#call('adjoint', y, this.#domainFor(y), out);
  }

  /** `y ← y + α A x`. Sums and stacks of operators use it. */
  matvecAdd(x: M, y: D, alpha: Scalar = 1): D {
    return this.#call('forwardAdd', x, this.#rangeFor(x), y, alpha);
  }

  /** `x ← x + α Aᴴ y` */
  rmatvecAdd(y: D, x: M, alpha: Scalar = 1): M {
    return this.#call('adjointAdd', y, this.#domainFor(y), x, alpha);
  }

  /**
   * `Y = A X` for several vectors of one rank, the columns of X. Matrices, diagonals, stencils,
   * filters along an axis, rearrangements and sparse operators, and their adjoints, sums, products,
   * real multiples and stacks, are applied to all columns in one call. Others, such as powers and
   * complex multiples, cost a `matvec` for each column and two transpositions.
   * @param X `[columns, k]` for A of `[rows, columns]`, or `[...dims, k]`
   * @returns `[rows, k]`, or `[...dimsd, k]`
   * @throws {@link ShapeError} if X has another shape
   * @throws {@link ArgumentError} if A is an operator on distributed vectors
   */
  matmat(this: LinearOperator<NDArray>, X: NDArray): NDArray {
    return LinearOperator.#multiplied(this, 'forward', X);
  }

  /** `X = Aᴴ Y` for several vectors of one rank, the columns of Y. See {@link matmat}. */
  rmatmat(this: LinearOperator<NDArray>, Y: NDArray): NDArray {
    return LinearOperator.#multiplied(this, 'adjoint', Y);
  }

  static #multiplied(A: LinearOperator<NDArray>, direction: Direction, X: NDArray): NDArray {
    const forward = direction === 'forward';
    const name = `${A.name}.${forward ? 'matmat' : 'rmatmat'}`;
    const [from, n] = forward ? [A.dims, A.shape[1]] : [A.dimsd, A.shape[0]];
    if (A.comm !== undefined)
      throw new ArgumentError(
        `${name}: expected an operator of one rank: apply one on distributed vectors to each of them`,
      );
    if (!(X instanceof NDArray))
      throw new ArgumentError(`${name}: expected an NDArray, received ${textOf(X)}`);
    const k = X.shape.at(-1) as number;
    const natural = sameShape(X.shape, [...from, k]);
    if (!natural && !(X.ndim === 2 && X.shape[0] === n)) {
      const other = from.length === 1 ? '' : ` or [${[...from, 'k'].join(', ')}]`;
      throw new ShapeError(
        `${name}: expected columns as an array of shape [${n}, k]${other}, received ${formatShape(X.shape)}`,
      );
    }
    return tidy(() => {
      const space = NDArraySpace.of(natural ? from : [n], X.dtype, X.backend);
      const image = forward ? A.rangeOf(space) : A.domainOf(space);
      const dtype = forward ? A.inputDType(X.dtype) : A.adjointInputDType(X.dtype);
      const columns = (X.dtype === dtype ? X : X.astype(dtype)).reshape([n, k]).contiguous();
      const Y = A.onColumns(direction, columns, image.dtype) ?? oneByOne(A, direction, columns, image);
      return Y.reshape([...image.shape, k]);
    });
  }

  /**
   * `A X` or `Aᴴ X` as a new matrix of `dtype` for a matrix X, which is converted as by
   * {@link inputDType}. Undefined if the operator has no method for several columns at once.
   */
  protected onColumns(_direction: Direction, _X: NDArray, _dtype: DType): NDArray | undefined {
    return undefined;
  }

  /**
   * Calls one of the four methods with the vector to fill. Does the checks and the promotion that
   * all four share.
   */
  #call<A extends Vector<A>, B extends Vector<B>>(
    method: Method,
    x: A,
    image: Space<B>,
    out: B | undefined,
    alpha?: Scalar,
  ): B {
    const forward = method === 'forward' || method === 'forwardAdd';
    const working = forward ? this.inputDType(x.dtype) : this.adjointInputDType(x.dtype);
    if (out !== undefined && (out?.space !== image || out.overlaps(x)))
      checkOut(this.#nameOf(forward), out, x, image);
    if (out && hasStrides(out)) return this.#intoView(method, x, image, out, alpha);
    const y = out ? viewAs(out, image) : image.empty();
    const promoted = x.dtype === working && !hasStrides(x) ? undefined : x.space.withDType(working);
    let input = x;
    try {
      if (promoted) input = borrow(promoted).assign(x);
      const returned = (this as unknown as Methods<A, B>)[method](input, y, alpha);
      if (returned !== undefined || this.#returns[method]) takeReturned(this.#nameOf(forward), returned, y);
    } catch (error) {
      if (out === undefined) y.dispose();
      throw error;
    } finally {
      if (promoted && input !== x) giveBack(promoted, input);
    }
    return out ?? y;
  }

  /** Computes a result in contiguous memory, and assigns it to a view with strides. */
  #intoView<A extends Vector<A>, B extends Vector<B>>(
    method: Method,
    x: A,
    image: Space<B>,
    out: B,
    alpha: Scalar | undefined,
  ): B {
    const run = out.copy();
    try {
      return out.assign(this.#call(method, x, image, run, alpha));
    } finally {
      run.dispose();
    }
  }

  #nameOf(forward: boolean): string {
    return forward ? this.name : `${this.name}.H`;
  }

  #rangeFor(x: M): Space<D> {
    checkVector(this.name, 'x', x);
    return memo(this.#ranges, x.space, () => {
      this.#returns.forward = this.forward.length < 2;
      return this.rangeOf(x.space);
    });
  }
  #domainFor(y: D): Space<M> {
    checkVector(`${this.name}.H`, 'y', y);
    return memo(this.#domains, y.space, () => {
      this.#returns.adjoint = this.adjoint.length < 2;
      return this.domainOf(y.space);
    });
  }

  /**
   * The same as {@link inputDType} for data. It differs if domain and range have different dtypes.
   */
  protected adjointInputDType(dtype: DType): DType {
    return this.inputDType(dtype);
  }

  /**
   * Solves `A x = y`: x of smallest `‖y − A x‖`, and of these of smallest `‖x‖`. For Fourier
   * transforms it is the exact inverse, one adjoint. For other operators it is LSQR from zero.
   * Collective for distributed operators.
   */
  div(y: D, options?: DivOptions): M {
    const { niter } = withDefaults(`${this.name}.div`, options, DIV_DEFAULTS);
    if (niter !== Number.POSITIVE_INFINITY) checkCount(`${this.name}.div`, { niter });
    checkVector(`${this.name}.div`, 'y', y);
    if (this.frameBound !== undefined) return this.rmatvec(y).scale(1 / this.frameBound);
    if (!leastSquares)
      throw new ArgumentError(`${this.name}.div: there is no solver of least squares: import 'lops-mpi'`);
    return leastSquares(this, y, niter);
  }

  /** The adjoint (conjugate transpose). Cached. */
  get H(): LinearOperator<D, M> {
    this.#adjoint ??= new Composite(adjointRule<D, M>(this));
    return this.#adjoint;
  }

  /** The transpose: `Aᵀ x = conj(Aᴴ conj(x))`. */
  get T(): LinearOperator<D, M> {
    return this.H.conj();
  }

  /** The conjugate: `x ↦ conj(A conj(x))`. Cached. */
  conj(): LinearOperator<M, D> {
    this.#conjugate ??= new Composite(conjugateRule<M, D>(this));
    return this.#conjugate;
  }

  /** `A + B` */
  add(other: LinearOperator<M, D>): LinearOperator<M, D> {
    checkOperator(`${this.name}.add`, other);
    return new Composite(sumRule<M, D>(this, other));
  }

  /** `A − B` */
  subtract(other: LinearOperator<M, D>): LinearOperator<M, D> {
    checkOperator(`${this.name}.subtract`, other);
    return new Composite(sumRule<M, D>(this, other.scale(-1)));
  }

  /** The product `A B`: B is applied first. */
  mul<N extends Vector<N>>(other: LinearOperator<N, M>): LinearOperator<N, D> {
    checkOperator(`${this.name}.mul`, other);
    return new Composite(productRule<N, M, D>(this, other));
  }

  /**
   * `α A`. Its adjoint is `conj(α) Aᴴ`. An α given as a complex number makes the operator complex,
   * even if its imaginary part is 0.
   */
  scale(alpha: Scalar): LinearOperator<M, D> {
    return new Composite(scaledRule<M, D>(this, alpha));
  }

  /** `−A` */
  negative(): LinearOperator<M, D> {
    return this.scale(-1);
  }

  /**
   * `Aᵖ`: A applied p times.
   * @param p a non-negative integer
   * @throws {@link ShapeError} unless A is square
   */
  pow(this: LinearOperator<M, M>, p: number): LinearOperator<M, M> {
    return new Composite(powerRule<M>(this, p));
  }

  /**
   * The matrix, `[rows, columns]`, on every rank. For small operators: costs one `matvec` for each
   * column. Collective for distributed operators.
   * @throws {@link ArgumentError} if the matrix has more than 2²⁶ elements
   */
  todense(options: SpaceOptions = {}): NDArray {
    const [rows, columns] = this.shape;
    if (rows * columns > 2 ** 26)
      throw new ArgumentError(
        `todense is for small operators: ${rows} × ${columns} elements would be too many`,
      );
    const domain = this.domain(options);
    const x = domain.zeros();
    const y = this.matvec(x);
    const lanes = lanesOf(y.dtype);
    const values = hostArray(y.dtype, rows * columns);
    for (let j = 0; j < columns; j++) {
      this.matvec(x.setAt(j, 1), y);
      x.setAt(j, 0);
      const whole = y.asArray();
      const column = whole.toHost();
      for (let i = 0; i < rows; i++)
        for (let l = 0; l < lanes; l++)
          values[(i * columns + j) * lanes + l] = column[i * lanes + l] as number;
      whole.dispose();
    }
    const matrix = NDArray.fromHost(values, [rows, columns], { dtype: y.dtype, backend: y.backend });
    x.dispose();
    y.dispose();
    return matrix;
  }

  /**
   * Compares `⟨A u, v⟩` with `⟨u, Aᴴ v⟩` for random u and v. Costs two reductions besides those of
   * the operator.
   * @returns the same result on all ranks
   * @throws {@link NumericalError} if the test fails, unless `raise` is false
   */
  dotTest(options?: DotTestOptions<M>): DotTestResult {
    const given = withDefaults(`${this.name}.dotTest`, options, DEFAULTS);
    const { domain = this.domain(), seed, raise } = given;
    checkSpace(`${this.name}.dotTest`, domain);
    const u = domain.random(seed);
    const au = this.matvec(u);
    const v = au.space.random(seed + 1);
    const back = this.rmatvec(v);
    // The model in the layout that the adjoint returned. If the adjoint returned a complex vector
    // and u is real, also in that dtype.
    const seen = movedTo(u, back.space, (moved) => (moved === u ? u : moved.copy()));
    const model = back.dtype === u.dtype || isComplex(u.dtype) ? seen : back.space.empty().assign(seen);
    const rtol = given.rtol ?? (isDouble(au.dtype) ? 1e-11 : 1e-4);
    const [left, auau, vv] = vdots([au, v], [au, au], [v, v]) as [Scalar, Scalar, Scalar];
    const [right, uu, bb] = vdots([model, back], [model, model], [back, back]) as [Scalar, Scalar, Scalar];
    const scale = Math.sqrt(re(auau) * re(vv)) + Math.sqrt(re(uu) * re(bb));
    const difference =
      this.complexLinear && back.dtype === u.dtype
        ? Math.hypot(re(left) - re(right), im(left) - im(right))
        : Math.abs(re(left) - re(right));
    const error = scale === 0 ? difference : difference / scale;
    for (const w of new Set<{ dispose(): void }>([au, v, back, model, seen, u])) w.dispose();
    const nothing = !this.zero && u.size > 0 && au.size > 0 && abs(left) === 0 && abs(right) === 0;
    const passed = error <= rtol && !nothing;
    if (nothing && raise) {
      throw new NumericalError(
        `${this.name}: the dot test is inconclusive: ⟨Au, v⟩ and ⟨u, Aᴴv⟩ are both 0. Do forward and ` +
          'adjoint return or fill their results? An operator that is 0 says so by zero: true',
      );
    }
    if (!passed && raise) {
      throw new NumericalError(
        `${this.name} fails the dot test: ⟨Au, v⟩ = ${show(left)}, ⟨u, Aᴴv⟩ = ${show(right)}, relative ` +
          `difference ${error.toExponential(2)} > ${rtol}`,
      );
    }
    return { passed, left, right, error };
  }

  /** The name of the operator in messages. */
  get name(): string {
    return this.constructor.name;
  }

  toString(): string {
    const [rows, columns] = this.shape;
    return `<${rows}x${columns} ${this.name} with dtype=${this.dtype}>`;
  }
  /** One line: the name, shapes, dtype and, of a distributed operator, the layout of models. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const { dims, dimsd, dtype, comm } = this;
    const layout = comm ? `, ${partitionOf(this)}${comm.size} rank${comm.size > 1 ? 's' : ''}` : '';
    return `${this.name} ${formatShape(dims)} → ${formatShape(dimsd)}, ${dtype}${layout}`;
  }
  /** Converts to text only. Products and sums are methods. */
  [Symbol.toPrimitive](hint: string): string {
    return textOnly(
      this,
      hint,
      'an operator',
      'write A.matvec(x) for A * x, A.mul(B) for A * B, A.scale(a) for a * A, A.add(B) for A + B',
    );
  }
}

/** How the natural models of an operator are split. */
function partitionOf(op: AnyOperator): string {
  try {
    const space: unknown = op.domain();
    if (!(space instanceof DistributedSpace)) return 'stacked on ';
    const { partition, axis } = space;
    return partition === 'SCATTER' ? `SCATTER along axis ${axis} over ` : `${partition} on `;
  } catch {
    return ''; // without a default backend, for instance
  }
}

const show = (a: Scalar): string =>
  typeof a === 'number' ? `${a}` : `${a.re}${a.im < 0 ? '-' : '+'}${abs(a.im)}i`;

/** Applies an operator to each column of a matrix. */
function oneByOne(
  A: LinearOperator<NDArray>,
  direction: Direction,
  X: NDArray,
  image: Space<NDArray>,
): NDArray {
  const [n, k] = X.shape as [number, number];
  const rows = X.transpose().contiguous();
  const { dtype, backend } = image;
  const images = NDArray.empty([k, image.size], { dtype, backend });
  for (let i = 0; i < k; i++) {
    const [x, y] = [rows.view(i * n, [n]), images.view(i * image.size, [image.size])];
    if (direction === 'forward') A.matvec(x, y);
    else A.rmatvec(x, y);
  }
  return images.transpose().copy();
}

type Method = 'forward' | 'adjoint' | 'forwardAdd' | 'adjointAdd';
type Methods<A, B> = Readonly<Record<Method, (x: A, y: B, alpha?: Scalar) => Filled<B>>>;

/** Throws unless the image of x, a vector of the space `image`, can be written into `out`. */
function checkOut(name: string, out: AnyVector, x: AnyVector, image: Space<unknown>): void {
  checkVector(name, 'out', out);
  if (!sameMemory(out.space, image))
    throw new ShapeError(`${name}: expected out ${inSpace(image, out.space)}`);
  if (out.dtype !== image.dtype)
    throw new DTypeError(
      `${name}: expected out of dtype ${image.dtype}, received ${out.dtype}: leave it out, or make it with ` +
        `{ dtype: '${image.dtype}' }`,
    );
  if (out.overlaps(x)) throw new ArgumentError(`${name}: out must not share memory with the input`);
}

/**
 * Checks that `op` is an operator.
 * @throws {@link ArgumentError} if it is not; for a scalar, the message names `scale`
 */
export function checkOperator(owner: string, op: unknown): void {
  if (op instanceof LinearOperator) return;
  throw new ArgumentError(
    `${owner}: expected a linear operator, received ${isScalar(op) ? 'a scalar: use scale()' : textOf(op)}`,
  );
}

// biome-ignore lint/suspicious/noExplicitAny: operators of any vector kinds
export type AnyOperator = LinearOperator<any, any>;

/** An operator made of others by a rule of operator-algebra.ts. */
class Composite<M extends Vector<M>, D extends Vector<D>> extends LinearOperator<M, D> {
  readonly #rule: OperatorRule<M, D>;
  constructor(rule: OperatorRule<M, D>) {
    super(rule.spec);
    this.#rule = rule;
  }
  override get name(): string {
    return this.#rule.name;
  }
  override get zero(): boolean {
    return this.#rule.zero;
  }
  override get H(): LinearOperator<D, M> {
    return this.#rule.H ?? super.H;
  }
  override conj(): LinearOperator<M, D> {
    return this.#rule.conj ?? super.conj();
  }
  override scale(alpha: Scalar): LinearOperator<M, D> {
    return this.#rule.scale?.(alpha) ?? super.scale(alpha);
  }
  override domain(options: SpaceOptions = {}): Space<M> {
    return this.#rule.domain(options);
  }
  override rangeOf(x: Space<M>): Space<D> {
    return this.#rule.rangeOf(x);
  }
  override domainOf(y: Space<D>): Space<M> {
    return this.#rule.domainOf(y);
  }
  protected override inputDType(dtype: DType): DType {
    return this.#rule.inputDType(dtype);
  }
  protected override onColumns(direction: Direction, X: NDArray): NDArray | undefined {
    return this.#rule.columns?.(direction, X);
  }
  protected override forward(x: M, y: D): void {
    this.#rule.forward(x, y);
  }
  protected override adjoint(y: D, x: M): void {
    this.#rule.adjoint(y, x);
  }
  protected override forwardAdd(x: M, y: D, alpha: Scalar): void {
    if (this.#rule.forwardAdd) this.#rule.forwardAdd(x, y, alpha);
    else super.forwardAdd(x, y, alpha);
  }
  protected override adjointAdd(y: D, x: M, alpha: Scalar): void {
    if (this.#rule.adjointAdd) this.#rule.adjointAdd(y, x, alpha);
    else super.adjointAdd(y, x, alpha);
  }
}
