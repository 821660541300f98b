import type { Backend } from './backend.js';
import type { Communicator } from './communicator.js';
import { abs, conj, im, isScalar, mul as multiplyScalars, re, type Scalar } from './complex.js';
import { checkDType, complexOf, type DType, hostArray, isComplex, isSamePrecision, lanesOf, promote } from './dtype.js';
import { ArgumentError, DTypeError, NumericalError, PartitionError, ShapeError } from './errors.js';
import { NDArray } from './ndarray.js';
import { checkOptions } from './options.js';
import { formatShape, product, type Shape, sameShape, toShape } from './shape.js';
import { checkVector, type Space, sameMemory, seenIn, type Vector, vdots } from './vector.js';
import { withWorkspace } from './workspace.js';

/** What an operator is: the shapes of its vectors and its dtype. */
export interface OperatorSpec {
  /** Shape of the model (what `matvec` takes). */
  readonly dims: number | Shape;
  /** Shape of the data (what `matvec` gives). @default dims */
  readonly dimsd?: number | Shape;
  /** @default 'float64' */
  readonly dtype?: DType;
  /** The operator holds values of its dtype, so vectors of another precision are refused; otherwise its results have their precision. @default false */
  readonly holdsData?: boolean;
  /** The ranks it runs on; undefined for an operator of one rank. */
  readonly comm?: Communicator | undefined;
}

/** Choices for the natural space of an operator. */
export interface SpaceOptions {
  readonly dtype?: DType;
  readonly backend?: Backend | string;
}

export interface DotTestOptions<M> {
  /** Where the test vectors live. @default the operator's natural domain */
  readonly domain?: Space<M>;
  /** Largest accepted relative difference. @default 1e-11 in double, 1e-4 in single precision */
  readonly rtol?: number;
  /** @default 1 */
  readonly seed?: number;
  /** Throw a {@link NumericalError} if the test fails. @default true */
  readonly raise?: boolean;
}

/** `⟨A u, v⟩` and `⟨u, Aᴴ v⟩`, and their difference relative to `‖A u‖‖v‖ + ‖u‖‖Aᴴ v‖`. */
export interface DotTestResult {
  readonly passed: boolean;
  readonly left: Scalar;
  readonly right: Scalar;
  readonly error: number;
}

/**
 * A linear map `A` from models to data, written once for local, distributed and stacked vectors.
 *
 * A subclass gives its spaces (`rangeOf`, `domainOf`: from the space of a vector to that of its image; the same space unless they are overridden) and two
 * methods that *fill* their second argument: `forward(x, y)` for `y ← A x` and `adjoint(y, x)` for `x ← Aᴴ y`. Checks, output vectors, the algebra and the dot
 * test come from here. Nothing is computed until `matvec` or `rmatvec`.
 */
export abstract class LinearOperator<M extends Vector<M>, D extends Vector<D> = M> {
  readonly dims: Shape;
  readonly dimsd: Shape;
  readonly dtype: DType;
  readonly holdsData: boolean;
  readonly comm: Communicator | undefined;
  /** False where `⟨A u, v⟩ = ⟨u, Aᴴ v⟩` holds for the real parts only (real part, FFT of real data). */
  readonly complexLinear: boolean = true;
  readonly #ranges = new WeakMap<Space<M>, Space<D>>();
  readonly #domains = new WeakMap<Space<D>, Space<M>>();

  constructor(spec: OperatorSpec) {
    this.dims = toShape(spec.dims, 'dims');
    this.dimsd = spec.dimsd === undefined ? this.dims : toShape(spec.dimsd, 'dimsd');
    this.dtype = checkDType(spec.dtype ?? 'float64');
    this.holdsData = spec.holdsData ?? false;
    this.comm = spec.comm;
  }

  /** `[rows, columns]` */
  get shape(): readonly [number, number] {
    return [product(this.dimsd), product(this.dims)];
  }

  /** `y ← A x`: fills y. Neither may be kept. */
  protected abstract forward(x: M, y: D): void;
  /** `x ← Aᴴ y`: fills x. Neither may be kept. */
  protected abstract adjoint(y: D, x: M): void;

