import { epsilonOf } from '../../core/base/dtype.js';
import { checkCount, type Defaults, withDefaults } from '../../core/base/options.js';
import type { LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector, VectorPair } from '../../core/vector/vector.js';
import { copyInto } from '../linear-system.js';
import {
  defineSolver,
  makeMemoryUsage,
  makeSolve,
  makeSteps,
  type RunOptions,
  type SolverCall,
  type SolverStep,
} from '../solver.js';
import { finishSquared, PLAIN_START } from '../solver-state.js';
import type { Istop } from './cg.js';
import { type Coefficients, isReplacing, nextCoefficients, stepLength } from './cg-single-reduction.js';
import {
  allocateCgls,
  CGLS_DEFAULTS,
  CGLS_DEGREES,
  type CglsNorms,
  type CglsStartOptions,
  type CglsState,
  cglsNorms,
  cglsResult,
  gradient,
  limitCgls,
  measure,
  placeCgls,
} from './cgls.js';

export interface CglsSingleReductionStartOptions<M extends Vector<M>> extends CglsStartOptions<M> {
  /**
   * Recomputes r and `A p` every so many iterations, which removes the rounding errors that their
   * recurrences accumulate; 0: never.
   * @default 0
   */
  readonly replace?: number;
}

/** Options of {@link cglsSingleReduction}. */
export interface CglsSingleReductionOptions<M extends Vector<M>>
  extends CglsSingleReductionStartOptions<M>,
    RunOptions {}

/** The state of {@link cglsSingleReduction}. */
export interface CglsSingleReductionState<M extends Vector<M>, D extends Vector<D>>
  extends CglsState<M, D>,
    Coefficients {
  readonly replace: number;
  /** A copy of the data, if residuals are replaced. */
  readonly y: D | undefined;
  /** `A M s` */
  readonly w: D;
}

/** A step of {@link cglsSingleReduction}. */
export interface CglsSingleReductionStep<M extends Vector<M>, D extends Vector<D>>
  extends SolverStep<CglsSingleReductionState<M, D>>,
    Readonly<CglsNorms> {}

const NAME = 'cglsSingleReduction';
const DEFAULTS = { ...CGLS_DEFAULTS, replace: 0 } satisfies Defaults<CglsSingleReductionStartOptions<never>>;

/**
 * Computes s and z, `w ← A z`, all norms and products in one reduction, and the next coefficients.
 */
function evaluate<M extends Vector<M>, D extends Vector<D>>(state: CglsSingleReductionState<M, D>): number[] {
  const { A, s, z, w, p, q, damp } = state;
  const next = z ?? s;
  gradient(state);
  A.matvec(next, w);
  const more: VectorPair[] = [
    [s, p],
    [w, w],
    [w, q],
    [q, q],
  ];
  if (damp !== 0) more.push([next, next], [next, p], [p, p]);
  const { gamma, others } = measure(state, more);
  const [slope = 0, ww = 0, wq = 0, qq = 0] = others;
  const [zz = 0, zp = 0, pp = 0] = damp === 0 ? [] : others.slice(4);
  const search = {
    gamma,
    slope,
    fresh: ww + damp * damp * zz,
    cross: wq + damp * damp * zp,
    old: qq + damp * damp * pp,
  };
  nextCoefficients(state, search, { epsilon: epsilonOf(s.dtype), anew: isReplacing(state) });
  return Object.values(search);
}

const finishNorms = <M extends Vector<M>, D extends Vector<D>>(
  state: CglsSingleReductionState<M, D>,
  products: readonly number[],
): void => finishSquared(NAME, state, state.cost, state.r1norm, [state.r2norm, ...products, state.alpha]);

/**
 * Allocates all vectors and evaluates the start: one adjoint, two forwards (one if x starts from
 * zero), one reduction. The caller must dispose all vectors of the state other than x, the result.
 */
function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: CglsSingleReductionStartOptions<M>,
  start = PLAIN_START,
): CglsSingleReductionState<M, D> {
  const given = withDefaults(`${NAME}.init`, options, DEFAULTS);
  const { replace } = given;
  checkCount(NAME, { replace });
  const allocated = allocateCgls(NAME, A, y, given, start);
  const { space } = allocated.r;
  const copy = replace > 0 ? copyInto(space, y) : undefined;
  const state = { ...allocated, scratch: [], replace, y: copy, w: space.empty(), alpha: 0, beta: 0 };
  const reference = placeCgls(state, y, given.x0);
  state.p.fill(0);
  state.q.fill(0);
  const products = evaluate(state);
  limitCgls(state, reference);
  finishNorms(state, products);
  return state;
}

/**
 * One iteration: one forward, one adjoint, one reduction. Allocates no vector. Ranks that have a
 * reason to stop keep their x.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: CglsSingleReductionState<M, D>): void {
  const { A, x, y, r, s, z, w, p, q, beta } = state;
  const alpha = stepLength(state);
  p.axpby(1, z ?? s, beta);
  q.axpby(1, w, beta);
  x.axpby(alpha, p, 1);
  r.axpby(-alpha, q, 1);
  if (y && isReplacing(state)) {
    A.matvec(x, r).axpby(1, y, -1);
    A.matvec(p, q);
  }
  finishNorms(state, evaluate(state));
}

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: CglsSingleReductionOptions<M> = {},
): SolverCall<
  CglsSingleReductionState<M, D>,
  CglsSingleReductionStartOptions<M>,
  Readonly<CglsNorms>,
  Readonly<CglsNorms> & Istop
> => ({
  name: NAME,
  options,
  defaults: DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  degrees: CGLS_DEGREES,
  step,
  report: cglsNorms,
  result: cglsResult,
});

/**
 * Conjugate gradients for least squares with one reduction an iteration: minimises
 * `‖y − A x‖² + ε²‖x‖²`. Up to rounding the iterates are those of {@link cgls}.
 *
 * `r = y − A x`, `s = Aᴴr − ε²x`, `z = M s`, `w = A z`, `γ = sᴴz`, `α = γ / (‖w‖² + ε²‖z‖²)`,
 * `β = 0`. Each iteration computes `p = z + β p`, `q = w + β q`, `x += α p`, `r −= α q`, s, z and w
 * from r, then all norms together, `β = γ'/γ`,
 * `α = (γ' + β sᴴp) / (‖w‖² + 2β wᴴq + β²‖q‖² + ε²(‖z‖² + 2β zᴴp + β²‖p‖²))`. This is an exact line
 * search along the next direction, so that no value grows after convergence.
 *
 * It stops as {@link cgls} does. With `replace`, r and q are recomputed from x and p every so many
 * iterations, which costs two applications.
 *
 * Memory: x, s, p (and z with a preconditioner) like the model; r, w, q, and a copy of y if
 * residuals are replaced, like the data. An iteration costs one forward, one adjoint, one
 * application of M and one reduction, and allocates no vector. With a mask each colour solves its
 * own problem, which costs one more reduction.
 *
 * Errors: as for {@link cgls}.
 *
 * Source: Chronopoulos and Gear, "s-step iterative methods for symmetric linear systems", 1989,
 * applied to the normal equations; van der Vorst and Ye, "Residual replacement strategies for
 * Krylov subspace iterative methods", 2000.
 */
export const cglsSingleReduction = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
