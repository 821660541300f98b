import { memo } from '../../core/base/memo.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { checkOperator, type LinearOperator } from '../../core/operator/linear-operator.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import { checkVector, type Space, type Vector } from '../../core/vector/vector.js';
import { withWorkspaces } from '../../core/vector/workspace.js';
import { checkPositive, fitting } from '../parts/checks.js';
import { checkFunctions, DelegatingProx, type ProxOperator } from './prox-operator.js';

/** Options of {@link Orthogonal}. */
export interface OrthogonalOptions<D> {
  /** The α of `Q Qᴴ = α I`. @default 1 */
  readonly alpha?: number;
  /** @default zeros */
  readonly b?: D | undefined;
}

const DEFAULTS = { alpha: 1, b: undefined } satisfies Defaults<OrthogonalOptions<never>>;

/**
 * `g(x) = f(Q x + b)` for an operator with orthogonal rows, `Q Qᴴ = α I`: an orthogonal transform,
 * a mask, a permutation.
 *
 * prox: `x + Qᴴ (prox_{ατf}(u) − u) / α`, `u = Q x + b`; one application, one adjoint and a prox of
 * f. The property of `Q` is not checked: test it with `Q Qᴴ u`. Source: Combettes and Pesquet,
 * "Proximal splitting methods in signal processing", 2011, table 10.1 x.
 */
export class Orthogonal<V extends Vector<V>, D extends Vector<D> = V> extends DelegatingProx<V, D> {
  readonly f: ProxOperator<D>;
  readonly Q: LinearOperator<V, D>;
  readonly alpha: number;
  readonly #b: D | undefined;
  readonly #ranges = new WeakMap<Space<V>, Space<D>>();
  constructor(f: ProxOperator<D>, Q: LinearOperator<V, D>, options?: OrthogonalOptions<D>) {
    const { alpha, b } = withDefaults('Orthogonal', options, DEFAULTS);
    checkFunctions('Orthogonal', { f });
    super([f]);
    checkOperator('Orthogonal', Q);
    this.f = f;
    this.Q = Q;
    this.alpha = checkPositive('Orthogonal', 'alpha', alpha);
    if (b !== undefined) checkVector('Orthogonal', 'b', b);
    this.#b = b;
  }
  override get comm(): Communicator | undefined {
    return this.Q.comm ?? super.comm;
  }
  protected override innerSpace(space: Space<V>): Space<D> {
    return memo(this.#ranges, space, () => this.Q.rangeOf(space));
  }
  /** Calls `body` with `u = Q x + b`. */
  #image<R>(x: V, more: number, body: (u: D, others: D[]) => R): R {
    const space = this.innerSpace(x.space);
    return withWorkspaces(
      Array.from({ length: 1 + more }, () => space),
      (works) => {
        const [u, ...others] = works as [D, ...D[]];
        this.Q.matvec(x, u);
        if (this.#b) u.axpby(1, fitting('Orthogonal', 'b', this.#b, u) as D, 1);
        return body(u, others);
      },
    );
  }
  override value(x: V, dots = plainDots): number {
    this.check(x, dots);
    return this.#image(x, 0, (u) => this.f.value(u, dots));
  }
  protected override fill(x: V, tau: number, y: V, dots: InnerProducts): void {
    this.#image(x, 1, (u, [p]) => {
      const moved = this.f.prox(u, this.alpha * tau, p as D, dots);
      moved.axpby(-1, u, 1);
      if (y !== x) y.assign(x);
      this.Q.rmatvecAdd(moved, y, 1 / this.alpha);
    });
  }
  protected override fillGrad(x: V, y: V, dots: InnerProducts): void {
    this.#image(x, 1, (u, [g]) => {
      this.Q.rmatvec(this.f.grad(u, g as D, dots), y);
    });
  }
}