  /** The natural space of models. Never communicates. */
  abstract domain(options?: SpaceOptions): Space<M>;

  /** The natural space of data. */
  range(options?: SpaceOptions): Space<D> {
    return this.rangeOf(this.domain(options));
  }

  /**
   * The space of `A x` for x of a space. Throws where the operator can't be applied, on all ranks or on none; never communicates.
   * An operator with `dims` unlike `dimsd` overrides it.
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
        `${this.name}: rangeOf and domainOf must be given where dims ${formatShape(this.dims)} and dimsd ${formatShape(this.dimsd)} differ`,
      );
    }
    this.checkShape(space, this.dims);
    return space.withDType(this.inputDType(space.dtype));
  }

  /** Throws {@link ShapeError} unless a space has the shape `dims`, or is flat of that size. */
  protected checkShape(space: Space<unknown>, dims: Shape): void {
    if (sameShape(space.shape, dims)) return;
    if (space.shape.length === 1 && space.size === product(dims)) return;
    throw new ShapeError(
      `${this.name}: expected a vector of shape ${formatShape(dims)}, or flat of size ${product(dims)}, received ${formatShape(space.shape)}`,
    );
  }

  /** `y ← y + α A x`. An operator that can add without an intermediate vector overrides it. */
  protected forwardAdd(x: M, y: D, alpha: Scalar): void {
    withWorkspace(y.space, (work) => y.axpby(alpha, this.matvec(x, work), 1));
  }
  /** `x ← x + α Aᴴ y` */
  protected adjointAdd(y: D, x: M, alpha: Scalar): void {
    withWorkspace(x.space, (work) => x.axpby(alpha, this.rmatvec(y, work), 1));
  }

  /** The dtype in which a vector of `dtype` is worked on: complex for a complex operator, in the vector's precision; an operator with data refuses another precision. */
  protected inputDType(dtype: DType): DType {
    if (this.holdsData) {
      if (dtype !== 'int32' && !isSamePrecision(dtype, this.dtype)) {
        throw new DTypeError(
          `${this.name} holds ${this.dtype}, the vector ${dtype}: cast one of them, for instance x.astype('${isComplex(dtype) ? complexOf(this.dtype) : this.dtype}')`,
        );
      }
      return promote(this.dtype, dtype);
    }
    if (dtype === 'int32') return this.dtype;
    return isComplex(this.dtype) && !isComplex(dtype) ? complexOf(dtype) : dtype;
  }

  /**
   * `y = A x`, into `out` if given (which must not overlap x).
   * Errors: {@link ShapeError}, {@link DTypeError}, {@link PartitionError}, {@link BackendError} where x or `out` does not fit, on every rank alike.
   */
  matvec(x: M, out?: D): D {
    const range = this.#rangeFor(x);
    return apply(this.name, x, out, range, this.inputDType(x.dtype), (u, v) => this.forward(u, v));
  }

  /** `x = Aᴴ y`, into `out` if given (which must not overlap y). Errors as for {@link matvec}. */
  rmatvec(y: D, out?: M): M {
    const domain = this.#domainFor(y);
    return apply(`${this.name}.H`, y, out, domain, this.adjointInputDType(y.dtype), (u, v) => this.adjoint(u, v));
  }

  /** `y ← y + α A x`: what sums and stacks are made of. */
  matvecAdd(x: M, y: D, alpha: Scalar = 1): D {
    const range = this.#rangeFor(x);
    return apply(this.name, x, y, range, this.inputDType(x.dtype), (u, v) => this.forwardAdd(u, v, alpha));
  }

  /** `x ← x + α Aᴴ y` */
  rmatvecAdd(y: D, x: M, alpha: Scalar = 1): M {
    const domain = this.#domainFor(y);
    return apply(`${this.name}.H`, y, x, domain, this.adjointInputDType(y.dtype), (u, v) => this.adjointAdd(u, v, alpha));
  }

  #rangeFor(x: M): Space<D> {
    checkVector(this.name, 'x', x);
    return memo(this.#ranges, x.space, () => this.rangeOf(x.space));
  }
  #domainFor(y: D): Space<M> {
    checkVector(`${this.name}.H`, 'y', y);
    return memo(this.#domains, y.space, () => this.domainOf(y.space));
  }

