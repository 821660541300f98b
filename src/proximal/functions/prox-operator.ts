import { textOnly } from '../../core/base/conversion.js';
import { isFloat } from '../../core/base/dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../../core/base/errors.js';
import {
  checkList,
  checkNonNegative,
  checkPositiveCount,
  type Defaults,
  requireOptions,
  withDefaults,
} from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { checkDots, type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import { type Filled, takeReturned } from '../../core/vector/returned.js';
import { type AnyVector, checkVector, inSpace, type Space } from '../../core/vector/vector.js';
import { withWorkspace, withWorkspaces } from '../../core/vector/workspace.js';
import { checkPositive, fitting, refuseMask } from '../parts/checks.js';

/** A vector that a function keeps from one prox to the next. */
export interface ProxMemory<V extends AnyVector = AnyVector> {
  readonly vector: V;
  /** False while the vector holds no values. */
  filled: boolean;
}

/** The quadratic `ρ/2 ‖x − b‖² + Re⟨q, x⟩`. */
export interface Quadratic<V> {
  /** @default 0 */
  readonly rho?: number;
  /** @default zeros */
  readonly b?: V | undefined;
  /** @default zeros */
  readonly q?: V | undefined;
}

/** Options of {@link ProxSum}. */
export interface ProxSumOptions {
  /** Most iterations of one prox. @default 100 */
  readonly niter?: number;
  /** A prox ends when its result changes by at most `tol` times its norm. @default 1e-10 */
  readonly tol?: number;
}

/**
 * A function `f: V → ℝ ∪ {∞}` whose proximal operator
 * `prox_{τf}(x) = argmin_z f(z) + ‖z − x‖² / (2τ)` is known.
 *
 * One class serves local, distributed and stacked vectors, real and complex ones. A complex vector
 * counts as a vector of real pairs, with the inner product `Re⟨x, y⟩`. A subclass implements
 * `value` and `fill`. `fill(x, tau)` returns the prox. `fill(x, tau, y)` writes it into y, which
 * may be x.
 *
 * With `out` no result is allocated. Intermediate vectors are workspaces, which solvers keep
 * between their steps. `value` is collective for distributed vectors, and so are the other methods
 * if the function is not separable. Source: Parikh and Boyd, "Proximal algorithms", 2014; Beck,
 * "First-order methods in optimization", 2017, chapter 6.
 *
 * @throws {@link ShapeError}, {@link DTypeError}, {@link PartitionError} from all methods if x or
 *   `out` does not fit, {@link ArgumentError} unless `tau > 0`, on every rank alike.
 */
export abstract class ProxOperator<V extends AnyVector = AnyVector> {
  /** The ranks of an operator inside the function, if there is one. */
  get comm(): Communicator | undefined {
    return undefined;
  }

  /** `f(x)`; Infinity if x is outside of its domain. */
  abstract value(x: V, dots?: InnerProducts): number;
  /** `prox_{τf}(x)`. Fills y, which may be x, or returns the prox without changing x. */
  protected abstract fill(x: V, tau: number, y: V, dots: InnerProducts): Filled<AnyVector>;

  /**
   * `y ← prox_{τf*}(x) = x − τ prox_{f/τ}(x/τ)` (Moreau). y may be x. Functions whose dual prox is
   * a projection compute it directly: the difference loses digits if x is large.
   */
  protected fillDual(x: V, tau: number, y: V, dots: InnerProducts): Filled<AnyVector> {
    withWorkspace(x.space, (work: V) => {
      work.axpby(1 / tau, x, 0);
      this.#fill(work, 1 / tau, work, dots);
      if (y !== x) y.assign(x);
      y.axpby(-tau, work, 1);
    });
  }

  /** True if the function has `grad`. */
  get isSmooth(): boolean {
    return false;
  }
  /**
   * True if f is a quadratic polynomial. Its gradient at `a x + (1 − a) y` is then the same mean of
   * those at x and y.
   */
  get isQuadratic(): boolean {
    return false;
  }
  /** `∇f(x)`. Fills y, which is not x, or returns the gradient. */
  protected fillGrad(_x: V, _y: V, _dots: InnerProducts): Filled<AnyVector> {
    throw new ArgumentError(`${this.name} is not smooth: it has no gradient`);
  }

  /**
   * The memories for vectors of a space, including those of functions inside this one. Solvers hold
   * them in their state, so that checkpoints write them.
   */
  memories(_space: Space<V>): ProxMemory[] {
    return [];
  }

  /**
   * `f*(y) = sup_x Re⟨x, y⟩ − f(x)`.
   *
   * @throws {@link ArgumentError} if no closed form is known.
   */
  conjugateValue(_y: V, _dots: InnerProducts = plainDots): number {
    throw new ArgumentError(`${this.name}: no closed form of the conjugate is known; its prox is`);
  }

  /**
   * `prox_{τf}(x)`.
   *
   * @param out the vector for the result, which may be x; a new one by default
   * @param dots the inner products and norms, such as those of a solver's state
   */
  prox<X extends V>(x: X, tau: number, out?: X, dots = plainDots): X {
    checkPositive(this.name, 'tau', tau);
    this.check(x, dots);
    const y: X = this.#target(x, out);
    this.#fill(x, tau, y, dots);
    return y;
  }

  /**
   * `prox_{τf*}(x)`.
   *
   * @param out the vector for the result, which may be x; a new one by default
   * @param dots the inner products and norms, such as those of a solver's state
   */
  proxDual<X extends V>(x: X, tau: number, out?: X, dots = plainDots): X {
    checkPositive(this.name, 'tau', tau);
    this.check(x, dots);
    const y: X = this.#target(x, out);
    const returned = this.fillDual(x, tau, y, dots);
    if (returned !== undefined || this.fillDual.length < 3)
      takeReturned<AnyVector>(`${this.name}.proxDual`, returned, y);
    return y;
  }

  /**
   * `∇f(x)`. For a complex x it is the gradient in the sense of `Re⟨·, ·⟩`.
   *
   * @param out the vector for the result, which must not be x; a new one by default
   * @throws {@link ArgumentError} unless f is smooth.
   */
  grad<X extends V>(x: X, out?: X, dots = plainDots): X {
    this.check(x, dots);
    const y: X = out === undefined ? x.emptyLike() : this.gradTarget(x, out);
    const returned = this.fillGrad(x, y, dots);
    if (returned !== undefined || this.fillGrad.length < 2)
      takeReturned<AnyVector>(`${this.name}.grad`, returned, y);
    return y;
  }

  /** Returns `out`, if a gradient at x can be written into it. */
  protected gradTarget<X extends V>(x: X, out: X): X {
    checkVector(this.name, 'out', out);
    if (out.overlaps(x)) throw new ArgumentError(`${this.name}: the gradient must not share memory with x`);
    return this.#target(x, out);
  }

  #fill(x: V, tau: number, y: V, dots: InnerProducts): void {
    const returned = this.fill(x, tau, y, dots);
    if (returned !== undefined || this.fill.length < 3)
      takeReturned<AnyVector>(`${this.name}.prox`, returned, y);
  }

  /** `out ← ∇f(x)`. Returns `f(x)`. If there is an operator, this saves one application. */
  valueAndGrad<X extends V>(x: X, out: X, dots = plainDots): number {
    this.grad(x, out, dots);
    return this.value(x, dots);
  }

  /** `x ↦ f(x − b)`. A number b stands for a vector with that value everywhere. */
  translate<X extends V>(b: X | number): ProxOperator<X> {
    return new Precomposed<X>(this, 1, b, 'translate');
  }
  /**
   * `x ↦ f(a x + b)` for a number a other than 0. A number b stands for a vector with that value
   * everywhere.
   */
  precompose<X extends V>(a: number, b: X | number = 0): ProxOperator<X> {
    return new Precomposed<X>(this, a, b, 'precompose');
  }
  /** `x ↦ a f(x)` for a > 0. */
  scale(a: number): ProxOperator<V> {
    return new Scaled<V>(this, a);
  }
  /** `x ↦ f(x) + ρ/2 ‖x − b‖² + Re⟨q, x⟩` */
  addQuadratic<X extends V = V>(quadratic: Quadratic<X>): ProxOperator<X> {
    return new WithQuadratic<X>(this, quadratic);
  }
  /** `x ↦ f(x) + g(x) + …`. Its prox is an iteration: see {@link ProxSum}. */
  add<X extends V = V>(
    g: ProxOperator<X> | readonly ProxOperator<X>[],
    options: ProxSumOptions = {},
  ): ProxSum<X> {
    return new ProxSum<X>([this, ...(Array.isArray(g) ? g : [g])], options);
  }
  /** The convex conjugate `f*`. */
  conjugate(): ProxOperator<V> {
    return new Conjugate<V>(this);
  }

  /** The name in messages. */
  get name(): string {
    return this.constructor.name;
  }
  toString(): string {
    return `<${this.name}>`;
  }
  /** Converts to text only: sums and multiples are methods. */
  [Symbol.toPrimitive](hint: string): string {
    return textOnly(
      this,
      hint,
      'a proximal operator',
      'write f.scale(a) for a * f, f.add(g) for f + g, f.prox(x, tau) or f.value(x) to apply it',
    );
  }

  /**
   * Checks the argument. `value` and the other methods call this first.
   *
   * @throws {@link ArgumentError} unless x is a vector, {@link DTypeError} unless it is of floats.
   */
  protected check(x: V, dots = plainDots): void {
    checkVector(this.name, 'the argument', x);
    checkDots(this.name, dots);
    if (!isFloat(x.dtype))
      throw new DTypeError(
        `${this.name}: expected a vector of a float or complex dtype, received ${x.dtype}`,
      );
  }

  #target<X extends V>(x: X, out: X | undefined): X {
    if (out === undefined) return x.emptyLike();
    if (out === x) return x;
    checkVector(this.name, 'out', out);
    if (out.dtype !== x.dtype || !(out.space === x.space || out.space.equals(x.space)))
      throw new ShapeError(`${this.name}: expected out ${inSpace(x.space, out.space)}`);
    if (out.overlaps(x))
      throw new ArgumentError(`${this.name}: out must be x itself, or share no memory with it`);
    return out;
  }
}

