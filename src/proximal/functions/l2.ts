import { ShapeError } from '../../core/base/errors.js';
import { memo } from '../../core/base/memo.js';
import {
  checkCount,
  checkFinite,
  checkFlag,
  checkNonNegative,
  checkOneOf,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import { keep } from '../../core/base/scope.js';
import { checkOperator, type LinearOperator } from '../../core/operator/linear-operator.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import {
  type AnyVector,
  checkSpace,
  checkVector,
  inSpace,
  type Space,
  sameMemory,
  type Vector,
  type VectorPair,
  viewAs,
} from '../../core/vector/vector.js';
import { withWorkspace, withWorkspaces } from '../../core/vector/workspace.js';
import { checkPositive, fitting } from '../parts/checks.js';
import {
  innerLeastSquares,
  innerNormalEquations,
  type LeastSquaresTerm,
} from '../parts/inner-least-squares.js';
import { type ProxMemory, ProxOperator } from './prox-operator.js';

/**
 * The solvers of a prox with an operator: CG on the normal equations, CGLS on the stacked system.
 */
export const L2_SOLVERS = ['cg', 'cgls'] as const;
/** The name of a solver of {@link L2}: see {@link L2_SOLVERS}. */
export type L2Solver = (typeof L2_SOLVERS)[number];

/** Options of {@link L2}. */
export interface L2Options<V extends Vector<V>, D extends Vector<D> = V> {
  /** @default the identity */
  readonly Op?: LinearOperator<V, D> | undefined;
  /** A vector in the range of `Op`. @default zeros */
  readonly b?: D | undefined;
  /** @default zeros */
  readonly q?: V | undefined;
  /** Weight of the square. @default 1 */
  readonly sigma?: number;
  /** Weight of the linear term. @default 1 */
  readonly alpha?: number;
  /**
   * False leaves the linear term out of the gradient, for solvers that treat it elsewhere. Value
   * and prox have it always.
   * @default true
   */
  readonly qgrad?: boolean;
  /**
   * With `Op`: the solver inside a prox. CG needs less memory; CGLS loses less to rounding where
   * `τσ‖Op‖²` is large.
   * @default 'cgls'
   */
  readonly solver?: L2Solver;
  /** With `Op`: most iterations of the solver inside a prox. @default 10 */
  readonly niter?: number;
  /**
   * With `Op`: a prox ends earlier when the squared norm of its gradient is at most this.
   * @default 0
   */
  readonly tol?: number;
  /** With `Op`: the start of the first prox. @default where the prox is taken */
  readonly x0?: V | undefined;
  /** With `Op`: start every prox from the result of the one before. @default true */
  readonly warm?: boolean;
}

const DEFAULTS = {
  Op: undefined,
  b: undefined,
  q: undefined,
  sigma: 1,
  alpha: 1,
  qgrad: true,
  solver: 'cgls',
  niter: 10,
  tol: 0,
  x0: undefined,
  warm: true,
} satisfies Defaults<L2Options<never, never>>;

/**
 * `f(x) = σ/2 ‖Op x − b‖² + α Re⟨q, x⟩`, smooth: gradient `σ Opᴴ(Op x − b) + α q`.
 *
 * prox without `Op`: `(x − ταq + τσb) / (1 + τσ)`, dual prox: `(σx + ταq − στb) / (σ + τ)`. With
 * `Op`: CGLS on `σ ‖Op z − b‖² + ‖z − (x − ταq)‖² / τ`, or CG on its normal equations, from the
 * previous result. Cost: value and gradient one forward, gradient one adjoint, value one reduction.
 * A prox with `Op` costs a forward, an adjoint and two reductions an iteration. Memory with `Op`:
 * the last result, and workspaces: five like the model and two like the data, with 'cg' five and
 * one.
 */