  /** As {@link inputDType} for data; they differ where domain and range have unlike dtypes. */
  protected adjointInputDType(dtype: DType): DType {
    return this.inputDType(dtype);
  }

  /** The adjoint (conjugate transpose). */
  get H(): LinearOperator<D, M> {
    return new Adjoint(this);
  }

  /** The transpose: `Aᵀ x = conj(Aᴴ conj(x))`. */
  get T(): LinearOperator<D, M> {
    return new Adjoint(this).conj();
  }

  /** The conjugate: `x ↦ conj(A conj(x))`. */
  conj(): LinearOperator<M, D> {
    return new Conjugate(this);
  }

  /** `A + B` */
  add(other: LinearOperator<M, D>): LinearOperator<M, D> {
    checkOperator(`${this.name}.add`, other);
    return new Sum(this, other);
  }

  /** `A − B` */
  subtract(other: LinearOperator<M, D>): LinearOperator<M, D> {
    checkOperator(`${this.name}.subtract`, other);
    return new Sum(this, other.scale(-1));
  }

  /** The product `A B`: B is applied first. */
  mul<N extends Vector<N>>(other: LinearOperator<N, M>): LinearOperator<N, D> {
    checkOperator(`${this.name}.mul`, other);
    return new Product<N, M, D>(this, other);
  }

  /** `α A`, whose adjoint is `conj(α) Aᴴ`. A complex α, of whatever value, makes the operator complex. */
  scale(alpha: Scalar): LinearOperator<M, D> {
    return new Scaled(this, alpha);
  }

  /** `−A` */
  negative(): LinearOperator<M, D> {
    return new Scaled(this, -1);
  }

  /** `Aᵖ`: A applied p times, p a non-negative integer. Throws {@link ShapeError} unless A is square. */
  pow(this: LinearOperator<M, M>, p: number): LinearOperator<M, M> {
    return new Power<M>(this, p);
  }

  /** The matrix, `[rows, columns]`, on every rank: for small operators. Collective for distributed ones; costs one `matvec` a column. */
  todense(options: SpaceOptions = {}): NDArray {
    const [rows, columns] = this.shape;
    if (rows * columns > 2 ** 26)
      throw new ArgumentError(`todense is for small operators: ${rows} × ${columns} elements would be too many`);
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
        for (let l = 0; l < lanes; l++) values[(i * columns + j) * lanes + l] = column[i * lanes + l] as number;
      whole.dispose();
    }
    const matrix = NDArray.fromHost(values, [rows, columns], { dtype: y.dtype, backend: y.backend });
    x.dispose();
    y.dispose();
    return matrix;
  }

  /**
   * Compares `⟨A u, v⟩` with `⟨u, Aᴴ v⟩` for random u and v. Two reductions besides what the operator does.
   * Throws {@link NumericalError} if they differ, unless `raise` is false. The verdict is the same on all ranks.
   */
  dotTest(options: DotTestOptions<M> = {}): DotTestResult {
    checkOptions(`${this.name}.dotTest`, options, ['domain', 'rtol', 'seed', 'raise']);
    const { domain = this.domain(), seed = 1, raise = true } = options;
    const u = domain.random(seed);
    const au = this.matvec(u);
    const v = au.space.random(seed + 1);
    const back = this.rmatvec(v);
    // a real u that a complex operator took is compared in the dtype that came back; of a complex one that a real operator took, the real part counts
    const seen = seenIn(u, back.space);
    const model = back.dtype === u.dtype || isComplex(u.dtype) ? seen : back.space.empty().assign(seen);
    const rtol = options.rtol ?? (isSamePrecision(au.dtype, 'float64') ? 1e-11 : 1e-4);
    const [left, auau, vv] = vdots([au, v], [au, au], [v, v]) as [Scalar, Scalar, Scalar];
    const [right, uu, bb] = vdots([model, back], [model, model], [back, back]) as [Scalar, Scalar, Scalar];
    const scale = Math.sqrt(re(auau) * re(vv)) + Math.sqrt(re(uu) * re(bb));
    const difference =
      this.complexLinear && back.dtype === u.dtype
        ? Math.hypot(re(left) - re(right), im(left) - im(right))
        : Math.abs(re(left) - re(right));
    const error = scale === 0 ? difference : difference / scale;
    for (const w of new Set<{ dispose(): void }>([au, v, back, model, seen, u])) w.dispose();
    const passed = error <= rtol;
    if (!passed && raise) {
      throw new NumericalError(
        `${this.name} fails the dot test: ⟨Au, v⟩ = ${show(left)}, ⟨u, Aᴴv⟩ = ${show(right)}, relative difference ${error.toExponential(2)} > ${rtol}`,
      );
    }
    return { passed, left, right, error };
  }

  /** For messages. */
  get name(): string {
    return this.constructor.name;
  }

  toString(): string {
    const [rows, columns] = this.shape;
    return `<${rows}x${columns} ${this.name} with dtype=${this.dtype}>`;
  }
}

