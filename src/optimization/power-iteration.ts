import { im, re, type Scalar, scalarOf } from '../core/complex.js';
import { ShapeError } from '../core/errors.js';
import type { LinearOperator } from '../core/linear-operator.js';
import { checkOptions } from '../core/options.js';
import { type Space, type Vector, vdots } from '../core/vector.js';
import {
  begin,
  checkNonNegative,
  conclude,
  drive,
  RUN_OPTIONS,
  type RunOptions,
  runToEnd,
  type SolverProgress,
  type StopReason,
} from './solver.js';

export interface PowerIterationStartOptions<V extends Vector<V>> {
  /** Stops when the eigenvalue changes by at most this, relatively. @default 1e-4 */
  readonly tol?: number;
  /** Of the random start. @default 1 */
  readonly seed?: number;
  /** The space of the eigenvector. @default the operator's natural domain */
  readonly domain?: Space<V> | undefined;
}

export interface PowerIterationOptions<V extends Vector<V>> extends PowerIterationStartOptions<V>, RunOptions {
  /** Most iterations. @default 10 */
  readonly niter?: number;
}

export interface PowerIterationState<V extends Vector<V>> extends SolverProgress {
  readonly A: LinearOperator<V, V>;
  readonly tol: number;
  /** The eigenvector so far, of norm 1. */
  readonly x: V;
  /** `A x` */
  readonly q: V;
  /** Parts of `xᴴ A x`. */
  real: number;
  imaginary: number;
}

export interface PowerIterationStep<V extends Vector<V>> {
  readonly iteration: number;
  readonly x: V;
  /** `xᴴ A x` */
  readonly maxeig: Scalar;
  readonly state: PowerIterationState<V>;
}

export interface PowerIterationResult<V> {
  /** The eigenvalue of largest modulus: `xᴴ A x`. */
  readonly maxeig: Scalar;
  /** Its eigenvector, of norm 1. */
  readonly x: V;
  readonly iterations: number;
  readonly reason: StopReason;
  /** The modulus of the eigenvalue after every iteration. */
  readonly cost: number[];
}

const START_OPTIONS = ['tol', 'seed', 'domain'] as const;

function init<V extends Vector<V>>(A: LinearOperator<V, V>, options: PowerIterationStartOptions<V> = {}): PowerIterationState<V> {
  checkOptions('powerIteration.init', options, START_OPTIONS);
  const { tol = 1e-4, seed = 1, domain = A.domain() } = options;
  checkNonNegative('powerIteration', 'tol', tol);
  const range = A.rangeOf(domain);
  if (!domain.withDType(range.dtype).equals(range))
    throw new ShapeError(`powerIteration: expected an operator from a space to itself, received one from ${domain} to ${range}`);
  const x = range.random(seed);
  const norm = Math.sqrt(x.rdot(x));
  if (norm > 0) x.scale(1 / norm);
  const state = { ...begin(A, x, ['q']), tol, q: range.empty(), real: 0, imaginary: 0 };
  conclude('powerIteration', state, { scalars: [norm] });
  return state;
}

/** One iteration: one application, one reduction; allocates no vector. */
function step<V extends Vector<V>>(state: PowerIterationState<V>): void {
  const { A, x, q, tol } = state;
  A.matvec(x, q);
  const [product = 0, qq = 0] = vdots([x, q], [q, q]);
  const norm = Math.sqrt(re(qq));
  const moves = state.reason === undefined;
  const before = Math.hypot(state.real, state.imaginary);
  if (moves) {
    [state.real, state.imaginary] = [re(product), im(product)];
    if (norm > 0) x.axpby(1 / norm, q, 0);
  }
  const now = Math.hypot(state.real, state.imaginary);
  state.iteration++;
  const settled = state.iteration > 1 && Math.abs(now - before) <= tol * now;
  const reason = norm === 0 ? 'solved exactly' : settled ? 'tolerance reached' : undefined;
  conclude('powerIteration', state, { cost: now, reason, scalars: [norm, now] });
}

const eigenvalue = <V extends Vector<V>>({ x, real, imaginary }: PowerIterationState<V>): Scalar => scalarOf(x.dtype, real, imaginary);

function steps<V extends Vector<V>>(
  A: LinearOperator<V, V>,
  options: PowerIterationOptions<V> = {},
): Generator<PowerIterationStep<V>, PowerIterationResult<V>, void> {
  checkOptions('powerIteration', options, [...START_OPTIONS, ...RUN_OPTIONS]);
  const { niter, maxTime, checkpoint, reproducible, ...start } = options;
  return drive(
    {
      name: 'powerIteration',
      start: () => init(A, start),
      step,
      report: (state: PowerIterationState<V>) => ({ iteration: state.iteration, x: state.x, maxeig: eigenvalue(state), state }),
      result: (state, reason) => {
        const { x, iteration: iterations, history: cost } = state;
        return { maxeig: eigenvalue(state), x, iterations, reason, cost };
      },
    },
    { niter, maxTime, checkpoint, reproducible },
  );
}

/**
 * The eigenvalue of largest modulus of a square operator, by power iteration from a random vector.
 *
 * `q = A x`, `λ = xᴴq`, `x = q / ‖q‖`, until λ changes by at most `tol |λ|`.
 *
 * The random start is a function of the seed and the global index: the same on any number of ranks.
 * Memory: x, q. An iteration costs one application and one reduction, and allocates no vector.
 * Errors: {@link ShapeError} unless A maps a space to itself, {@link NumericalError} for NaN or overflow.
 * Source: Golub and Van Loan, "Matrix computations", 2013, section 7.3.1.
 */
export const powerIteration = Object.assign(
  <V extends Vector<V>>(A: LinearOperator<V, V>, options: PowerIterationOptions<V> = {}): PowerIterationResult<V> =>
    runToEnd(steps(A, options)),
  { init, step, steps },
);

/** `‖A‖²`: the largest eigenvalue of `AᴴA` for models of a space, for step lengths. The eigenvector is disposed. */
export function squaredNorm<M extends Vector<M>, D extends Vector<D>>(
  A: LinearOperator<M, D>,
  domain: Space<M>,
  options: Omit<PowerIterationOptions<M>, 'domain'> = {},
): number {
  const { maxeig, x } = powerIteration(A.H.mul(A), { ...options, domain });
  x.dispose();
  return typeof maxeig === 'number' ? maxeig : maxeig.re;
}
