import { NDArray } from '../../core/array/ndarray.js';
import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import {
  checkFlag,
  checkNonNegative,
  checkPositiveCount,
  type Defaults,
  withDefaults,
} from '../../core/base/options.js';
import { type Shape, toShape } from '../../core/base/shape.js';
import { DistributedArray } from '../../core/distributed/distributed-array.js';
import type { AnyOperator } from '../../core/operator/linear-operator.js';
import type { Elements } from '../../core/ports/backend.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import type { AnyVector, Space } from '../../core/vector/vector.js';
import { withWorkspaces } from '../../core/vector/workspace.js';
import { Gradient } from '../../local/derivatives/gradient.js';
import { MPIGradient } from '../../operators/mpi-gradient.js';
import { MPILinearOperator } from '../../operators/mpi-linear-operator.js';
import { multiplyReal, withModuli } from '../../optimization/moduli.js';
import { checkPositive, refuseMask } from '../parts/checks.js';
import { multiplyComponents, withLocalNorms } from './parts/components.js';
import { ProxOperator } from './prox-operator.js';

/** Options of {@link TV}. */
export interface TVOptions {
  /** Weight of the function. @default 1 */
  readonly sigma?: number;
  /** The distance between samples, one for each axis or one for all. @default 1 */
  readonly sampling?: number | readonly number[];
  /**
   * The norm of the gradient at a location: true for its length, false for the sum of the moduli of
   * its components.
   * @default true
   */
  readonly isotropic?: boolean;
  /** The number of iterations of one prox. @default 10 */
  readonly niter?: number;
  /**
   * A prox ends earlier when the dual variable changes by at most `tol` times its norm. A value
   * above 0 costs one reduction an iteration.
   * @default 0
   */
  readonly tol?: number;
}

const DEFAULTS = { sigma: 1, sampling: 1, isotropic: true, niter: 10, tol: 0 } satisfies Defaults<TVOptions>;

/**
 * Total variation: `f(x) = σ Σᵢ ‖(∇x)ᵢ‖₂`, or with `isotropic: false` `σ ‖∇x‖₁`. x is an array of
 * shape `dims` (NDArray or DistributedArray). ∇ are the forward differences along all axes, 0 at
 * the ends.
 *
 * prox: `x − t ∇ᴴp`, `t = τσ`; p by accelerated projected gradients on the dual problem,
 * `‖pᵢ‖ ≤ 1`: `p' = P(r + ∇(x − t ∇ᴴr) / (t L))`, `r = p' + ((θ − 1)/θ') (p' − p)`,
 * `L = 4 Σ 1/hₖ² ≥ ‖∇‖²`. After n iterations the error decreases like `1/n²`. Cost: `niter` times a
 * gradient and its adjoint, each a halo exchange; no reduction with tol 0. Memory: one workspace
 * like x, three like ∇x and one for moduli. value: one gradient and one reduction. Source: Beck and
 * Teboulle, "Fast gradient-based algorithms for constrained total variation image denoising and
 * deblurring problems", 2009; Chambolle, "An algorithm for total variation minimization and
 * applications", 2004.
 *
 * @throws {@link ShapeError} unless x has the shape `dims`, or is flat of that size;
 *   {@link PartitionError} for a mask, because differences would cross its colours.
 */
export class TV extends ProxOperator {
  readonly dims: Shape;
  readonly sigma: number;
  readonly isotropic: boolean;
  readonly niter: number;
  readonly tol: number;
  readonly #sampling: readonly number[];
  /** The bound `L` of `‖∇‖²`. */
  readonly #bound: number;
  /** The gradient for the vectors of a space, and its range. */
  readonly #known = new WeakMap<
    Space<AnyVector>,
    { readonly G: AnyOperator; readonly range: Space<AnyVector> }
  >();