export class L2<V extends Vector<V>, D extends Vector<D> = V> extends ProxOperator<V> {
  readonly sigma: number;
  readonly alpha: number;
  readonly Op: LinearOperator<V, D> | undefined;
  readonly #b: D | undefined;
  readonly #q: V | undefined;
  readonly #qgrad: boolean;
  readonly #solver: L2Solver;
  readonly #niter: number;
  readonly #tol: number;
  readonly #warm: boolean;
  readonly #x0: V | undefined;
  /** The last results, one for each kind of x. The next prox starts from them. */
  readonly #last: ProxMemory<V>[] = [];
  /** The values that depend on the space of x. */
  readonly #known = new WeakMap<Space<V>, { readonly range: Space<D>; readonly b: D }>();

  constructor(options?: L2Options<V, D>) {
    super();
    const { sigma, alpha, qgrad, solver, niter, tol, warm, b, q, x0, Op } = withDefaults(
      this.name,
      options,
      DEFAULTS,
    );
    this.sigma = checkPositive(this.name, 'sigma', sigma);
    checkFinite(this.name, { alpha });
    checkCount(this.name, { niter });
    checkNonNegative(this.name, { tol });
    checkFlag(this.name, { qgrad, warm });
    checkOneOf('solver', solver, L2_SOLVERS);
    for (const [name, v] of Object.entries({ b, q, x0 }))
      if (v !== undefined) checkVector(this.name, name, v);
    if (Op !== undefined) checkOperator(this.name, Op);
    this.alpha = alpha;
    this.Op = Op;
    this.#b = b;
    this.#q = q;
    this.#qgrad = qgrad;
    this.#solver = solver;
    this.#niter = niter;
    this.#tol = tol;
    this.#warm = warm;
    this.#x0 = x0;
  }

  override get comm(): Communicator | undefined {
    return this.Op?.comm;
  }
  override memories(space: Space<V>): ProxMemory[] {
    checkSpace('L2.memories', space);
    return this.Op && this.#warm ? [this.#lastIn(space)] : [];
  }
  override get isSmooth(): boolean {
    return true;
  }

  override get isQuadratic(): boolean {
    return true;
  }

