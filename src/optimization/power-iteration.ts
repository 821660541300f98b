import { im, re, type Scalar, scalarOf } from '../core/base/complex.js';
import { epsilonOf } from '../core/base/dtype.js';
import { ArgumentError, ShapeError } from '../core/base/errors.js';
import { checkNonNegative, type Defaults, withDefaults } from '../core/base/options.js';
import { checkOperator, type LinearOperator } from '../core/operator/linear-operator.js';
import { checkSpace, checkVector, inSpace, type Space, type Vector } from '../core/vector/vector.js';
import { copyInto } from './linear-system.js';
import {
  defineSolver,
  makeMemoryUsage,
  makeSolve,
  makeSteps,
  type RunOptions,
  type SolverCall,
  type SolverResult,
  type SolverStep,
} from './solver.js';
import {
  finishIteration,
  initialState,
  onAll,
  PLAIN_START,
  type SolverProgress,
  type SolverStart,
  type StopReason,
} from './solver-state.js';

export interface PowerIterationStartOptions<V extends Vector<V>> {
  /**
   * Stops when the eigenvalue changes by at most this relative amount, and its residual
   * `‖A x − λ x‖²/|λ|²` is at most this and no longer grows.
   * @default 1e-5
   */
  readonly tol?: number;
  /** The start, of any norm but 0. It is copied, not changed. @default random */
  readonly x0?: V | undefined;
  /** The seed of the random start. @default 1 */
  readonly seed?: number;
  /** The space of the eigenvector. @default that of x0, or the operator's natural domain */
  readonly domain?: Space<V> | undefined;
}

/** Options of {@link powerIteration}. */
export interface PowerIterationOptions<V extends Vector<V>>
  extends PowerIterationStartOptions<V>,
    RunOptions {}

/** The state of {@link powerIteration}. */
export interface PowerIterationState<V extends Vector<V>> extends SolverProgress {
  readonly A: LinearOperator<V, V>;
  readonly tol: number;
  /** The current eigenvector, of norm 1. */
  readonly x: V;
  /** `A x` */
  readonly q: V;
  /** The real and imaginary part of `xᴴ A x`. */
  real: number;
  imaginary: number;
  /** `‖A x‖` for x of norm 1, and `‖A x − λ x‖²`. */
  growth: number;
  spread: number;
  /**
   * σ of `x ← (A + σ) x`. It is 0 unless eigenvalues of the same modulus, such as ±λ, prevent x
   * from converging.
   */
  shift: number;
}

/** `xᴴ A x`, which converges to the eigenvalue of largest modulus. */
export interface Eigenvalue {
  readonly maxeig: Scalar;
}
/** `cost` is the modulus of the eigenvalue. */
export interface PowerIterationStep<V extends Vector<V>>
  extends SolverStep<PowerIterationState<V>>,
    Eigenvalue {}

/**
 * x is the eigenvector, of norm 1. `cost` is the modulus of the eigenvalue after each iteration.
 */
export interface PowerIterationResult<V> extends SolverResult<V>, Eigenvalue {}

const NAME = 'powerIteration';

const DEFAULTS = { tol: 1e-5, x0: undefined, seed: 1, domain: undefined } satisfies Defaults<
  PowerIterationStartOptions<never>
>;

function init<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  options?: PowerIterationStartOptions<V>,
  { dots, sizesOnly = false }: SolverStart = PLAIN_START,
): PowerIterationState<V> {
  checkOperator(NAME, A);
  const { tol, x0, seed, domain: given } = withDefaults(`${NAME}.init`, options, DEFAULTS);
  if (x0 !== undefined) checkVector(NAME, 'x0', x0);
  const domain = given ?? x0?.space ?? A.domain();
  checkSpace(NAME, domain);
  checkNonNegative(NAME, { tol });
  const range = A.rangeOf(domain);
  if (!domain.withDType(range.dtype).equals(range))
    throw new ShapeError(
      `powerIteration: expected an operator from a space to itself, received one from ${domain} to ${range}`,
    );
  if (x0 && !range.sameElements(x0.space))
    throw new ShapeError(`${NAME}: expected x0 ${inSpace(range, x0.space)}`);
  const x = x0 ? copyInto(range, x0) : sizesOnly ? range.empty() : range.random(seed);
  const norm = Math.sqrt(dots.rdot(x, x));
  if (norm > 0) x.scale(1 / norm);
  const scalars = { cost: 0, real: 0, imaginary: 0, growth: 0, spread: 0, shift: 0 };
  const state = { ...initialState(A, x, dots, { q: range.empty() }), ...scalars, tol };
  finishIteration(NAME, state, { scalars: [norm] });
  if (x0 && range.size > 0 && !onAll(state, norm > 0))
    throw new ArgumentError(`${NAME}: expected x0 other than zero`);
  return state;
}

/**
 * Several eigenvalues of one modulus are assumed if the spread exceeds the tolerance this many
 * times.
 */
const APART = 100;