  constructor(dims: number | Shape, options?: TVOptions) {
    super();
    const { sigma, sampling, isotropic, niter, tol } = withDefaults('TV', options, DEFAULTS);
    this.dims = toShape(dims, 'dims');
    this.sigma = checkPositive('TV', 'sigma', sigma);
    this.#sampling = typeof sampling === 'number' ? this.dims.map(() => sampling) : [...sampling];
    if (this.#sampling.length !== this.dims.length)
      throw new ArgumentError(
        `TV: expected ${this.dims.length} steps in sampling, one for each axis, received ` +
          `${this.#sampling.length}`,
      );
    for (const h of this.#sampling) checkPositive('TV', 'sampling', h);
    checkFlag('TV', { isotropic });
    checkPositiveCount('TV', { niter });
    checkNonNegative('TV', { tol });
    this.isotropic = isotropic;
    this.niter = niter;
    this.tol = tol;
    this.#bound = 4 * this.#sampling.reduce((sum, h) => sum + 1 / (h * h), 0);
  }

  #gradient(x: AnyVector): { G: AnyOperator; range: Space<AnyVector> } {
    let known = this.#known.get(x.space);
    if (!known) {
      const G = this.#gradientOf(x);
      this.#known.set(x.space, (known = { G, range: G.rangeOf(x.space) }));
    }
    return known;
  }
  #gradientOf(x: AnyVector): AnyOperator {
    const options = { kind: 'forward', sampling: this.#sampling } as const;
    if (x instanceof NDArray) return new Gradient(this.dims, options);
    if (!(x instanceof DistributedArray))
      throw new ShapeError(`TV: expected an array of shape [${this.dims.join(', ')}], received ${x.space}`);
    refuseMask('TV', x.layout.replicated ? undefined : x.comm, x);
    if (x.layout.replicated)
      return MPILinearOperator.wrap(new Gradient(this.dims, options), { comm: x.comm });
    return new MPIGradient(this.dims, { ...options, comm: x.comm });
  }

  override value(x: AnyVector, dots = plainDots): number {
    this.check(x, dots);
    const { G, range } = this.#gradient(x);
    return withWorkspaces([range], ([g]) => {
      const gradient = G.matvec(x, g as AnyVector);
      if (!this.isotropic) return this.sigma * dots.norm(gradient, 1);
      return withLocalNorms('TV', gradient, this.dims.length, (norms, [, ...others]) => {
        for (const runs of others) for (const run of runs) run.storage.backend.fill(run, 0);
        return this.sigma * dots.norm(norms, 1);
      });
    });
  }

  protected override fill(x: AnyVector, tau: number, y: AnyVector, dots: InnerProducts): void {
    const { G, range } = this.#gradient(x);
    const t = tau * this.sigma;
    withWorkspaces([x.space, range, range, range], (works) => {
      const [w, r, p, next] = works as [AnyVector, AnyVector, AnyVector, AnyVector];
      r.fill(0);
      p.fill(0);
      let theta = 1;
      for (let k = 0; k < this.niter; k++) {
        G.rmatvec(r, w);
        w.axpby(1, x, -t);
        G.matvec(w, next);
        next.axpby(1, r, 1 / (t * this.#bound));
        this.#project(next);
        const after = (1 + Math.sqrt(1 + 4 * theta * theta)) / 2;
        // r = p' + w (p' − p), and p' becomes p
        r.assign(next).axpby(-1, p, 1);
        p.assign(next);
        const [change = 0, size = 0] = this.tol > 0 ? dots.rdots([r, r], [p, p]) : [1, 0];
        r.axpby(1, p, (theta - 1) / after);
        theta = after;
        if (change <= this.tol ** 2 * size) break;
      }
      G.rmatvec(p, w);
      y.axpby(1, x, 0).axpby(-t, w, 1);
    });
  }

  /** Projects p: moduli above 1, of the local vectors or of their components, become 1. */
  #project(p: AnyVector): void {
    const limit = (run: Elements): void => {
      const { backend } = run.storage;
      backend.binary('maximum', run, 1, run);
      backend.unary('reciprocal', run, run);
    };
    if (!this.isotropic) {
      withModuli(p, (moduli) => {
        moduli.map(limit);
        multiplyReal(p, moduli, p);
      });
      return;
    }
    withLocalNorms('TV', p, this.dims.length, (norms, components) => {
      for (const run of components[0] ?? []) limit(run);
      multiplyComponents(p, norms, components, p);
    });
  }
}
