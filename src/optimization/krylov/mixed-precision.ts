import { isDouble, isSingle, singleOf } from '../../core/base/dtype.js';
import { DTypeError } from '../../core/base/errors.js';
import { checkCount, checkNonNegative, type Defaults, withDefaults } from '../../core/base/options.js';
import { checkOperator, type LinearOperator } from '../../core/operator/linear-operator.js';
import type { Vector } from '../../core/vector/vector.js';
import { copyInto, solverSpaces, startVector } from '../linear-system.js';
import {
  defineSolver,
  makeMemoryUsage,
  makeSolve,
  makeSteps,
  type RunOptions,
  type SolverCall,
  type SolverResult,
  type SolverStep,
} from '../solver.js';
import {
  finishIteration,
  initialState,
  PLAIN_START,
  runSteps,
  type SolverProgress,
} from '../solver-state.js';
import { type CgState, cg, restartCg } from './cg.js';

export interface MixedPrecisionStartOptions<M extends Vector<M>, D extends Vector<D>> {
  /** The start. It is copied, not changed. @default zeros */
  readonly x0?: M | undefined;
  /** The operator in single precision. @default A itself, where it holds no data */
  readonly single?: LinearOperator<M, D> | undefined;
  /** Damping ε of `‖y − A x‖² + ε²‖x‖²`. @default 0 */
  readonly damp?: number;
  /** Stops when the gradient is at most `rtol ‖Aᴴy‖`. @default 1e-12 */
  readonly rtol?: number;
  /** Most iterations in single precision for one refinement. @default 50 */
  readonly inner?: number;
  /** The relative residual at which the iterations of a refinement stop. @default 1e-4 */
  readonly gain?: number;
}

/** Options of {@link mixedPrecisionLeastSquares}. */
export interface MixedPrecisionOptions<M extends Vector<M>, D extends Vector<D>>
  extends MixedPrecisionStartOptions<M, D>,
    RunOptions {
  /** Most refinements. @default 10 */
  readonly niter?: number;
}

/** The state of {@link mixedPrecisionLeastSquares}. */
export interface MixedPrecisionState<M extends Vector<M>, D extends Vector<D>> extends SolverProgress {
  readonly A: LinearOperator<M, D>;
  /** The problem `(AᴴA + ε²) d = g` in single precision. */
  readonly problem: CgState<M>;
  readonly damp: number;
  readonly rtol: number;
  readonly inner: number;
  readonly x: M;
  readonly y: D;
  readonly r: D;
  /** The negative gradient, and its copy in single precision, scaled to norm 1. */
  readonly g: M;
  readonly gSingle: M;
  /** `‖Aᴴy‖` */
  readonly reference: number;
  /** `‖Aᴴr − ε²x‖` */
  gnorm: number;
}

export interface MixedPrecisionReport {
  /** `‖Aᴴr − ε²x‖` of the last iteration. */
  readonly gnorm: number;
}
/** `cost` is `‖y − A x‖`. */
export interface MixedPrecisionStep<M extends Vector<M>, D extends Vector<D>>
  extends SolverStep<MixedPrecisionState<M, D>>,
    MixedPrecisionReport {}
/** Each iteration is a refinement. `cost` is `‖y − A x‖` at the start and after each of them. */
export interface MixedPrecisionResult<M> extends SolverResult<M>, MixedPrecisionReport {}

const NAME = 'mixedPrecisionLeastSquares';

/** Converts a vector to the precision of another. Never communicates. */
const cast = <V extends Vector<V>>(x: V, into: V): V => x.map((from, to) => x.backend.cast(from, to), into);

/** `r ← y − A x`, `g ← Aᴴr − ε²x` and their norms: one forward, one adjoint, one reduction. */
function measure<M extends Vector<M>, D extends Vector<D>>(state: MixedPrecisionState<M, D>): void {
  const { A, x, y, r, g, damp, dots } = state;
  A.matvec(x, r).axpby(1, y, -1);
  A.rmatvec(r, g);
  if (damp !== 0) g.axpby(-damp * damp, x, 1);
  const [rr = 0, gg = 0] = dots.rdots([r, r], [g, g]);
  state.cost = Math.sqrt(rr);
  state.gnorm = Math.sqrt(gg);
}

function verdict<M extends Vector<M>, D extends Vector<D>>(
  state: MixedPrecisionState<M, D>,
  before: number,
): void {
  const { cost, gnorm, rtol, reference } = state;
  const reason =
    gnorm === 0
      ? 'solved exactly'
      : gnorm <= rtol * reference
        ? 'gradient within tolerance'
        : gnorm >= 0.9 * before
          ? 'machine precision reached'
          : undefined;
  finishIteration(NAME, state, { cost, reason, scalars: [cost, gnorm] });
}