/** One iteration: one application, one reduction. Allocates no vector. */
function step<V extends Vector<V>>(state: PowerIterationState<V>): void {
  const { A, x, q, tol, dots } = state;
  A.matvec(x, q);
  const [product = 0, square = 0, size = 1] = dots.vdots([x, q], [q, q], [x, x]);
  // x has norm 1 up to rounding
  const xx = re(size) || 1;
  const qq = re(square) / xx;
  const [real, imaginary] = [re(product) / xx, im(product) / xx];
  const now = Math.hypot(real, imaginary);
  const before = Math.hypot(state.real, state.imaginary);
  const spread = Math.max(0, qq - now * now);
  const growth = Math.sqrt(qq);
  const epsilon = epsilonOf(x.dtype);
  const rounding = 64 * epsilon * qq;
  // The rounding of sums in double precision, and of q
  const least = 64 * (Number.EPSILON + epsilon * epsilon) * qq;
  state.iteration++;
  let reason: StopReason | undefined;
  if (state.reason === undefined) {
    // x is an eigenvector. The second condition excludes the case in which the dominant part of x
    // has not yet grown
    const isVector =
      spread <= (tol > 0 ? Math.max(tol * now * now, rounding) : 0) &&
      spread <= Math.max(state.spread, least);
    const isSettled = state.iteration > 1 && Math.abs(now - before) <= tol * now && isVector;
    const isLargest = now >= (1 - 10 * tol) * Math.abs(state.shift);
    if (growth === 0) reason = 'solved exactly';
    else if (isSettled && isLargest) reason = 'tolerance reached';
    // An eigenvalue which is not of largest modulus: try the other sign of the shift, or none
    else if (isSettled) state.shift = state.shift > 0 ? -state.shift : 0;
    else if (state.shift === 0 && state.iteration > 1) {
      const isSteady = Math.abs(growth - state.growth) <= tol * growth;
      if (isSteady && spread > Math.max(APART * tol * qq, rounding)) state.shift = growth;
    }
    Object.assign(state, { real, imaginary, spread, growth });
    const { shift } = state;
    const length = Math.sqrt(Math.max(0, xx * (qq + 2 * shift * real + shift * shift)));
    if (length > 0) x.axpby(1 / length, q, shift / length);
  }
  finishIteration(NAME, state, { cost: now, reason, scalars: [growth, now] });
}

const eigenvalue = <V extends Vector<V>>({ x, real, imaginary }: PowerIterationState<V>): Eigenvalue => ({
  maxeig: scalarOf(x.dtype, real, imaginary),
});

const call = <V extends Vector<V>>(
  A: LinearOperator<V, V>,
  options: PowerIterationOptions<V> = {},
): SolverCall<PowerIterationState<V>, PowerIterationStartOptions<V>, Eigenvalue, Eigenvalue> => {
  checkOperator(NAME, A);
  return {
    name: NAME,
    // Set explicitly, because it says which ranks and which backend hold the vectors
    options: options?.domain || options?.x0 ? options : { ...options, domain: A.domain() },
    defaults: DEFAULTS,
    init: (own, start) => init(A, own, start),
    step,
    report: eigenvalue,
    result: eigenvalue,
  };
};

/**
 * The eigenvalue of largest modulus of a square operator, by power iteration from x0 or from a
 * random vector.
 *
 * `q = A x`, `λ = xᴴq`, `x = q / ‖q‖`, until λ changes by at most `tol |λ|` and the residual
 * `‖q − λ x‖² = ‖q‖² − |λ|²` is at most `tol |λ|²` and does not grow. While the residual grows, the
 * dominant eigenvector is still a small part of x. If `‖q‖` no longer changes but x does, several
 * eigenvalues have the largest modulus, such as ±λ. From then on `x = (q + σ x)/‖q + σ x‖` with
 * `σ = ‖q‖`: the shift separates them.
 *
 * The random start is a function of the seed and the global index. It is the same on any number of
 * ranks.
 *
 * Memory: x, q. An iteration costs one application and one reduction, and allocates no vector.
 *
 * Errors: {@link ShapeError} unless A maps a space to itself, {@link NumericalError} for NaN or
 * overflow.
 *
 * Source: Golub and Van Loan, "Matrix computations", 2013, section 7.3.1.
 */
export const powerIteration = defineSolver(NAME, makeSolve(call), {
  init,
  step,
  steps: makeSteps(call),
  memoryUsage: makeMemoryUsage(call),
});

/**
 * `‖A‖²`, for step lengths: the largest eigenvalue of `AᴴA` on the models of a space. The
 * eigenvector is disposed.
 */
export function squaredNorm<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  domain: Space<M>,
  options: Omit<PowerIterationOptions<M>, 'domain'> = {},
): number {
  const { maxeig, x } = powerIteration(A.H.mul(A), { ...options, domain });
  x.dispose();
  return typeof maxeig === 'number' ? maxeig : maxeig.re;
}