const show = (a: Scalar): string => (typeof a === 'number' ? `${a}` : `${a.re}${a.im < 0 ? '-' : '+'}${abs(a.im)}i`);

function memo<K extends object, V>(cache: WeakMap<K, V>, key: K, make: () => V): V {
  const hit = cache.get(key);
  if (hit !== undefined) return hit;
  const value = make();
  cache.set(key, value);
  return value;
}

/** Output allocation, checks and promotion of the input: the same for both directions. */
function apply<A extends Vector<A>, B extends Vector<B>>(
  name: string,
  x: A,
  out: B | undefined,
  range: Space<B>,
  working: DType,
  fill: (x: A, y: B) => void,
): B {
  if (out !== undefined) {
    if (out.space !== range && !(out.dtype === range.dtype && sameMemory(out.space, range))) {
      throw new ShapeError(`${name}: expected out in ${range}, received ${out.space}`);
    }
    if (out.overlaps(x)) throw new ArgumentError(`${name}: out must not share memory with the input`);
  }
  const y = out ? seenIn(out, range) : range.empty();
  try {
    if (x.dtype === working) fill(x, y);
    else withWorkspace(x.space.withDType(working), (promoted) => fill(promoted.assign(x), y));
  } catch (error) {
    if (out === undefined) y.dispose();
    throw error;
  }
  return out ?? y;
}

/** The space in which an operator whose vectors have the shape `dims` takes vectors of `space`: that itself, or its memory seen flat. */
export function fitting<V>(dims: Shape, space: Space<V>): Space<V> {
  return space.shape.length === 1 || sameShape(space.shape, dims) ? space : space.flat();
}

/** The dtype and data of an operator made of two. Throws {@link DTypeError} where both hold data of unlike precision. */
function combined(a: AnyOperator, b: AnyOperator): { dtype: DType; holdsData: boolean; comm: Communicator | undefined } {
  const leading = b.holdsData && !a.holdsData ? b : a;
  const other = leading === a ? b : a;
  const dtype =
    a.holdsData && b.holdsData
      ? promote(a.dtype, b.dtype)
      : isComplex(other.dtype) && !isComplex(leading.dtype)
        ? complexOf(leading.dtype)
        : leading.dtype;
  if (a.comm && b.comm && a.comm.id !== b.comm.id) throw new PartitionError(`${a.name} and ${b.name} live on different communicators`);
  return { dtype, holdsData: a.holdsData || b.holdsData, comm: a.comm ?? b.comm };
}

/** Throws {@link ArgumentError} unless `op` is an operator; scalars have `scale`. */
export function checkOperator(owner: string, op: unknown): void {
  if (op instanceof LinearOperator) return;
  throw new ArgumentError(`${owner}: expected a linear operator, received ${isScalar(op) ? 'a scalar: use scale()' : String(op)}`);
}

// biome-ignore lint/suspicious/noExplicitAny: operators of any vector kinds
export type AnyOperator = LinearOperator<any, any>;