const DEFAULTS = {
  x0: undefined,
  single: undefined,
  damp: 0,
  rtol: 1e-12,
  inner: 50,
  gain: 1e-4,
} satisfies Defaults<MixedPrecisionStartOptions<never, never>>;

function init<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options?: MixedPrecisionStartOptions<M, D>,
  start = PLAIN_START,
): MixedPrecisionState<M, D> {
  const { dots } = start;
  const { x0, single = A, damp, rtol, inner, gain } = withDefaults(`${NAME}.init`, options, DEFAULTS);
  checkNonNegative(NAME, { damp, rtol, gain });
  checkCount(NAME, { inner });
  const { model, data } = solverSpaces(NAME, A, y, x0);
  if (!isDouble(model.dtype))
    throw new DTypeError(
      `${NAME}: expected data in double precision, received ${y.dtype}: use cgls for data in single ` +
        'precision',
    );
  checkOperator(`${NAME}: single`, single);
  if (single.holdsData && !isSingle(single.dtype))
    throw new DTypeError(
      `${NAME}: ${single.name} holds ${single.dtype}: give the same operator made with dtype 'float32' ` +
        'as option single',
    );
  const product = single.H.mul(single);
  const normal = damp === 0 ? product : product.add(product.pow(0).scale(damp * damp));
  const x = startVector(model, x0);
  const copy = copyInto(data, y);
  const g = model.empty();
  // The gradient for x = 0
  const reference = x0 ? Math.sqrt(dots.rdot(A.rmatvec(copy, g), g)) : 0;
  const gSingle = model.withDType(singleOf(model.dtype)).empty();
  const problem = cg.init(normal, gSingle.fill(0), { tol: 0, rtol: gain }, { ...PLAIN_START, dots });
  const unmeasured = {
    ...initialState(A, x, dots, { r: data.empty(), gSingle }),
    ...{ problem, damp, rtol, inner, y: copy, g, reference, gnorm: 0 },
  };
  measure(unmeasured);
  const state = { ...unmeasured, reference: x0 ? reference : unmeasured.gnorm };
  verdict(state, Number.POSITIVE_INFINITY);
  return state;
}

/**
 * One refinement: `(AᴴA + ε²) d = g` in single precision, `x += d` and the next gradient in double.
 */
function step<M extends Vector<M>, D extends Vector<D>>(state: MixedPrecisionState<M, D>): void {
  const { problem, x, g, gSingle, gnorm, inner } = state;
  const moves = state.reason === undefined && gnorm > 0;
  // Scaled to norm 1, so that no value leaves the range of single precision
  g.scale(moves ? 1 / gnorm : 1);
  cast(g, gSingle);
  restartCg(problem, gSingle, undefined);
  runSteps(problem, cg.step, inner);
  cast(problem.x, g);
  if (moves) x.axpby(gnorm, g, 1);
  measure(state);
  state.iteration++;
  verdict(state, gnorm);
}

const report = ({ gnorm }: MixedPrecisionReport): MixedPrecisionReport => ({ gnorm });

const call = <M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  y: D,
  options: MixedPrecisionOptions<M, D> = {},
): SolverCall<
  MixedPrecisionState<M, D>,
  MixedPrecisionStartOptions<M, D>,
  MixedPrecisionReport,
  MixedPrecisionReport
> => ({
  name: NAME,
  options,
  defaults: DEFAULTS,
  data: y,
  init: (own, start) => init(A, start.scaled(y), own, start),
  degrees: { gnorm: 1 },
  step,
  report,
  result: report,
});

/**
 * Least squares in double precision with iterations in single precision: minimises
 * `‖y − A x‖² + ε²‖x‖²`, with half the memory traffic of {@link cgls} in double.
 *
 * `g = Aᴴ(y − A x) − ε²x` in double; `(AᴴA + ε²) d = g` by {@link cg} in single, to a relative
 * residual of `gain`; `x += d`. Errors of single precision only slow it down: if `g = 0`, x is the
 * solution. It converges if the condition number of AᴴA + ε² is well below 10⁷.
 *
 * It stops when `‖g‖ ≤ rtol ‖Aᴴy‖`, when a refinement reduces `‖g‖` by at most a tenth, or after
 * `niter` refinements.
 *
 * Memory: x, g in double and one in single like the model, y, r like the data, and those of cg in
 * single. A refinement costs one forward, one adjoint and one reduction in double, and its cg. It
 * allocates no vector.
 *
 * Errors: {@link DTypeError} for data in single precision, or for an A that holds double data if
 * `single` is not given; and those of {@link cgls}.
 *
 * Source: Higham, "Accuracy and stability of numerical algorithms", 2002, chapters 12 and 20;
 * Carson and Higham, "Accelerating the solution of linear systems by iterative refinement in three
 * precisions", 2018.
 */
export const mixedPrecisionLeastSquares = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});
