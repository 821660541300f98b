import { epsilonOf } from '../core/dtype.js';
import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import type { Disposable } from '../core/scope.js';
import { settingUp } from '../core/set-up.js';
import type { Space, Vector } from '../core/vector.js';
import { openWorkspaces } from '../core/workspace.js';
import { bidiagonalize, startBidiagonalization } from './bidiagonalization.js';
import { checkCount, placeIn } from './solver.js';

export interface ConditionEstimateOptions<D extends Vector<D>> {
  /** Most steps; the estimate grows with them. @default 30 */
  readonly niter?: number;
  /** Of the random start. @default 1 */
  readonly seed?: number;
  /** Where the data live. @default the operator's natural range */
  readonly range?: Space<D> | undefined;
}

export interface ConditionEstimate {
  /** `σ_max / σ_min` of what was found; at most that of A. */
  readonly condition: number;
  readonly largest: number;
  readonly smallest: number;
  readonly iterations: number;
}

/**
 * The extreme singular values of an operator, from below and above, by Golub-Kahan bidiagonalization: those of the small bidiagonal matrix.
 *
 * Zero singular values are not seen: the condition number is that on the part of the space that A reaches. Memory: two vectors like the model, one like the data, and what the
 * operator borrows to add. A step costs one forward, one adjoint and two reductions.
 * Source: Golub and Kahan, "Calculating the singular values and pseudo-inverse of a matrix", 1965.
 */
export function conditionEstimate<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  options: ConditionEstimateOptions<D> = {},
): ConditionEstimate {
  checkOptions('conditionEstimate', options, ['niter', 'seed', 'range']);
  const { niter = 30, seed = 1, range = A.range() } = options;
  checkCount('conditionEstimate', { niter });
  const close = openWorkspaces();
  const made: Disposable[] = [];
  try {
    return settingUp(placeIn([range]), () => {
      const y = range.random(seed);
      made.push(y);
      const state = startBidiagonalization('conditionEstimate', A, y, {});
      made.push(state.u, state.v, state.x);
      const [alphas, betas] = [[state.alpha], [] as number[]];
      // above rounding, which grows from step to step
      const cutoff = epsilonOf(y.dtype) ** 0.75 * state.alpha;
      while (betas.length < niter && (alphas.at(-1) as number) > cutoff) {
        bidiagonalize(state, [state.v, state.v]);
        betas.push(state.beta);
        if (state.beta <= cutoff || state.alpha <= cutoff) break;
        alphas.push(state.alpha);
      }
      // B is lower bidiagonal, αs on the diagonal and a β below each, so that its singular values are those of A on the vectors v: BᵀB is tridiagonal
      const columns = alphas.slice(0, Math.max(1, betas.length));
      const diagonal = columns.map((a, k) => a * a + (betas[k] ?? 0) ** 2);
      const off = columns.slice(1).map((a, k) => a * (betas[k] as number));
      const [smallest, largest] = extremeEigenvalues(diagonal, off).map((v) => Math.sqrt(Math.max(v, 0))) as [number, number];
      return { condition: largest / smallest, largest, smallest, iterations: columns.length };
    });
  } finally {
    close();
    for (const v of made) v.dispose();
  }
}

/** The smallest and the largest eigenvalue of a symmetric tridiagonal matrix, by bisection over Sturm counts. */
function extremeEigenvalues(diagonal: readonly number[], off: readonly number[]): [number, number] {
  const radius = (k: number) => Math.abs(off[k - 1] ?? 0) + Math.abs(off[k] ?? 0);
  const low = Math.min(...diagonal.map((d, k) => d - radius(k)));
  const high = Math.max(...diagonal.map((d, k) => d + radius(k)));
  const below = (t: number): number => {
    let [count, q] = [0, 1];
    for (const [k, d] of diagonal.entries()) {
      q = d - t - (k === 0 ? 0 : (off[k - 1] as number) ** 2 / q);
      if (q === 0) q = Number.MIN_VALUE;
      if (q < 0) count++;
    }
    return count;
  };
  const bisect = (isAbove: (t: number) => boolean): number => {
    let [a, b] = [low, high];
    for (let k = 0; k < 200 && b - a > 1e-15 * Math.max(Math.abs(a), Math.abs(b)); k++) {
      const middle = a + (b - a) / 2;
      if (isAbove(middle)) b = middle;
      else a = middle;
    }
    return a + (b - a) / 2;
  };
  return [bisect((t) => below(t) >= 1), bisect((t) => below(t) >= diagonal.length)];
}
