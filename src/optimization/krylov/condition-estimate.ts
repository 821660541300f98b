import { epsilonOf } from '../../core/base/dtype.js';
import { checkCount, type Defaults, withDefaults } from '../../core/base/options.js';
import type { Disposable } from '../../core/base/scope.js';
import { checkOperator, type LinearOperator } from '../../core/operator/linear-operator.js';
import { allocateTogether } from '../../core/vector/allocate-together.js';
import { checkSpace, type Space, type Vector } from '../../core/vector/vector.js';
import { openWorkspaces } from '../../core/vector/workspace.js';
import { placeIn } from '../solver.js';
import { nextLeft, nextRight, startBidiagonalization } from './parts/bidiagonalization.js';

/** Options of {@link conditionEstimate}. */
export interface ConditionEstimateOptions<D extends Vector<D>> {
  /** Most steps. The estimate grows with their number. @default 30 */
  readonly niter?: number;
  /** The seed of the random start. @default 1 */
  readonly seed?: number;
  /** The space of the data. @default the operator's natural range */
  readonly range?: Space<D> | undefined;
}

/** The result of {@link conditionEstimate}. */
export interface ConditionEstimate {
  /** `σ_max / σ_min` of the computed values, at most that of A. Infinity if A is singular. */
  readonly condition: number;
  readonly largest: number;
  readonly smallest: number;
  readonly iterations: number;
}

const DEFAULTS = { niter: 30, seed: 1, range: undefined } satisfies Defaults<ConditionEstimateOptions<never>>;

/**
 * The extreme singular values of an operator, by Golub-Kahan bidiagonalization from a random
 * vector. They are the singular values of the small bidiagonal matrix: the largest from below, the
 * smallest from above.
 *
 * The random vector is in the smaller of both spaces. The condition number of an operator that is
 * singular there, with a singular value of 0, is therefore Infinity once the process has ended.
 * Memory: two vectors like the smaller space, one like the other, and what the operator needs to
 * add. A step costs one forward, one adjoint and two reductions. Source: Golub and Kahan,
 * "Calculating the singular values and pseudo-inverse of a matrix", 1965.
 */
export function conditionEstimate<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  options?: ConditionEstimateOptions<D>,
): ConditionEstimate {
  checkOperator('conditionEstimate', A);
  const { niter, seed, range = A.range() } = withDefaults('conditionEstimate', options, DEFAULTS);
  checkSpace('conditionEstimate', range);
  checkCount('conditionEstimate', { niter });
  const domain = A.domainOf(range);
  return domain.size <= range.size ? estimate(A.H, domain, niter, seed) : estimate(A, range, niter, seed);
}

/**
 * The estimate for C, from a random vector of its range. The range must not be the larger of its
 * spaces.
 */
function estimate<M extends Vector<M>, D extends Vector<D>>(
  C: LinearOperator<M, D>,
  range: Space<D>,
  niter: number,
  seed: number,
): ConditionEstimate {
  const close = openWorkspaces();
  const made: Disposable[] = [];
  try {
    return allocateTogether(placeIn([range]), () => {
      const y = range.random(seed);
      made.push(y);
      const state = startBidiagonalization('conditionEstimate', C, y, undefined);
      made.push(state.u, state.v, state.x);
      const [alphas, betas] = [[state.alpha], [] as number[]];
      // A value above rounding, which grows from step to step
      const cutoff = epsilonOf(y.dtype) ** 0.75 * state.alpha;
      let isSingular = state.alpha === 0;
      while (alphas.length < niter && !isSingular) {
        nextLeft(state);
        if (state.beta <= cutoff) break;
        nextRight(state);
        betas.push(state.beta);
        isSingular = state.alpha <= cutoff;
        if (!isSingular) alphas.push(state.alpha);
      }
      // Cᴴ U = V Bᵀ, with αs on the diagonal of B and βs below it. The estimates are the singular
      // values of B, and 0 if the next α is 0 up to rounding
      const [least, largest] = extremeSingularValues(alphas, betas);
      const smallest = isSingular ? 0 : least;
      return {
        condition: smallest === 0 ? Number.POSITIVE_INFINITY : largest / smallest,
        largest,
        smallest,
        iterations: alphas.length,
      };
    });
  } finally {
    close();
    for (const v of made) v.dispose();
  }
}

/**
 * The smallest and the largest singular value of a bidiagonal matrix. They are computed by
 * bisection over Sturm counts of `[0 B; Bᵀ 0]`. With rows and columns in alternating order, that
 * matrix is tridiagonal with a zero diagonal. Small values are as exact as large ones. Source:
 * Golub and Kahan, 1965.
 */
function extremeSingularValues(diagonal: readonly number[], below: readonly number[]): [number, number] {
  const off = diagonal.flatMap((a, k) => (below[k] === undefined ? [a] : [a, below[k]]));
  const size = off.length + 1;
  const bound = off.reduce((most, v, k) => Math.max(most, v + (off[k + 1] ?? 0)), 0);
  /** The number of eigenvalues below t. */
  const count = (t: number): number => {
    let [found, q] = [0, -t];
    for (let k = 0; ; k++) {
      if (q === 0) q = -Number.MIN_VALUE;
      if (q < 0) found++;
      if (k === off.length) return found;
      q = -t - ((off[k] as number) / q) * (off[k] as number);
    }
  };
  // The eigenvalues are ± the singular values, and 0 if the size is odd
  const bisect = (most: number): number => {
    let [a, b] = [0, bound];
    for (let k = 0; k < 1100 && b - a > 4e-16 * b; k++) {
      const middle = a + (b - a) / 2;
      if (count(middle) > most) b = middle;
      else a = middle;
    }
    return a + (b - a) / 2;
  };
  return [bisect(Math.ceil(size / 2)), bisect(size - 1)];
}