  /** The range of Op, and b in it. */
  #data(Op: LinearOperator<V, D>, x: V): { readonly range: Space<D>; readonly b: D } {
    return memo(this.#known, x.space, (space) => {
      const range = Op.rangeOf(space);
      if (this.#b && !sameMemory(this.#b.space, range))
        throw new ShapeError(`${this.name}: expected b ${inSpace(range, this.#b.space)}`);
      const seen = this.#b && viewAs(this.#b, range);
      const b = seen?.dtype === range.dtype ? seen : keep(seen ? range.empty().assign(seen) : range.zeros());
      return { range, b };
    });
  }

  /** Calls `body` with `r = Op x − b`. */
  #residual<R>(x: V, body: (r: AnyVector) => R): R {
    const { Op } = this;
    if (!Op) {
      return withWorkspace(x.space, (work: AnyVector) => {
        work.assign(x);
        if (this.#b) work.axpby(-1, fitting(this.name, 'b', this.#b, x), 1);
        return body(work);
      });
    }
    const { range, b } = this.#data(Op, x);
    return withWorkspace(range, (r: D) => {
      Op.matvec(x, r);
      if (this.#b) r.axpby(-1, b, 1);
      return body(r);
    });
  }

  #value(r: AnyVector, x: V, dots: InnerProducts): number {
    const pairs: VectorPair[] = [[r, r]];
    if (this.#q) pairs.push([fitting(this.name, 'q', this.#q, x), x]);
    const [square = 0, product = 0] = dots.rdots(...pairs);
    return (this.sigma / 2) * square + this.alpha * product;
  }
  #gradient(r: AnyVector, x: V, y: AnyVector): void {
    if (this.Op) this.Op.rmatvec(r as D, y as V).scale(this.sigma);
    else y.axpby(this.sigma, r, 0);
    if (this.#q && this.#qgrad) y.axpby(this.alpha, fitting(this.name, 'q', this.#q, x), 1);
  }

  override value(x: V, dots = plainDots): number {
    this.check(x, dots);
    return this.#residual(x, (r) => this.#value(r, x, dots));
  }
  protected override fillGrad(x: V, y: V): void {
    this.#residual(x, (r) => this.#gradient(r, x, y));
  }
  override valueAndGrad<X extends V>(x: X, out: X, dots = plainDots): number {
    this.check(x, dots);
    this.gradTarget(x, out);
    return this.#residual(x, (r) => {
      this.#gradient(r, x, out);
      return this.#value(r, x, dots);
    });
  }

  protected override fill(x: V, tau: number, y: AnyVector, dots: InnerProducts): void {
    const { sigma, alpha, Op } = this;
    const q = this.#q && fitting(this.name, 'q', this.#q, x);
    if (Op) {
      this.#solve(Op, x, tau, q, y, dots);
      return;
    }
    const share = 1 / (1 + tau * sigma);
    y.axpby(share, x, 0);
    if (q) y.axpby(-share * tau * alpha, q, 1);
    if (this.#b) y.axpby(share * tau * sigma, fitting(this.name, 'b', this.#b, x), 1);
  }

  protected override fillDual(x: V, tau: number, y: AnyVector, dots: InnerProducts): void {
    const { sigma, alpha } = this;
    if (this.Op) {
      super.fillDual(x, tau, y as V, dots);
      return;
    }
    const share = 1 / (sigma + tau);
    y.axpby(share * sigma, x, 0);
    if (this.#q) y.axpby(share * tau * alpha, fitting(this.name, 'q', this.#q, x), 1);
    if (this.#b) y.axpby(-share * tau * sigma, fitting(this.name, 'b', this.#b, x), 1);
  }

  #solve(
    Op: LinearOperator<V, D>,
    x: V,
    tau: number,
    q: AnyVector | undefined,
    y: AnyVector,
    dots: InnerProducts,
  ): void {
    const { b } = this.#data(Op, x);
    const memory = this.#warm ? this.#lastIn(x.space) : undefined;
    const last = memory && viewAs(memory.vector, x.space);
    const start =
      (memory?.filled ? last : undefined) ?? (this.#x0 && fitting(this.name, 'x0', this.#x0, x)) ?? x;
    withWorkspaces([x.space, x.space], (works) => {
      const [center, z] = works as [AnyVector, AnyVector];
      center.assign(x);
      if (q) center.axpby(-tau * this.alpha, q, 1);
      z.assign(start);
      const terms: LeastSquaresTerm[] = [
        { A: Op, b, weight: this.sigma },
        { b: center, weight: 1 / tau },
      ];
      const solve = this.#solver === 'cg' ? innerNormalEquations : innerLeastSquares;
      solve(z, terms, { niter: this.#niter, tol: this.#tol }, dots);
      if (memory && last) {
        last.assign(z as V);
        memory.filled = true;
      }
      y.assign(z);
    });
  }

  #lastIn(space: Space<V>): ProxMemory<V> {
    const known = this.#last.find(
      ({ vector }) => vector.dtype === space.dtype && sameMemory(vector.space, space),
    );
    if (known) return known;
    const made = { vector: keep(space.empty()), filled: false };
    this.#last.push(made);
    return made;
  }

  override conjugateValue(y: V, dots = plainDots): number {
    this.check(y, dots);
    if (this.Op) return super.conjugateValue(y, dots);
    const q = this.#q && fitting(this.name, 'q', this.#q, y);
    const b = this.#b && fitting(this.name, 'b', this.#b, y);
    return withWorkspace(y.space, (work: AnyVector) => {
      work.assign(y);
      if (q) work.axpby(-this.alpha, q, 1);
      const [square = 0, product = 0] = b ? dots.rdots([work, work], [b, work]) : dots.rdots([work, work]);
      return square / (2 * this.sigma) + product;
    });
  }
}