/** Throws {@link ArgumentError} unless all values are ProxOperators. */
export function checkFunctions(name: string, functions: Readonly<Record<string, unknown>>): void {
  for (const [which, f] of Object.entries(functions))
    if (!(f instanceof ProxOperator))
      throw new ArgumentError(`${name}: expected ${which} to be a ProxOperator, received ${textOf(f)}`);
}

/**
 * A function that calls others. It has their memories and their ranks. It is smooth, or quadratic,
 * if all of them are.
 */
export abstract class DelegatingProx<
  V extends AnyVector = AnyVector,
  W extends AnyVector = V,
> extends ProxOperator<V> {
  readonly #functions: readonly ProxOperator<W>[];
  readonly #name: string | undefined;
  /** @param name the name in messages; by default that of the class */
  constructor(functions: readonly ProxOperator<W>[], name?: string) {
    super();
    this.#functions = functions;
    this.#name = name;
  }
  override get name(): string {
    return this.#name ?? super.name;
  }
  /** The space of the functions' vectors, for a space of this function's vectors. */
  protected innerSpace(space: Space<V>): Space<W> {
    return space as Space<unknown> as Space<W>;
  }
  override memories(space: Space<V>): ProxMemory[] {
    return this.#functions.flatMap((f) => f.memories(this.innerSpace(space)));
  }
  override get comm(): Communicator | undefined {
    return this.#functions.find((f) => f.comm)?.comm;
  }
  override get isSmooth(): boolean {
    return this.#functions.every((f) => f.isSmooth);
  }
  override get isQuadratic(): boolean {
    return this.#functions.every((f) => f.isQuadratic);
  }
}