class Adjoint<M extends Vector<M>, D extends Vector<D>> extends LinearOperator<M, D> {
  readonly #of: LinearOperator<D, M>;
  override readonly complexLinear: boolean;
  constructor(of: LinearOperator<D, M>) {
    super({ dims: of.dimsd, dimsd: of.dims, dtype: of.dtype, holdsData: of.holdsData, comm: of.comm });
    this.#of = of;
    this.complexLinear = of.complexLinear;
  }
  override get name(): string {
    return `${this.#of.name}.H`;
  }
  override get H(): LinearOperator<D, M> {
    return this.#of;
  }
  override domain(options?: SpaceOptions): Space<M> {
    return this.#of.range(options);
  }
  override rangeOf(x: Space<M>): Space<D> {
    return this.#of.domainOf(x);
  }
  override domainOf(y: Space<D>): Space<M> {
    return this.#of.rangeOf(y);
  }
  // The operator underneath knows which dtypes it takes.
  protected override inputDType(dtype: DType): DType {
    return dtype;
  }
  protected override forward(x: M, y: D): void {
    this.#of.rmatvec(x, y);
  }
  protected override adjoint(y: D, x: M): void {
    this.#of.matvec(y, x);
  }
  protected override forwardAdd(x: M, y: D, alpha: Scalar): void {
    this.#of.rmatvecAdd(x, y, alpha);
  }
  protected override adjointAdd(y: D, x: M, alpha: Scalar): void {
    this.#of.matvecAdd(y, x, alpha);
  }
}