/** `f(a x + c b)` with c = ±1: `prox(x) = (prox_{a²τf}(a x + c b) − c b) / a` */
class Precomposed<V extends AnyVector> extends DelegatingProx<V> {
  readonly #f: ProxOperator<V>;
  readonly #a: number;
  readonly #b: V | number;
  readonly #sign: 1 | -1;
  constructor(f: ProxOperator<V>, a: number, b: V | number, method: 'translate' | 'precompose') {
    super([f], `${f.name}.${method}()`);
    if (!(typeof a === 'number' && Number.isFinite(a) && a !== 0))
      throw new ArgumentError(
        `${this.name}: expected a to be a finite number other than 0, received ${textOf(a)}`,
      );
    if (typeof b !== 'number') checkVector(this.name, 'b', b);
    else if (!Number.isFinite(b))
      throw new ArgumentError(`${this.name}: expected b to be finite, received ${b}`);
    this.#f = f;
    this.#a = a;
    this.#b = b;
    this.#sign = method === 'translate' ? -1 : 1;
  }
  /** `y ← y + w c b` */
  #shift(y: AnyVector, w: number): void {
    const b = this.#b;
    const t = w * this.#sign;
    if (typeof b !== 'number') y.axpby(t, fitting(this.name, 'b', b, y), 1);
    else if (b !== 0) y.map((from, to) => y.backend.binary('add', from, t * b, to));
  }
  #shifted<R>(x: V, body: (shifted: V) => R): R {
    return withWorkspace(x.space, (work: V) => {
      this.#shift(work.axpby(this.#a, x, 0), 1);
      return body(work);
    });
  }
  override value(x: V, dots = plainDots): number {
    this.check(x, dots);
    return this.#shifted(x, (shifted) => this.#f.value(shifted, dots));
  }
  protected override fill(x: V, tau: number, y: V, dots: InnerProducts): void {
    const a = this.#a;
    this.#shift(y.axpby(a, x, 0), 1);
    this.#f.prox(y, a * a * tau, y, dots);
    this.#shift(y, -1);
    if (a !== 1) y.scale(1 / a);
  }
  /** `a prox_{τ'f*}(x/a + τ' c b)`, `τ' = τ/a²` */
  protected override fillDual(x: V, tau: number, y: V, dots: InnerProducts): void {
    const a = this.#a;
    const inner = tau / (a * a);
    this.#shift(y.axpby(1 / a, x, 0), inner);
    this.#f.proxDual(y, inner, y, dots);
    if (a !== 1) y.scale(a);
  }
  protected override fillGrad(x: V, y: V, dots: InnerProducts): void {
    this.#shifted(x, (shifted) => this.#f.grad(shifted, y, dots));
    if (this.#a !== 1) y.scale(this.#a);
  }
  /** `f*(y/a) − Re⟨c b, y/a⟩` */
  override conjugateValue(y: V, dots = plainDots): number {
    this.check(y, dots);
    const [a, b, sign] = [this.#a, this.#b, this.#sign];
    return withWorkspace(y.space, (work: V) => {
      work.axpby(1 / a, y, 0);
      if (typeof b !== 'number')
        return this.#f.conjugateValue(work, dots) - sign * dots.rdot(fitting(this.name, 'b', b, y), work);
      const sum = b === 0 ? 0 : withWorkspace(y.space, (ones: V) => dots.rdot(ones.fill(1), work));
      return this.#f.conjugateValue(work, dots) - sign * b * sum;
    });
  }
}

/** `a f`: `prox = prox_{aτf}` */
class Scaled<V extends AnyVector> extends DelegatingProx<V> {
  readonly #f: ProxOperator<V>;
  readonly #a: number;
  constructor(f: ProxOperator<V>, a: number) {
    super([f], `${f.name}.scale(${textOf(a)})`);
    this.#f = f;
    this.#a = checkPositive(`${f.name}.scale`, 'the factor', a);
  }
  override value(x: V, dots = plainDots): number {
    this.check(x, dots);
    return this.#a * this.#f.value(x, dots);
  }
  protected override fill(x: V, tau: number, y: V, dots: InnerProducts): void {
    this.#f.prox(x, this.#a * tau, y, dots);
  }
  /** `a prox_{(τ/a)f*}(x/a)` */
  protected override fillDual(x: V, tau: number, y: V, dots: InnerProducts): void {
    const a = this.#a;
    this.#f.proxDual(y.axpby(1 / a, x, 0), tau / a, y, dots).scale(a);
  }
  protected override fillGrad(x: V, y: V, dots: InnerProducts): void {
    this.#f.grad(x, y, dots).scale(this.#a);
  }
  override valueAndGrad<X extends V>(x: X, out: X, dots = plainDots): number {
    const value = this.#f.valueAndGrad(x, out, dots);
    out.scale(this.#a);
    return this.#a * value;
  }
  override conjugateValue(y: V, dots = plainDots): number {
    this.check(y, dots);
    return withWorkspace(
      y.space,
      (work: V) => this.#a * this.#f.conjugateValue(work.axpby(1 / this.#a, y, 0), dots),
    );
  }
}

const QUADRATIC_DEFAULTS = { rho: 0, b: undefined, q: undefined } satisfies Defaults<Quadratic<never>>;

/** `f + ρ/2 ‖x − b‖² + Re⟨q, x⟩`: `prox(x) = prox_{τ'f}(τ'(x/τ + ρb − q))`, `τ' = τ / (1 + τρ)` */
class WithQuadratic<V extends AnyVector> extends DelegatingProx<V> {
  readonly #f: ProxOperator<V>;
  readonly #rho: number;
  readonly #b: V | undefined;
  readonly #q: V | undefined;
  constructor(f: ProxOperator<V>, quadratic: Quadratic<V>) {
    super([f], `${f.name}.addQuadratic()`);
    const { b, q, rho } = requireOptions(`${f.name}.addQuadratic`, quadratic, QUADRATIC_DEFAULTS);
    this.#f = f;
    this.#rho = rho;
    checkNonNegative(this.name, { rho });
    for (const [name, v] of Object.entries({ b, q })) if (v !== undefined) checkVector(this.name, name, v);
    this.#b = b;
    this.#q = q;
  }
  #parts(x: V): { b: AnyVector | undefined; q: AnyVector | undefined } {
    return {
      b: this.#b && fitting(this.name, 'b', this.#b, x),
      q: this.#q && fitting(this.name, 'q', this.#q, x),
    };
  }
  override value(x: V, dots = plainDots): number {
    this.check(x, dots);
    const { b, q } = this.#parts(x);
    return withWorkspace(x.space, (work: V) => {
      work.assign(x);
      if (b) work.axpby(-1, b, 1);
      const [square = 0, product = 0] = q ? dots.rdots([work, work], [q, x]) : dots.rdots([work, work]);
      return this.#f.value(x, dots) + (this.#rho / 2) * square + product;
    });
  }
  protected override fill(x: V, tau: number, y: V, dots: InnerProducts): void {
    const { b, q } = this.#parts(x);
    const inner = tau / (1 + tau * this.#rho);
    y.axpby(inner / tau, x, 0);
    if (b) y.axpby(inner * this.#rho, b, 1);
    if (q) y.axpby(-inner, q, 1);
    this.#f.prox(y, inner, y, dots);
  }
  protected override fillGrad(x: V, y: V, dots: InnerProducts): void {
    const { b, q } = this.#parts(x);
    this.#f.grad(x, y, dots).axpby(this.#rho, x, 1);
    if (b) y.axpby(-this.#rho, b, 1);
    if (q) y.axpby(1, q, 1);
  }
}

/** The conjugate `f*`. Its prox is the dual prox of f. */
class Conjugate<V extends AnyVector> extends DelegatingProx<V> {
  readonly #f: ProxOperator<V>;
  constructor(f: ProxOperator<V>) {
    super([f], `${f.name}.conjugate()`);
    this.#f = f;
  }
  override get isSmooth(): boolean {
    return false;
  }
  override get isQuadratic(): boolean {
    return false;
  }
  override value(y: V, dots = plainDots): number {
    this.check(y, dots);
    return this.#f.conjugateValue(y, dots);
  }
  protected override fill(x: V, tau: number, y: V, dots: InnerProducts): void {
    this.#f.proxDual(x, tau, y, dots);
  }
  protected override fillDual(x: V, tau: number, y: V, dots: InnerProducts): void {
    this.#f.prox(x, tau, y, dots);
  }
  override conjugateValue(x: V, dots = plainDots): number {
    this.check(x, dots);
    return this.#f.value(x, dots);
  }
  override conjugate(): ProxOperator<V> {
    return this.#f;
  }
}

const PROX_SUM_DEFAULTS = { niter: 100, tol: 1e-10 } satisfies Defaults<ProxSumOptions>;

/**
 * A sum of m convex functions. Its prox is the limit of `pₖ = prox_{mτfₖ}(zₖ)`, `x' = Σ pₖ / m`,
 * `zₖ += x' − pₖ`, from `zₖ = x`.
 *
 * Cost: `niter` times the prox of every function, and with `tol > 0` one reduction each. Memory: m
 * + 2 workspaces like x. Source: Combettes and Pesquet, "Proximal splitting methods in signal
 * processing", 2011, algorithm 10.35 (parallel Dykstra-like).
 *
 * @throws {@link PartitionError} if `tol > 0` and a mask splits the ranks of an operator inside a
 *   function.
 */
export class ProxSum<V extends AnyVector = AnyVector> extends DelegatingProx<V> {
  readonly functions: readonly ProxOperator<V>[];
  readonly niter: number;
  readonly tol: number;
  constructor(functions: readonly ProxOperator<V>[], options?: ProxSumOptions) {
    const { niter, tol } = withDefaults('ProxSum', options, PROX_SUM_DEFAULTS);
    checkList('ProxSum', 'functions', functions);
    if (functions.length === 0)
      throw new ArgumentError('ProxSum: expected at least one function, received none');
    checkFunctions('ProxSum', Object.fromEntries(functions.map((f, k) => [`function ${k}`, f])));
    checkPositiveCount('ProxSum', { niter });
    checkNonNegative('ProxSum', { tol });
    const own = [...functions];
    super(own);
    this.functions = own;
    this.niter = niter;
    this.tol = tol;
  }
  override value(x: V, dots = plainDots): number {
    this.check(x, dots);
    return this.functions.reduce((sum, f) => sum + f.value(x, dots), 0);
  }
  protected override fill(x: V, tau: number, y: V, dots: InnerProducts): void {
    const [first] = this.functions;
    if (this.functions.length === 1 && first) {
      first.prox(x, tau, y, dots);
      return;
    }
    if (this.tol > 0) refuseMask(this.name, this.comm, x);
    const m = this.functions.length;
    withWorkspaces([...this.functions.map(() => x.space), x.space, x.space], (works) => {
      const [mean, previous] = works.slice(m) as [V, V];
      const zs = works.slice(0, m) as V[];
      for (const z of zs) z.assign(x);
      mean.assign(x);
      for (let k = 0; k < this.niter; k++) {
        previous.assign(mean);
        // z ← z − p comes first, so that p needs no memory besides y
        this.functions.forEach((f, i) => {
          const z = zs[i] as V;
          f.prox(z, m * tau, y, dots);
          mean.axpby(1 / m, y, i === 0 ? 0 : 1);
          z.axpby(-1, y, 1);
        });
        for (const z of zs) z.axpby(1, mean, 1);
        if (this.tol > 0) {
          const [change = 0, size = 0] = dots.rdots([previous.axpby(-1, mean, 1), previous], [mean, mean]);
          if (!(change > this.tol ** 2 * size)) break;
        }
      }
      y.assign(mean);
    });
  }
  protected override fillGrad(x: V, y: V, dots: InnerProducts): void {
    withWorkspace(x.space, (work: V) => {
      this.functions.forEach((f, i) => {
        if (i === 0) f.grad(x, y, dots);
        else y.axpby(1, f.grad(x, work, dots), 1);
      });
    });
  }
}