class Conjugate<M extends Vector<M>, D extends Vector<D>> extends LinearOperator<M, D> {
  readonly #of: LinearOperator<M, D>;
  override readonly complexLinear: boolean;
  constructor(of: LinearOperator<M, D>) {
    super({ dims: of.dims, dimsd: of.dimsd, dtype: of.dtype, holdsData: of.holdsData, comm: of.comm });
    this.#of = of;
    this.complexLinear = of.complexLinear;
  }
  override get name(): string {
    return `${this.#of.name}.conj()`;
  }
  override conj(): LinearOperator<M, D> {
    return this.#of;
  }
  override domain(options?: SpaceOptions): Space<M> {
    return this.#of.domain(options);
  }
  override rangeOf(x: Space<M>): Space<D> {
    return this.#of.rangeOf(x);
  }
  override domainOf(y: Space<D>): Space<M> {
    return this.#of.domainOf(y);
  }
  protected override inputDType(dtype: DType): DType {
    return dtype;
  }
  protected override forward(x: M, y: D): void {
    conjugated(x, (u) => this.#of.matvec(u, y));
    y.conjInPlace();
  }
  protected override adjoint(y: D, x: M): void {
    conjugated(y, (u) => this.#of.rmatvec(u, x));
    x.conjInPlace();
  }
}

function conjugated<V extends Vector<V>>(x: V, body: (x: V) => void): void {
  if (!isComplex(x.dtype)) return body(x);
  withWorkspace(x.space, (work) => body(work.assign(x).conjInPlace()));
}

class Scaled<M extends Vector<M>, D extends Vector<D>> extends LinearOperator<M, D> {
  readonly #of: LinearOperator<M, D>;
  readonly #alpha: Scalar;
  override readonly complexLinear: boolean;
  constructor(of: LinearOperator<M, D>, alpha: Scalar) {
    const real = typeof alpha === 'number';
    super({ dims: of.dims, dimsd: of.dimsd, dtype: real ? of.dtype : complexOf(of.dtype), holdsData: of.holdsData, comm: of.comm });
    this.#of = of;
    this.#alpha = alpha;
    this.complexLinear = of.complexLinear;
  }
  override scale(alpha: Scalar): LinearOperator<M, D> {
    return new Scaled(this.#of, multiplyScalars(alpha, this.#alpha));
  }
  override domain(options: SpaceOptions = {}): Space<M> {
    const space = this.#of.domain(options);
    return options.dtype ? space : space.withDType(this.inputDType(space.dtype));
  }
  override rangeOf(x: Space<M>): Space<D> {
    return this.#of.rangeOf(isComplexScalar(this.#alpha) ? x.withDType(this.inputDType(x.dtype)) : x);
  }
  override domainOf(y: Space<D>): Space<M> {
    return this.#of.domainOf(isComplexScalar(this.#alpha) ? y.withDType(this.inputDType(y.dtype)) : y);
  }
  protected override inputDType(dtype: DType): DType {
    return isComplexScalar(this.#alpha) ? super.inputDType(dtype) : dtype;
  }
  protected override forward(x: M, y: D): void {
    this.#of.matvec(x, y).scale(this.#alpha);
  }
  protected override adjoint(y: D, x: M): void {
    this.#of.rmatvec(y, x).scale(conj(this.#alpha));
  }
  protected override forwardAdd(x: M, y: D, alpha: Scalar): void {
    this.#of.matvecAdd(x, y, multiplyScalars(alpha, this.#alpha));
  }
  protected override adjointAdd(y: D, x: M, alpha: Scalar): void {
    this.#of.rmatvecAdd(y, x, multiplyScalars(alpha, conj(this.#alpha)));
  }
}

const isComplexScalar = (a: Scalar): boolean => typeof a !== 'number';

class Sum<M extends Vector<M>, D extends Vector<D>> extends LinearOperator<M, D> {
  readonly #a: LinearOperator<M, D>;
  readonly #b: LinearOperator<M, D>;
  override readonly complexLinear: boolean;
  constructor(a: LinearOperator<M, D>, b: LinearOperator<M, D>) {
    const [[n, m], [p, q]] = [a.shape, b.shape];
    if (n !== p || m !== q) throw new ShapeError(`cannot add ${a.name} of ${n} × ${m} and ${b.name} of ${p} × ${q}`);
    super({ dims: a.dims, dimsd: a.dimsd, ...combined(a, b) });
    this.#a = a;
    this.#b = b;
    this.complexLinear = a.complexLinear && b.complexLinear;
  }
  override domain(options: SpaceOptions = {}): Space<M> {
    const space = this.#a.domain(options);
    return options.dtype ? space : space.withDType(this.inputDType(space.dtype));
  }
  override rangeOf(x: Space<M>): Space<D> {
    const working = x.withDType(this.inputDType(x.dtype));
    return agreed(this.name, this.#a.rangeOf(fitting(this.#a.dims, working)), this.#b.rangeOf(fitting(this.#b.dims, working)));
  }
  override domainOf(y: Space<D>): Space<M> {
    const working = y.withDType(this.inputDType(y.dtype));
    return agreed(this.name, this.#a.domainOf(fitting(this.#a.dimsd, working)), this.#b.domainOf(fitting(this.#b.dimsd, working)));
  }
  protected override forward(x: M, y: D): void {
    this.#a.matvec(seenIn(x, fitting(this.#a.dims, x.space)), y);
    this.#b.matvecAdd(seenIn(x, fitting(this.#b.dims, x.space)), y);
  }
  protected override adjoint(y: D, x: M): void {
    this.#a.rmatvec(seenIn(y, fitting(this.#a.dimsd, y.space)), x);
    this.#b.rmatvecAdd(seenIn(y, fitting(this.#b.dimsd, y.space)), x);
  }
  protected override forwardAdd(x: M, y: D, alpha: Scalar): void {
    this.#a.matvecAdd(seenIn(x, fitting(this.#a.dims, x.space)), y, alpha);
    this.#b.matvecAdd(seenIn(x, fitting(this.#b.dims, x.space)), y, alpha);
  }
  protected override adjointAdd(y: D, x: M, alpha: Scalar): void {
    this.#a.rmatvecAdd(seenIn(y, fitting(this.#a.dimsd, y.space)), x, alpha);
    this.#b.rmatvecAdd(seenIn(y, fitting(this.#b.dimsd, y.space)), x, alpha);
  }
}

function agreed<V>(name: string, a: Space<V>, b: Space<V>): Space<V> {
  if (a.dtype !== b.dtype || !sameMemory(a, b))
    throw new PartitionError(`${name}: the terms give vectors of different spaces: ${a} and ${b}`);
  return a;
}

class Product<M extends Vector<M>, K extends Vector<K>, D extends Vector<D>> extends LinearOperator<M, D> {
  readonly #a: LinearOperator<K, D>;
  readonly #b: LinearOperator<M, K>;
  override readonly complexLinear: boolean;
  constructor(a: LinearOperator<K, D>, b: LinearOperator<M, K>) {
    if (a.shape[1] !== b.shape[0]) {
      throw new ShapeError(`cannot multiply ${a.name} of ${a.shape[0]} × ${a.shape[1]} with ${b.name} of ${b.shape[0]} × ${b.shape[1]}`);
    }
    super({ dims: b.dims, dimsd: a.dimsd, ...combined(a, b) });
    this.#a = a;
    this.#b = b;
    this.complexLinear = a.complexLinear && b.complexLinear;
  }
  override domain(options?: SpaceOptions): Space<M> {
    return this.#b.domain(options);
  }
  override rangeOf(x: Space<M>): Space<D> {
    return this.#a.rangeOf(this.#between(x));
  }
  override domainOf(y: Space<D>): Space<M> {
    return this.#b.domainOf(this.#betweenAdjoint(y));
  }
  protected override inputDType(dtype: DType): DType {
    return dtype;
  }
  readonly #images = new WeakMap<Space<M>, Space<K>>();
  readonly #preimages = new WeakMap<Space<D>, Space<K>>();
  #between(x: Space<M>): Space<K> {
    return memo(this.#images, x, () => fitting(this.#a.dims, this.#b.rangeOf(x)));
  }
  #betweenAdjoint(y: Space<D>): Space<K> {
    return memo(this.#preimages, y, () => fitting(this.#b.dimsd, this.#a.domainOf(y)));
  }
  protected override forward(x: M, y: D): void {
    withWorkspace(this.#between(x.space), (work) => this.#a.matvec(this.#b.matvec(x, work), y));
  }
  protected override forwardAdd(x: M, y: D, alpha: Scalar): void {
    withWorkspace(this.#between(x.space), (work) => this.#a.matvecAdd(this.#b.matvec(x, work), y, alpha));
  }
  protected override adjointAdd(y: D, x: M, alpha: Scalar): void {
    withWorkspace(this.#betweenAdjoint(y.space), (work) => this.#b.rmatvecAdd(this.#a.rmatvec(y, work), x, alpha));
  }
  protected override adjoint(y: D, x: M): void {
    withWorkspace(this.#betweenAdjoint(y.space), (work) => this.#b.rmatvec(this.#a.rmatvec(y, work), x));
  }
}

class Power<M extends Vector<M>> extends LinearOperator<M, M> {
  readonly #of: LinearOperator<M, M>;
  readonly #p: number;
  override readonly complexLinear: boolean;
  constructor(of: LinearOperator<M, M>, p: number) {
    if (of.shape[0] !== of.shape[1])
      throw new ShapeError(`only square operators have powers, ${of.name} is ${of.shape[0]} × ${of.shape[1]}`);
    if (!Number.isSafeInteger(p) || p < 0) throw new ArgumentError(`expected a non-negative integer power, received ${p}`);
    super({ dims: of.dims, dimsd: of.dimsd, dtype: of.dtype, holdsData: of.holdsData, comm: of.comm });
    this.#of = of;
    this.#p = p;
    this.complexLinear = of.complexLinear;
  }
  override domain(options?: SpaceOptions): Space<M> {
    return this.#of.domain(options);
  }
  override rangeOf(x: Space<M>): Space<M> {
    return agreed(this.name, x.withDType(this.inputDType(x.dtype)), this.#of.rangeOf(x));
  }
  override domainOf(y: Space<M>): Space<M> {
    return agreed(this.name, y.withDType(this.inputDType(y.dtype)), this.#of.domainOf(y));
  }
  protected override forward(x: M, y: M): void {
    this.#repeat(x, y, (u, v) => this.#of.matvec(u, v));
  }
  protected override adjoint(y: M, x: M): void {
    this.#repeat(y, x, (u, v) => this.#of.rmatvec(u, v));
  }
  #repeat(x: M, y: M, step: (u: M, v: M) => void): void {
    if (this.#p === 0) {
      y.assign(x);
      return;
    }
    if (this.#p === 1) return step(x, y);
    withWorkspace(y.space, (work) => {
      // ends in y after p steps
      let [from, to] = this.#p % 2 === 0 ? [y, work] : [work, y];
      step(x, to);
      for (let k = 1; k < this.#p; k++) {
        [from, to] = [to, from];
        step(from, to);
      }
    });
  }
}
